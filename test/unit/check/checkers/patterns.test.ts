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
    ["\\Qa.b", "a.b", "axb"],
    ["a\\Eb", "ab", "aEb"],
    ["\\a\\e", "\x07\x1b", "ae"],
    ["x[\\a]y", "x\x07y", "xay"],
    ["x[\\e]y", "x\x1by", "xey"],
    ["x[\\h]y", "x\ty", "xhy"],
    ["x[\\b]y", "x\by", "xby"],
    ["[a\\-c]x", "-x", "bx"],
    ["^[[:upper:]]$", "A", "a"],
    ["^[[:space:]]$", "\t", "s"],
    ["^[[:punct:]]$", '"', "a"],
    ["^[[:xdigit:]]$", "f", "g"],
    ["\\x{41}\\x42\\x3", "AB\x03", "x"],
    ["^\\v$", "\f", "v"],
    ["^\\_$", "_", "-"],
  ] as const) {
    assert.equal(fits(pattern, yes), true, `${pattern} on ${JSON.stringify(yes)}`);
    assert.equal(fits(pattern, no), false, `${pattern} on ${JSON.stringify(no)}`);
  }
});

test("only a newline ends a line, and white space is ASCII's: JavaScript has more of either", () => {
  assert.equal(fits("OK.*$", "OK\r\n"), true, "a page with CRLF");
  assert.equal(fits("^OK$", "NO\nOK\r\n", { options: ["multiline"] }), false);
  assert.equal(fits("^OK", "NO\rOK", { options: ["multiline"] }), false);
  assert.equal(fits("^$", "OK\n", { options: ["multiline"] }), false, "no line begins at the end");
  assert.equal(fits("^OK", "NO\nOK", { options: ["multiline"] }), true);
  const noBreakSpace = Buffer.from([0xa0]);
  assert.equal(fits("\\s", noBreakSpace), false);
  assert.equal(fits("[\\s]", noBreakSpace), false);
  assert.equal(fits("\\S", noBreakSpace), true);
  assert.equal(fits("[^\\S]", noBreakSpace), false);
  assert.equal(fits("\\h", noBreakSpace), true);
});

test("the beginning and the end of the body are not those of a line", () => {
  const options = ["multiline"];
  assert.equal(fits("\\AOK", "NO\nOK", { options }), false);
  assert.equal(fits("OK\\z", "OK\nNO", { options }), false);
  assert.equal(fits("OK\\Z", "OK\nNO", { options }), false);
});

test("letters beyond ASCII are those of the page, with utf and without", () => {
  for (const options of [[], ["utf"]]) {
    assert.equal(fits("^Café$", "Café", { options }), true, options.join());
    assert.equal(fits("^Café$", "Cafe", { options }), false, options.join());
  }
  assert.equal(fits("^..$", "é"), true, "two bytes");
  assert.equal(fits("^.$", "😀", { options: ["utf"] }), true, "one character");
  assert.equal(fits("^\\p{Lu}\\x{1f600}$", "A😀", { options: ["utf"] }), true);
  assert.equal(fits("^\\p{^Lu}$", "a", { options: ["utf"] }), true);
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
  assert.equal(fits("a", "éa", { options: ["utf"], minOffsetBytes: 3 }), false);
  assert.equal(fits("a", "éa", { options: ["utf"], minOffsetBytes: 2, maxOffsetBytes: 2 }), true);
  assert.equal(fits("a", "éa", { options: ["utf"], maxOffsetBytes: 1 }), false);
});

test("regex_no_match turns the answer round", () => {
  assert.equal(fits("error", "all well", { inverted: true }), true);
  assert.equal(fits("error", "an error", { inverted: true }), false);
  const words = (inverted: boolean, body: string): string | undefined => {
    const compiled = compileBodyPattern({ pattern: "error", options: [], inverted, minOffsetBytes: 0 });
    return compiled.ok ? compiled.matcher.mismatch(Buffer.from(body)) : compiled.problem;
  };
  assert.equal(words(true, "an error"), "the body matches regex");
  assert.equal(words(false, "all well"), "the body does not match regex");
});

test("what JavaScript cannot say is named", () => {
  assert.match(problem("a++b"), /possessive/);
  assert.match(problem("(?>a)b"), /atomic/);
  assert.match(problem("(a)?(?(1)b|c)"), /condition/);
  assert.match(problem("\\((?R)?\\)"), /recursion/);
  assert.match(problem("(*UTF8)a"), /verb/);
  assert.match(problem("(?i)a"), /options inside/);
  for (const letter of "KGRXCNHVLUugop")
    assert.match(problem(`a\\${letter}b`), RegExp(`\\\\${letter} is`), letter);
  assert.match(problem("[\\R]"), /\\R/);
  assert.match(problem("\\x{100}"), /without utf/);
  assert.match(problem("[[:foo:]]"), /class \[:foo:\]/);
  assert.match(problem("(?|(a)|(b))"), /resets its numbers/);
  assert.match(problem("a{2}+"), /possessive/);
  for (const option of [
    "extended",
    "ungreedy",
    "ucp",
    "no_auto_capture",
    "allow_empty_class",
    "alt_circumflex",
  ])
    assert.match(problem("a b", [option]), RegExp(option));
  assert.match(problem("(?<a"), /./);
});

test("a pattern that goes astray on a hostile page is given up", () => {
  const compiled = compileBodyPattern({ pattern: "^(a+)+$", options: [], inverted: true, minOffsetBytes: 0 });
  assert.ok(compiled.ok);
  const words = compiled.matcher.mismatch(Buffer.from(`${"a".repeat(60)}b`));
  assert.match(words ?? "", /regex was not done with the body after 200 ms/);
});

test("a pattern that ends in the middle is no pattern: PCRE2 refuses it, and so do we", () => {
  for (const pattern of ["[abc", "[^a\\", "x[", "up\\", "(up"])
    assert.notEqual(problem(pattern), "", pattern);
  for (const pattern of ["[abc]", "[a\\]]", "up\\\\", "\\Qup"]) assert.equal(problem(pattern), "", pattern);
});

test("a class by name that is not known here is named, not read as its letters", () => {
  for (const name of ["^digit", "vowel"])
    assert.equal(problem(`[[:${name}:]]`), `the class [:${name}:] is not known here`);
});
