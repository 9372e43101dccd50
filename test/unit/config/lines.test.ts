/** The line pipeline, rule by rule of section 2 of the language. What a line becomes is seen in the configuration. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Diagnostics } from "../../../src/config/diagnostic.js";
import { LineReader } from "../../../src/config/lexer/lines.js";
import { fakeReader, type Files, messages, read, readFiles } from "./fake-files.js";

/** The logical lines of a file, words joined by "|". */
function lines(text: string, configId = "main", files: Files = {}): string[] {
  return linesAndProblems(text, configId, files).lines;
}

function linesAndProblems(
  text: string,
  configId = "main",
  files: Files = {},
): { lines: string[]; problems: string[] } {
  const diagnostics = new Diagnostics();
  const env = (name: string) => (name === "HOME" ? "/root" : undefined);
  const reader = new LineReader(
    fakeReader({ "top.conf": text, ...files }, { env, random: (min, max) => min * 1000 + max }),
    { configId, includeAll: false },
    diagnostics,
  );
  reader.files.openTop("top.conf");
  const out: string[] = [];
  for (let line = reader.next(); line !== undefined; line = reader.next())
    out.push(line.words.map((word) => word.text).join("|"));
  return {
    lines: out,
    problems: diagnostics.sorted().map((d) => `${d.at?.line}:${d.at?.column} ${d.message}`),
  };
}

test("2.1 line ends of all kinds are removed, empty lines count", () => {
  assert.deepEqual(lines("a b\r\n\n\nc\r\r\nd"), ["a|b", "c", "d"]);
});

test("2.1 a line of 1022 bytes is read, one more is an error and no part of it is read", () => {
  const longest = `a ${"x".repeat(1020)}`;
  assert.equal(lines(`${longest}\n`)[0]?.length, 1022);
  const { lines: kept, problems } = linesAndProblems(`${longest}y\nb\n`);
  assert.deepEqual(kept, ["b"]);
  assert.deepEqual(problems, ["1:1 the line is 1023 bytes long, more than 1022; it is ignored"]);
});

test("2.1 a NUL byte spoils its line only", () => {
  const { lines: kept, problems } = linesAndProblems("a\nb\0c\nd\ne\0\nf");
  assert.deepEqual(kept, ["a", "d", "f"]);
  assert.deepEqual(problems, [
    "2:2 the line holds a NUL byte; it is ignored",
    "4:2 the line holds a NUL byte; it is ignored",
  ]);
});

test("2.2 # and ! start a comment anywhere outside double quotes", () => {
  assert.deepEqual(lines('# x\n ! y\na b#c\nd "e#f!g" h!i\n\'j#k'), ["a|b", "d|e#f!g|h", "'j"]);
});

test("2.2 an escaped # or ! is plain, other backslashes stay", () => {
  assert.deepEqual(lines("a\\#b\\!c \\d \\\\#e"), ["a#b!c|\\d|\\\\"]);
});

test("2.2 an escaped quote does not open a quote", () => {
  assert.deepEqual(linesAndProblems('a \\"b # c'), {
    lines: ["a|\\"],
    problems: ["1:4 the quoted word has no closing quote; the rest of the line is ignored"],
  });
});

test("2.2 there is no continuation outside definitions", () => {
  assert.deepEqual(lines("a \\\nb"), ["a\\", "b"]);
});

test("2.2 an odd double quote is reported where it opens", () => {
  assert.deepEqual(linesAndProblems('a "b').problems[0], "1:3 this double quote is never closed on its line");
});

test("2.3 @id keeps a line for one configuration id, @^id for all others", () => {
  assert.deepEqual(lines("@main a\n@other b\n@^main c\n@^other d\n@mainx e\n@main\n@ f\n@^ g"), [
    "a",
    "d",
    "g",
  ]);
});

test("2.3 only one condition is removed", () => {
  assert.deepEqual(lines("@main @other b"), ["@other|b"]);
});

test("2.4 include reads in place, also inside blocks, and nested files start from their own directory", () => {
  const files = { "sub/a.conf": "a1\ninclude b.conf\na2\n", "sub/b.conf": "b\n" };
  assert.deepEqual(lines("x\ninclude sub/a.conf\ny", "main", files), ["x", "a1", "b", "a2", "y"]);
});

