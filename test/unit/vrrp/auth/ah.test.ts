/** Authentication headers of version 2 (reference 4.2): what they cover, and the numbers that all routers share. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../../src/config/model.js";
import { AhCounter } from "../../../../src/vrrp/auth/ah-counter.js";
import { Freshness } from "../../../../src/vrrp/auth/freshness.js";
import { seal } from "../../../../src/vrrp/auth/sealing.js";
import { channelKey, channelName } from "../../../../src/vrrp/channel-key.js";
import { Counters } from "../../../../src/vrrp/counters.js";
import { encodeAdvert } from "../../../../src/vrrp/advert.js";
import { outgoing } from "../../../../src/vrrp/outgoing.js";
import { AdvertReceiver, type StateView } from "../../../../src/vrrp/receive.js";
import { bytesOf, packetOf } from "../packets.js";
import { Segment } from "../segment.js";
import { address, HMAC, seconds, settings } from "../settings.js";
import { icvOf, underHeader } from "./reference.js";

const PASSWORD = "s3cr3t";
const PEER = "192.0.2.9";
const BACKUP: StateView = { state: "backup", masterAddress: undefined, outranks: () => false };
const auth = { type: "ah", password: PASSWORD } as const;
const own = (changes: Partial<VrrpInstanceConfig> = {}): VrrpInstanceConfig => settings({ auth, ...changes });

/** An advert of the peer with auth type 2, made by the test's own implementation. */
function advert(
  sequence: number,
  { priority = 200, destination = "224.0.0.18", ttl = 255, password = PASSWORD, ...header } = {},
  extra: Parameters<typeof underHeader>[3] = {},
): Uint8Array {
  const group = bytesOf("224.0.0.18");
  const route = {
    source: bytesOf(PEER),
    destination: bytesOf(destination),
    ttl,
    checksum: "messageOnly",
    group,
  } as const;
  const fields = {
    family: 4,
    version: 2,
    virtualRouterId: 51,
    priority,
    intervalMicros: seconds(1),
    addresses: [bytesOf("192.0.2.100")],
    underHeader: true,
  } as const;
  return underHeader(encodeAdvert(fields, route).bytes, sequence, password, { ...header, ...extra });
}

class Bench {
  readonly counters = new Counters();
  readonly receiver: AdvertReceiver;

  constructor(
    settings = own(),
    readonly freshness = new Freshness(),
  ) {
    this.receiver = new AdvertReceiver(settings, this.counters, freshness);
  }

  /** The reason for which the packet is dropped, or "accepted". */
  drop(bytes: Uint8Array, view = BACKUP): string {
    const none = new Uint8Array(0);
    const verdict = this.receiver.receive({ bytes, source: none, destination: none, hopLimit: -1 }, view);
    return verdict.accepted ? "accepted" : verdict.drop;
  }
}

const sequenceOf = (packet: Uint8Array | undefined): number => {
  assert.ok(packet);
  return Buffer.from(packet).readUInt32BE(28);
};

test("reference 4.2: what is sent is what the reference computes, for multicast and unicast", () => {
  const source = bytesOf("192.0.2.1");
  for (const changes of [
    {},
    { unicastPeers: [{ address: PEER }, { address: "192.0.2.8" }], unicastTtl: 64 },
  ]) {
    const unicast = changes.unicastPeers !== undefined;
    const { packets } = outgoing(own(changes), source, 100);
    const send = { source, identification: 0x1234, state: "master", wallMillis: 0 } as const;
    const sealed = seal(own(changes), packets, send, new Freshness());
    assert.equal(sealed.length, unicast ? 2 : 1);
    for (const packet of sealed) {
      assert.equal(packet.length, 64);
      assert.equal(packet[9], 51);
      assert.deepEqual([...packet.subarray(20, 32)], [112, 4, 0, 0, 192, 0, 2, 1, 0, 0, 0, 1]);
      assert.equal(packet[44 + 4], 2, "the message says AH");
      assert.equal(
        Buffer.from(packet).readUInt16BE(4),
        0x1234,
        "the identification is covered, so it is ours",
      );
      assert.deepEqual(Buffer.from(packet.subarray(32, 44)), icvOf(packet, PASSWORD, unicast));
    }
  }
});

