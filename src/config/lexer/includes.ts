/** `include` lines: patterns, brace alternatives and which problems count (config-language reference, 2.4). */
import type { Range } from "../text.js";
import { isBlank } from "./scan.js";

/** The only way from the configuration to the outside. */
export interface FileReader {
  /** Where relative names start. */
  readonly workingDirectory: string;
  /** Names that match a pattern of `*`, `?`, `[...]` and backslash escapes, sorted, written as the pattern writes them. */
  glob(pattern: string, cwd: string): string[];
  /** A regular file without execute permission, given by its absolute path. */
  read(path: string): { ok: true; bytes: Uint8Array } | { ok: false; reason: string };
  env(name: string): string | undefined;
  /** A whole number, both ends included. */
  random(min: number, max: number): number;
}

/** Problems that are errors and not only messages. */
export type IncludeCheck = "read" | "match" | "wildcard_match" | "brace_match";
export const INCLUDE_CHECKS: readonly IncludeCheck[] = ["read", "match", "wildcard_match", "brace_match"];

const BY_LETTER: Readonly<Record<string, readonly IncludeCheck[]>> = {
  "": [],
  r: ["read"],
  m: ["read", "match"],
  w: ["read", "match", "wildcard_match"],
  b: ["read", "brace_match"],
  a: INCLUDE_CHECKS,
};

const MOST_ALTERNATIVES = 1000;

/** `include PATTERN`, or with one of the letters r m w b a. The pattern is literal: no quotes, no substitution. */
export function readInclude(line: Range): { checks: readonly IncludeCheck[]; pattern: Range } | undefined {
  const { of, end } = line;
  const { chars } = of;
  if (!chars.startsWith("include", line.start)) return undefined;
  const after = line.start + "include".length;
  const letter = isBlank(chars.charCodeAt(after)) ? "" : (chars[after] ?? " ");
  const checks = Object.hasOwn(BY_LETTER, letter) ? BY_LETTER[letter] : undefined;
  let start = after + letter.length;
  if (checks === undefined || start >= end || !isBlank(chars.charCodeAt(start))) return undefined;
  while (start < end && isBlank(chars.charCodeAt(start))) start++;
  return start < end ? { checks, pattern: { of, start, end } } : undefined;
}

/** What a pattern stands for, and what is wrong with it. */
interface IncludeMatches {
  names: string[];
  problems: {
    check: IncludeCheck;
    message: string /** Whether it is worth a word when the check is off. */;
    mention: boolean;
  }[];
}

/** Expands alternatives and wildcards. */
export function matchInclude(pattern: string, cwd: string, reader: FileReader): IncludeMatches {
  const alternatives = expandBraces(pattern);
  const result: IncludeMatches = { names: [], problems: [] };
  for (const alternative of alternatives) {
    const wild = /[*?[]/.test(alternative);
    const names = reader.glob(alternative, cwd);
    result.names.push(...names);
    if (names.length > 0) continue;
    if (alternatives.length > 1) {
      result.problems.push({ check: "brace_match", message: `no file '${alternative}'`, mention: !wild });
    } else if (wild) {
      result.problems.push({
        check: "wildcard_match",
        message: `no file matches '${alternative}'`,
        mention: false,
      });
    } else {
      const where = alternative.startsWith("/") ? "" : ` in ${cwd}`;
      const hint = /^(["']).*\1$/.test(alternative)
        ? "; quotes are part of the name here: leave them out"
        : "";
      result.problems.push({
        check: "match",
        message: `there is no file '${alternative}'${where}${hint}`,
        mention: true,
      });
    }
  }
  return result;
}

/** `a{b,c}` as ab, ac; nested ones too. Braces without a comma stay. */
function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const open = [pattern];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const parts = done.length + open.length < MOST_ALTERNATIVES ? firstBraces(next) : undefined;
    if (parts === undefined) done.push(next);
    else open.unshift(...parts.choices.map((choice) => parts.before + choice + parts.after));
  }
  return done;
}

function firstBraces(pattern: string): { before: string; choices: string[]; after: string } | undefined {
  for (let start = pattern.indexOf("{"); start >= 0; start = pattern.indexOf("{", start + 1)) {
    const choices: string[] = [];
    let depth = 0;
    let from = start + 1;
    for (let i = start; i < pattern.length; i++) {
      const c = pattern[i];
      if (c === "\\") i++;
      else if (c === "{") depth++;
      else if (c === "," && depth === 1) {
        choices.push(pattern.slice(from, i));
        from = i + 1;
      } else if (c === "}" && --depth === 0) {
        if (choices.length === 0) break;
        choices.push(pattern.slice(from, i));
        return { before: pattern.slice(0, start), choices, after: pattern.slice(i + 1) };
      }
    }
  }
  return undefined;
}

/** Joins a directory and a name, without looking at the file system. */
export function joinPath(directory: string, name: string): string {
  if (name.startsWith("/")) return normal(name);
  return normal(directory === "" ? name : `${directory}/${name}`);
}

/** Everything before the last slash; undefined when there is none. */
export function directoryOf(path: string): string | undefined {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return undefined;
  return slash === 0 ? "/" : path.slice(0, slash);
}

function normal(path: string): string {
  const absolute = path.startsWith("/");
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return (absolute ? "/" : "") + parts.join("/");
}