test("2.4 wildcards are sorted, alternatives come in the order given", () => {
  const files = { "2.conf": "two", "1.conf": "one", "b.x": "bx", "a.x": "ax" };
  assert.deepEqual(lines("include ?.conf\ninclude {b,a}.x", "main", files), ["one", "two", "bx", "ax"]);
});

test("2.4 quotes are part of the name", () => {
  const { problems } = linesAndProblems('include "a.conf"', "main", { "a.conf": "a" });
  assert.deepEqual(problems, [
    "1:9 there is no file '\"a.conf\"' in /etc/keepalived; quotes are part of the name here: leave them out",
  ]);
});

test("2.4 definitions in the pattern are replaced, others are part of the name", () => {
  const files = { "sub/a.conf": "a" };
  const { problems } = linesAndProblems("$A=sub\ninclude ${A}/a.conf\ninclude $B", "main", files);
  assert.deepEqual(problems, ["3:9 there is no file '$B' in /etc/keepalived"]);
  assert.deepEqual(lines("$A=sub\ninclude ${A}/a.conf\n~LST(I,a,x) include sub/$I", "main", files), ["a"]);
});

test("2.4 a missing file counts only for the letters m, w, a, or with -e", () => {
  const status = (line: string, includeAll = false) => read(`${line}\n`, { includeAll }).testStatus;
  assert.deepEqual(
    ["include x", "includer x", "includeb x", "include x*", "includem x*"].map((line) => status(line)),
    [0, 0, 0, 0, 0],
  );
  assert.deepEqual(
    ["includem x", "includew x", "includea x", "includew x*"].map((line) => status(line)),
    [6, 6, 6, 6],
  );
  assert.equal(status("include x", true), 6);
  assert.equal(status("global_defs {\n include_check\n}\ninclude x"), 6);
});

test("2.4 a missing alternative counts for the letters b and a", () => {
  const status = (line: string) => readFiles({ "keepalived.conf": `${line}\n`, a: "" }).testStatus;
  assert.deepEqual(["includem {a,x}", "includeb {a,x}", "includea {a,x}"].map(status), [0, 6, 6]);
});

test("2.4 a directory, an executable or a pipe is skipped, and counts for r", () => {
  const files = { "keepalived.conf": "includer d\n", d: { refused: "it is a directory" } };
  const result = readFiles(files);
  assert.equal(result.testStatus, 6);
  assert.equal(result.usable, false);
  assert.match(
    messages(result),
    /keepalived.conf:1:10: error: cannot read 'd': it is a directory\n {2}includer d\n {11}\^/,
  );
  assert.equal(readFiles({ ...files, "keepalived.conf": "include d\n" }).testStatus, 0);
});

test("2.4 a file that includes itself is refused at the include line", () => {
  const { problems } = linesAndProblems("include a.conf", "main", {
    "a.conf": "include b.conf",
    "b.conf": "include a.conf",
  });
  assert.deepEqual(problems, ["1:9 cannot read 'a.conf': the file includes itself"]);
});

test("2.5 a definition needs = directly after its name and holds from there on", () => {
  assert.deepEqual(lines("a $X\n$X=1\na $X\n$X= 2 3\na $X\n$Y = 1"), ["a|$X", "a|1", "a|2|3", "$Y|=|1"]);
});

test("2.6 a multi-line definition gives its lines at the end of a line only", () => {
  assert.deepEqual(lines("$M=\\\n a 1 \\\n \\\n b 2\n$M\nx $M\n$M y"), [
    "a|1",
    "b|2",
    "x|a|1",
    "b|2",
    "$M|y",
  ]);
});

test("2.6 text after = is the first line, lines may hold conditions and definitions", () => {
  assert.deepEqual(lines("$M=a\\\n@main b\\\n@other c\\\n$N=d\n$M\n$N"), ["a", "b", "d"]);
});

test("2.7 $NAME needs a blank, comma, ) or the end after it, ${NAME} nothing", () => {
  assert.deepEqual(lines("$A=v\nk$A,x k$A)x k$A/x k${A}x \"${A}\" '${A}'"), ["kv,x|kv)x|k$A/x|kvx|v|'v'"]);
});

test("2.7 values are expanded at the time of use", () => {
  assert.deepEqual(lines("$A=$B\n$B=1\nx $A\n$B=2\nx $A"), ["x|1", "x|2"]);
});

test("2.7 a definition may become a condition, a definition or a comment", () => {
  assert.deepEqual(lines("$IF=@main\n$IF a\n$D=$E=5\n${D}\nx $E\ny ${_HASH} z"), ["a", "x|5", "y"]);
});

