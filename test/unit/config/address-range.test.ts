/** Ranges of addresses of a group: how many one may hold, since each becomes a service of the kernel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Complaint } from "../../../src/config/schema.js";
import { cutRange, readAddressRange } from "../../../src/config/values/address-range.js";

function lastOfCut(word: string): string | undefined {
  const range = readAddressRange(word);
  assert.ok(!(range instanceof Complaint), word);
  return cutRange(range)?.last;
}

test("a range may hold 65,536 addresses; of a larger one the first 65,536 are used", () => {
  for (const word of ["10.0.0.0/16", "10.0.0.0-10.0.255.255", "2001:db8::/112", "2001:db8::-ffff"]) {
    assert.equal(lastOfCut(word), undefined, word);
  }
  assert.equal(lastOfCut("10.0.0.0/15"), "10.0.255.255");
  assert.equal(lastOfCut("10.0.0.1-10.1.0.1"), "10.1.0.0");
  assert.equal(lastOfCut("2001:db8::/64"), "2001:db8::ffff");
  assert.equal(lastOfCut("2001:db8::1-2001:db9::1"), "2001:db8::1:0");
  assert.equal(lastOfCut("128.0.0.0/1"), "128.0.255.255");
});
