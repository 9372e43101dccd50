/** Whom a datagram is for, and which the kernel lets through: authenticated routers, and strangers when asked for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Addon, META_FIELDS } from "../../../src/native/addon.js";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { formatAddress } from "../../../src/net/ip-address.js";
import { channelKey } from "../../../src/vrrp/channel-key.js";
import { Channels } from "../../../src/vrrp/effects/channels.js";
import { VrrpInstance } from "../../../src/vrrp/instance.js";
import { addressBytes, outgoing } from "../../../src/vrrp/outgoing.js";
import { run } from "../net/bpf-interpreter.js";
import { HMAC, settings } from "./settings.js";

const source = addressBytes("192.0.2.1");
const PEER = addressBytes("192.0.2.9");
const AH = { auth: { type: "ah", password: "s3cr3t" } } as const;

/** A raw socket whose filter works, and which holds what came in until it is read. */
class Wire {
  static all: Wire[] = [];
  readonly fd = 3;
  readonly #arrived: Uint8Array[] = [];
  #filter = new Uint8Array(0);
  #onReadable: ((status: number) => void) | undefined;

  constructor(
    readonly domain: number,
    readonly type: number,
    readonly protocol: number,
  ) {
    Wire.all.push(this);
  }
  /** A packet on the link: the kernel gives it to the sockets of its protocol that want it. */
  static carry(packet: Uint8Array): void {
    for (const wire of Wire.all) {
      if (packet[9] !== wire.protocol || run(wire.#filter, packet) === 0) continue;
      wire.#arrived.push(packet);
      wire.#onReadable?.(0);
    }
  }
  setOption(): void {}
  getOption(): number {
    return 0;
  }
  attachFilter(program: Uint8Array): void {
    this.#filter = program.slice();
  }
  bind(): void {}
  connect(): void {}
  localAddress(): Uint8Array {
    return new Uint8Array(0);
  }
  receiveBatch(slab: Uint8Array, slotSize: number, meta: Int32Array): number {
    const batch = this.#arrived.splice(0);
    for (const [i, bytes] of batch.entries()) {
      slab.set(bytes, i * slotSize);
      meta.set([bytes.length, 0, 0, -1, 0, 0, 0, 0], i * META_FIELDS);
    }
    return batch.length;
  }
  sendBatch(): number {
    return 0;
  }
  startReading(onReadable: (status: number) => void): void {
    this.#onReadable = onReadable;
  }
  stopReading(): void {
    this.#onReadable = undefined;
  }
  setRef(): void {}
  interfaceRequest(): void {}
  close(): void {}
}

/** Channels for these instances; what they hear is written down. */
function listen(...instances: Array<Partial<VrrpInstanceConfig>>): { channels: Channels; heard: string[] } {
  Wire.all = [];
  const heard: string[] = [];
  const some: Partial<Addon> = { Socket: Wire, monotonicMicros: () => 0 };
  const channels = new Channels(some as Addon, {
    received: ({ name }) => heard.push(name),
    unknownRouter: ({ interfaceName }, vrid, sender) =>
      heard.push(`unknown ${vrid} on ${interfaceName} from ${formatAddress(sender)}`),
    afterwards: () => {},
    mtuOf: () => 1500,
    sendFailed: () => {},
    pollFailed: () => {},
  });
  for (const [id, changes] of instances.entries()) {
    const machine = new VrrpInstance(settings(changes), id);
    const key = channelKey(machine.settings, { name: "eth0", index: 2 }, source);
    assert.ok(key);
    channels.assign(machine, key);
  }
  channels.flush();
  return { channels, heard };
}

function advert(changes: Partial<VrrpInstanceConfig>): Uint8Array {
  return outgoing(settings(changes), PEER, 200).packets[0] ?? assert.fail();
}

test("RFC 6527 packetLengthErrors: a packet cut off behind its router id reaches its instance, to be counted", () => {
  const { heard } = listen({ name: "A" }, { name: "B", virtualRouterId: 52 });
  const whole = advert({ virtualRouterId: 52 });
  for (let length = 22; length < whole.length; length++) Wire.carry(whole.subarray(0, length));
  assert.deepEqual(heard, new Array(whole.length - 22).fill("B"));
  Wire.carry(whole.subarray(0, 21));
  assert.equal(heard.length, whole.length - 22, "without a router id it is nobody's");
});

test("an advert under an authentication header finds its instance by the message behind it", () => {
  const { heard } = listen(
    { name: "A", ...AH },
    { name: "B", virtualRouterId: 52, ...AH },
    { name: "C", virtualRouterId: 53 },
  );
  assert.deepEqual(
    Wire.all.map(({ protocol }) => protocol),
    [51, 112],
  );
  for (const packet of [
    { virtualRouterId: 52, ...AH },
    AH,
    { virtualRouterId: 53 },
    { virtualRouterId: 52 },
  ]) {
    Wire.carry(advert(packet));
  }
  assert.deepEqual(heard, ["B", "A", "C"]);
});

test("log_unknown_vrids: other routers are told of once each, and not without it", () => {
  const { channels, heard } = listen({ name: "A" }, { name: "B", virtualRouterId: 52 });
  Wire.carry(advert({ virtualRouterId: 99 }));
  assert.deepEqual(heard, []);
  channels.hearStrangers(true);
  channels.flush();
  for (const virtualRouterId of [99, 99, 52, 7, 99]) Wire.carry(advert({ virtualRouterId }));
  assert.deepEqual(heard, ["unknown 99 on eth0 from 192.0.2.9", "B", "unknown 7 on eth0 from 192.0.2.9"]);
  channels.hearStrangers(false);
  channels.flush();
  Wire.carry(advert({ virtualRouterId: 8 }));
  assert.equal(heard.length, 3);
});

test("an instance that refuses what is out of order hears everything by one socket", () => {
  const backup = (changes: Partial<VrrpInstanceConfig>): number => {
    Wire.all = [];
    const machine = new VrrpInstance(settings(changes), 1);
    const { channels } = listen();
    const key = channelKey(machine.settings, { name: "eth0", index: 2 }, source);
    assert.ok(key);
    machine.handle({ kind: "started" }, 0);
    channels.assign(machine, key);
    channels.flush();
    channels.close();
    return Wire.all.length;
  };
  assert.equal(backup({}), 2);
  assert.equal(backup(AH), 1);
  assert.equal(backup({ hmac: HMAC }), 1);
});

/** Where an IPv4 advert holds its priority. */
const PRIORITY_AT = 22;

test("a confirmation that waited is read before the priority 0 that came after it", () => {
  Wire.all = [];
  const priorities: Array<number | undefined> = [];
  const some: Partial<Addon> = { Socket: Wire, monotonicMicros: () => 0 };
  const channels = new Channels(some as Addon, {
    received: (_, { bytes }) => priorities.push(bytes[PRIORITY_AT]),
    unknownRouter: () => {},
    afterwards: () => {},
    mtuOf: () => 1500,
    sendFailed: () => {},
    pollFailed: () => {},
  });
  const machine = new VrrpInstance(settings(), 1);
  machine.handle({ kind: "started" }, 0);
  const key = channelKey(machine.settings, { name: "eth0", index: 2 }, source);
  assert.ok(key);
  channels.assign(machine, key);
  channels.flush();
  const of = (priority: number): Uint8Array =>
    outgoing(settings(), PEER, priority).packets[0] ?? assert.fail();
  Wire.carry(of(200)); // read at once, and the socket is left alone for a while
  Wire.carry(of(201)); // waits
  assert.deepEqual(priorities, [200]);
  Wire.carry(of(0));
  assert.deepEqual(priorities, [200, 201, 0]);
  channels.close();
});

test("an advert that still waits when its instance goes is no unknown router's", () => {
  const { channels, heard } = listen();
  const machine = new VrrpInstance(settings(), 1);
  machine.handle({ kind: "started" }, 0);
  channels.assign(machine, channelKey(machine.settings, { name: "eth0", index: 2 }, source) ?? assert.fail());
  channels.flush();
  Wire.carry(advert({})); // read at once, and the socket is left alone for a while
  Wire.carry(advert({}));
  channels.withdraw(machine);
  assert.deepEqual(heard, ["VI_1"]);
});
