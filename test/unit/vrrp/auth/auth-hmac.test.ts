/**
 * auth_hmac (reference 5). What our receiver hears here was signed by the test's own implementation (reference.ts), and
 * what we send is checked by it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HmacSetting, VrrpInstanceConfig } from "../../../../src/config/model.js";
import { Freshness } from "../../../../src/vrrp/auth/freshness.js";
import { seal } from "../../../../src/vrrp/auth/sealing.js";
import { Counters } from "../../../../src/vrrp/counters.js";
import { outgoing } from "../../../../src/vrrp/outgoing.js";
import { AdvertReceiver, type StateView } from "../../../../src/vrrp/receive.js";
import { bytesOf, packetOf } from "../packets.js";
import { address, seconds, settings } from "../settings.js";
import { isSigned, signed, type Trailer } from "./reference.js";

const PEER = "192.0.2.9";
const PEER6 = "fe80::9";
/** Wall clock of the receiver, whole seconds. */
const NOW = 1_700_000_000;
const WINDOW = 10;
const KEY_1 = Buffer.alloc(32, 0x11);
const KEY_2 = Buffer.alloc(64, 0x22);
const BACKUP: StateView = { state: "backup", masterAddress: undefined, outranks: () => false };

function hmac(changes: Partial<HmacSetting> = {}): HmacSetting {
  return {
    keys: [{ id: 1, hex: KEY_1.toString("hex") }],
    activeKey: 1,
    timeWindowSeconds: WINDOW,
    antiReplay: "time",
    mode: "enforce",
    ...changes,
  };
}

const own = (
  changes: Partial<HmacSetting> = {},
  others: Partial<VrrpInstanceConfig> = {},
): VrrpInstanceConfig => settings({ hmac: hmac(changes), ...others });

class Bench {
  readonly counters = new Counters();
  readonly receiver: AdvertReceiver;
  now = NOW;

  constructor(
    readonly settings = own(),
    readonly freshness = new Freshness(),
  ) {
    this.receiver = new AdvertReceiver(settings, this.counters, freshness);
  }

  feed(bytes: Uint8Array, source = PEER6) {
    const destination = bytesOf(this.settings.multicastGroup);
    return this.receiver.receive(
      { bytes, source: bytesOf(source), destination, hopLimit: 255 },
      BACKUP,
      this.now * 1000,
    );
  }

  /** The reason for which the bytes are dropped, or "accepted". */
  drop(bytes: Uint8Array, source?: string): string {
    const verdict = this.feed(bytes, source);
    return verdict.accepted ? "accepted" : verdict.drop;
  }
}

/** An advert of `source`, signed with key 1 at NOW unless said otherwise. */
function advert(
  trailer: Partial<Trailer> = {},
  { source = PEER, destination, ...others }: Partial<VrrpInstanceConfig> & Way = {},
): Uint8Array {
  const sender = settings({ priority: 200, ...others });
  const packet = packetOf(sender, source, 200, 255, destination);
  return signed(packet, bytesOf(source), { keyId: 1, key: KEY_1, seconds: NOW, ...trailer });
}
interface Way {
  source?: string;
  destination?: string;
}

const VARIANTS: Array<[name: string, others: Partial<VrrpInstanceConfig>]> = [
  ["version 2 over IPv4", {}],
  ["version 3 over IPv4", { version: 3 }],
  ["version 3 over IPv6", { family: 6 }],
  ["version 2 over IPv6", { family: 6, version: 2 }],
  ["three addresses", { addresses: ["192.0.2.100", "192.0.2.101", "192.0.2.102"].map(address) }],
];

for (const [name, others] of VARIANTS) {
  const six = others.family === 6;
  const source = bytesOf(six ? "fe80::1" : "192.0.2.1");

  test(`5.2: ${name}: what we send is signed as the reference says, what it signs is accepted`, () => {
    const sender = own({}, others);
    const send = { source, identification: 1, state: "master", wallMillis: NOW * 1000 } as const;
    const plain = outgoing({ ...sender, hmac: hmac({ mode: "receive-only" }) }, source, 100).packets[0];
    const [packet] = seal(sender, outgoing(sender, source, 100).packets, send, new Freshness());
    assert.ok(packet && plain);
    assert.equal(packet.length, plain.length + 28);
    assert.ok(isSigned(packet, source, KEY_1));
    assert.ok(!isSigned(packet, source, KEY_2));
    if (!six) {
      assert.equal(Buffer.from(packet).readUInt16BE(2), packet.length, "the IP length includes the trailer");
      assert.deepEqual(packet.subarray(20, plain.length), plain.subarray(20), "the checksum does not");
    }
    assert.equal(new Bench(sender).drop(packet, "fe80::1"), "accepted");
    const from = six ? PEER6 : PEER;
    assert.equal(new Bench(sender).drop(advert({}, { ...others, source: from })), "accepted");
  });
}

