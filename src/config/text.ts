/**
 * Text that remembers where it came from: a file, or a line put together by substitution.
 * Internally a character is a byte (latin1), so that nothing is lost; what people read is decoded in `decodeBytes`.
 */

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
export interface Via {
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

/** One file, read completely. */
export class Source {
  #lineStarts: number[] | undefined;
  /** The line found last: positions are mostly asked for in order. */
  #latest = 0;
  /** Whether a column counts bytes and characters alike. */
  readonly #ascii: boolean;

  constructor(
    /** The name that messages show. */
    readonly name: string,
    readonly chars: string,
    /** The include line that led here. */
    readonly includedFrom?: Range,
  ) {
    this.#ascii = !/[\x80-\xff]/.test(chars);
  }

  static fromBytes(name: string, bytes: Uint8Array, includedFrom?: Range): Source {
    const chars = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    return new Source(name, chars, includedFrom);
  }

  /** Line and column of an offset, both from 1; the column counts characters. */
  position(offset: number): { file: string; line: number; column: number } {
    const line = this.#lineOf(offset);
    const start = this.#starts()[line] ?? 0;
    const column = this.#ascii ? offset - start : decodeBytes(this.chars.slice(start, offset)).length;
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
  readonly #pieces: Piece[] = [];

  constructor(parts: readonly Part[], chars?: string) {
    let at = 0;
    let joined = "";
    for (const part of parts) {
      if (part.end <= part.start) continue;
      this.#pieces.push({ at, part });
      if (chars === undefined) joined += part.of.chars.slice(part.start, part.end);
      at += part.end - part.start;
    }
    this.chars = chars ?? joined;
  }

  pieceAt(index: number): Piece | undefined {
    let found = this.#pieces[0];
    for (const piece of this.#pieces) {
      if (piece.at > index) break;
      found = piece;
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
export interface Location {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  /** Definitions and references on the way. */
  readonly trail: readonly { readonly message: string; readonly location: Location }[];
}

/** Finds the file position of a range: the use for text of a definition, the body for lines of a multi-line one. */
export function locate(range: Range): Location {
  const { of, start, end } = range;
  if (of instanceof Source) return { source: of, start, end, trail: [] };
  const first = locatePiece(of, start, end);
  const last = end - 1 > start ? locatePiece(of, end - 1, end) : first;
  const reaches = last.source === first.source && last.end > first.start;
  const trail = first.trail.length > 0 ? first.trail : last.trail;
  return { source: first.source, start: first.start, end: reaches ? last.end : first.end, trail };
}

function locatePiece(text: Derived, start: number, end: number): Location {
  const piece = text.pieceAt(start);
  if (piece === undefined) throw new Error("a derived text is never empty");
  const { part, at } = piece;
  const from = part.start + (start - at);
  const to = Math.max(from + 1, Math.min(part.end, from + (end - start)));
  switch (part.via?.kind) {
    case undefined:
      return locate({ of: part.of, start: from, end: to });
    case "made":
      return locate(part.via.use);
    case "value": {
      const use = locate(part.via.use);
      const definition = {
        message: `'$${part.via.name}' is defined here`,
        location: locate({ of: part.of, start: from, end: to }),
      };
      return { ...use, trail: [...use.trail, definition] };
    }
    case "line": {
      const body = locate({ of: part.of, start: from, end: to });
      const use = { message: `'$${part.via.name}' is used here`, location: locate(part.via.use) };
      return { ...body, trail: [...body.trail, use] };
    }
  }
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
