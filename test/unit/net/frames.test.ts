/** Gratuitous ARP and neighbour advertisements against frames captured from keepalived 2.2.7 (reference 11.1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeGratuitousArp } from "../../../src/net/arp.js";
import { internetChecksum, partialSum } from "../../../src/net/checksum.js";
import { encodeNeighbourAdvert } from "../../../src/net/neighbour-advert.js";
import { frame, toHex, vectors } from "./vectors.js";

test("gratuitous ARP is what upstream sends", () => {
  const captured = vectors.filter(({ decoded }) => decoded?.type === "garp");
  assert.ok(captured.length >= 3);
  for (const { id } of captured) {
    const bytes = frame(id);
    assert.equal(toHex(encodeGratuitousArp(bytes.subarray(28, 32), bytes.subarray(6, 12))), toHex(bytes), id);
  }
});

test("a neighbour advertisement is what upstream sends", () => {
  const captured = vectors.filter(({ decoded }) => decoded?.type === "na");
  assert.ok(captured.length >= 4);
  for (const { id } of captured) {
    const bytes = frame(id);
    const made = encodeNeighbourAdvert(bytes.subarray(22, 38), bytes.subarray(6, 12), id === "na-router");
    assert.equal(toHex(made), toHex(bytes), id);
  }
});

test("the checksum of RFC 1071 section 3", () => {
  const example = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(partialSum(example), 0xddf2);
  assert.equal(internetChecksum(example), 0x220d);
  assert.equal(internetChecksum(Uint8Array.of(0x12)), 0xedff);
});

test("data with its checksum in it sums to nothing, however it is split", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(100), (data, words) => {
      const bytes = new Uint8Array(data.length + (data.length % 2) + 2);
      bytes.set(data);
      new DataView(bytes.buffer).setUint16(bytes.length - 2, internetChecksum(bytes, 0, bytes.length - 2));
      assert.equal(internetChecksum(bytes), 0);
      const cut = Math.min(2 * words, bytes.length);
      assert.equal(internetChecksum(bytes, cut, bytes.length, partialSum(bytes, 0, cut)), 0);
    }),
  );
});

test("a long sum of large words does not overflow", () => {
  assert.equal(internetChecksum(new Uint8Array(1 << 20).fill(0xff)), 0);
});
