/** Authenticated packets of test/data/vrrp-packets.json in both directions: AH as captured, auth_hmac as computed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../../src/config/model.js";
import { internetChecksum } from "../../../../src/net/checksum.js";
import { pseudoHeaderSum } from "../../../../src/vrrp/advert.js";
import { Freshness } from "../../../../src/vrrp/auth/freshness.js";
import { seal } from "../../../../src/vrrp/auth/sealing.js";
import { Counters } from "../../../../src/vrrp/counters.js";
import { outgoing } from "../../../../src/vrrp/outgoing.js";
import { AdvertReceiver, type StateView } from "../../../../src/vrrp/receive.js";
import { bytesOf } from "../packets.js";
import { address, settings } from "../settings.js";
import { icvOf, isSigned } from "./reference.js";

interface Vector {
  id: string;
  frame_hex: string;
  key_hex?: string;
  key_id?: number;
  decoded?: { ip: { id: number }; ah: { sequence: number }; vrrp: { priority: number } };
}

const file = JSON.parse(readFileSync("test/data/vrrp-packets.json", "utf8")) as { vectors: Vector[] };
const headed = file.vectors.filter(({ id }) => id.startsWith("v2-ah-"));
const trailed = file.vectors.filter(({ id }) => id.startsWith("computed-hmac-"));
const BACKUP: StateView = { state: "backup", masterAddress: undefined, outranks: () => false };
const SOURCE4 = bytesOf("192.0.2.1");
/** 6553f100 80000000: half a second after 1700000000. */
const SIGNED_AT_MILLIS = 1_700_000_000_500;

/** From the IP header on (IPv4), or from the VRRP header on (IPv6). */
function datagramOf({ frame_hex }: Vector): Uint8Array {
  const frame = Buffer.from(frame_hex, "hex");
  return new Uint8Array(frame.subarray(frame[12] === 0x08 ? 14 : 54));
}

/** What the kernel fills in when it sends. */
function withHeaderChecksum(packet: Uint8Array, identification: number): Uint8Array {
  const bytes = packet.slice();
  bytes.set([identification >> 8, identification & 0xff], 4);
  const checksum = internetChecksum(bytes, 0, 20);
  bytes.set([checksum >> 8, checksum & 0xff], 10);
  return bytes;
}

test("there are vectors of both kinds", () => {
  assert.equal(headed.length, 3);
  assert.equal(trailed.length, 3);
});

for (const vector of headed) {
  const own = settings({ auth: { type: "ah", password: "s3cr3t" }, priority: 150 });
  const { ip, ah, vrrp } = vector.decoded ?? assert.fail(vector.id);

  test(`seals ${vector.id} as it was captured`, () => {
    const { packets } = outgoing(own, SOURCE4, vrrp.priority);
    const freshness = new Freshness();
    freshness.counter.accept(ah.sequence - 1, "backup");
    const send = { source: SOURCE4, identification: ip.id, state: "master", wallMillis: 0 } as const;
    const [packet] = seal(own, packets, send, freshness);
    assert.ok(packet);
    assert.deepEqual(withHeaderChecksum(packet, ip.id), datagramOf(vector));
  });

  test(`accepts ${vector.id}`, () => {
    const bytes = datagramOf(vector);
    assert.deepEqual(
      Buffer.from(bytes.subarray(32, 44)),
      icvOf(bytes, "s3cr3t", false),
      "the test's own value",
    );
    const receiver = new AdvertReceiver({ ...own, priority: 90 }, new Counters());
    const verdict = receiver.receive({ bytes, source: SOURCE4, destination: SOURCE4, hopLimit: -1 }, BACKUP);
    assert(verdict.accepted, verdict.accepted ? "" : verdict.detail);
    assert.deepEqual(verdict.remarks, []);
    assert.equal(verdict.event.advert.priority, vrrp.priority);
  });
}

function settingsOf({ id, key_hex = "", key_id = 0 }: Vector): VrrpInstanceConfig {
  const family = id.endsWith("ipv6") ? 6 : 4;
  return settings({
    family,
    version: id.includes("-v2-") ? 2 : 3,
    priority: 150,
    addresses: family === 4 ? [address("192.0.2.100")] : [address("fe80::51"), address("2001:db8::100")],
    hmac: {
      keys: [{ id: key_id, hex: key_hex }],
      activeKey: key_id,
      timeWindowSeconds: 5,
      antiReplay: "time",
      mode: "enforce",
    },
  });
}

for (const vector of trailed) {
  const own = settingsOf(vector);
  const six = own.family === 6;
  const source = six ? bytesOf("fe80::ff:fe00:b101") : SOURCE4;
  const destination = bytesOf(own.multicastGroup);

  test(`signs ${vector.id} as it was computed`, () => {
    const freshness = new Freshness();
    const send = { source, identification: 1, state: "master", wallMillis: SIGNED_AT_MILLIS } as const;
    const { packets } = outgoing(own, source, 150);
    // The version 2 vector is the second within its 1/65536 second.
    if (own.version === 2) seal(own, packets, send, freshness);
    const [packet] = seal(own, packets, send, freshness);
    assert.ok(packet);
    if (six) {
      const checksum = internetChecksum(
        packet,
        0,
        packet.length,
        pseudoHeaderSum(source, destination, packet.length),
      );
      packet.set([checksum >> 8, checksum & 0xff], 6); // the kernel's part: over the trailer too
    }
    assert.deepEqual(six ? packet : withHeaderChecksum(packet, 1), datagramOf(vector));
  });

  test(`accepts ${vector.id}`, () => {
    const bytes = datagramOf(vector);
    assert.ok(isSigned(bytes, source, Buffer.from(vector.key_hex ?? "", "hex")), "the test's own HMAC");
    const receiver = new AdvertReceiver({ ...own, priority: 90 }, new Counters());
    const verdict = receiver.receive({ bytes, source, destination, hopLimit: 255 }, BACKUP, SIGNED_AT_MILLIS);
    assert(verdict.accepted, verdict.accepted ? "" : verdict.detail);
    assert.deepEqual(verdict.remarks, []);
  });
}
