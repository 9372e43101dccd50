/**
 * The catalogue of the language, entry by entry: each keyword has a row and is accepted in its block with each of its
 * samples, both ends of its range are accepted and one step beyond is refused at its column, old names are hinted at.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnostic } from "../../../src/config/diagnostic.js";
import { constructs } from "../../../src/config/reference/language.js";
import { optionsOf, outline } from "../../../src/config/reference/outline.js";
import {
  catalogue,
  CONSTRUCTS,
  type Entry,
  kindOfEntry,
  numeral,
  rangeOf,
  type Sample,
  samplesOf,
} from "./catalogue-samples.js";
import { readFiles } from "./fake-files.js";

const blocks = new Map(outline().map((block) => [block.path === "" ? "root" : block.path, block.keywords]));

/** Whether a declaration of the schema stands behind an entry. */
function isDeclared(entry: Entry): boolean {
  const { block, keyword } = entry;
  const kind = kindOfEntry(entry);
  if (entry.kind === "parser") return constructs.some(({ name }) => name === keyword);
  if (kind === undefined) return blocks.get(block)?.some(({ name }) => name === keyword) ?? false;
  if (keyword.startsWith("(")) return true;
  const rows = [...blocks.values()].flat().filter(({ name }) => HOLDERS[kind]?.includes(name));
  return rows.some(({ row }) => optionsOf(row).some(([name]) => name === keyword));
}

/** The blocks that hold entries of a kind. */
const HOLDERS: Readonly<Record<string, readonly string[]>> = {
  address: ["static_ipaddress", "virtual_ipaddress"],
  route: ["static_routes", "virtual_routes"],
  rule: ["static_rules", "virtual_rules"],
  group: ["virtual_server_group"],
};

/** 0 is below the range, and yet has a meaning. */
const ZERO_MEANS_SOMETHING = [/\(0 ignored\)$/, /^IPADDR \[PORT/];

interface Finding {
  line: number;
  column: number;
  diagnostic: Diagnostic;
}

/** What is said about the lines of a sample; lines and columns count from its own beginning. */
function about(sample: Sample, line: string): Finding[] {
  const first = sample.before.split("\n").length;
  const indent = (sample.before.split("\n").at(-1) ?? "").length;
  const last = first + line.split("\n").length - 1;
  const files = { "keepalived.conf": sample.before + line + sample.after, "other.conf": "" };
  return readFiles(files).diagnostics.flatMap((diagnostic) => {
    const { at } = diagnostic;
    if (at === undefined || at.line < first || at.line > last) return [];
    return [
      { line: at.line - first + 1, column: at.line === first ? at.column - indent : at.column, diagnostic },
    ];
  });
}

const isHint = ({ diagnostic }: Finding): boolean => diagnostic.message.includes("deprecated");
const shown = ({ line, column, diagnostic }: Finding): string =>
  `${line}:${column} ${diagnostic.severity}: ${diagnostic.message}`;

/** What upstream reads, too, only to say that it cannot do it. */
const isReported = ({ meaning }: Entry): boolean => meaning === "Accepted and reported as unsupported.";

/** A number that no rule minds. */
function usual(entry: Entry): string {
  const range = rangeOf(entry);
  if (range === undefined) return "5";
  // A second or more between announcements is remarked upon.
  const good = /^(vrrp_)?g(arp|na)_interval$/.test(entry.keyword) ? 0.5 : 5;
  return numeral(Math.min(range.high ?? Number.POSITIVE_INFINITY, Math.max(range.low, good)));
}

function acceptance(entry: Entry, samples: readonly Sample[]): string[] {
  return samples.flatMap((sample) => {
    const line = sample.line.replaceAll("%", usual(entry));
    const findings = about(sample, line);
    const expected = (finding: Finding): boolean =>
      (entry.deprecated && isHint(finding)) || isReported(entry);
    const problems = findings.filter((finding) => !expected(finding)).map(shown);
    if (isReported(entry) && findings.length === 0) problems.push("is not supported, and nothing says so");
    const whole = sample.before + line + sample.after;
    const hinted =
      !entry.deprecated ||
      readFiles({ "keepalived.conf": whole }).diagnostics.some((d) => d.message.includes("deprecated"));
    if (!hinted) problems.push("is old, and nothing says so");
    return problems.map((problem) => `'${line.replaceAll("\n", "\\n")}': ${problem}`);
  });
}

/** The first sample with a number: its ends, and one step beyond each. */
function rangeProblems(entry: Entry, samples: readonly Sample[]): string[] {
  const range = rangeOf(entry);
  const sample = samples.find(({ line }) => line.includes("%"));
  if (range === undefined || sample === undefined) return [];
  const at = sample.line.slice(0, sample.line.indexOf("%")).split("\n");
  const place = { line: at.length, column: (at.at(-1) ?? "").length + 1 };
  const findingsFor = (value: number): Finding[] =>
    about(sample, sample.line.replaceAll("%", numeral(value)));
  const problems: string[] = [];
  const { low, high, step } = range;
  for (const end of high === undefined ? [low] : [low, high]) {
    const errors = findingsFor(end).filter(({ diagnostic }) => diagnostic.severity === "error");
    problems.push(...errors.map((finding) => `the end ${numeral(end)} of its range: ${shown(finding)}`));
  }
  for (const beyond of high === undefined ? [low - step] : [low - step, high + step]) {
    if (beyond === 0 && ZERO_MEANS_SOMETHING.some((pattern) => pattern.test(entry.args))) continue;
    const findings = findingsFor(beyond).filter(
      (finding) => !isHint(finding) && finding.diagnostic.kind !== "logged",
    );
    if (!findings.some(({ line, column }) => line === place.line && column === place.column))
      problems.push(
        `${numeral(beyond)} is not refused at ${place.line}:${place.column}: ${findings.map(shown).join("; ") || "nothing is said"}`,
      );
  }
  return problems;
}

function problemsOf(entry: Entry): string[] {
  if (!isDeclared(entry)) return ["is not declared"];
  if (entry.kind === "parser") {
    const text = CONSTRUCTS[entry.keyword];
    if (text === undefined) return ["has no sample"];
    return about({ before: "", after: "", line: "" }, text).map(shown);
  }
  const samples = samplesOf(entry);
  if (samples.length === 0) return ["has no sample"];
  return [...acceptance(entry, samples), ...rangeProblems(entry, samples)];
}

const byBlock = new Map<string, Entry[]>();
for (const entry of catalogue) byBlock.set(entry.block, [...(byBlock.get(entry.block) ?? []), entry]);

let missing = 0;
for (const [block, entries] of byBlock) {
  test(`the ${entries.length} entries of ${block}`, () => {
    const problems = new Map(entries.map((entry) => [entry.keyword, problemsOf(entry)]));
    const bad = [...problems].filter(([, list]) => list.length > 0);
    missing += bad.length;
    assert.deepEqual(
      bad.map(([keyword, list]) => `${keyword}: ${list.slice(0, 3).join("\n    ")}`),
      [],
    );
  });
}

test("of the 654 entries none is missing", (context) => {
  assert.equal(catalogue.length, 654);
  context.diagnostic(`${missing} of ${catalogue.length} entries are missing`);
  assert.equal(missing, 0);
});
