/** The generated files are those of today's tables, and say something about everything in them. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generatedFiles } from "../../../src/cli/manual.js";
import { optionDocs } from "../../../src/cli/options.js";
import { outline } from "../../../src/config/reference/outline.js";
import { repository } from "../../setup/repository.js";

const files = new Map(generatedFiles().map(({ path, text }) => [path, text]));
const textOf = (path: string): string => files.get(path) ?? "";

for (const [path, text] of files) {
  test(`${path} is what the tables give`, () => {
    const file = join(repository, path);
    const present = existsSync(file) ? readFileSync(file, "utf8") : "";
    assert.ok(present === text, `${path} is out of date: type 'npm run docs'`);
  });
}

test("the manual of the command tells each option and what it does", () => {
  const page = textOf("docs/man/keepalived.8").replaceAll("\\-", "-");
  for (const { flags, text } of optionDocs()) {
    const [long = ""] = /--[\w-]+/.exec(flags) ?? [];
    assert.match(page, new RegExp(`^\\\\fB.*${long}\\b`, "m"));
    assert.ok(page.includes(text), text);
  }
});

test("the reference has each keyword of each block", () => {
  const sections = textOf("docs/keepalived.conf.md").split(/^### /m);
  for (const { path, keywords } of outline()) {
    const title = path === "" ? "Outside all blocks" : path.replaceAll("/", " / ").replaceAll("_", "\\_");
    const section = sections.find((text) => text.startsWith(`${title}\n`));
    assert.ok(section, title);
    for (const { name } of keywords) assert.ok(section.includes(`\`${name}`), `${path}: ${name}`);
  }
});

test("what is read and not acted on is about BFD, SNMP and D-Bus alone, as the README says", () => {
  const [, keywords = ""] = textOf("docs/keepalived.conf.md").split("### Outside all blocks\n");
  const sections = keywords.split(/^### /m);
  assert.ok(sections.length > 20);
  const others = sections
    .filter((section) => !section.startsWith("bfd\\_instance"))
    .flatMap((section) => section.split("\n").filter((line) => line.includes("(not acted on)")))
    .filter((line) => !/^(- )?`(BFD_CHECK|snmp_|enable_snmp_|enable_traps|enable_dbus|dbus_)/.test(line));
  assert.deepEqual(others, []);
});

test("each keyword and option is told in a sentence of its own", () => {
  for (const { path, keywords } of outline()) {
    for (const { name, row } of keywords) {
      assert.ok(row.doc.length > 10, `${path}/${name}: "${row.doc}"`);
      for (const [option, { doc }] of Object.entries(row.options ?? {}))
        assert.ok(doc.length > 5, `${name} ${option}: "${doc}"`);
    }
  }
});

test("the grammars know each keyword, and their expressions are ones", () => {
  const vim = textOf("etc/vim/syntax/keepalived.vim");
  const grammar = JSON.parse(textOf("etc/textmate/keepalived.tmLanguage.json")) as {
    patterns: { match?: string; begin?: string; end?: string }[];
  };
  const expressions = grammar.patterns
    .flatMap(({ match, begin, end }) => [match, begin, end])
    .filter((e) => e !== undefined);
  for (const expression of expressions) assert.doesNotThrow(() => new RegExp(expression), expression);
  for (const { keywords } of outline()) {
    for (const { name } of keywords) {
      assert.match(vim, new RegExp(`^syntax keyword .* ${name}( |$)`, "m"));
      assert.ok(
        expressions.some((expression) => expression.includes(name.replace(/-/g, "\\-"))),
        name,
      );
    }
  }
});
