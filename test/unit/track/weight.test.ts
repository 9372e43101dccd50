/** Weights: the tables of the VRRP reference, sections 10.1 and 10.2, in full. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tracked } from "../../../src/config/model.js";
import { effectivePriority } from "../../../src/vrrp/timing.js";
import { contributionOf, contributionOfNumber, mergeTracked } from "../../../src/track/weight.js";

const tracked = (weight: number, reverse = false, name = "t"): Tracked => ({ name, weight, reverse });

test("weight 0: down is a fault, with reverse up is one", () => {
  assert.equal(contributionOf(tracked(0), true), 0);
  assert.equal(contributionOf(tracked(0), false), "fault");
  assert.equal(contributionOf(tracked(0, true), true), "fault");
  assert.equal(contributionOf(tracked(0, true), false), 0);
});

test("every weight other than 0: positive ones count while up, negative ones while down, reverse turns the sign", () => {
  for (let size = 1; size <= 254; size++) {
    for (const [weight, reverse, up, down] of [
      [size, false, size, 0],
      [-size, false, 0, -size],
      [size, true, -size, 0],
      [-size, true, 0, size],
    ] as const) {
      assert.equal(contributionOf(tracked(weight, reverse), true), up, `${weight} ${reverse} up`);
      assert.equal(contributionOf(tracked(weight, reverse), false), down, `${weight} ${reverse} down`);
    }
  }
});

test("up against down always differs by the size of the weight", () => {
  for (let weight = -254; weight <= 254; weight++) {
    if (weight === 0) continue;
    for (const reverse of [false, true]) {
      const [up, down] = [true, false].map((state) => contributionOf(tracked(weight, reverse), state));
      assert.equal(Number(up) - Number(down), Math.abs(weight) * (reverse ? -1 : 1));
    }
  }
});

test("a file without weight: another number than 0 is a fault, with reverse 0 is one", () => {
  for (const value of [-1, 1, 254, -2147483648]) {
    assert.equal(contributionOfNumber(tracked(0), value), "fault");
    assert.equal(contributionOfNumber(tracked(0, true), value), 0);
  }
  assert.equal(contributionOfNumber(tracked(0), 0), 0);
  assert.equal(contributionOfNumber(tracked(0, true), 0), "fault");
});

test("a file with weight: number times weight, a fault from -254 on, at most 253", () => {
  for (let weight = -254; weight <= 254; weight++) {
    if (weight === 0) continue;
    for (const reverse of [false, true]) {
      for (const value of [-2147483648, -300, -254, -253, -2, -1, 0, 1, 2, 127, 253, 254, 2147483647]) {
        const product = value * weight * (reverse ? -1 : 1);
        const expected = product <= -254 ? "fault" : product > 253 ? 253 : product + 0;
        assert.equal(contributionOfNumber(tracked(weight, reverse), value), expected);
      }
    }
  }
});

test("the sum is limited only at its end, so that opposite weights cancel", () => {
  const sum = [253, 253, -253, -253].reduce((total, weight) => {
    const part = contributionOf(tracked(weight), weight > 0);
    return total + (part === "fault" ? 0 : part);
  }, 0);
  assert.equal(effectivePriority(100, sum), 100);
});

test("the effective priority of any sum is 1 to 254, and an owner's is 255", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 255 }),
      fc.array(fc.tuple(fc.integer({ min: -254, max: 254 }), fc.boolean(), fc.boolean())),
      (base, trackers) => {
        let sum = 0;
        for (const [weight, reverse, up] of trackers) {
          const part = contributionOf(tracked(weight, reverse), up);
          if (part !== "fault") sum += part;
        }
        const effective = effectivePriority(base, sum);
        assert.equal(effective, base === 255 ? 255 : Math.min(254, Math.max(1, base + sum)));
      },
    ),
  );
});

test("on both lists: an entry of the instance without weight counts, otherwise that of the group", () => {
  assert.deepEqual(mergeTracked([tracked(0)], [tracked(5)]), [tracked(0)]);
  assert.deepEqual(mergeTracked([tracked(7)], [tracked(5)]), [tracked(5)]);
  assert.deepEqual(mergeTracked([tracked(7)], [tracked(0)]), [tracked(0)]);
  const other = tracked(3, false, "other");
  assert.deepEqual(mergeTracked([other], [tracked(5)]), [other, tracked(5)]);
});
