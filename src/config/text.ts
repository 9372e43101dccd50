/**
 * Text that remembers where it came from: a file, or a line put together by substitution.
 * Internally a character is a byte (latin1), so that nothing is lost; what people read is decoded in `decodeBytes`.
 */
import { isAscii } from "node:buffer";

/** A run of characters that can say where each of them came from. */
export type Text = Source | Derived;

/** Part of a text. */
export interface Range {
  readonly of: Text;
  readonly start: number;
  readonly end: number;
}

/** One word of a logical line, with its place. */
export interface Word extends Range {
  readonly text: string;
  /** Number of the logical line in reading order, over all files. */
  readonly order: number;
}

/** How a piece of a derived text got there. */
interface Via {
  /** "value": text of a definition; "line": a line of a multi-line definition; "made": computed (sequence, built-in). */
  readonly kind: "value" | "line" | "made";
  readonly name: string;
  /** The reference that was replaced. */
  readonly use: Range;
}

/** Part of which a derived text is made. */
export interface Part extends Range {
  readonly via?: Via;
}

interface Piece {
  readonly at: number;
  readonly part: Part;
}

/** More characters are not passed line by line too often. */
const FAR = 20_000;
const MOST_JUMPS = 4;

/** U+FEFF in UTF-8, byte by byte. */
const BYTE_ORDER_MARK = "\xef\xbb\xbf";

/** One file, read completely. */
export class Source {
  #lineStarts: number[] | undefined;
  /** The line found last: positions are mostly asked for in order. */
  #latest = 0;
  /** A line and where it starts, for those who ask for one place after the other. */
  #passed = 0;
  #passedStart = 0;
  #jumps = 0;

  /** Most files substitute nothing, and need not be searched for it line by line. */
  readonly hasReferences: boolean;

  constructor(
    /** The name that messages show. */
    readonly name: string,
    readonly chars: string,
    /** Whether a column counts bytes and characters alike. */
    readonly ascii: boolean,
    /** The include line that led here. */
    readonly includedFrom?: Range,
  ) {
    this.hasReferences = chars.includes("$");
  }

  static fromBytes(name: string, bytes: Uint8Array, includedFrom?: Range): Source {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    // The mark that some editors put before UTF-8 is no part of the first word.
    const chars = all.startsWith(BYTE_ORDER_MARK) ? all.slice(BYTE_ORDER_MARK.length) : all;
    return new Source(name, chars, isAscii(bytes), includedFrom);
  }

  /** Line and column of an offset, both from 1; the column counts characters. */
  position(offset: number): { file: string; line: number; column: number } {
    const { line, start } = this.#near(offset);
    const column = this.ascii ? offset - start : decodeBytes(this.chars.slice(start, offset)).length;
    return { file: this.name, line: line + 1, column: column + 1 };
  }

  /** Bounds of the line that holds an offset, without its line end. */
  lineAround(offset: number): { start: number; end: number } {
    const starts = this.#starts();
    const line = this.#lineOf(offset);
    const start = starts[line] ?? 0;
    let end = (starts[line + 1] ?? this.chars.length + 1) - 1;
    while (end > start && this.chars.charCodeAt(end - 1) === 13) end--;
    return { start, end: Math.max(start, end) };
  }

