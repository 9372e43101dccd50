/** The short road for repeated adverts: what it must notice, as bytes in a buffer that holds other things as well. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Followed, RepeatedAdvert } from "../../../src/vrrp/repeated-advert.js";
import type { Accepted, PacketView } from "../../../src/vrrp/receive.js";

const SOURCE = Uint8Array.of(192, 0, 2, 7);
const VERDICT: Accepted = {
  accepted: true,
  event: { kind: "advertReceived", advert: { priority: 100, intervalMicros: 1e6, source: SOURCE } },
  remarks: [],
};
const BACKUP: Followed = { state: "backup", masterAddress: SOURCE };
const packet = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i + 1);

/** The packet in a slot of a larger buffer whose other bytes are `filling`, as the reader shows it. */
function inSlot(bytes: Uint8Array, filling: number, over: Partial<PacketView> = {}): PacketView {
  const slab = new Uint8Array(256).fill(filling);
  slab.set(bytes, 64);
  return {
    bytes: slab.subarray(64, 64 + bytes.length),
    source: new Uint8Array(16).fill(1),
    destination: new Uint8Array(16).fill(2),
    hopLimit: 255,
    words: new Int32Array(slab.buffer),
    firstWord: 16,
    ...over,
  };
}

function bare(view: PacketView): PacketView {
  const { bytes, source, destination, hopLimit } = view;
  return { bytes, source, destination, hopLimit };
}

/** Offsets of the bytes whose change is not noticed. */
function overlooked(family: 4 | 6, length: number, show: (view: PacketView) => PacketView): number[] {
  const repeated = new RepeatedAdvert(family);
  repeated.remember(inSlot(packet(length), 0xaa), VERDICT, false);
  assert.equal(repeated.recognise(show(inSlot(packet(length), 0x55)), BACKUP), VERDICT);
  return [...packet(length).keys()].filter((at) => {
    const changed = packet(length);
    changed[at] = 0xee;
    return repeated.recognise(show(inSlot(changed, 0xaa)), BACKUP) !== undefined;
  });
}

for (const [name, show] of [
  ["words", (view: PacketView) => view],
  ["bytes", bare],
] as const) {
  test(`IPv4, ${name}: every byte counts but identification and header checksum, at any length`, () => {
    for (const length of [28, 32, 33, 34, 35]) assert.deepEqual(overlooked(4, length, show), [4, 5, 10, 11]);
  });

  test(`IPv6, ${name}: every byte counts`, () => {
    for (const length of [8, 24, 26]) assert.deepEqual(overlooked(6, length, show), []);
  });
}

test("another length, sender, destination or hop limit is another advert", () => {
  const repeated = new RepeatedAdvert(6);
  repeated.remember(inSlot(packet(24), 0), VERDICT, false);
  const other = new Uint8Array(16).fill(3);
  for (const view of [
    inSlot(packet(20), 0),
    inSlot(packet(24), 0, { source: other }),
    inSlot(packet(24), 0, { destination: other }),
    inSlot(packet(24), 0, { hopLimit: 254 }),
  ])
    assert.equal(repeated.recognise(view, BACKUP), undefined);
});

test("one whose addresses were not looked at is believed of the followed master only", () => {
  const repeated = new RepeatedAdvert(4);
  repeated.remember(inSlot(packet(28), 0), VERDICT, true);
  assert.equal(repeated.recognise(inSlot(packet(28), 0), BACKUP), VERDICT);
  for (const view of [
    { state: "master", masterAddress: SOURCE },
    { state: "backup", masterAddress: undefined },
    { state: "backup", masterAddress: Uint8Array.of(192, 0, 2, 8) },
  ] as const)
    assert.equal(repeated.recognise(inSlot(packet(28), 0), view), undefined);
});
