/**
 * Bodies of blocks that were read before. Large configurations repeat themselves: thousands of real servers differ in
 * their address only. Text that is equal from `{` to `}` is not read again; its block takes over the settings, moved
 * to the new place. Only for bodies of which nothing was said and which hold nothing but plain values. Other bodies are
 * read along the lines of one of them (`mould.ts`).
 */
import { type LineReader, type Mark, textBetween } from "./lexer/lines.js";
import type { Mould } from "./mould.js";
import type { Block, Table } from "./schema.js";

interface Body {
  readonly text: string;
  /** Logical and physical lines. */
  readonly lines: number;
  readonly start: Mark;
  readonly block: unknown;
}

/** What is known of one kind of block. */
interface Kind {
  readonly bodies: Body[];
  /** Blocks since the latest one whose body was known. */
  misses: number;
  /** What its lines mostly are; undefined until it is known. */
  mould: Mould | undefined;
  /** How often a mould fitted badly. */
  misfits: number;
}

/** Of one kind of block. More hardly ever find a match. */
const MOST_KEPT = 8;
/** Longer ones are rarely equal. */
const LONGEST = 4000;
/** Where so many blocks in a row were new, only one in `SAMPLE` is looked at until one repeats again. */
const PATIENCE = 64;
const SAMPLE = 16;
/** After so many moulds that fitted badly none is made any more. */
const MISFITS = 3;
/** Bodies that differ do so early: so much is compared one by one before anything is cut out. */
const PROBE = 40;
/** So many that are read in full are likely all the bodies there are, if they repeat at all. */
const LEARNT = 2;

export class RepeatedBodies {
  readonly #kinds = new Map<unknown, Kind>();

  constructor(readonly lines: LineReader) {}

  /** What to read a body along, when it has not been met as a whole; else it is to be kept. */
  mouldOf<S>(table: Table<S>): Mould | undefined {
    const kind = this.#kinds.get(table);
    if (kind === undefined || kind.misses <= LEARNT || isSampled(kind)) return undefined;
    return kind.mould;
  }

  /** Fills the block when its body stands at `start` and is known. */
  repeat<S>(into: Block<S>, start: Mark): boolean {
    const kind = this.#kinds.get(into.table);
    if (kind === undefined) return false;
    kind.misses++;
    if (kind.misses > PATIENCE && !isSampled(kind)) return false;
    const { chars } = start.source;
    for (const body of kind.bodies) {
      if (!isAt(chars, start.at, body.text)) continue;
      into.repeat(body.block as Block<S>, {
        of: start.source,
        characters: start.at - body.start.at,
        lines: start.order - body.start.order,
      });
      this.lines.pass(body.text.length, body.lines);
      kind.misses = 0;
      return true;
    }
    return false;
  }

  /** Keeps the body that has just been read. */
  keep<S>(block: Block<S>, start: Mark): void {
    const end = this.lines.mark();
    const text = textBetween(start, end);
    if (end === undefined || text === undefined || text.length > LONGEST) return;
    const { bodies } = this.#kindOf(block.table);
    if (bodies.length === MOST_KEPT) bodies.pop();
    bodies.unshift({ text, lines: end.order - start.order, start, block });
  }

  /** Whether a mould of this kind of body would be used. */
  wantsMould<S>(table: Table<S>): boolean {
    return (this.#kinds.get(table)?.misfits ?? 0) < MISFITS;
  }

  /** Bodies of this kind are read along it from now on. */
  keepMould<S>(table: Table<S>, mould: Mould): void {
    this.#kindOf(table).mould = mould;
  }

  /** The mould fits badly. */
  dropMould<S>(table: Table<S>): void {
    const kind = this.#kindOf(table);
    kind.mould = undefined;
    kind.misfits++;
  }

  #kindOf(table: unknown): Kind {
    let kind = this.#kinds.get(table);
    if (kind === undefined)
      this.#kinds.set(table, (kind = { bodies: [], misses: 0, mould: undefined, misfits: 0 }));
    return kind;
  }
}

function isSampled({ misses }: Kind): boolean {
  return misses > PATIENCE && misses % SAMPLE === 0;
}

/** Like `startsWith`, which is slower. */
function isAt(chars: string, at: number, text: string): boolean {
  const probe = Math.min(PROBE, text.length);
  for (let i = 0; i < probe; i++) if (chars.charCodeAt(at + i) !== text.charCodeAt(i)) return false;
  return chars.slice(at, at + text.length) === text;
}