  /** From the line found last, if it is near; a list of all lines is only worth it for one who jumps about. */
  #near(offset: number): { line: number; start: number } {
    if (this.#lineStarts !== undefined || Math.abs(offset - this.#passedStart) > FAR) this.#jumps++;
    if (this.#jumps > MOST_JUMPS) {
      const line = this.#lineOf(offset);
      return { line, start: this.#starts()[line] ?? 0 };
    }
    const { chars } = this;
    while (offset < this.#passedStart) {
      this.#passed--;
      this.#passedStart = this.#passedStart < 2 ? 0 : chars.lastIndexOf("\n", this.#passedStart - 2) + 1;
    }
    for (;;) {
      const end = chars.indexOf("\n", this.#passedStart);
      if (end < 0 || end >= offset) return { line: this.#passed, start: this.#passedStart };
      this.#passed++;
      this.#passedStart = end + 1;
    }
  }

  #lineOf(offset: number): number {
    const starts = this.#starts();
    const latest = this.#latest;
    if ((starts[latest] ?? 0) <= offset) {
      for (let line = latest; line < latest + 8; line++) {
        if ((starts[line + 1] ?? Number.POSITIVE_INFINITY) > offset) return (this.#latest = line);
      }
    }
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    this.#latest = low;
    return low;
  }

  #starts(): number[] {
    if (this.#lineStarts !== undefined) return this.#lineStarts;
    const starts = [0];
    for (let at = this.chars.indexOf("\n"); at >= 0; at = this.chars.indexOf("\n", at + 1))
      starts.push(at + 1);
    this.#lineStarts = starts;
    return starts;
  }
}

/** A line put together from parts of other texts. */
export class Derived {
  readonly chars: string;
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[], chars?: string) {
    this.#parts = parts;
    let joined = "";
    if (chars === undefined)
      for (const { of, start, end } of parts) if (end > start) joined += of.chars.slice(start, end);
    this.chars = chars ?? joined;
  }

  /** The part that holds a character, the last one for what lies behind. */
  pieceAt(index: number): Piece | undefined {
    let found: Piece | undefined;
    let at = 0;
    for (const part of this.#parts) {
      if (part.end <= part.start) continue;
      if (found !== undefined && at > index) break;
      found = { at, part };
      at += part.end - part.start;
    }
    return found;
  }
}

/** Text computed on the spot (a number of a sequence, a built-in): every character points at its cause. */
export function madeText(chars: string, cause: Range): Derived {
  const via: Via = { kind: "made", name: "", use: cause };
  const { of, start, end } = cause;
  return new Derived([{ of, start, end: Math.max(end, start + 1), via }], chars);
}

/** Where a range really stands. */
export interface Place {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export interface Location extends Place {
  /** Definitions and references on the way. */
  readonly trail: readonly { readonly message: string; readonly place: Place }[];
}

/** More steps do not help anybody. */
const LONGEST_TRAIL = 8;

/** Finds the file position of a range: the use for text of a definition, the body for lines of a multi-line one. */
export function locate(range: Range): Location {
  const trail: { message: string; place: Place }[] = [];
  const first = follow(range, (message, step) => {
    if (trail.length < LONGEST_TRAIL) trail.push({ message, place: placeOf(step) });
  });
  const { source, start } = first;
  if (range.of instanceof Source || range.end - 1 <= range.start) return { ...first, trail };
  const last = follow({ of: range.of, start: range.end - 1, end: range.end }, (message, step) => {
    if (trail.length === 0) trail.push({ message, place: placeOf(step) });
  });
  return { source, start, end: last.source === source && last.end > start ? last.end : first.end, trail };
}

function placeOf(range: Range): Place {
  return follow(range, () => undefined);
}

/** Goes back step by step to a file, telling each definition and each use that is passed. */
function follow(range: Range, pass: (message: string, step: Range) => void): Place {
  let { of, start, end } = range;
  while (of instanceof Derived) {
    const piece = of.pieceAt(start);
    if (piece === undefined) throw new Error("a derived text that is shown is never empty");
    const { part, at } = piece;
    const from: number = part.start + (start - at);
    const own: Range = {
      of: part.of,
      start: from,
      end: Math.max(from + 1, Math.min(part.end, from + (end - start))),
    };
    const { via } = part;
    if (via?.kind === "value") pass(`'$${via.name}' is defined here`, own);
    else if (via?.kind === "line") pass(`'$${via.name}' is used here`, via.use);
    ({ of, start, end } = via === undefined || via.kind === "line" ? own : via.use);
  }
  return { source: of, start, end };
}

/** Whether the character at an index is there because the definition `name` was expanded. */
export function comesFrom(range: Range, name: string): boolean {
  let of = range.of;
  let index = range.start;
  while (of instanceof Derived) {
    const piece = of.pieceAt(index);
    if (piece === undefined) return false;
    const { via } = piece.part;
    if (via?.name === name) return true;
    if (via === undefined) {
      index = piece.part.start + (index - piece.at);
      of = piece.part.of;
    } else {
      index = via.use.start;
      of = via.use.of;
    }
  }
  return false;
}

/** V8 copies what is shorter. */
const SHORTEST_PART = 13;

/** The same characters in memory of their own: a word otherwise keeps the whole file in memory that it stands in. */
export function detached(chars: string): string {
  if (chars.length < SHORTEST_PART || !/^[\0-\xff]*$/.test(chars)) return chars;
  return Buffer.from(chars, "latin1").toString("latin1");
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as people mean them: UTF-8 where it is valid, else latin1. */
export function decodeBytes(chars: string): string {
  if (!/[\x80-\xff]/.test(chars)) return chars;
  try {
    return utf8.decode(Buffer.from(chars, "latin1"));
  } catch {
    return chars;
  }
}
