/** Whatever stands in a file: an answer with places inside the file, never an exception, never for long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ReadResult } from "../../../src/config/read-config.js";
import { type Files, instance, messages, read, readFiles } from "./fake-files.js";

const RUNS = 300;

/** Every place is a line of its file, with the carets inside the excerpt. */
function placesAreInside(result: ReadResult, files: Files): void {
  for (const diagnostic of result.diagnostics) {
    for (const at of [diagnostic.at, ...diagnostic.notes.map((note) => note.at)]) {
      if (at === undefined) continue;
      const text = files[at.file];
      assert.ok(typeof text === "string", at.file);
      const line = text.split("\n")[at.line - 1];
      assert.ok(line !== undefined, `line ${at.line}`);
      assert.ok(at.column >= 1 && at.column <= line.length + 1, `${at.line}:${at.column} of "${line}"`);
      assert.ok(at.caretStart <= at.text.length && at.caretEnd > at.caretStart);
    }
  }
  messages(result);
}

function holds(text: string): void {
  const files = { "keepalived.conf": text, other: "priority 5\n$A=$B\n" };
  placesAreInside(readFiles(files), files);
}

const words = [
  ..."vrrp_instance global_defs vrrp_sync_group group virtual_ipaddress virtual_routes static_routes authentication".split(
    " ",
  ),
  ..."unicast_peer track_interface interface priority state version notify include other @main @x $A ${A} $A= $B=$A".split(
    " ",
  ),
  ..."{ } { } \" ' \\ # ! ~SEQ(A,3) ~LST(A,x,y) ${_RANDOM 5} 10.0.0.1/24 fe80::1 dev via default weight 255 0 eth0 V W".split(
    " ",
  ),
];
const token = fc.constantFrom(...words);
const separator = fc.constantFrom(" ", " ", "\n", "\n", "", "\t", "\r\n");
const tokens = fc.array(fc.tuple(token, separator), { maxLength: 120 }).map((list) => list.flat().join(""));

const usual = `$P=100
global_defs {
  router_id x
  notification_email { a@b }
}
vrrp_sync_group G { group { V } }
${instance("priority $P\nnotify \"/bin/x 'a'\" root\nvirtual_routes {\n default via 10.0.0.9 dev eth0\n}\nunicast_peer { 10.0.0.9 min_ttl 3 }")}
$M=\\
  debug 1\\
  priority 7
~SEQ(I,2,3) vrrp_instance W$I { interface eth0
  virtual_router_id $I
  $M
  virtual_ipaddress { 10.0.1.$I dev eth1 label x }
}
`;

test("random bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => holds(Buffer.from(bytes).toString("latin1"))),
    { numRuns: RUNS },
  );
});

test("random words of the language", () => {
  fc.assert(fc.property(tokens, holds), { numRuns: RUNS * 3 });
});

test("a good file with a piece removed, doubled or replaced", () => {
  const change = fc.record({
    at: fc.nat(usual.length),
    length: fc.nat(30),
    by: fc.oneof(token, fc.string({ maxLength: 5 }), fc.constant("")),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let text = usual;
      for (const { at, length, by } of changes)
        text = text.slice(0, at) + by.replace(/[^\0-\xff]/g, "?") + text.slice(at + length);
      holds(text);
    }),
    { numRuns: RUNS * 3 },
  );
});

test("invalid UTF-8 and bytes above 127 pass through", () => {
  const bytes = instance("").replace("V", "\xff\xfeV");
  assert.equal(read(bytes).config.vrrp.instances[0]?.name, "\xff\xfeV");
  const utf8 = Buffer.from(instance("").replace("V", "Zürich")).toString("latin1");
  assert.equal(read(utf8).config.vrrp.instances[0]?.name, "Zürich");
});

/** What would take for ever, or all the memory, if it were not bounded. */
const heavy: readonly (readonly [string, string])[] = [
  ["a line of 10 MB", `x${"y".repeat(10_000_000)}\n`],
  ["10 MB of lines", "a b c\n".repeat(1_700_000)],
  ["10 MB of spaces", " ".repeat(10_000_000)],
  ["a million open braces", "{\n".repeat(1_000_000)],
  ["a million braces in one block", `SSL {\n${"{ }\n".repeat(500_000)}`],
  ["many quotes that stay open", 'a "\n'.repeat(200_000)],
  ["many dollars", `$A=1\n${"$A $B $$ ${ ".repeat(50)}\n`.repeat(2000)],
  [
    "definitions that double",
    `$A=xx\n${Array.from({ length: 60 }, (_, i) => `$A${i}=\${A${i - 1}}\${A${i - 1}}`).join("\n")}\nk $A59\n`,
  ],
  ["a definition that calls itself by a sequence", "$A=~SEQ(I,9) $A\n$A\n"],
  ["a multi-line definition of itself", "$A=\\\nx\\\n$A\n$A\n"],
  ["sequences of sequences", "~SEQ(A,99999) ~SEQ(B,99999) x\n"],
  [
    "addresses by sequences",
    "static_ipaddress {\n~SEQ(A,0,127) ~SEQ(B,0,255) ~SEQ(C,0,4) 10.${C}.${A}.${B}/32 dev lo\n}\nx\n",
  ],
  ["alternatives of alternatives", `include ${"{a,b}".repeat(30)}\n`],
];
for (const [name, text] of heavy) {
  test(`bounded: ${name}`, () => {
    // Time of the processor: others may keep it busy.
    const before = process.cpuUsage();
    const result = read(text);
    const tookMs = process.cpuUsage(before).user / 1000;
    assert.ok(tookMs < 3000, `${Math.round(tookMs)} ms`);
    assert.ok((result.diagnostics.length > 0 && result.diagnostics.length <= 1001) || text.trim() === "");
  });
}

test("files that include each other in every way end", () => {
  const files: Record<string, string> = { "keepalived.conf": "include f0\n" };
  for (let i = 0; i < 60; i++) files[`f${i}`] = `include f${i + 1}\ninclude f${i + 1}\n`;
  const result = readFiles(files);
  assert.ok(
    result.diagnostics.some(
      (d) => d.message.includes("nested more than 50 deep") || d.message.includes("more than 10000 files"),
    ),
  );
});
