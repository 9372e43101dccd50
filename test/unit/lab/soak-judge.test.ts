/** The judge of the soak test finds what it has to find. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, type SoakEvent } from "../../lab/soak/judge.js";

const LIMITS = { overlapMs: 100, gapMs: 1000 };
const event = (at: number, kind: SoakEvent["kind"], host: string): SoakEvent => ({ at, kind, host });
const both = [event(0, "joins", "a"), event(0, "joins", "b"), event(0, "holds", "a")];

test("one holder all the time is fine, and so is a quick hand-over", () => {
  assert.deepEqual(judge([...both, event(500, "holds", "b"), event(550, "lets go", "a")], 5000, LIMITS), []);
});

test("two holders for too long", () => {
  const found = judge([...both, event(500, "holds", "b"), event(700, "lets go", "a")], 5000, LIMITS);
  assert.deepEqual(found, [{ what: "two holders", hosts: ["a", "b"], from: 500, lastedMs: 200 }]);
});

test("two holders that cannot hear each other are none of the rule's business", () => {
  assert.deepEqual(judge([...both, event(400, "leaves", "a"), event(500, "holds", "b")], 5000, LIMITS), []);
});

test("no holder for too long, also at the end", () => {
  const found = judge([...both, event(500, "lets go", "a")], 5000, LIMITS);
  assert.deepEqual(found, [{ what: "no holder", hosts: [], from: 500, lastedMs: 4500 }]);
});

test("the holder that leaves must be replaced in time", () => {
  const left = [...both, event(500, "leaves", "a")];
  assert.deepEqual(judge([...left, event(1400, "holds", "b")], 5000, LIMITS), []);
  assert.equal(judge([...left, event(1600, "holds", "b")], 5000, LIMITS).length, 1);
});
