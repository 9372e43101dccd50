/**
 * The catalogue of keywords as test data: for each entry a configuration around it and samples of it. Most arguments
 * follow from the grammar in `args`; what does not stands in tables by hand.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../setup/repository.js";
import { BY_GRAMMAR, BY_HAND } from "./catalogue-arguments.js";
import { AROUND, ENTRY_BLOCKS, GLOBAL, HERE, inInstance, INSTANCES, NEEDS } from "./catalogue-around.js";
import { OPTION_LINES } from "./catalogue-entries.js";

export { CONSTRUCTS } from "./catalogue-arguments.js";

export interface Entry {
  block: string;
  keyword: string;
  args: string;
  kind: "keyword" | "block" | "option" | "parser";
  deprecated: boolean;
  aliases: string[];
  meaning: string;
  on_duplicate?: string;
}

export const catalogue = JSON.parse(
  readFileSync(join(repository, "test", "data", "keywords.json"), "utf8"),
) as Entry[];

export interface Range {
  low: number;
  /** Absent: no limit. */
  high?: number;
  /** One step beyond an end. */
  step: number;
}

/** One way to write an entry, with the text around it. */
export interface Sample {
  /** The text before and after the line. */
  before: string;
  after: string;
  /** The line or lines, `%` where a number of the range goes. */
  line: string;
}

const KINDS: Readonly<Record<string, string>> = {
  "address entry of static_ipaddress, virtual_ipaddress, virtual_ipaddress_excluded": "address",
  "route entry of static_routes, virtual_routes": "route",
  "rule entry of static_rules, virtual_rules": "rule",
  "entry of virtual_server_group": "group",
};

export function kindOfEntry(entry: Entry): string | undefined {
  return KINDS[entry.block];
}

/** The text before and after the keywords of a block, with what they refer to. */
export function aroundOf(block: string): [before: string, after: string] {
  const [before = "", after = ""] = (AROUND[block] ?? HERE).split(HERE);
  return [before, after];
}

/** All samples of an entry; none when the tables above lack it. */
export function samplesOf(entry: Entry): Sample[] {
  const kind = kindOfEntry(entry);
  if (kind !== undefined) return entrySamples(entry, kind);
  const around = NEEDS[`${entry.block} ${entry.keyword}`] ?? AROUND[entry.block];
  const [before, after] = around?.split(HERE) ?? [];
  if (before === undefined || after === undefined) return [];
  return argumentsOf(entry).map((args) => ({ before, after, line: `${entry.keyword} ${args}`.trim() }));
}

function argumentsOf(entry: Entry): readonly string[] {
  const byHand = BY_HAND[`${entry.block} ${entry.keyword}`] ?? BY_HAND[entry.keyword];
  if (byHand !== undefined) return byHand;
  for (const [pattern, samples] of BY_GRAMMAR) if (pattern.test(entry.args)) return samples;
  const choices = entry.args.replace(/\s*\(.*\)$/, "").split(/\s*\|\s*/);
  if (choices.every((choice) => /^[\w.-]+$/.test(choice))) return choices;
  if (entry.args.startsWith("any of ")) return ["", ...entry.args.slice("any of ".length).split(" ")];
  return [];
}

function entrySamples(entry: Entry, kind: string): Sample[] {
  const { keyword, args } = entry;
  const byHand = OPTION_LINES[`${kind} ${keyword}`];
  const {
    blocks = ["virtual_server_group"],
    before: first = "",
    after: last = "",
  } = ENTRY_BLOCKS[kind] ?? {};
  const flag = args === "no argument" ? [`${first}${keyword}${last}`] : [];
  const whole = kind !== "address" || keyword === "(first word)";
  const lines = byHand?.map((line) => (whole ? line : `${first}${keyword} ${line}`)) ?? flag;
  return blocks.flatMap((name) => {
    if (keyword === "track_group" && !name.startsWith("static_")) return [];
    if (keyword === "use_vmac" && name.startsWith("static_")) return [];
    return lines.map((line) => {
      const [before = "", after = ""] = aroundEntry(kind, name, line).split(HERE);
      return { before, after, line };
    });
  });
}

function aroundEntry(kind: string, block: string, line: string): string {
  if (kind === "group") return AROUND["entry of virtual_server_group"] ?? HERE;
  if (block.startsWith("static_"))
    return `${GLOBAL}${INSTANCES}track_group G {\n group { V W }\n}\n${block} {\n${HERE}\n}\n`;
  const instance = inInstance("").replace(HERE, `${block} {\n${HERE}\n}`);
  return kind === "address" && line.includes(":") ? instance.replace("10.0.0.1/24", "fe80::1/64") : instance;
}

/** The range in the grammar of an entry, when there is one. */
export function rangeOf({ args }: Entry): Range | undefined {
  const found = /(?:^|[^\w.])(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)?/.exec(args);
  if (found === null) return undefined;
  const [, low = "", high] = found;
  const decimals = /3 decimals/.test(args) ? 3 : /DECIMAL|TIMER/.test(args) ? 6 : 0;
  return { low: Number(low), step: 10 ** -decimals, ...(high !== undefined && { high: Number(high) }) };
}

/** A number without exponent. */
export function numeral(value: number): string {
  return String(Number(value.toFixed(6))).includes("e") ? value.toFixed(6) : String(Number(value.toFixed(6)));
}
