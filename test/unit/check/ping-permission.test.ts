/** Who may ping: the kernel's range with our group in it (check-ipvs reference, 4.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { widenedRange } from "../../../src/check/effects/ping-permission.js";

test("the range is widened just as far as our group, and stays as it is where that may ping already", () => {
  assert.equal(widenedRange("1\t0", 0), "0\t0", "nobody may");
  assert.equal(widenedRange("1\t0", 100), "100\t100");
  assert.equal(widenedRange("1000\t2000", 0), "0\t2000");
  assert.equal(widenedRange("1000\t2000", 3000), "1000\t3000");
  assert.equal(widenedRange("0\t2147483647", 0), undefined);
  assert.equal(widenedRange("0\t0", 0), undefined);
  assert.equal(widenedRange("what is this", 0), undefined);
});
