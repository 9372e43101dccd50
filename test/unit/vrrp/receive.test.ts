/** RFC 9568 section 7.1 and RFC 3768 section 7.1 in keepalived's order (reference section 7), and 7.2 on sending. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { internetChecksum } from "../../../src/net/checksum.js";
import { Counters } from "../../../src/vrrp/counters.js";
import { AdvertReceiver, type StateView } from "../../../src/vrrp/receive.js";
import { bytesOf, packetOf } from "./segment.js";
import { address, seconds, settings } from "./settings.js";

const PEER = "192.0.2.9";
const BACKUP: StateView = { state: "backup", masterAddress: undefined, outranks: () => false };

/** A receiver with its counters, fed with bytes. */
class Bench {
  readonly counters = new Counters();
  readonly receiver: AdvertReceiver;

  constructor(readonly own: VrrpInstanceConfig = settings()) {
    this.receiver = new AdvertReceiver(own, this.counters);
  }

  feed(bytes: Uint8Array, view = BACKUP, source = "fe80::9", destination = "ff02::12", hopLimit = 255) {
    return this.receiver.receive(
      { bytes, source: bytesOf(source), destination: bytesOf(destination), hopLimit },
      view,
    );
  }

  /** The reason for which the bytes are dropped, or "accepted". */
  drop(bytes: Uint8Array, view = BACKUP): string {
    const verdict = this.feed(bytes, view);
    return verdict.accepted ? "accepted" : verdict.drop;
  }
}

const good = (changes: Partial<VrrpInstanceConfig> = {}, ttl = 255) => {
  const sender = settings({ priority: 200, ...changes });
  return packetOf(sender, PEER, sender.priority, ttl);
};

/** Changed bytes with a checksum that is right again (version 2: message only). */
function altered(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[20 + at] = value;
  copy.set([0, 0], 26);
  const checksum = internetChecksum(copy, 20);
  copy.set([checksum >> 8, checksum & 0xff], 26);
  return copy;
}

test("RFC 9568 7.1: the TTL must be 255, RFC 3768 7.1 likewise", () => {
  for (const version of [2, 3] as const) {
    const bench = new Bench(settings({ version }));
    assert.equal(bench.drop(good({ version }, 254)), "ttl");
    assert.equal(bench.counters.ttlErrors, 1);
    assert.equal(bench.counters.protocolError, "hopLimit");
    assert.equal(bench.counters.advertsReceived, 0);
  }
});

test("RFC 9568 7.1: the hop limit must be 255 over IPv6", () => {
  const bench = new Bench(settings({ family: 6 }));
  const bytes = packetOf(settings({ family: 6 }), "fe80::9", 200);
  const verdict = bench.feed(bytes, BACKUP, "fe80::9", "ff02::12", 64);
  assert(!verdict.accepted);
  assert.equal(verdict.detail, "invalid TTL/HL. Received 64 and expect 255 from fe80::9");
});

test("RFC 9568 7.1: the version must be ours", () => {
  const bench = new Bench();
  assert.equal(bench.drop(good({ version: 3 })), "version");
  assert.equal(bench.drop(altered(good(), 0, 0x41)), "version");
  assert.equal(bench.drop(altered(good(), 0, 0x11)), "version");
  assert.equal(bench.counters.versionErrors, 3);
});

test("RFC 9568 7.1: the packet must be complete, and nothing more", () => {
  const bench = new Bench();
  const bytes = good();
  for (let length = 0; length < bytes.length; length++)
    assert.equal(bench.drop(bytes.subarray(0, length)), "length");
  assert.equal(bench.drop(altered(bytes, 3, 2)), "length");
  assert.equal(bench.drop(altered(bytes, 3, 0)), "length");
  assert.equal(bench.drop(new Uint8Array([...bytes, 0])), "length");
  assert.equal(bench.counters.packetLengthErrors, bytes.length + 3);
});

test("reference 2.4: the padding of a short Ethernet frame is no part of the packet", () => {
  const bytes = good();
  assert.equal(bytes.length, 40);
  const padded = (count: number) => new Uint8Array([...bytes, ...new Array<number>(count).fill(0)]);
  const bench = new Bench();
  assert.equal(bench.drop(padded(6)), "accepted");
  assert.equal(bench.drop(padded(2)), "accepted"); // behind a VLAN tag
  for (const count of [1, 3, 4, 5, 7, 8, 10]) assert.equal(bench.drop(padded(count)), "length", `${count}`);
});

