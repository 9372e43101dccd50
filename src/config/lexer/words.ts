/** Normal splitting of a logical line into words (config-language reference, 3.1). */
import type { Diagnostics } from "../diagnostic.js";
import type { Range, Word } from "../text.js";
import { indexWithin, isWhite } from "./scan.js";

const QUOTE = 34;

/** A quoted word's range includes its quotes, its text does not. */
export function splitWords(line: Range, order: number, diagnostics: Diagnostics): Word[] {
  const { of, end } = line;
  const { chars } = of;
  const words: Word[] = [];
  let i = line.start;
  while (i < end) {
    const c = chars.charCodeAt(i);
    if (isWhite(c)) {
      i++;
    } else if (c === QUOTE) {
      const close = indexWithin(chars, QUOTE, i + 1, end);
      if (close < 0) {
        diagnostics.report(
          "unmatchedQuote",
          { of, start: i, end },
          "the quoted word has no closing quote; the rest of the line is ignored",
        );
        break;
      }
      words.push({ text: chars.slice(i + 1, close), of, start: i, end: close + 1, order });
      i = close + 1;
    } else {
      const start = i;
      for (i++; i < end; i++) {
        const d = chars.charCodeAt(i);
        if (d === QUOTE || isWhite(d)) break;
      }
      words.push({ text: chars.slice(start, i), of, start, end: i, order });
    }
  }
  return words;
}
