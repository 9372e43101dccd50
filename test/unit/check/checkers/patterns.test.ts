/** regex of HTTP checks: PCRE2's dialect said in JavaScript's, and what cannot be said is told apart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BodyPattern } from "../../../../src/config/check-model.js";
import { compileBodyPattern } from "../../../../src/check/checkers/body-matcher.js";

function fits(pattern: string, body: string | Buffer, changes: Partial<BodyPattern> = {}): boolean {
  const compiled = compileBodyPattern({
    pattern,
    options: [],
    inverted: false,
    minOffsetBytes: 0,
    ...changes,
  });
  assert.ok(compiled.ok, compiled.ok ? "" : compiled.problem);
  return compiled.matcher.mismatch(Buffer.from(body)) === undefined;
}

function problem(pattern: string, options: string[] = []): string {
  const compiled = compileBodyPattern({ pattern, options, inverted: false, minOffsetBytes: 0 });
  return compiled.ok ? "" : compiled.problem;
}

test("what both dialects share", () => {
  for (const [pattern, yes, no] of [
    ["^OK$", "OK", "NOT OK"],
    ["status: (up|ready)", "status: ready", "status: down"],
    ["a{2,3}b", "aab", "ab"],
    ["a.*?b", "a--b", "ab".slice(0, 1)],
    ["[^]a]x", "bx", "]x"],
    ["(?<=id=)\\d+", "id=7", "id="],
    ["(?!x)y", "y", "x"],
  ] as const) {
    assert.equal(fits(pattern, yes), true, `${pattern} on ${yes}`);
    assert.equal(fits(pattern, no), false, `${pattern} on ${no}`);
  }
});

test("PCRE2's own words", () => {
  for (const [pattern, yes, no] of [
    ["\\AOK\\z", "OK", "OK\n"],
    ["OK\\Z", "OK\n", "OK!"],
    ["\\Qa.b(\\E", "a.b(", "axb("],
    ["[[:digit:]]+x", "12x", "x"],
    ["[[:alpha:]_]+=", "a_b=", "1="],
    ["(?P<n>a)(?P=n)", "aa", "ab"],
    ["a(?#comment)b", "ab", "a"],
    ["a\\hb", "a\tb", "a\nb"],
    ["a{x}", "a{x}", "ax"],
    ["[[]x", "[x", "]x"],
  ] as const) {
    assert.equal(fits(pattern, yes), true, `${pattern} on ${JSON.stringify(yes)}`);
    assert.equal(fits(pattern, no), false, `${pattern} on ${JSON.stringify(no)}`);
  }
});

test("a dollar matches before a newline at the end, unless dollar_endonly", () => {
  assert.equal(fits("OK$", "OK\n"), true);
  assert.equal(fits("OK$", "OK\n\n"), false);
  assert.equal(fits("OK$", "OK\n", { options: ["dollar_endonly"] }), false);
  assert.equal(fits("^b$", "a\nb\nc", { options: ["multiline"] }), true);
  assert.equal(fits("^b$", "a\nb\nc"), false);
});

test("options: caseless, dotall, utf, firstline", () => {
  assert.equal(fits("ok", "OK", { options: ["caseless"] }), true);
  assert.equal(fits("a.b", "a\nb"), false);
  assert.equal(fits("a.b", "a\nb", { options: ["dotall"] }), true);
  assert.equal(fits("^.$", "é"), false, "a character is a byte");
  assert.equal(fits("^.$", "é", { options: ["utf"] }), true);
  assert.equal(fits("b", "a\nb", { options: ["firstline"] }), false);
});

test("offsets count bytes of the body: where the search begins, and the last place where a match may", () => {
  assert.equal(fits("a", "aba", { minOffsetBytes: 1, maxOffsetBytes: 1 }), false);
  assert.equal(fits("a", "aba", { minOffsetBytes: 1, maxOffsetBytes: 2 }), true);
  assert.equal(fits("a", "éa", { options: ["utf"], minOffsetBytes: 2, maxOffsetBytes: 2 }), true);
  assert.equal(fits("a", "éa", { options: ["utf"], maxOffsetBytes: 1 }), false);
});

test("regex_no_match turns the answer round", () => {
  assert.equal(fits("error", "all well", { inverted: true }), true);
  assert.equal(fits("error", "an error", { inverted: true }), false);
});

test("what JavaScript cannot say is named", () => {
  assert.match(problem("a++b"), /possessive/);
  assert.match(problem("(?>a)b"), /atomic/);
  assert.match(problem("(a)?(?(1)b|c)"), /condition/);
  assert.match(problem("\\((?R)?\\)"), /recursion/);
  assert.match(problem("(*UTF8)a"), /verb/);
  assert.match(problem("(?i)a"), /options inside/);
  assert.match(problem("a\\Kb"), /\\K/);
  assert.match(problem("a b", ["extended"]), /extended/);
  assert.match(problem("(?<a"), /./);
});

test("a pattern that goes astray on a hostile page is given up", () => {
  const compiled = compileBodyPattern({ pattern: "^(a+)+$", options: [], inverted: true, minOffsetBytes: 0 });
  assert.ok(compiled.ok);
  const words = compiled.matcher.mismatch(Buffer.from(`${"a".repeat(60)}b`));
  assert.match(words ?? "", /regex was not done with the body after 200 ms/);
});