test("RFC 9568 7.1: the checksum must be right", () => {
  for (const version of [2, 3] as const) {
    const bench = new Bench(settings({ version }));
    const bytes = good({ version });
    bytes[22] = 201;
    assert.equal(bench.drop(bytes), "checksum");
    assert.equal(bench.counters.checksumErrors, 1);
    assert.equal(bench.counters.protocolError, "checksum");
  }
});

test("RFC 9568 7.1: the VRID must be ours", () => {
  const bench = new Bench();
  assert.equal(bench.drop(good({ virtualRouterId: 52 })), "routerId");
  assert.equal(bench.counters.routerIdErrors, 1);
});

test("RFC 9568 7.1: the type must be advertisement", () => {
  const bench = new Bench();
  assert.equal(bench.drop(altered(good(), 0, 0x22)), "type");
  assert.equal(bench.counters.invalidTypeReceived, 1);
});

test("RFC 9568 7.1: another interval is remarked upon once and used (version 3)", () => {
  const bench = new Bench(settings({ version: 3 }));
  const bytes = good({ version: 3, advertIntervalMicros: seconds(2) });
  const first = bench.feed(bytes);
  assert(first.accepted);
  assert.deepEqual(
    first.remarks.map(({ kind }) => kind),
    ["interval"],
  );
  assert.equal(first.event.advert.intervalMicros, seconds(2));
  const second = bench.feed(bytes);
  assert(second.accepted);
  assert.deepEqual(second.remarks, []);
});

test("version 3: an interval of 0 counts as ours, since it would make every backup master at once", () => {
  const bench = new Bench(settings({ version: 3, family: 6 }));
  const bytes = packetOf(settings({ family: 6 }), "fe80::9", 200);
  bytes.set([0, 0], 4);
  const verdict = bench.feed(bytes);
  assert(verdict.accepted);
  assert.equal(verdict.event.advert.intervalMicros, seconds(1));
});

test("RFC 3768 7.1: another interval is a reason to drop (version 2)", () => {
  const bench = new Bench();
  const verdict = bench.feed(good({ advertIntervalMicros: seconds(2) }));
  assert(!verdict.accepted);
  assert.equal(verdict.drop, "interval");
  assert.equal(verdict.detail, "advertisement interval mismatch mine=1 sec rcv'd=2 sec");
  assert.equal(bench.counters.advertIntervalErrors, 1);
});

test("RFC 3768 7.1: the authentication type must be known, and ours", () => {
  const bench = new Bench();
  assert.equal(bench.drop(altered(good(), 4, 3)), "authUnknown");
  assert.equal(bench.drop(altered(good(), 4, 2)), "authMismatch");
  assert.equal(bench.drop(good({ auth: { type: "pass", password: "s3cr3t" } })), "authMismatch");
  assert.equal(bench.counters.invalidAuthType, 1);
  assert.equal(bench.counters.authTypeMismatch, 2);
});

test("RFC 3768 7.1: the password must be ours, and only its first 8 bytes count", () => {
  const auth = (password: string) => ({ auth: { type: "pass", password } as const });
  const bench = new Bench(settings(auth("s3cr3t")));
  assert.equal(bench.drop(good(auth("s3cr3t"))), "accepted");
  assert.equal(bench.drop(good(auth("s3cr3T"))), "authFailure");
  assert.equal(bench.drop(good(auth("s3cr3t1"))), "authFailure");
  assert.equal(bench.drop(good()), "authMismatch");
  assert.equal(bench.counters.authFailure, 2);
  const long = new Bench(settings(auth("123456789")));
  assert.equal(long.drop(good(auth("12345678"))), "accepted");
});

test("RFC 9568 7.1: other addresses are counted and logged once, and the advert is used (2.2 dropped it)", () => {
  for (const addresses of [[address("192.0.2.101")], [], [address("192.0.2.100"), address("192.0.2.101")]]) {
    const bench = new Bench();
    const bytes = good({ addresses });
    const first = bench.feed(bytes);
    const second = bench.feed(bytes);
    assert(first.accepted && second.accepted);
    assert.deepEqual(
      first.remarks.map(({ kind }) => kind),
      ["addressList"],
    );
    assert.deepEqual(second.remarks, []);
    assert.equal(bench.counters.addressListErrors, 2);
    assert.equal(bench.counters.advertsReceived, 2);
  }
});

