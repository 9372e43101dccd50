/** What is read from a tracked file, and the records of inotify(7). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { numberIn } from "../../../src/track/file-value.js";
import { decodeInotifyEvents } from "../../../src/track/inotify-events.js";

for (const [text, value] of [
  ["5\n", 5],
  ["-200", -200],
  ["+7", 7],
  ["  \t12 and more", 12],
  ["0x1F", 31],
  ["-0x10", -16],
  ["010", 8],
  ["0", 0],
  ["0x", 0],
  ["08", 0],
  ["12abc", 12],
  ["abc", 0],
  ["", 0],
  ["- 5", 0],
  ["2147483647", 2147483647],
  ["-2147483648", -2147483648],
  ["2147483648", undefined],
  ["-2147483649", undefined],
  ["99999999999999999999999", undefined],
] as const) {
  test(`${JSON.stringify(text)} is ${value ?? "too large"}`, () => {
    assert.equal(numberIn(text), value);
  });
}

test("every number of 32 bits comes back in each notation, whatever follows it", () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
      const sign = value < 0 ? "-" : "";
      const size = Math.abs(value);
      for (const digits of [String(size), `0x${size.toString(16)}`, `0${size.toString(8)}`])
        assert.equal(numberIn(`${sign}${digits} x`), value + 0, digits);
    }),
  );
});

/** From a capture on x86-64: `touch a; mv a bc` in a directory with watch 1. */
const RECORDS = Buffer.from(
  "010000000001000000000000100000006100000000000000000000000000000001000000080000000000000010000000610000000000000000000000000000000100000040000000b1a70000100000006100000000000000000000000000000001000000800000" +
    "00b1a700001000000062630000000000000000000000000000",
  "hex",
);

test("records of inotify: watch, mask and name", () => {
  assert.deepEqual(decodeInotifyEvents(RECORDS), [
    { watch: 1, mask: 0x100, name: "a" },
    { watch: 1, mask: 0x8, name: "a" },
    { watch: 1, mask: 0x40, name: "a" },
    { watch: 1, mask: 0x80, name: "bc" },
  ]);
});

test("records that are cut off are left out, and no bytes throw", () => {
  for (let length = 0; length <= RECORDS.length; length++)
    assert.equal(decodeInotifyEvents(RECORDS.subarray(0, length)).length, Math.floor(length / 32));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeInotifyEvents(bytes)));
});
