/** Ranges of addresses of a group: how many one may hold, since each becomes a service of the kernel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Complaint } from "../../../src/config/schema.js";
import { readAddressRange } from "../../../src/config/values/address-range.js";

test("a range may hold 65,536 addresses and no more, in each of its forms", () => {
  for (const word of ["10.0.0.0/16", "10.0.0.0-10.0.255.255", "2001:db8::/112", "2001:db8::-ffff"]) {
    assert.ok(!(readAddressRange(word) instanceof Complaint), word);
  }
  for (const word of ["10.0.0.0/15", "10.0.0.0-10.1.0.0", "2001:db8::/64", "::1-2001:db8::1"]) {
    const found = readAddressRange(word);
    assert.ok(found instanceof Complaint, word);
    assert.match(found.message, /more than 65536 addresses/);
  }
});