test("the order of the addresses does not matter", () => {
  const pair = [address("192.0.2.100"), address("192.0.2.101")];
  const bench = new Bench(settings({ addresses: pair }));
  const verdict = bench.feed(good({ addresses: [...pair].reverse() }));
  assert(verdict.accepted);
  assert.deepEqual(verdict.remarks, []);
});

test("skip_check_adv_addr trusts the known master in BACKUP, nobody in MASTER", () => {
  const bench = new Bench(settings({ skipCheckAdvertAddresses: true }));
  const bytes = good({ addresses: [address("192.0.2.101")] });
  const known: StateView = { ...BACKUP, masterAddress: bytesOf(PEER) };
  bench.feed(bytes, known);
  bench.feed(bytes, known);
  assert.equal(bench.counters.addressListErrors, 0);
  bench.feed(bytes, { ...BACKUP, state: "master" });
  assert.equal(bench.counters.addressListErrors, 1);
  bench.feed(bytes, { ...BACKUP, masterAddress: bytesOf("192.0.2.8") });
  assert.equal(bench.counters.addressListErrors, 2);
});

test("a unicast packet is not for a multicast instance, nor the other way round", () => {
  const unicast = settings({ unicastPeers: [{ address: PEER }] });
  const toUs = packetOf(settings(), PEER, 200, 255, "192.0.2.1");
  const bench = new Bench();
  assert.equal(bench.drop(toUs), "destination");
  assert.equal(bench.counters.addressListErrors, 1);
  assert.equal(new Bench(unicast).drop(toUs), "accepted");
  assert.equal(new Bench(unicast).drop(good()), "destination");
});

test("unicast: any TTL and any sender, unless a peer has limits", () => {
  const toUs = (source: string, ttl: number) => packetOf(settings(), source, 200, ttl, "192.0.2.1");
  const open = new Bench(settings({ unicastPeers: [{ address: PEER }] }));
  assert.equal(open.drop(toUs("192.0.2.77", 3)), "accepted");
  const limited = new Bench(settings({ unicastPeers: [{ address: PEER, minTtl: 250, maxTtl: 254 }] }));
  assert.equal(limited.drop(toUs(PEER, 250)), "accepted");
  assert.equal(limited.drop(toUs(PEER, 254)), "accepted");
  assert.equal(limited.drop(toUs(PEER, 249)), "ttl");
  assert.equal(limited.drop(toUs(PEER, 255)), "ttl");
  assert.equal(limited.drop(toUs("192.0.2.77", 252)), "source");
  const checked = new Bench(settings({ unicastPeers: [{ address: PEER }], checkUnicastSource: true }));
  assert.equal(checked.drop(toUs("192.0.2.77", 255)), "source");
  assert.equal(checked.drop(toUs(PEER, 3)), "accepted");
});

test("a strict owner hears nobody, and one with owner_ignore_adverts neither", () => {
  assert.equal(new Bench(settings({ priority: 255, strict: true })).drop(good()), "owner");
  assert.equal(new Bench(settings({ priority: 255, ownerIgnoreAdverts: true })).drop(good()), "owner");
  assert.equal(new Bench(settings({ priority: 254, ownerIgnoreAdverts: true })).drop(good()), "accepted");
  assert.equal(new Bench(settings({ priority: 255 })).drop(good()), "accepted");
});

test("the IP header must state the length received", () => {
  const bytes = good();
  bytes[3] = 44;
  assert.equal(new Bench().drop(bytes), "length");
});

test("version 3 over IPv4: the checksum covers a pseudo-header, or not with v3_checksum_as_v2", () => {
  const own = settings({ version: 3 });
  const asVersion2 = { ...own, checksumAsVersion2: true };
  const withPseudo = good({ version: 3 });
  const without = withPseudo.slice();
  without.set([0, 0], 26);
  const checksum = internetChecksum(without, 20);
  without.set([checksum >> 8, checksum & 0xff], 26);
  assert.equal(new Bench(own).drop(without), "checksum");
  assert.equal(new Bench(asVersion2).drop(without), "accepted");
  assert.equal(new Bench(asVersion2).drop(withPseudo), "accepted");
  without[26] = (without[26] ?? 0) ^ 1;
  assert.equal(new Bench(asVersion2).drop(without), "checksum");
  assert.equal(new Bench(asVersion2).receiver.checksumForm, "messageOnly");
});

/** As an ancient unicast sender builds it: the group in the pseudo-header. */
function oldUnicast(): Uint8Array {
  const sender = settings({ version: 3, priority: 200 });
  const bytes = packetOf(sender, PEER, 200, 255, "192.0.2.1");
  bytes.set(packetOf(sender, PEER, 200).subarray(26, 28), 26);
  return bytes;
}

