/** Wildcards of include: what they match, and that no pattern takes long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { wildcard } from "../../../src/platform/wildcard.js";

for (const [pattern, name, matches] of [
  ["*.conf", "a.conf", true],
  ["*.conf", "a.conf.bak", false],
  ["?.conf", "a.conf", true],
  ["?.conf", "ab.conf", false],
  ["[a-c]1", "b1", true],
  ["[!a-c]1", "b1", false],
  ["[!a-c]1", "d1", true],
  ["[]]x", "]x", true],
  ["a\\*b", "a*b", true],
  ["a\\*b", "aXb", false],
  ["*a*b*", "xxaxxbxx", true],
  ["*a*b*", "xxbxxaxx", false],
  ["[a", "[a", true],
  ["", "", true],
  ["*", "", true],
] as const) {
  test(`${pattern} ${matches ? "matches" : "does not match"} ${name}`, () => {
    assert.equal(wildcard(pattern)(name), matches);
  });
}

test("many stars take no time", () => {
  const started = process.hrtime.bigint();
  assert.equal(wildcard(`${"*a".repeat(30)}X`)("a".repeat(200)), false);
  assert.ok(process.hrtime.bigint() - started < 200_000_000n);
});
