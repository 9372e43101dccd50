/** RFC 9568 section 7.2 and RFC 3768 section 7.2: what is sent; packets that are built once and then touched only. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { internetChecksum } from "../../../src/net/checksum.js";
import {
  type AdvertFields,
  decodeAdvert,
  encodeAdvert,
  messageBytes,
  readRouterId,
} from "../../../src/vrrp/advert.js";
import { bytesOf, packetOf } from "./segment.js";
import { seconds, settings } from "./settings.js";

const route = {
  source: bytesOf("192.0.2.1"),
  destination: bytesOf("224.0.0.18"),
  ttl: 255,
  checksum: "pseudoHeader",
  group: bytesOf("224.0.0.18"),
} as const;

function fields(changes: Partial<AdvertFields> = {}): AdvertFields {
  return {
    family: 4,
    version: 3,
    virtualRouterId: 51,
    priority: 150,
    intervalMicros: seconds(1),
    addresses: [bytesOf("192.0.2.100")],
    ...changes,
  };
}

function decoded(bytes: Uint8Array, family: 4 | 6 = 4) {
  const result = decodeAdvert(bytes, family);
  assert(result.ok);
  return result.value;
}

test("RFC 9568 7.2: TTL 255, protocol 112, TOS 0xc0, the addresses of the interface and the group", () => {
  const { bytes } = encodeAdvert(fields(), route);
  assert.deepEqual([bytes[0], bytes[1], bytes[8], bytes[9]], [0x45, 0xc0, 255, 112]);
  assert.deepEqual(bytes.slice(12, 20), new Uint8Array([192, 0, 2, 1, 224, 0, 0, 18]));
  assert.equal(decoded(bytes).statedLength, bytes.length);
});

test("RFC 9568 5.2.6: the interval in centiseconds, 1 to 4095, the reserved bits 0", () => {
  for (const [micros, expected] of [
    [10_000, 1],
    [14_999, 1],
    [15_000, 2],
    [1, 1],
    [seconds(40.95), 4095],
    [seconds(60), 4095],
  ] as const) {
    const { bytes } = encodeAdvert(fields({ intervalMicros: micros }), route);
    assert.equal(decoded(bytes).intervalMicros, expected * 10_000);
    assert.equal((bytes[24] ?? 0) >> 4, expected >> 12);
  }
});

test("RFC 9568 5.2.6: the reserved bits are ignored on receipt", () => {
  const { bytes } = encodeAdvert(fields(), route);
  bytes[24] = (bytes[24] ?? 0) | 0xf0;
  assert.equal(decoded(bytes).intervalMicros, seconds(1));
});

test("RFC 3768 5.3.7: the interval in seconds, 1 to 255", () => {
  for (const [micros, expected] of [
    [seconds(1), 1],
    [seconds(1.5), 2],
    [seconds(0.2), 1],
    [seconds(400), 255],
  ] as const) {
    const { bytes } = encodeAdvert(fields({ version: 2, intervalMicros: micros }), route);
    assert.equal(decoded(bytes).intervalMicros, seconds(expected));
  }
});

test("RFC 3768 5.3.10: eight bytes of authentication data, zero without a password", () => {
  assert.equal(messageBytes(2, 4, 3), 8 + 12 + 8);
  assert.equal(messageBytes(2, 6, 3), 8 + 48);
  assert.equal(messageBytes(3, 4, 0), 8);
  const authData = (password: string) =>
    decoded(encodeAdvert(fields({ version: 2, password }), route).bytes).authData;
  assert.deepEqual(authData(""), new Uint8Array(8));
  assert.equal(Buffer.from(authData("123456789")).toString(), "12345678");
});

test("a changed priority gives the same bytes as building the packet anew (RFC 1624)", () => {
  const version = fc.constantFrom(2 as const, 3 as const);
  const bytes4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      version,
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: 255 }),
      fc.array(bytes4, { maxLength: 3 }),
      (version, before, after, addresses) => {
        const packet = encodeAdvert(fields({ version, priority: before, addresses }), route);
        packet.setPriority(after);
        assert.equal(packet.priority, after);
        const sum = internetChecksum(
          packet.bytes,
          20,
          packet.bytes.length,
          version === 2 ? 0 : pseudoSum(packet.bytes),
        );
        assert.equal(sum, 0);
        const anew = encodeAdvert(fields({ version, priority: after, addresses }), route);
        assert.deepEqual(packet.bytes, anew.bytes);
      },
    ),
    { seed: 1624 },
  );
});

function pseudoSum(bytes: Uint8Array): number {
  let sum = 112 + bytes.length - 20;
  for (let i = 12; i < 20; i += 2) sum += (bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0);
  return sum;
}

test("the identification changes two bytes and nothing else; over IPv6 the kernel has the checksum", () => {
  const packet = encodeAdvert(fields(), route);
  const before = packet.bytes.slice();
  packet.setIdentification(0xabcd);
  before.set([0xab, 0xcd], 4);
  assert.deepEqual(packet.bytes, before);
  const six = encodeAdvert(fields({ family: 6, addresses: [bytesOf("2001:db8::1")] }));
  six.setPriority(0);
  assert.deepEqual([six.bytes[2], six.bytes[6], six.bytes[7]], [0, 0, 0]);
});

test("255 addresses fit, and none too", () => {
  const many = Array.from({ length: 255 }, (_, i) => new Uint8Array([10, 0, 0, i]));
  assert.equal(decoded(encodeAdvert(fields({ addresses: many }), route).bytes).count, 255);
  assert.equal(decoded(encodeAdvert(fields({ addresses: [] }), route).bytes).addresses.length, 0);
});

test("the router id is found behind IP options and an AH header, and nowhere in a stump", () => {
  const bytes = packetOf(settings(), "192.0.2.1", 100);
  assert.equal(readRouterId(bytes, 4), 51);
  assert.equal(readRouterId(bytes.subarray(20), 6), 51);
  const options = new Uint8Array([0x46, ...bytes.subarray(1, 20), 1, 1, 1, 1, ...bytes.subarray(20)]);
  assert.equal(readRouterId(options, 4), 51);
  const ah = new Uint8Array([...bytes.subarray(0, 20), ...new Uint8Array(24), ...bytes.subarray(20)]);
  ah[9] = 51;
  ah[45] = 77;
  assert.equal(readRouterId(ah, 4), 77);
  assert.equal(readRouterId(bytes.subarray(0, 22), 4), 51, "a stump too is for somebody, who counts it");
  for (const [stump, family] of [
    [bytes.subarray(0, 21), 4],
    [new Uint8Array(0), 4],
    [new Uint8Array(1), 6],
  ] as const) {
    assert.equal(readRouterId(stump, family), -1);
  }
  assert.equal(readRouterId(new Uint8Array(40).fill(0x60), 4), -1);
  assert.equal(readRouterId(new Uint8Array(40).fill(0x41), 4), -1);
});
