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
    ["[[:<:]]up[[:>:]]", "is up.", "upper"],
    ["[[:<:]]up", "upper", "setup"],
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

test("caseless without utf knows the letters of ASCII only, as bytes above have no other case", () => {
  const byte = (value: number): Buffer => Buffer.from([value]);
  const caseless = { options: ["caseless"] };
  for (const pattern of ["\\xe9", "\\351", "[\\xe0-\\xef]", "[^\\xc9a]"]) {
    assert.equal(fits(`^${pattern}$`, byte(0xe9), caseless), true, pattern);
    assert.equal(fits(`^${pattern}$`, byte(0xc9), caseless), false, pattern);
  }
  assert.equal(fits("^CAFÉ$", "cafÉ", caseless), true);
  assert.equal(fits("^CAFÉ$", "café", caseless), false);
  assert.equal(fits("^CAFÉ$", "café", { options: ["caseless", "utf"] }), true);
  assert.equal(fits("^\\h\\v[\\h][\\v]$", Buffer.from([0xa0, 0x85, 0xa0, 0x85]), caseless), true);
  assert.equal(fits("^(.)\\1$", "aA", caseless), true);
});

test("a reference to a group that has matched for certain is the same in both dialects", () => {
  for (const [pattern, yes, no] of [
    ["^(a|b)\\1$", "bb", "ba"],
    ["^(?:(a)|(b))c(d)\\3$", "bcdd", "bcd"],
    ["^(?:(a|b)\\1)+$", "aabb", "aab"],
    ["^(?:(a)x|(a)y)(?=(z))\\3$", "ayz", "ay"],
    ["^(?<n>a){1,2}\\k<n>\\1$", "aaaa", "aa"],
    ["^(a)\\Q1\\E\\1\\Q0\\E$", "a1a0", "a1"],
    ["^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10$", "abcdefghijj", "abcdefghija0"],
    ["^(a)\\10\\0$", "a\x08\0", "aa0"],
    ["^[\\101\\8]+$", "A8", "1"],
  ] as const) {
    assert.equal(fits(pattern, yes), true, `${pattern} on ${yes}`);
    assert.equal(fits(pattern, no), false, `${pattern} on ${no}`);
  }
});

test("a reference to a group that may be unset, where PCRE2 fails and JavaScript does not, is named", () => {
  for (const pattern of [
    ...["(a)?\\1", "(a)*\\1", "(a){0,2}\\1", "(a){0}\\1", "(a)(?#c)?\\1", "(?:x(a))?\\1", "(a)|b\\1"],
    ...["(?:(a)|b)\\1", "(?:(a)|b)*\\1", "(?:b|(a))+\\1", "(?:\\1(a))+", "(a\\1)", "\\1(a)", "(a)\\2"],
    ...["(?!(a))\\1", "(?<!(a))\\1", "(?<=(a)\\1)b", "(?<n>a)?\\k<n>", "(?P<n>a)?(?P=n)", "\\8"],
  ])
    assert.match(problem(pattern), /reference to group .* may be unset there, is not known here/, pattern);
  assert.match(problem("\\k<n>(?<n>a)"), /reference to 'n' before there is such a group/);
});

test("with utf a body that is not UTF-8 does not match, as PCRE2 refuses to look at it", () => {
  assert.equal(fits("OK", Buffer.from("OK \xe9", "latin1"), { options: ["utf"] }), false);
  assert.equal(fits("OK", Buffer.from("OK \xe9", "latin1")), true);
});

test("firstline: the first line is that in which the search begins", () => {
  assert.equal(fits("b", "a\nxb", { options: ["firstline"], minOffsetBytes: 2 }), true);
  assert.equal(fits("b", "a\nx\nb", { options: ["firstline"], minOffsetBytes: 2 }), false);
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
  assert.match(problem("\\400"), /without utf/);
  assert.match(problem("[[.a.]]"), /collating/);
  assert.match(problem("[[:foo:]]"), /class \[:foo:\]/);
  assert.match(problem("[a[:<:]]"), /class \[:<:\]/);
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
