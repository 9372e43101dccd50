/**
 * What was read, line by line, for the dump: the logical lines in force, in their blocks, after includes, conditions,
 * definitions and sequences. Costs memory per line, so it is only there when a dump is wanted.
 */
import type { Diagnostics } from "./diagnostic.js";
import type { LogicalLine } from "./lexer/lines.js";
import type { Repeat } from "./schema.js";
import type { Range } from "./text.js";

/** A piece of the line that is written differently, because something else than its text is in force. */
interface Edit extends Range {
  readonly text: string;
}

export interface RecordedLine {
  readonly line: LogicalLine;
  readonly edits: Edit[];
  /** What stands in its braces. */
  block: RecordedBlock | undefined;
  /** Something was said about the line. */
  complained: boolean;
}

export interface RecordedBlock {
  readonly lines: RecordedLine[];
}

export class Recorder {
  readonly root: RecordedBlock = { lines: [] };
  #into: RecordedBlock = this.root;
  /** The line that is being read, of the innermost open block. */
  #current: RecordedLine | undefined;
  readonly #outer: { into: RecordedBlock; current: RecordedLine | undefined }[] = [];
  /** Blocks that may be given again and then go on. */
  readonly #blocks = new WeakMap<object, RecordedBlock>();

  constructor(readonly diagnostics: Diagnostics) {}

  /** A keyword or an entry is about to be read. */
  begin(line: LogicalLine): number {
    this.#current = { line, edits: [], block: undefined, complained: false };
    return this.#said();
  }

  /** It has been read; `before` is what `begin` gave. */
  end(before: number, kept: boolean, repeat: Repeat): void {
    const done = this.#current;
    this.#current = undefined;
    if (done === undefined || !kept) return;
    done.complained = done.edits.length === 0 && done.block === undefined && this.#said() > before;
    const { lines } = this.#into;
    const { block } = done;
    if (block !== undefined && lines.some((line) => line.block === block)) return;
    if (repeat === "last wins") {
      const name = headOf(done);
      const earlier = lines.findIndex((line) => headOf(line) === name);
      if (earlier >= 0) lines.splice(earlier, 1);
    }
    lines.push(done);
  }

  /** The braces of the current line: what is read until `close` stands in them. */
  open(owner?: object): void {
    const known = owner === undefined ? undefined : this.#blocks.get(owner);
    const block = known ?? { lines: [] };
    if (owner !== undefined) this.#blocks.set(owner, block);
    if (this.#current !== undefined) this.#current.block = block;
    this.#outer.push({ into: this.#into, current: this.#current });
    this.#into = block;
    this.#current = undefined;
  }

  close(): void {
    const outer = this.#outer.pop();
    if (outer === undefined) return;
    this.#into = outer.into;
    this.#current = outer.current;
  }

  /** Something else than the text of a range is in force; an empty text removes it. */
  edit(range: Range, text: string): void {
    const { of, start, end } = range;
    const current = this.#current;
    if (current !== undefined && current.line.of === of) current.edits.push({ of, start, end, text });
  }

  /** How much that counts has been said so far. */
  #said(): number {
    let said = 0;
    for (const [kind, count] of this.diagnostics.counts) if (kind !== "logged") said += count;
    return said;
  }
}

function headOf(recorded: RecordedLine): string | undefined {
  return recorded.line.words[0]?.text;
}
