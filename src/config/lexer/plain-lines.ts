/**
 * The short way for lines in which nothing happens: words, and perhaps a brace at the end. Most lines of a large
 * configuration are such. Whatever else a line holds (quotes, escapes, conditions, directives, odd blanks), it is left
 * to the pipeline of `lines.ts`, which gives the same for plain lines, only slower.
 */
import type { Diagnostics } from "../diagnostic.js";
import type { Source, Word } from "../text.js";
import { LONGEST_LINE } from "./definitions.js";
import type { LogicalLine } from "./lines.js";

/** What a character means here. */
const PLAIN = 0;
const BLANK = 1;
const LINE_END = 2;
const COMMENT = 3;
const BRACE = 4;
/** Not for us. */
const OTHER = 5;

const KINDS = new Uint8Array(256).fill(PLAIN);
KINDS.fill(OTHER, 0, 32);
for (const [text, kind] of [
  [" \t", BLANK],
  ["\n", LINE_END],
  ["#!", COMMENT],
  ["{}", BRACE],
  ['"\\', OTHER],
] as const)
  for (const c of text) KINDS[c.charCodeAt(0)] = kind;

const AT = 64;
const DOLLAR = 36;
const TILDE = 126;
const SMALL_I = 105;
const OPEN = 123;

/** A file that is being read. */
interface Reading {
  readonly source: Source;
  /** Where the next line starts. */
  at: number;
}

export class PlainLines {
  /** Where the brace stands that ended the latest line; negative when there is none. */
  #brace = -1;
  readonly #words = new WordCache();
  /** The words of a line until it is known how many there are. */
  readonly #scratch: Word[] = [];

  constructor(readonly diagnostics: Diagnostics) {}

  /** A brace has been seen and not been given yet. */
  get owesBrace(): boolean {
    return this.#brace >= 0;
  }

  /** Takes the `{` that ended the latest line, if it did: the usual way into a block. */
  takeOpen(file: Reading): boolean {
    if (this.#brace < 0 || file.source.chars.charCodeAt(this.#brace) !== OPEN) return false;
    this.#brace = -1;
    this.diagnostics.order++;
    return true;
  }

  /** The next logical line, or undefined when the pipeline has to look. */
  next(file: Reading): LogicalLine | undefined {
    const { source } = file;
    if (this.#brace >= 0) {
      const at = this.#brace;
      this.#brace = -1;
      return this.#braceLine(source, at);
    }
    const start = this.#firstCharacter(file);
    if (start < 0) return undefined;
    const { chars } = source;
    const first = chars.charCodeAt(start);
    if (KINDS[first] === BRACE) {
      const end = endOfBlanks(chars, start + 1);
      if (KINDS[chars.charCodeAt(end)] !== LINE_END) return undefined;
      file.at = end + 1;
      this.diagnostics.order++;
      return this.#braceLine(source, start);
    }
    if (first === AT || first === DOLLAR || first === TILDE) return undefined;
    if (first === SMALL_I && chars.startsWith("include", start)) return undefined;
    return this.#wordLine(file, start);
  }

  /** Passes over empty lines and comments; negative when the line is not plain. */
  #firstCharacter(file: Reading): number {
    const { chars } = file.source;
    for (;;) {
      const start = endOfBlanks(chars, file.at);
      const kind = KINDS[chars.charCodeAt(start)];
      let end = start;
      if (kind === COMMENT) end = chars.indexOf("\n", start);
      else if (kind !== LINE_END) return kind === PLAIN || kind === BRACE ? start : -1;
      if (end < 0 || end - file.at >= LONGEST_LINE) return -1;
      if (kind === COMMENT && chars.lastIndexOf("\0", end) >= start) return -1;
      file.at = end + 1;
      this.diagnostics.order++;
    }
  }

  #wordLine(file: Reading, start: number): LogicalLine | undefined {
    const { source } = file;
    const { chars } = source;
    const order = this.diagnostics.order + 2;
    const limit = file.at + LONGEST_LINE;
    const words = this.#scratch;
    let count = 0;
    let end = start;
    let i = start;
    let kind = PLAIN;
    while (kind === PLAIN) {
      const from = i;
      let hash = 0;
      let c = chars.charCodeAt(i);
      while ((kind = KINDS[c] ?? OTHER) === PLAIN) {
        hash = (Math.imul(hash, 31) + c) | 0;
        c = chars.charCodeAt(++i);
      }
      end = i;
      words[count++] = {
        text: this.#words.get(chars, from, i, hash),
        of: source,
        start: from,
        end: i,
        order,
      };
      if (kind !== BLANK) break;
      i = endOfBlanks(chars, i);
      kind = KINDS[chars.charCodeAt(i)] ?? OTHER;
    }
    let brace = -1;
    if (kind === BRACE) {
      if (chars.charCodeAt(i) !== OPEN) return undefined;
      brace = end = i;
      i = endOfBlanks(chars, i + 1);
      kind = KINDS[chars.charCodeAt(i)] ?? OTHER;
    }
    if (kind !== LINE_END || i >= limit) return undefined;
    file.at = i + 1;
    this.#brace = brace;
    this.diagnostics.order = order;
    return { brace: "", words: words.slice(0, count), of: source, start, end, order };
  }

  #braceLine(of: Source, start: number): LogicalLine {
    const order = ++this.diagnostics.order;
    const text = of.chars.charCodeAt(start) === OPEN ? "{" : "}";
    const end = start + 1;
    return { brace: text, words: [{ text, of, start, end, order }], of, start, end, order };
  }
}

function endOfBlanks(chars: string, start: number): number {
  let i = start;
  while (KINDS[chars.charCodeAt(i)] === BLANK) i++;
  return i;
}

const CACHE_SIZE = 1024;
const LONGEST_CACHED = 24;

/** The same words come again and again: one string for all of them saves memory, and comparing becomes cheap. */
class WordCache {
  readonly #words: string[] = new Array<string>(CACHE_SIZE).fill("");

  get(chars: string, start: number, end: number, hash: number): string {
    if (end - start > LONGEST_CACHED) return chars.slice(start, end);
    const slot = (hash ^ (hash >>> 11)) & (CACHE_SIZE - 1);
    const known = this.#words[slot] ?? "";
    if (known.length === end - start && isAt(chars, start, known)) return known;
    return (this.#words[slot] = chars.slice(start, end));
  }
}

function isAt(chars: string, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    if (chars.charCodeAt(start + i) !== word.charCodeAt(i)) return false;
  }
  return true;
}
