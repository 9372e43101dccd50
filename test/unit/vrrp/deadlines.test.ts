/** The heap of deadlines against a plain list, and what it promises about cost. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Deadline, Deadlines } from "../../../src/platform/deadlines.js";

test("deadlines come out in order, each once", () => {
  const heap = new Deadlines<string>();
  for (const [key, at] of [
    ["c", 30],
    ["a", 10],
    ["d", 40],
    ["b", 20],
  ] as const)
    heap.arm(heap.create(key), at);
  assert.equal(heap.earliest(), 10);
  assert.equal(heap.takeDue(9), undefined);
  assert.deepEqual(
    [heap.takeDue(35), heap.takeDue(35), heap.takeDue(35), heap.takeDue(35)],
    ["a", "b", "c", undefined],
  );
  assert.equal(heap.earliest(), 40);
});

test("arming again replaces, earlier as well as later; a cancelled one never comes", () => {
  const heap = new Deadlines<string>();
  const [a, b] = [heap.create("a"), heap.create("b")];
  heap.arm(a, 10);
  heap.arm(b, 20);
  heap.arm(a, 30);
  assert.equal(heap.earliest(), 20);
  heap.arm(b, 40);
  heap.arm(a, 5);
  assert.equal(heap.earliest(), 5);
  heap.cancel(a);
  assert.equal(a.armed, false);
  assert.equal(heap.earliest(), 40);
  heap.cancel(b);
  assert.equal(heap.earliest(), undefined);
  assert.equal(heap.size, 0);
});

test("postponing moves nothing until the entry surfaces", () => {
  const heap = new Deadlines<number>();
  const deadline = heap.create(1);
  heap.arm(deadline, 10);
  for (let at = 20; at < 1000; at += 10) heap.arm(deadline, at);
  assert.equal(heap.size, 1);
  assert.equal(deadline.place, 10);
  assert.equal(heap.earliest(), 990);
  assert.equal(deadline.place, 990);
});

test("the heap agrees with a plain list over random operations", () => {
  const operation = fc.record({
    key: fc.nat(12),
    at: fc.nat(100),
    kind: fc.constantFrom("arm", "arm", "cancel", "take"),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const heap = new Deadlines<number>();
      const handles: Array<Deadline<number>> = Array.from({ length: 13 }, (_, key) => heap.create(key));
      const model = new Map<number, number>();
      for (const { key, at, kind } of operations) {
        const handle = handles[key] as Deadline<number>;
        if (kind === "arm") {
          heap.arm(handle, at);
          model.set(key, at);
        } else if (kind === "cancel") {
          heap.cancel(handle);
          model.delete(key);
        } else {
          const earliest = Math.min(...model.values());
          const taken = heap.takeDue(at);
          if (earliest > at) assert.equal(taken, undefined);
          else assert.equal(model.get(taken ?? -1), earliest);
          if (taken !== undefined) model.delete(taken);
        }
        assert.equal(heap.earliest(), model.size === 0 ? undefined : Math.min(...model.values()));
      }
    }),
    { numRuns: 300, seed: 5880 },
  );
});
