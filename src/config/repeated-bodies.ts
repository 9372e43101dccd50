/**
 * Bodies of blocks that were read before. Large configurations repeat themselves: thousands of real servers differ in
 * their address only. Text that is equal from `{` to `}` is not read again; its block takes over the settings, moved
 * to the new place. Only for bodies of which nothing was said and which hold nothing but plain values.
 */
import type { LineReader, Mark } from "./lexer/lines.js";
import type { Block, Table } from "./schema.js";

interface Body {
  readonly text: string;
  /** Logical and physical lines. */
  readonly lines: number;
  readonly start: Mark;
  readonly block: unknown;
}

/** Of one kind of block. More hardly ever find a match. */
const MOST_KEPT = 8;
/** Longer ones are rarely equal. */
const LONGEST = 4000;

export class RepeatedBodies {
  readonly #bodies = new Map<unknown, Body[]>();

  constructor(readonly lines: LineReader) {}

  /** Fills the block when its body stands at `start` and is known. */
  repeat<S>(into: Block<S>, start: Mark): boolean {
    const bodies = this.#bodies.get(into.table);
    if (bodies === undefined) return false;
    const { chars } = start.source;
    for (const body of bodies) {
      // Faster than startsWith.
      if (chars.slice(start.at, start.at + body.text.length) !== body.text) continue;
      into.repeat(body.block as Block<S>, {
        of: start.source,
        characters: start.at - body.start.at,
        lines: start.order - body.start.order,
      });
      this.lines.pass(body.text.length, body.lines);
      return true;
    }
    return false;
  }

  /** Keeps the body that has just been read. */
  keep<S>(block: Block<S>, start: Mark): void {
    const end = this.lines.mark();
    if (end?.source !== start.source || end.directives !== start.directives) return;
    if (end.at - start.at > LONGEST) return;
    const text = start.source.chars.slice(start.at, end.at);
    if (!text.endsWith("\n")) return;
    const table: Table<S> = block.table;
    const bodies = this.#bodies.get(table) ?? [];
    if (bodies.length === 0) this.#bodies.set(table, bodies);
    if (bodies.length === MOST_KEPT) bodies.pop();
    bodies.unshift({ text, lines: end.order - start.order, start, block });
  }
}
