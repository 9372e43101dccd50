/** The rule of the quorum (check reference, 5.4), for any weights. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gainArithmetic, gainsQuorum, lossArithmetic, losesQuorum } from "../../../src/check/quorum.js";

test("a quorum without hysteresis is gained and lost at the same weight", () => {
  const rule = { quorum: 2, hysteresis: 0 };
  assert.deepEqual(
    [0, 1, 2, 3].map((weight) => gainsQuorum(rule, weight)),
    [false, false, true, true],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((weight) => losesQuorum(rule, weight)),
    [true, true, false, false],
  );
});

test("hysteresis dampens both ways: quorum 2 and hysteresis 1 are lost at 0 and gained at 3", () => {
  const rule = { quorum: 2, hysteresis: 1 };
  assert.deepEqual(
    [0, 1, 2, 3].map((weight) => gainsQuorum(rule, weight)),
    [false, false, false, true],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((weight) => losesQuorum(rule, weight)),
    [true, false, false, false],
  );
});

test("without any weight there is no quorum, whatever the hysteresis", () => {
  assert.equal(losesQuorum({ quorum: 2, hysteresis: 2 }, 0), true);
});

test("the arithmetic is said as upstream says it", () => {
  assert.equal(gainArithmetic({ quorum: 2, hysteresis: 1 }, 4), "2+1=3 <= 4");
  assert.equal(lossArithmetic({ quorum: 2, hysteresis: 1 }, 0), "2-1=1 > 0");
});