test("5.2: each covered byte, and the source, is noticed when it changes; the rest of the IP header is not", () => {
  const bytes = advert();
  for (let at = 20; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x01;
    assert.notEqual(new Bench().drop(changed), "accepted", `byte ${at}`);
  }
  const moved = bytes.slice();
  moved[15] = 8;
  assert.equal(new Bench().drop(moved), "hmacInvalid");
  const six = own({}, { family: 6 });
  assert.equal(new Bench(six).drop(advert({}, { family: 6, source: PEER6 }), "fe80::8"), "hmacInvalid");
});

test("5.2: an HMAC does not stand for the same message of another router or version", () => {
  const other = advert({}, { virtualRouterId: 52 });
  other[21] = 51;
  assert.equal(new Bench().drop(other), "hmacInvalid");
});

test("5.3: stamps follow the clock; equal or earlier, they count on from the last", () => {
  const sender = own({ antiReplay: "monotonic" });
  const stamps = stampsOf(sender, [
    NOW * 1000,
    NOW * 1000,
    NOW * 1000 + 500,
    NOW * 1000 - 3_600_000,
    NOW * 1000 + 501,
  ]);
  assert.deepEqual(stamps, [
    [NOW, 0, 0],
    [NOW, 0, 1],
    [NOW, 0x8000, 0],
    [NOW, 0x8000, 1],
    [NOW, 0x8041, 0],
  ]);
});

test("5.3: anti_replay time follows a clock that was set back by more than the window, and no less", () => {
  const within = stampsOf(own(), [NOW * 1000, (NOW - WINDOW) * 1000]);
  assert.deepEqual(within[1], [NOW, 0, 1]);
  const beyond = stampsOf(own(), [NOW * 1000, (NOW - WINDOW - 1) * 1000, (NOW - WINDOW) * 1000]);
  assert.deepEqual(beyond.slice(1), [
    [NOW - WINDOW - 1, 0, 0],
    [NOW - WINDOW, 0, 0],
  ]);
});

test("5.1: seconds have 32 bits, and 2106 is followed by 1970 without a gap", () => {
  const last = 0xffffffff;
  const stamps = stampsOf(own({ antiReplay: "monotonic" }), [last * 1000, (last + 2) * 1000]);
  assert.deepEqual(stamps, [
    [last, 0, 0],
    [1, 0, 0],
  ]);
  const bench = new Bench();
  bench.now = last;
  assert.equal(bench.drop(advert({ seconds: last })), "accepted");
  bench.now = last + 2;
  assert.equal(bench.drop(advert({ seconds: 1 })), "accepted");
  assert.equal(bench.drop(advert({ seconds: last })), "hmacReplay");
});

/** What the trailers of successive adverts say: seconds, fraction, counter. */
function stampsOf(sender: VrrpInstanceConfig, clocks: readonly number[]): number[][] {
  const source = bytesOf("192.0.2.1");
  const freshness = new Freshness();
  return clocks.map((wallMillis) => {
    const { packets } = outgoing(sender, source, 100);
    const send = { source, identification: 1, state: "master", wallMillis } as const;
    const [packet] = seal(sender, packets, send, freshness);
    const trailer = Buffer.from(packet ?? []).subarray(-28);
    return [trailer.readUInt32BE(4), trailer.readUInt16BE(8), trailer.readUInt16BE(10)];
  });
}

test("5.3: all unicast peers get the same trailer, each in its own packet", () => {
  const peers = ["192.0.2.2", "192.0.2.3"];
  const sender = own({}, { version: 3, unicastPeers: peers.map((peer) => ({ address: peer })) });
  const source = bytesOf("192.0.2.1");
  const send = { source, identification: 1, state: "master", wallMillis: NOW * 1000 } as const;
  const sealed = seal(sender, outgoing(sender, source, 100).packets, send, new Freshness());
  assert.equal(sealed.length, 2);
  const [first, second] = sealed.map((packet) => Buffer.from(packet.subarray(-28)).toString("hex"));
  assert.equal(first, second);
  assert.ok(sealed.every((packet) => isSigned(packet, source, KEY_1)));
});

test("5.4: enforce refuses what has no trailer, permissive and receive-only hear it", () => {
  const plain = packetOf(settings({ priority: 200 }), PEER, 200);
  const answers = (["enforce", "permissive", "receive-only"] as const).map((mode) => {
    const bench = new Bench(own({ mode }));
    return [bench.drop(plain), bench.counters.extensionMissing];
  });
  assert.deepEqual(answers, [
    ["hmacMissing", 1],
    ["accepted", 0],
    ["accepted", 0],
  ]);
});

