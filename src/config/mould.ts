/**
 * Lines that a body shares with an earlier one. Generated configurations hold many blocks that differ in a line or two:
 * the others are compared as text and not read again; what they gave is taken over, moved to the new place.
 */
import type { Mark } from "./lexer/lines.js";
import type { Setting } from "./schema.js";
import type { Text, Word } from "./text.js";

/** How far a text stands behind an equal one that was read before. */
export interface Move {
  readonly of: Text;
  readonly characters: number;
  readonly lines: number;
}

/** A line of a body with the block that it opens, and the empty lines and comments before it. */
export interface ReadLine {
  /** Undefined for the `}` at the end. */
  readonly keyword: string | undefined;
  readonly text: string;
  /** Where it starts, and how many logical and physical lines it makes. */
  readonly start: Mark;
  readonly lines: number;
  /** What it gave, where equal text gives the same; else it is read each time. */
  readonly setting: Setting<unknown> | undefined;
}

interface MouldLine extends ReadLine {
  /** Equal text need not be read. */
  readonly isShareable: boolean;
}

/** A body that was read, line by line. */
export class Mould {
  /** Where a keyword stands whose line can be shared. */
  readonly #places = new Map<unknown, number>();
  readonly lines: readonly MouldLine[];
  readonly #signatures = new Map<readonly unknown[], string | undefined>();

  constructor(lines: readonly ReadLine[]) {
    const seen = new Set<string>();
    const twice = new Set<string>();
    for (const { keyword } of lines) {
      if (keyword === undefined) continue;
      if (seen.has(keyword)) twice.add(keyword);
      seen.add(keyword);
    }
    // Of a keyword that is given again the lines depend on each other.
    this.lines = lines.map((line) => {
      const { keyword } = line;
      const setting = keyword === undefined || twice.has(keyword) ? undefined : line.setting;
      return { ...line, setting, isShareable: keyword === undefined || setting !== undefined };
    });
    for (const [place, { keyword, setting }] of this.lines.entries())
      if (setting !== undefined) this.#places.set(keyword, place);
  }

  placeOf(keyword: unknown): number | undefined {
    return this.#places.get(keyword);
  }

  /** What the lines gave that can be shared. */
  *shareable(): Iterable<readonly [string, Setting<unknown>]> {
    for (const { keyword, setting } of this.lines)
      if (keyword !== undefined && setting !== undefined) yield [keyword, setting];
  }

  /** See `Block.signature`: worked out once for all bodies that differ from the mould in the excepted keywords only. */
  signature(except: readonly unknown[], workOut: () => string | undefined): string | undefined {
    if (!this.#signatures.has(except)) this.#signatures.set(except, workOut());
    return this.#signatures.get(except);
  }
}

/** The lines of a mould as they stand in one body. */
export class SharedLines {
  /** So many of them have been met, from the first one on; those that differed the body has read itself. */
  #met = 0;
  /** Keywords whose line differed and gave nothing. */
  #lost: Set<unknown> | undefined;
  /** From which line on (of the mould), by how many characters and by how many lines the text is moved. */
  readonly #moves: number[];

  constructor(
    readonly mould: Mould,
    readonly of: Text,
    start: Mark,
  ) {
    const first = mould.lines[0]?.start;
    this.#moves = [0, start.at - (first?.at ?? 0), start.order - (first?.order ?? 0)];
  }

  /** All lines stand where they do in the mould. */
  get isComplete(): boolean {
    return this.#met === this.mould.lines.length;
  }

  /** The next line is the same. */
  meet(): void {
    this.#met++;
  }

  /** The next line has been read by the body itself; `end`: where the one after it starts. */
  replace(line: ReadLine, gaveNothing: boolean, end: Mark): void {
    if (gaveNothing) (this.#lost ??= new Set()).add(line.keyword);
    this.#met++;
    const characters = end.at - line.start.at - line.text.length;
    const lines = end.order - line.start.order - line.lines;
    const moves = this.#moves;
    if (moves.at(-2) !== characters || moves.at(-1) !== lines) moves.push(this.#met, characters, lines);
  }

  /** What a shared line gave, at its place in the mould. */
  find(keyword: unknown): Setting<unknown> | undefined {
    const place = this.mould.placeOf(keyword);
    if (place === undefined || place >= this.#met || this.#lost?.has(keyword) === true) return undefined;
    return this.mould.lines[place]?.setting;
  }

  /** From the place in the mould to the place in this body. */
  moveOf(keyword: unknown): Move {
    const place = this.mould.placeOf(keyword) ?? 0;
    const moves = this.#moves;
    let at = moves.length - 3;
    while (at > 0 && (moves[at] ?? 0) > place) at -= 3;
    return { of: this.of, characters: moves[at + 1] ?? 0, lines: moves[at + 2] ?? 0 };
  }
}

export function movedWord(word: Word, { of, characters, lines }: Move): Word {
  const { text, start, end, order } = word;
  return { text, of, start: start + characters, end: end + characters, order: order + lines };
}
