/**
 * Bodies of blocks that were read before. Large configurations repeat themselves: thousands of real servers differ in
 * their address only. Text that is equal from `{` to `}` is not read again; its block takes over the settings, moved
 * to the new place. Only for bodies of which nothing was said and which hold nothing but plain values.
 */
import { type LineReader, type Mark, textBetween } from "./lexer/lines.js";
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
}

/** Of one kind of block. More hardly ever find a match. */
const MOST_KEPT = 8;
/** Longer ones are rarely equal. */
const LONGEST = 4000;
/** Where so many blocks in a row were new, only one in `SAMPLE` is looked at until one repeats again. */
const PATIENCE = 64;
const SAMPLE = 16;
/** Bodies that differ do so early: so much is compared one by one before anything is cut out. */
const PROBE = 40;

export class RepeatedBodies {
  readonly #kinds = new Map<unknown, Kind>();

  constructor(readonly lines: LineReader) {}

  /** Whether it is worth looking at a block with this table. */
  expects<S>(table: Table<S>): boolean {
    const kind = this.#kinds.get(table);
    return kind === undefined || kind.misses <= PATIENCE || ++kind.misses % SAMPLE === 0;
  }

  /** Fills the block when its body stands at `start` and is known. */
  repeat<S>(into: Block<S>, start: Mark): boolean {
    const kind = this.#kinds.get(into.table);
    if (kind === undefined) return false;
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
    kind.misses++;
    return false;
  }

  /** Keeps the body that has just been read. */
  keep<S>(block: Block<S>, start: Mark): void {
    const end = this.lines.mark();
    const text = textBetween(start, end);
    if (end === undefined || text?.endsWith("\n") !== true || text.length > LONGEST) return;
    const table: Table<S> = block.table;
    let kind = this.#kinds.get(table);
    if (kind === undefined) this.#kinds.set(table, (kind = { bodies: [], misses: 0 }));
    if (kind.bodies.length === MOST_KEPT) kind.bodies.pop();
    kind.bodies.unshift({ text, lines: end.order - start.order, start, block });
  }
}

/** Like `startsWith`, which is slower. */
function isAt(chars: string, at: number, text: string): boolean {
  const probe = Math.min(PROBE, text.length);
  for (let i = 0; i < probe; i++) if (chars.charCodeAt(at + i) !== text.charCodeAt(i)) return false;
  return chars.slice(at, at + text.length) === text;
}