test("5.4: in every mode a trailer that is there has to be right", () => {
  for (const mode of ["enforce", "permissive", "receive-only"] as const) {
    const bench = new Bench(own({ mode }));
    assert.equal(bench.drop(advert({ key: KEY_2 })), "hmacInvalid", mode);
    assert.equal(bench.drop(advert()), "accepted", mode);
    assert.equal(bench.drop(advert()), "hmacReplay", mode);
  }
});

test("5.3: receive-only sends no trailer and keeps no room for one", () => {
  const source = bytesOf("192.0.2.1");
  const sender = own({ mode: "receive-only" });
  const send = { source, identification: 1, state: "master", wallMillis: NOW * 1000 } as const;
  const packet = seal(sender, outgoing(sender, source, 100).packets, send, new Freshness())[0];
  assert.deepEqual(packet, outgoing(settings(), source, 100).packets[0]);
});

test("5.4: an instance without auth_hmac drops signed adverts as too long", () => {
  const bench = new Bench(settings());
  assert.equal(bench.drop(advert()), "length");
  assert.equal(bench.counters.packetLengthErrors, 1);
});

test("5.4: a trailer is exactly 28 bytes", () => {
  const bytes = advert();
  for (const changed of [bytes.subarray(0, -1), new Uint8Array([...bytes, 0])]) {
    assert.equal(new Bench().drop(changed), "length");
  }
  const six = advert({}, { family: 6, source: PEER6 });
  for (const changed of [six.subarray(0, -1), new Uint8Array([...six, 0])]) {
    assert.equal(new Bench(own({}, { family: 6 })).drop(changed), "length");
  }
});

test("5.4: another type or a reserved bit is malformed", () => {
  const bench = new Bench();
  assert.equal(bench.drop(advert({ type: 2 })), "hmacMalformed");
  assert.equal(bench.drop(advert({ reserved: 1 })), "hmacMalformed");
  assert.equal(bench.counters.extensionMalformed, 2);
});

test("5.4: anti_replay time: a stamp outside the window on either side is stale, at its edge it is not", () => {
  const bench = new Bench();
  assert.equal(bench.drop(advert({ seconds: NOW - WINDOW - 1 })), "hmacStale");
  assert.equal(bench.drop(advert({ seconds: NOW + WINDOW + 1 })), "hmacStale");
  assert.equal(bench.drop(advert({ seconds: NOW - WINDOW })), "accepted");
  assert.equal(bench.drop(advert({ seconds: NOW + WINDOW })), "accepted");
  assert.equal(bench.counters.extensionStale, 2);
});

test("5.4: anti_replay monotonic does not look at the clock", () => {
  const bench = new Bench(own({ antiReplay: "monotonic" }));
  assert.equal(bench.drop(advert({ seconds: 1000 })), "accepted");
  assert.equal(bench.drop(advert({ seconds: 999 })), "hmacReplay");
  assert.equal(bench.drop(advert({ seconds: NOW })), "accepted");
});

test("5.4: unknown key, wrong key", () => {
  const bench = new Bench();
  assert.equal(bench.drop(advert({ keyId: 9 })), "hmacUnknownKey");
  assert.equal(bench.drop(advert({ key: KEY_2 })), "hmacInvalid");
  assert.equal(bench.counters.extensionUnknownKey, 1);
  assert.equal(bench.counters.extensionInvalidHmac, 1);
});

test("5.4: rotation: every configured key is good to receive, only the active one is sent with", () => {
  const keys = [
    { id: 1, hex: KEY_1.toString("hex") },
    { id: 2, hex: KEY_2.toString("hex") },
  ];
  const bench = new Bench(own({ keys }));
  assert.equal(bench.drop(advert({ seconds: NOW })), "accepted");
  assert.equal(bench.drop(advert({ keyId: 2, key: KEY_2, seconds: NOW + 1 })), "accepted");
  assert.equal(bench.drop(advert({ seconds: NOW })), "hmacReplay", "one mark for all keys of a sender");
  const source = bytesOf("192.0.2.1");
  for (const [activeKey, key] of [
    [1, KEY_1],
    [2, KEY_2],
  ] as const) {
    const sender = own({ keys, activeKey });
    const send = { source, identification: 1, state: "master", wallMillis: 0 } as const;
    const packet = seal(sender, outgoing(sender, source, 100).packets, send, new Freshness())[0];
    assert.ok(packet && isSigned(packet, source, key));
    assert.equal(packet.at(-27), activeKey);
  }
});

test("5.4: a replay is refused byte for byte, and older stamps too", () => {
  const bench = new Bench();
  const first = advert({ counter: 5 });
  assert.equal(bench.drop(first), "accepted");
  assert.equal(bench.drop(first), "hmacReplay");
  assert.equal(bench.drop(advert({ counter: 4 })), "hmacReplay");
  assert.equal(bench.drop(advert({ counter: 6 })), "accepted");
  assert.equal(bench.drop(advert({ subseconds: 1 })), "accepted");
  assert.equal(bench.drop(advert({ counter: 0xffff })), "hmacReplay");
  assert.equal(bench.counters.extensionReplay, 3);
  assert.equal(bench.counters.advertsReceived, 3);
});