test("reference 4.2: any change of what is covered is noticed, of the rest none", () => {
  const uncovered = [1, 6, 7, 10, 11]; // TOS, fragment, header checksum
  const bytes = advert(5);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x01;
    assert.equal(new Bench().drop(changed) === "accepted", uncovered.includes(at), `byte ${at}`);
  }
});

test("reference 4.2: the TTL is covered for multicast, and changes on the way of unicast", () => {
  const unicast = new Bench(own({ unicastPeers: [{ address: PEER }] }));
  const bytes = advert(1, { destination: "192.0.2.1", ttl: 64 }, { unicast: true });
  bytes[8] = 60;
  assert.equal(unicast.drop(bytes), "accepted");
});

test("reference 4.2: another password, another length of header, a foreign SPI", () => {
  const bench = new Bench();
  assert.equal(bench.drop(advert(1, { password: "other" })), "authFailure");
  assert.equal(bench.drop(advert(1, {}, { spi: bytesOf("192.0.2.1") })), "authFailure");
  assert.equal(bench.drop(advert(1, {}, { nextHeader: 6 })), "authFailure");
  const long = advert(1);
  long[21] = 5;
  icvOf(long, PASSWORD, false).copy(long, 32);
  assert.equal(bench.drop(long), "authFailure");
  assert.equal(bench.counters.authFailure, 4);
  assert.equal(bench.drop(advert(1)), "accepted", "none of these was remembered");
});

test("reference 7, step 1: with and without AH do not understand each other", () => {
  const bench = new Bench();
  assert.equal(bench.drop(packetOf(settings({ priority: 200 }), PEER, 200)), "authMismatch");
  assert.equal(
    bench.drop(packetOf(settings({ auth: { type: "pass", password: PASSWORD } }), PEER, 200)),
    "authMismatch",
  );
  assert.equal(new Bench(settings()).drop(advert(1)), "authMismatch");
  const typeless = underHeader(packetOf(settings(), PEER, 200), 1, PASSWORD);
  assert.equal(bench.drop(typeless), "authMismatch");
  const headless = advert(1);
  const bare = new Uint8Array([...headless.subarray(0, 20), ...headless.subarray(44)]);
  bare.set([0, bare.length], 2);
  bare[9] = 112;
  assert.equal(bench.drop(bare), "authMismatch", "type 2 without a header");
  assert.equal(bench.counters.authTypeMismatch, 4);
});

test("reference 4.2: a number has to be greater than all before it, sent or received", () => {
  const bench = new Bench();
  assert.equal(bench.drop(advert(7)), "accepted");
  assert.equal(bench.drop(advert(7)), "authReplay");
  assert.equal(bench.drop(advert(6)), "authReplay");
  assert.equal(bench.drop(advert(9)), "accepted");
  assert.equal(bench.freshness.counter.next("master"), 10, "one counter for both directions");
  assert.equal(bench.drop(advert(10)), "authReplay");
  assert.equal(bench.drop(advert(11)), "accepted");
  assert.equal(bench.counters.authFailure, 3);
});

test("reference 4.2: a MASTER that hears a lower advert goes on two numbers after it, others after it", () => {
  const master: StateView = {
    state: "master",
    masterAddress: undefined,
    outranks: ({ priority }) => priority < 100,
  };
  const lower = new Bench();
  assert.equal(lower.drop(advert(40, { priority: 90 }), master), "accepted");
  assert.equal(lower.freshness.counter.next("master"), 42);
  const higher = new Bench();
  assert.equal(higher.drop(advert(40, { priority: 200 }), master), "accepted");
  assert.equal(higher.freshness.counter.next("backup"), 41);
  const backup = new Bench();
  assert.equal(backup.drop(advert(40, { priority: 90 }), { ...master, state: "backup" }), "accepted");
  assert.equal(backup.freshness.counter.next("master"), 41);
});

