/** `~SEQ`, `~SEQx` and `~LST`: what a line is multiplied by (config-language reference, 2.9). */
import type { Range } from "../text.js";
import { indexWithin, isBlank } from "./scan.js";

const OPEN = 40;
const CLOSE = 41;

/** Nobody writes more by one line; a slip of the finger might. */
const LONGEST_SEQUENCE = 100_000;

export interface Sequence {
  names: string[];
  count: number;
  /** Values of the names in one round. */
  readonly values: (round: number) => string[];
  /** The `~SEQ(...)` itself. */
  at: Range;
  rest: Range;
}

type SequenceResult = { ok: true; sequence: Sequence } | { ok: false; message: string; at: Range };

/** Whether a line starts with a sequence; `~SEQ` elsewhere is plain text. */
export function isSequence(line: Range): boolean {
  return /^~(SEQx?|LST)[ \t]*\(/.test(line.of.chars.slice(line.start, Math.min(line.end, line.start + 80)));
}

/** Where the parentheses of a sequence open and close; undefined when they do not close. */
export function sequenceBounds(line: Range): { open: number; close: number } | undefined {
  const { chars } = line.of;
  const open = indexWithin(chars, OPEN, line.start, line.end);
  const close = open < 0 ? -1 : indexWithin(chars, CLOSE, open, line.end);
  return close < 0 ? undefined : { open, close };
}

/** Reads `~SEQ(...)` or `~LST(...)` at the start of a line whose parameters are already substituted. */
export function readSequence(line: Range): SequenceResult {
  const { of } = line;
  const bounds = sequenceBounds(line);
  if (bounds === undefined) return { ok: false, message: "the sequence has no closing ')'", at: line };
  const at: Range = { of, start: line.start, end: bounds.close + 1 };
  const word = of.chars.slice(line.start, bounds.open).trim();
  const inside = of.chars.slice(bounds.open + 1, bounds.close);
  let restStart = bounds.close + 1;
  while (restStart < line.end && isBlank(of.chars.charCodeAt(restStart))) restStart++;
  const made = word === "~LST" ? readList(inside) : readNumbers(inside, word === "~SEQx");
  if (typeof made === "string") return { ok: false, message: made, at };
  return { ok: true, sequence: { ...made, at, rest: { of, start: restStart, end: line.end } } };
}

type Made = Pick<Sequence, "names" | "count" | "values"> | string;

function readNumbers(inside: string, hexadecimal: boolean): Made {
  const [name = "", ...fields] = inside.split(",").map((field) => field.trim());
  if (!isName(name)) return "the sequence needs a variable name first: ~SEQ(VAR, START, STEP, END)";
  if (fields.length < 1 || fields.length > 3)
    return "the sequence needs one to three numbers: ~SEQ(VAR, START, STEP, END)";
  const numbers = fields.map(readInteger);
  const bad = numbers.findIndex((n) => n === undefined);
  if (bad >= 0) return `'${fields[bad]}' is not a number`;
  const last = numbers.at(-1) ?? 0;
  const first = fields.length === 1 ? (last >= 0 ? 1 : -1) : (numbers[0] ?? 0);
  const step =
    fields.length === 3
      ? (numbers[1] ?? 0)
      : fields.length === 1
        ? last >= 1
          ? 1
          : -1
        : last >= first
          ? 1
          : -1;
  if (step === 0) return "the step of the sequence is zero";
  if (first !== last && step > 0 !== last > first) return `the step ${step} leads away from ${last}`;
  const count = Math.floor((last - first) / step) + 1;
  if (count > LONGEST_SEQUENCE) return `the sequence has ${count} values, more than ${LONGEST_SEQUENCE}`;
  if (hexadecimal && Math.min(first, last) < 0) return "a hexadecimal sequence cannot be negative";
  const base = hexadecimal ? 16 : 10;
  return { names: [name], count, values: (round) => [(first + round * step).toString(base)] };
}

function readInteger(text: string): number | undefined {
  const match = /^([+-]?)(?:0[xX]([0-9a-fA-F]{1,12})|(0[0-7]{0,15})|([1-9]\d{0,14}))$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hex, octal, decimal] = match;
  const size =
    hex !== undefined
      ? Number.parseInt(hex, 16)
      : octal !== undefined
        ? Number.parseInt(octal, 8)
        : Number(decimal);
  return sign === "-" ? -size : size;
}

function readList(inside: string): Made {
  const groups = readGroups(inside);
  if (groups === undefined)
    return "the list is malformed; write ~LST(VAR, A, B) or ~LST({VAR1, VAR2}, {A1, A2}, {B1, B2})";
  const [names = [], ...sets] = groups;
  if (names.length === 0 || !names.every(isName))
    return "the list needs a variable name first: ~LST(VAR, A, B)";
  if (sets.length === 0) return "the list has no values";
  const full = sets.findIndex((set) => set.length > names.length);
  if (full >= 0)
    return `set ${full + 1} of the list has ${sets[full]?.length} values for ${names.length} ${names.length === 1 ? "name" : "names"}`;
  return { names, count: sets.length, values: (round) => names.map((_, i) => sets[round]?.[i] ?? "") };
}

/** `a, {b, c}, d` as [[a], [b, c], [d]]. */
function readGroups(inside: string): string[][] | undefined {
  const groups: string[][] = [];
  let rest = inside.trim();
  while (rest !== "") {
    const braced = /^\{([^{}]*)\}\s*(,|$)/.exec(rest);
    const plain = braced ? null : /^([^\s,{}]*)\s*(,|$)/.exec(rest);
    const match = braced ?? plain;
    if (match === null) return undefined;
    const fields = braced ? (match[1] ?? "").split(",").map((field) => field.trim()) : [match[1] ?? ""];
    if (fields.some((field) => /\s/.test(field))) return undefined;
    groups.push(fields);
    rest = rest.slice(match[0].length).trimStart();
    if (match[2] === "," && rest === "") groups.push([""]);
  }
  return groups;
}

function isName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text);
}