test("5.4: clock step: a mark outside the window is forgotten, so a sender that was set back is heard again", () => {
  const bench = new Bench();
  assert.equal(bench.drop(advert({ seconds: NOW + 5 })), "accepted");
  bench.now = NOW - 100; // both clocks were corrected by 100 seconds
  assert.equal(bench.drop(advert({ seconds: NOW - 100 })), "accepted");
  assert.equal(bench.drop(advert({ seconds: NOW - 100 })), "hmacReplay");
});

test("5.4: clock step: a receiver set forward alone finds everybody stale, and only so long", () => {
  const bench = new Bench();
  bench.now = NOW + 1000;
  assert.equal(bench.drop(advert({ seconds: NOW + 1 })), "hmacStale");
  bench.now = NOW + 2;
  assert.equal(bench.drop(advert({ seconds: NOW + 2 })), "accepted");
});

test("5.4: nothing is remembered of an advert before its HMAC is right", () => {
  const bench = new Bench(own({ antiReplay: "monotonic" }));
  assert.equal(bench.drop(advert({ seconds: NOW + 1_000_000, key: KEY_2 })), "hmacInvalid");
  assert.equal(bench.drop(advert()), "accepted");
});

test("5.4: multicast: the four latest senders are remembered, the longest silent one goes first", () => {
  const bench = new Bench(own({ antiReplay: "monotonic" }));
  const of = (last: number, at = NOW) => advert({ seconds: at }, { source: `192.0.2.${last}` });
  for (const last of [1, 2, 3, 4]) assert.equal(bench.drop(of(last)), "accepted");
  assert.equal(bench.drop(of(1, NOW + 1)), "accepted");
  assert.equal(bench.drop(of(5)), "accepted");
  assert.equal(bench.drop(of(1, NOW)), "hmacReplay");
  for (const last of [3, 4, 5]) assert.equal(bench.drop(of(last)), "hmacReplay", `192.0.2.${last}`);
  assert.equal(bench.drop(of(2)), "accepted", "the second was forgotten");
});

test("5.4: unicast: only peers, each with a mark of its own", () => {
  const peers = [1, 2, 3, 4, 5, 6].map((last) => `192.0.2.${last}`);
  const bench = new Bench(own({}, { unicastPeers: peers.map((peer) => ({ address: peer })) }));
  const of = (source: string) => advert({}, { source, destination: "192.0.2.77" });
  for (const peer of peers) assert.equal(bench.drop(of(peer)), "accepted");
  for (const peer of peers) assert.equal(bench.drop(of(peer)), "hmacReplay");
  assert.equal(bench.drop(of("192.0.2.9")), "source");
});

test("5.4: a clock beyond half of the window is said once, and again after it was right", () => {
  const bench = new Bench();
  const kinds = [
    [0, 0],
    [1, 5],
    [2, 7],
    [3, 8],
    [10, 4],
    [20, 14],
    [30, -6],
  ].map(([now = 0, sent = 0]) => {
    bench.now = NOW + now;
    const verdict = bench.feed(advert({ seconds: NOW + sent + now }));
    return verdict.accepted ? verdict.remarks.map(({ kind }) => kind).join() : verdict.drop;
  });
  assert.deepEqual(kinds, ["", "", "clockSkew", "", "", "hmacStale", "clockSkew"]);
});

test("section 7: TTL and version come before the trailer, everything else after it", () => {
  const bench = new Bench();
  const far = signed(packetOf(settings({ priority: 200 }), PEER, 200, 64), bytesOf(PEER), {
    keyId: 1,
    key: KEY_2,
    seconds: NOW,
  });
  assert.equal(bench.drop(far), "ttl");
  assert.equal(bench.drop(advert({ key: KEY_2 }, { version: 3 })), "version");
  assert.equal(bench.drop(advert({ key: KEY_2 }, { virtualRouterId: 52 })), "hmacInvalid");
  assert.equal(bench.drop(advert({ key: KEY_2 }, { advertIntervalMicros: seconds(2) })), "hmacInvalid");
  assert.equal(bench.drop(advert({}, { advertIntervalMicros: seconds(2) })), "interval");
});

test("5.4: the marks outlive a reload: what was heard before it is a replay after it", () => {
  const freshness = new Freshness();
  assert.equal(new Bench(own(), freshness).drop(advert()), "accepted");
  assert.equal(new Bench(own({ timeWindowSeconds: 60 }), freshness).drop(advert()), "hmacReplay");
});