test("2.7 a definition of itself is an error and is left alone", () => {
  const { lines: kept, problems } = linesAndProblems("$A=x $B\n$B=$A\nk $A");
  assert.deepEqual(kept, ["k|x|$A"]);
  assert.deepEqual(problems, ["3:3 the definition of '$A' refers to itself"]);
});

test("2.7 a line that would grow too long keeps the reference", () => {
  const { problems } = linesAndProblems(`$A=${"x".repeat(600)}\nk $A $A`);
  assert.deepEqual(problems, ["2:6 the line would grow beyond 1023 bytes by '$A', which stays as it is"]);
});

test("2.8 built-in definitions", () => {
  assert.deepEqual(lines('a ${_PWD} ${_INSTANCE} "${_HASH}${_BANG}" ${_ENV HOME} ${_ENV NONE}x'), [
    "a|/etc/keepalived|main|#!|/root|x",
  ]);
  assert.deepEqual(lines("${_RANDOM} ${_RANDOM 5} ${_RANDOM 5 9}"), ["32767|37767|5009"]);
});

test("2.8 wrong parameters of a built-in are errors", () => {
  assert.deepEqual(linesAndProblems("a ${_RANDOM x}\nb ${_PWD 1}\nc ${_RANDOM 9 5}").problems, [
    "1:3 '_RANDOM' needs numbers, not 'x'",
    "2:3 '_PWD' takes no parameter",
    "3:3 '_RANDOM' has a minimum above its maximum; 9 is used",
  ]);
});

test("2.9 ~SEQ with one, two and three numbers", () => {
  assert.deepEqual(lines("~SEQ(V, 3) a$V\n"), ["a1", "a2", "a3"]);
  assert.deepEqual(lines("~SEQ(C,0) a $C"), ["a|1", "a|0"]);
  assert.deepEqual(lines("~SEQ(C,-2) a $C"), ["a|-1", "a|-2"]);
  assert.deepEqual(lines("~SEQ (C , 5 , 3) a $C"), ["a|5", "a|4", "a|3"]);
  assert.deepEqual(lines("~SEQ(C,1,4,10) a $C"), ["a|1", "a|5", "a|9"]);
  assert.deepEqual(lines("~SEQx(C,0x0e,010,26) a $C"), ["a|e", "a|16"]);
});

test("2.9 sequences nest, the rightmost fastest, and may take numbers from definitions", () => {
  assert.deepEqual(lines("$N=2\n~SEQ(A,$N) ~SEQ(B,2) $A,${B}"), ["1,1", "1,2", "2,1", "2,2"]);
});

test("2.9 ~LST with one and several variables", () => {
  assert.deepEqual(lines("~LST(V,x,y) a $V"), ["a|x", "a|y"]);
  assert.deepEqual(lines("~LST({A,B},{1,2},{3}) a ${A}-${B}"), ["a|1-2", "a|3-"]);
});

test("2.9 a wrong sequence is an error and its line is dropped", () => {
  const { lines: kept, problems } = linesAndProblems(
    "~SEQ(A,1,0,5) a\n~SEQ(A,1,-1,5) a\n~SEQ(A,x) a\n~LST(A) a\n~LST({A},{1,2}) a\n~SEQ(A,1,999999999) a",
  );
  assert.deepEqual(kept, []);
  assert.deepEqual(problems, [
    "1:1 the step of the sequence is zero",
    "2:1 the step -1 leads away from 5",
    "3:1 'x' is not a number",
    "4:1 the list has no values",
    "5:1 set 1 of the list has 2 values for 1 name",
    "6:1 the sequence has 999999999 values, more than 100000",
  ]);
});

test("2.9 products of sequences are bounded", () => {
  const { problems } = linesAndProblems("~SEQ(A,9999) ~SEQ(B,9999) ~SEQ(C,9999) a");
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /make more than 500000 lines/);
});

test("2.10 braces end a line wherever they stand, but not in double quotes", () => {
  assert.deepEqual(lines('a { b c } d{e}\n"{x}" f } }'), [
    "a",
    "{",
    "b|c",
    "}",
    "d",
    "{",
    "e",
    "}",
    "{x}|f",
    "}",
    "}",
  ]);
});

test("3.1 words", () => {
  assert.deepEqual(lines('a\tb\fc "d e" f"g h"i "" j\'k l\''), ["a|b|c|d e|f|g h|i||j'k|l'"]);
});
