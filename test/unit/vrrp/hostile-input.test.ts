/**
 * A million truncated, mutated and random packets (issue 2, item 5): nothing throws, and nothing but counters changes.
 * VRRP_PACKETS sets the number, VRRP_SEED the history; a failure names both, and the packet.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { HmacSetting, VrrpInstanceConfig } from "../../../src/config/model.js";
import { decodeAdvert, readRouterId } from "../../../src/vrrp/advert.js";
import { VrrpInstance } from "../../../src/vrrp/instance.js";
import { AdvertReceiver } from "../../../src/vrrp/receive.js";
import { seal } from "../../../src/vrrp/auth/sealing.js";
import { outgoing } from "../../../src/vrrp/outgoing.js";
import { Freshness } from "../../../src/vrrp/auth/freshness.js";
import { icvOf, isSigned } from "./auth/reference.js";
import { bytesOf, packetOf, randomFrom } from "./segment.js";
import { address, seconds, settings } from "./settings.js";

const PACKETS = Number(process.env["VRRP_PACKETS"] ?? 1_000_000);
const SEED = Number(process.env["VRRP_SEED"] ?? 3768);
const PEER = "192.0.2.9";
const PEER6 = "fe80::9";
const NOW_MILLIS = 1_700_000_000_500;
const KEY = Buffer.alloc(32, 0x5a);
const HMAC: HmacSetting = {
  keys: [{ id: 1, hex: KEY.toString("hex") }],
  activeKey: 1,
  timeWindowSeconds: 5,
  antiReplay: "time",
  mode: "enforce",
};

/** No advert of these settings is good twice. */
function isProtected({ auth, hmac }: VrrpInstanceConfig): boolean {
  return auth.type === "ah" || hmac !== undefined;
}

const random = randomFrom(SEED);
const below = (limit: number) => Math.floor(random() * limit);

/** A running instance with what it was told from the wire, and everything that it shows of itself. */
class Target {
  readonly instance: VrrpInstance;
  readonly receiver: AdvertReceiver;
  readonly seeds: Uint8Array[];
  readonly before: string;
  refused = 0;

  constructor(
    readonly own: VrrpInstanceConfig,
    master: boolean,
  ) {
    this.instance = new VrrpInstance(own);
    this.receiver = new AdvertReceiver(own, this.instance.counters, this.instance.freshness);
    this.instance.handle(
      { kind: "sourceChanged", source: bytesOf(own.family === 4 ? "192.0.2.1" : "fe80::1") },
      0,
    );
    this.instance.handle({ kind: "started" }, 0);
    if (master) this.instance.handle({ kind: "timerFired", timer: "masterDown" }, seconds(4));
    const from = own.family === 4 ? PEER : PEER6;
    const to = own.unicastPeers.length > 0 ? "192.0.2.1" : own.multicastGroup;
    const peer = new Freshness();
    this.seeds = [0, 90, 100, 200].map((priority) => {
      const bytes = packetOf(own, from, priority, 255, to);
      const sender = { ...own, unicastPeers: [] };
      const { packets } = outgoing(sender, bytesOf(from), priority);
      const send = {
        source: bytesOf(from),
        identification: 9,
        state: "master",
        wallMillis: NOW_MILLIS,
      } as const;
      return isProtected(own) ? (seal(sender, packets, send, peer)[0] ?? bytes) : bytes;
    });
    // The last good advert is remembered for the fast road: near misses of it must not pass either.
    // Of authenticated ones the first is, so that not everything later is a replay.
    const heard = this.seeds[isProtected(own) ? 0 : 3] as Uint8Array;
    assert(this.receiver.receive(this.packet(heard), this.instance, NOW_MILLIS).accepted);
    this.before = this.state();
  }

  packet(bytes: Uint8Array) {
    const destination = bytesOf(this.own.multicastGroup);
    return { bytes, source: bytesOf(PEER6), destination, hopLimit: 255 };
  }

  state(): string {
    const { state, effectivePriority, masterPriority, masterAddress, masterIntervalMicros, wantsMaster } =
      this.instance;
    const form = this.receiver.checksumForm;
    return JSON.stringify([
      form,
      state,
      effectivePriority,
      masterPriority,
      masterAddress,
      masterIntervalMicros,
      wantsMaster,
    ]);
  }

  feed(bytes: Uint8Array): void {
    const { family } = this.own;
    readRouterId(bytes, family);
    decodeAdvert(bytes, family);
    decodeAdvert(bytes, family, true);
    const verdict = this.receiver.receive(this.packet(bytes), this.instance, NOW_MILLIS);
    if (!verdict.accepted) {
      this.refused++;
      return;
    }
    // What passes has to be an advert that somebody could have meant; it is no bad input then.
    const hex = Buffer.from(bytes).toString("hex");
    assert(isGenuine(bytes, this.own), `VRRP_SEED=${SEED}: accepted ${hex}`);
  }
}

