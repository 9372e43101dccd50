/** Shell-like splitting (section 3.2 of the language). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { splitCommand, splitScriptLine } from "../../../src/config/lexer/script-words.js";
import { Source } from "../../../src/config/text.js";

function split(text: string): string[] | string {
  const words = splitScriptLine({ of: new Source("f", text, true), start: 0, end: text.length }, 1);
  return Array.isArray(words) ? words.map((word) => word.text) : words.problem;
}

test("3.2 quotes of both kinds group, adjacent parts join", () => {
  assert.deepEqual(split(`k ab"c d"'e f' g`), ["k", "abc de f", "g"]);
});

test("3.2 the first level keeps escapes, so an escaped quote opens nothing", () => {
  assert.deepEqual(split('k "a \\"b\\" c" u'), ["k", 'a \\"b\\" c', "u"]);
});

test("3.2 an open quote and a lone backslash are problems", () => {
  assert.equal(split('k "a'), "unmatchedQuote");
  assert.equal(split("k a\\"), "loneBackslash");
});

test("3.2 the example of the reference", () => {
  assert.deepEqual(splitCommand("/etc/ka/n.sh 'two words' \\\"q\\\" x\\x41"), [
    "/etc/ka/n.sh",
    "two words",
    '"q"',
    "xA",
  ]);
});

test("3.2 every escape", () => {
  assert.deepEqual(splitCommand("\\a\\b\\f\\n\\r\\t\\v\\E"), ["\x07\b\f\n\r\t\v\x1b"]);
  assert.deepEqual(splitCommand("\\x4 \\x41B \\101 \\60 \\7 \\cA \\q '\\x41'"), [
    "\x04",
    "AB",
    "A",
    "0",
    "\x07",
    "\x01",
    "q",
    "A",
  ]);
  assert.deepEqual(splitCommand("\\constructor"), ["\x0fnstructor"]);
});

test("3.2 problems of the second level", () => {
  assert.equal(splitCommand("a 'b"), "unmatchedQuote");
  assert.equal(splitCommand("a\\"), "loneBackslash");
});
