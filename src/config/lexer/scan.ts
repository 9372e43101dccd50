/** Comments, escaped comment characters and trailing blanks of one line (config-language reference, 2.2). */
import type { Diagnostics } from "../diagnostic.js";
import { Derived, type Part, type Range } from "../text.js";

const TAB = 9;
const SPACE = 32;
const BANG = 33;
const QUOTE = 34;
const HASH = 35;
const BACKSLASH = 92;

/** The part of a line that counts, or undefined when nothing is left. */
export function stripComment(line: Range, diagnostics: Diagnostics): Range | undefined {
  const { of } = line;
  const { chars } = of;
  let start = line.start;
  let end = line.end;
  while (start < end && isBlank(chars.charCodeAt(start))) start++;
  let quotedFrom = -1;
  let escapes: number[] | undefined;
  for (let i = start; i < end; i++) {
    const c = chars.charCodeAt(i);
    if (c > BACKSLASH || (c > HASH && c !== BACKSLASH)) continue;
    if (c === QUOTE) quotedFrom = quotedFrom < 0 ? i : -1;
    else if (c === BACKSLASH) {
      const next = chars.charCodeAt(i + 1);
      if (i + 1 < end && quotedFrom < 0 && (next === HASH || next === BANG)) {
        escapes ??= [];
        escapes.push(i);
      }
      i++;
    } else if ((c === HASH || c === BANG) && quotedFrom < 0) end = i;
  }
  if (quotedFrom >= 0) {
    const at = { of, start: quotedFrom, end };
    diagnostics.report("unmatchedQuote", at, "this double quote is never closed on its line");
  }
  end = trimEnd(chars, start, end);
  if (end <= start) return undefined;
  if (end - start > 1 && isContinued(chars, start, end)) {
    const text = trimEnd(chars, start, end - 1);
    if (text < end - 1)
      return whole(
        [
          { of, start, end: text },
          { of, start: end - 1, end },
        ],
        escapes,
      );
  }
  return escapes === undefined ? { of, start, end } : whole([{ of, start, end }], escapes);
}

/** Whether a line ends with a backslash that nothing protects. */
export function isContinued(chars: string, start: number, end: number): boolean {
  let count = 0;
  while (end - 1 - count >= start && chars.charCodeAt(end - 1 - count) === BACKSLASH) count++;
  return count % 2 === 1;
}

/** A line without the backslash that ends it. */
export function withoutMark(line: Range): Range {
  const { of, start, end } = line;
  return { of, start, end: trimEnd(of.chars, start, end - 1) };
}

export function isBlank(c: number): boolean {
  return c === SPACE || c === TAB;
}

/** Space, tab, line feed, vertical tab, form feed, carriage return. */
export function isWhite(c: number): boolean {
  return c === SPACE || (c >= TAB && c <= 13);
}

/**
 * Where a character stands within bounds, or -1. Not `indexOf`, which would look through the rest of the
 * file for every line that lacks the character.
 */
export function indexWithin(chars: string, code: number, start: number, end: number): number {
  for (let i = start; i < end; i++) if (chars.charCodeAt(i) === code) return i;
  return -1;
}

function trimEnd(chars: string, start: number, end: number): number {
  while (end > start && isBlank(chars.charCodeAt(end - 1))) end--;
  return end;
}

/** The parts as one text, without the backslashes at the given places. */
function whole(ranges: readonly Range[], escapes: readonly number[] | undefined): Range {
  const parts: Part[] = [];
  for (const { of, start, end } of ranges) {
    let from = start;
    for (const at of escapes ?? []) {
      if (at < start || at >= end) continue;
      parts.push({ of, start: from, end: at });
      from = at + 1;
    }
    parts.push({ of, start: from, end });
  }
  const text = new Derived(parts);
  return { of: text, start: 0, end: text.chars.length };
}