/** Takes the authentication off, when it is right. */
function unsealed(bytes: Uint8Array, own: VrrpInstanceConfig): Uint8Array | undefined {
  if (own.hmac !== undefined) {
    const source = own.family === 4 ? bytes.subarray(12, 16) : bytesOf(PEER6);
    if (!isSigned(bytes, source, KEY)) return undefined;
    const inner = Buffer.from(bytes.subarray(0, -28));
    if (own.family === 4) inner.writeUInt16BE(Buffer.from(bytes).readUInt16BE(2) - 28, 2);
    return inner;
  }
  if (own.auth.type !== "ah") return bytes;
  if (bytes[0] !== 0x45 || bytes[9] !== 51 || !icvOf(bytes, "s3cr3t", false).equals(bytes.subarray(32, 44)))
    return undefined;
  const inner = Buffer.concat([bytes.subarray(0, 20), bytes.subarray(44)]);
  inner.writeUInt16BE(inner.readUInt16BE(2) - 24, 2);
  return inner;
}

/** Written from the RFCs without the code under test: every rule that makes an advert acceptable. */
function isGenuine(packet: Uint8Array, own: VrrpInstanceConfig): boolean {
  const bytes = unsealed(packet, own);
  if (bytes === undefined) return false;
  const view = Buffer.from(bytes);
  const ip = own.family === 4 ? ((view[0] ?? 0) & 15) * 4 : 0;
  const m = view.subarray(ip);
  const count = m[3] ?? 0;
  const length = 8 + count * (own.family === 4 ? 4 : 16) + (own.version === 2 && own.family === 4 ? 8 : 0);
  const padding = m.length - length;
  const padded = own.family === 4 && padding > 0 && view.length <= 46 && padding % 4 === 2;
  if (padding !== 0 && !padded) return false;
  const stated = view.readUInt16BE(2);
  if (own.family === 4 && view[8] !== 255 && own.unicastPeers.length === 0) return false;
  if (
    own.family === 4 &&
    stated !== view.length &&
    !(view.length <= 46 && view.length > stated && (view.length - stated) % 4 === 2)
  )
    return false;
  if (m[0] !== own.version * 16 + 1 || m[1] !== own.virtualRouterId) return false;
  if (own.version === 2) {
    const pass = own.auth.type === "pass" ? own.auth.password : "";
    const type = own.auth.type === "ah" ? 2 : pass === "" ? 0 : 1;
    if (m[4] !== type || m[5] !== own.advertIntervalMicros / 1e6) return false;
    if (pass !== "" && m.toString("latin1", length - 8, length) !== pass.padEnd(8, "\0")) return false;
  }
  if (own.family === 6) return true; // the kernel has the checksum
  let sum = own.version === 2 ? 0 : 112 + length;
  for (let i = 12; own.version === 3 && i < 20; i += 2) sum += view.readUInt16BE(i);
  for (let i = 0; i < length; i += 2) sum += m.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum === 0xffff;
}

function mutate(seed: Uint8Array): Uint8Array {
  const bytes = seed.slice();
  switch (below(6)) {
    case 0: // truncated
      return bytes.subarray(0, below(bytes.length));
    case 1: // something behind it
      return new Uint8Array([...bytes, ...Array.from({ length: 1 + below(64) }, () => below(256))]);
    case 2: // one bit
      flip(bytes, below(bytes.length * 8));
      return bytes;
    case 3: // some bytes
      for (let i = 1 + below(4); i > 0; i--) bytes[below(bytes.length)] = below(256);
      return bytes;
    case 4: // random behind a plausible beginning
      for (let i = below(bytes.length); i < bytes.length; i++) bytes[i] = below(256);
      return bytes;
    default: // random
      return Uint8Array.from({ length: below(96) }, () => below(256));
  }
}

function flip(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
}

function targets(): Target[] {
  const variants: Array<Partial<VrrpInstanceConfig>> = [
    {},
    { auth: { type: "pass", password: "s3cr3t" } },
    { addresses: ["192.0.2.100", "192.0.2.101", "192.0.2.102"].map(address) },
    { version: 3 },
    { version: 3, unicastPeers: [{ address: PEER }] },
    { family: 6 },
    { family: 6, version: 2 },
    { auth: { type: "ah", password: "s3cr3t" } },
    { hmac: HMAC },
    { version: 3, hmac: { ...HMAC, antiReplay: "monotonic" } },
    { family: 6, hmac: HMAC },
  ];
  return variants.flatMap((changes) => [
    new Target(settings(changes), false),
    new Target(settings(changes), true),
  ]);
}

function sum(counters: object): number {
  return Object.values(counters).reduce<number>(
    (total, value) => total + (typeof value === "number" ? value : 0),
    0,
  );
}

test(`${PACKETS} truncated, mutated and random packets change nothing but counters`, () => {
  const all = targets();
  const counted = () => all.reduce((total, { instance }) => total + sum(instance.counters), 0);
  const before = counted();
  for (let i = 0; i < PACKETS; i++) {
    const target = all[i % all.length] as Target;
    target.feed(mutate(target.seeds[below(4)] as Uint8Array));
  }
  for (const target of all) assert.equal(target.state(), target.before);
  const refused = all.reduce((total, target) => total + target.refused, 0);
  assert(refused > PACKETS / 2, `${refused} of ${PACKETS} refused`);
  assert(counted() - before >= refused, "each refusal is counted");
});