test("a unicast peer with the old checksum switches us to it for good", () => {
  const own = settings({ version: 3, unicastPeers: [{ address: PEER }] });
  const bench = new Bench(own);
  assert.equal(bench.receiver.checksumForm, "pseudoHeader");
  const verdict = bench.feed(oldUnicast());
  assert(verdict.accepted);
  assert.deepEqual(
    verdict.remarks.map(({ kind }) => kind),
    ["oldChecksum"],
  );
  assert.equal(bench.receiver.checksumForm, "groupPseudoHeader");
  assert.equal(bench.drop(packetOf(settings({ version: 3 }), PEER, 200, 255, "192.0.2.1")), "checksum");
  assert.equal(new Bench({ ...own, oldUnicastChecksum: "never" }).drop(oldUnicast()), "checksum");
  assert.equal(new Bench({ ...own, oldUnicastChecksum: "always" }).drop(oldUnicast()), "accepted");
});

test("one log line per reason and term: winning or losing MASTER, or another master, begins a new one", () => {
  const bench = new Bench();
  const bad = good({}, 254);
  const logged = (view: StateView) => {
    const verdict = bench.feed(bad, view);
    return !verdict.accepted && verdict.log;
  };
  const follows = (master: string): StateView => ({ ...BACKUP, masterAddress: bytesOf(master) });
  const answers = [
    BACKUP,
    BACKUP,
    { ...BACKUP, state: "master" } as const,
    BACKUP,
    follows(PEER),
    follows(PEER),
  ];
  assert.deepEqual(answers.map(logged), [true, false, true, true, true, false]);
  assert.equal(bench.counters.ttlErrors, 6);
});

test("checks come in upstream's order: TTL before version before authentication before checksum", () => {
  const bench = new Bench();
  const bytes = good({ version: 3 }, 254);
  assert.equal(bench.drop(bytes), "ttl");
  bytes[8] = 255;
  assert.equal(bench.drop(bytes), "version");
  const second = good({ auth: { type: "pass", password: "x" } });
  second[22] = 7; // spoils the checksum
  assert.equal(bench.drop(second), "authMismatch");
});

test("priority 0 is counted", () => {
  const bench = new Bench();
  bench.feed(good({ priority: 0 }));
  bench.feed(good({ priority: 0 }));
  assert.equal(bench.counters.priorityZeroReceived, 2);
  assert.equal(bench.counters.advertsReceived, 2);
});

test("the same advert again is recognised without decoding, a different one is not", () => {
  const bench = new Bench();
  const first = bench.feed(good());
  const again = good();
  again[5] = 99; // the identification changes with every advert
  const second = bench.feed(again);
  assert(first.accepted && second.accepted);
  assert.deepEqual(second.event.advert, first.event.advert);
  assert.equal(bench.feed(again), second, "no new object for a repeated advert");
  assert.equal(bench.counters.advertsReceived, 3);
  assert.equal(bench.drop(good({}, 254)), "ttl");
  const other = bench.feed(good({ priority: 150 }));
  assert.equal(other.accepted && other.event.advert.priority, 150);
});

test("no byte of a repeated advert may change unnoticed, apart from the kernel's own", () => {
  const bytes = good();
  for (let at = 0; at < bytes.length; at++) {
    const bench = new Bench();
    const first = bench.feed(bytes);
    const repeated = bench.feed(bytes);
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    const verdict = bench.feed(changed);
    const kernels = (at >= 4 && at <= 5) || (at >= 10 && at <= 11);
    assert(first.accepted && repeated.accepted);
    assert.equal(verdict === repeated, kernels, `byte ${at}`);
  }
});

test("IPv6: a repeated advert has the same source, destination and hop limit", () => {
  const bench = new Bench(settings({ family: 6 }));
  const bytes = packetOf(settings({ family: 6 }), "fe80::9", 200);
  bench.feed(bytes);
  const repeated = bench.feed(bytes);
  assert.equal(bench.feed(bytes), repeated);
  const other = bench.feed(bytes, BACKUP, "fe80::8");
  assert(other.accepted);
  assert.deepEqual(other.event.advert.source, bytesOf("fe80::8"));
  assert.equal(bench.feed(bytes, BACKUP, "fe80::8", "ff02::12", 254).accepted, false);
  assert.equal(bench.feed(bytes, BACKUP, "fe80::8", "fe80::1").accepted, false);
});