test("reference 4.2: numbers end at 0xfffffffe, and the next MASTER begins at 1", () => {
  const counter = new AhCounter();
  counter.next("master");
  assert.ok(counter.accept(0xfffffffc, "master"));
  const sent = [1, 2, 3, 4].map(() => counter.next("master"));
  assert.deepEqual(sent, [0xfffffffd, 0xfffffffe, 0xfffffffe, 0xfffffffe]);
  assert.equal(counter.next("backup"), 0xfffffffe, "the resignation");
  assert.equal(counter.next("master"), 1);
  assert.equal(counter.next("master"), 2);
});

test("reference 4.2: a BACKUP that accepts forgets that the numbers are used up", () => {
  const counter = new AhCounter();
  assert.ok(counter.accept(0xfffffffe, "backup"));
  counter.next("master");
  assert.ok(counter.accept(0xffffffff, "backup"));
  assert.equal(counter.next("master"), 0xffffffff, "no new cycle");
});

test("reference 4.2: the receive check of a stranger's number moves nothing", () => {
  const bench = new Bench();
  bench.drop(advert(1000, { password: "guess" }));
  assert.equal(bench.freshness.counter.next("master"), 1);
});

test("an instance with AH has sockets of protocol 51, its neighbour without has its own", () => {
  const link = { name: "eth0", index: 2 };
  const source = bytesOf("192.0.2.1");
  const [ah, plain] = [own(), settings()].map((one) => channelKey(one, link, source));
  assert.ok(ah && plain);
  assert.equal(ah.protocol, 51);
  assert.equal(plain.protocol, 112);
  assert.notEqual(channelName(ah), channelName(plain));
});

test("with auth_hmac there is no AH, whatever the configuration said", () => {
  const { packets } = outgoing(own({ hmac: HMAC }), bytesOf("192.0.2.1"), 100);
  assert.equal(packets[0]?.[9], 112);
});

const high = own({ name: "HIGH", priority: 150 });
const low = own({ name: "LOW", priority: 100 });

test("two routers with AH: election, stop, restart from number 0, partition and its end", () => {
  const lan = new Segment();
  lan.join("high", high, "192.0.2.1");
  lan.join("low", low, "192.0.2.2");
  lan.advance(seconds(60));
  assert.deepEqual([lan.state("high"), lan.state("low")], ["master", "backup"]);
  lan.stop("high");
  lan.advance(seconds(2));
  assert.equal(lan.state("low"), "master", "the resignation was heard");
  lan.advance(seconds(30));
  lan.start("high"); // its counter begins anew, and learns from what it hears
  lan.advance(seconds(5));
  assert.deepEqual([lan.state("high"), lan.state("low")], ["master", "backup"]);
  lan.partition({ high: 1 });
  lan.advance(seconds(100));
  assert.deepEqual([lan.state("high"), lan.state("low")], ["master", "master"]);
  lan.heal();
  lan.advance(seconds(3));
  assert.deepEqual([lan.state("high"), lan.state("low")], ["master", "backup"]);
  assert.equal(lan.instance("low").counters.authFailure <= 1, true, "numbers met at most once");
});

test("a reload keeps the number: no advert of it is refused", () => {
  const lan = new Segment();
  lan.join("high", high, "192.0.2.1");
  lan.join("low", low, "192.0.2.2");
  lan.advance(seconds(30));
  const { advertsReceived } = lan.instance("low").counters;
  lan.reload("high", { ...high, addresses: [address("192.0.2.100"), address("192.0.2.101")] });
  lan.reload("low", { ...low, downTimerAdverts: 4 });
  lan.advance(seconds(10));
  const { counters } = lan.instance("low");
  assert.equal(counters.authFailure, 0);
  assert.ok(counters.advertsReceived >= advertsReceived + 9);
  assert.equal(lan.state("low"), "backup");
});

test("seals know no state: a sealed packet carries the next number", () => {
  const source = bytesOf("192.0.2.1");
  const freshness = new Freshness();
  const { packets } = outgoing(own(), source, 100);
  const numbers = [1, 2, 3].map((identification) =>
    sequenceOf(
      seal(own(), packets, { source, identification, state: "master", wallMillis: 0 }, freshness)[0],
    ),
  );
  assert.deepEqual(numbers, [1, 2, 3]);
  assert.equal(sequenceOf(packets[0]), 0, "the packet that copies are made from stays as it is");
});
