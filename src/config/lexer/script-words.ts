/** Shell-like splitting of the keywords that take a command (config-language reference, 3.2). */
import type { Range, Word } from "../text.js";
import { isWhite } from "./scan.js";

/** Upstream's limit for one word. */
const LONGEST_WORD = 1023;

export interface SplitProblem {
  problem: "unmatchedQuote" | "loneBackslash" | "tooLong";
  at: Range;
}

/** First level: groups by quotes, joins adjacent parts, keeps a backslash and the character after it. */
export function splitScriptLine(line: Range, order: number): Word[] | SplitProblem {
  const { of } = line;
  const { chars } = of;
  const words: Word[] = [];
  let i = line.start;
  while (i < line.end) {
    if (isWhite(chars.charCodeAt(i))) {
      i++;
      continue;
    }
    const start = i;
    let text = "";
    let quote = "";
    for (; i < line.end; i++) {
      const c = chars[i] ?? "";
      if (quote === "" && isWhite(c.charCodeAt(0))) break;
      if (c === "\\") {
        if (i + 1 >= line.end) return { problem: "loneBackslash", at: { of, start: i, end: i + 1 } };
        text += c + chars[++i];
      } else if (c === quote) quote = "";
      else if (quote === "" && (c === '"' || c === "'")) quote = c;
      else text += c;
    }
    if (quote !== "") return { problem: "unmatchedQuote", at: { of, start, end: line.end } };
    if (text.length > LONGEST_WORD) return { problem: "tooLong", at: { of, start, end: i } };
    words.push({ text, of, start, end: i, order });
  }
  return words;
}

/** Second level: the command into program and arguments, escapes resolved. */
export function splitCommand(command: string): string[] | SplitProblem["problem"] {
  const words: string[] = [];
  let i = 0;
  while (i < command.length) {
    if (isWhite(command.charCodeAt(i))) {
      i++;
      continue;
    }
    let text = "";
    let quote = "";
    while (i < command.length) {
      const c = command[i] ?? "";
      if (quote === "" && isWhite(c.charCodeAt(0))) break;
      if (c === "\\") {
        const escape = readEscape(command, i + 1);
        if (escape === undefined) return "loneBackslash";
        text += escape.text;
        i = escape.next;
        continue;
      }
      if (c === quote) quote = "";
      else if (quote === "" && (c === '"' || c === "'")) quote = c;
      else text += c;
      i++;
    }
    if (quote !== "") return "unmatchedQuote";
    words.push(text);
  }
  return words;
}

const CONTROL: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  E: "\x1b",
};

/** What follows a backslash: `\n`, `\xHH`, `\ooo`, `\cC`, or the character itself. */
function readEscape(command: string, at: number): { text: string; next: number } | undefined {
  const c = command[at];
  if (c === undefined) return undefined;
  const hex = c === "x" ? /^[0-9a-fA-F]{1,2}/.exec(command.slice(at + 1, at + 3))?.[0] : undefined;
  if (hex !== undefined)
    return { text: String.fromCharCode(Number.parseInt(hex, 16)), next: at + 1 + hex.length };
  const octal = /^[0-7]{1,3}/.exec(command.slice(at, at + 3))?.[0];
  if (octal !== undefined) {
    return { text: String.fromCharCode(Number.parseInt(octal, 8) & 0xff), next: at + octal.length };
  }
  const controlled = c === "c" ? command[at + 1] : undefined;
  if (controlled !== undefined)
    return { text: String.fromCharCode(controlled.charCodeAt(0) & 31), next: at + 2 };
  return { text: Object.hasOwn(CONTROL, c) ? (CONTROL[c] ?? c) : c, next: at + 1 };
}
