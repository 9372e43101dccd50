/**
 * The shape of a configuration: blocks, keywords and values by the tables of `blocks/`.
 * Knows nothing of what the values mean together; that is `meaning/`.
 */
import type { Recorder } from "./dump-record.js";
import { didYouMean, nearest } from "./did-you-mean.js";
import { type Diagnostics, quoted } from "./diagnostic.js";
import { type LineReader, type LogicalLine, textBetween } from "./lexer/lines.js";
import type { Position } from "./model.js";
import type { Recollection } from "./recollection.js";
import { RepeatedBodies } from "./repeated-bodies.js";
import { Block, isKeyword, type Site, type Table } from "./schema.js";
import { decodeBytes, locate, Source, type Word } from "./text.js";
import { blocksByKeyword } from "./where-known.js";

/** Deeper braces are nobody's configuration. */
const DEEPEST_BRACES = 100;

/** Keywords that bring a script, wherever they stand: looked for even in blocks that are skipped. */
const SCRIPT_KEYWORDS = new Set([
  "script",
  "quorum_up",
  "quorum_down",
  "notify_up",
  "notify_down",
  "misc_path",
]);

/** A block whose `}` has not come yet. */
class OpenBlock {
  constructor(
    readonly head: Word,
    readonly args: readonly Word[] = [],
    readonly table?: { readonly keywords: ReadonlySet<unknown> },
  ) {}

  get name(): string {
    return [this.head, ...this.args].map((word) => word.text).join(" ");
  }

  /** Whether a word would be a keyword here. */
  knows(word: string): boolean {
    return this.table?.keywords.has(word) === true;
  }
}

export class TreeReader {
  /** Configured features that this version reads but does not act on. */
  readonly notActedOn: { keyword: string; block: string; name: string; at: Word }[] = [];
  /** A script in a block that is skipped. */
  scriptSkipped: Word | undefined;
  /** By table: who takes a block as soon as it is read, so that it need not be kept. */
  readonly takers = new Map<unknown, (block: unknown) => boolean>();
  readonly #open: OpenBlock[] = [];
  readonly #bodies: RepeatedBodies;
  /** Rows met whose values say where they stand. */
  #notPlain = 0;
  /** A keyword of the root was met inside a block: leave all blocks and go on there. */
  #leaving = false;
  #ended = false;
  #root: Table<Record<string, unknown>> | undefined;
  /** Keywords of the root that open a block. Looking any word up among the names of an object is far slower. */
  #openers: ReadonlySet<string> = new Set();
  #blocks: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(
    readonly lines: LineReader,
    readonly diagnostics: Diagnostics,
    /** Keeps what is in force, when a dump is wanted. */
    readonly recorder?: Recorder,
    /** Knows blocks of the root by their text. */
    readonly recollection?: Recollection,
  ) {
    this.#bodies = new RepeatedBodies(lines);
  }

  /** Reads everything. */
  readRoot<S>(root: Table<S>): Block<S> {
    this.#root = root;
    this.#openers = new Set(Object.keys(root.rows).filter((name) => root.rows[name as keyof S].opens));
    const block = new Block(root, undefined, []);
    for (;;) {
      this.#leaving = false;
      if (this.recollection === undefined) this.#readBody(root, block);
      else this.#readRemembering(root, block, this.recollection);
      if (!this.#leaving) return block;
    }
  }

  #readRemembering<S>(root: Table<S>, block: Block<S>, recollection: Recollection): void {
    this.lines.begin();
    for (;;) {
      const start = this.lines.mark();
      const known = start && recollection.recall(start);
      if (known !== undefined) {
        this.lines.pass(known.text.length, known.orders);
        continue;
      }
      const before = this.#said();
      const line = this.#nextInside();
      if (line === undefined) return;
      this.#readLine(root, block, line);
      const end = this.lines.mark();
      const text = start && textBetween(start, end);
      const orders = (end?.order ?? 0) - (start?.order ?? 0);
      const blank = line.of === start?.source ? line.start - start.at : 0;
      const isQuiet = this.#said() === before;
      recollection.note(start, text, { blank, orders, order: line.order, isQuiet });
      if (this.#leaving) return;
    }
  }

  /** Reads `{ ... }` after the keyword of a block; `repeats`: an equal body may stand for it. */
  readBlock<S>(into: Block<S>, head: Word, repeats = false): void {
    this.#expectOpen(head);
    const { table, args } = into;
    const mayRepeat = repeats && this.recorder === undefined && this.#bodies.expects(table);
    const start = mayRepeat ? this.lines.mark() : undefined;
    if (start !== undefined && this.#bodies.repeat(into, start)) return;
    const before = this.#effects();
    this.#open.push(new OpenBlock(head, args, table));
    this.recorder?.open(into);
    this.#readBody(table, into);
    this.recorder?.close();
    this.#open.pop();
    if (start !== undefined && this.#effects() === before) this.#bodies.keep(into, start);
  }

  /** Grows with everything that reading does besides giving plain values. */
  #effects(): number {
    return this.#said() + this.#notPlain;
  }

  /** Grows with everything that has to be told. */
  #said(): number {
    return this.diagnostics.reported + this.notActedOn.length;
  }

  /** Reads a value block, one entry per line; `entry` answers false when it drops one. */
  readEntries(site: Site, distinct: boolean, entry: (words: readonly Word[]) => unknown): void {
    const { head, words } = site;
    if (words[1] !== undefined) {
      this.diagnostics.report("general", words[1], `'${head.text}' takes no words before its '{'`);
    }
    this.#expectOpen(head);
    const outer = [...this.#open];
    this.#open.push(new OpenBlock(head));
    this.recorder?.open();
    for (let line = this.#nextInside(); line !== undefined; line = this.#nextInside()) {
      if (line.brace === "}") break;
      const first = line.words[0];
      if (line.brace === "{") this.#unexpectedOpen(line);
      else if (first === undefined) continue;
      else if (distinct && isKnownIn(outer, first.text)) {
        this.#missingClose(head, first);
        this.lines.pushBack(line);
        break;
      } else if (distinct && this.#opensAtRoot(first.text)) {
        this.#leave(line, first);
        break;
      } else {
        const before = this.recorder?.begin(line) ?? 0;
        const kept = entry(line.words) !== false;
        this.recorder?.end(before, kept, "accumulates");
      }
    }
    this.recorder?.close();
    this.#open.pop();
  }

  /** Skips `{ ... }` after a keyword. */
  skipBlockOf(head: Word): void {
    const next = this.lines.next();
    if (next?.brace === "{") this.#skip(head);
    else if (next !== undefined) this.lines.pushBack(next);
  }

  missingParameter(at: Word, message: string): void {
    this.diagnostics.report("missingParameter", at, message);
  }

  alreadySet(site: Site, first: Word): void {
    const notes = [{ message: "it was set here first", at: first }];
    this.diagnostics.report(
      "general",
      site.head,
      `'${site.head.text}' is already set; this line is ignored`,
      { notes },
    );
  }

  /** Words that the language ignores deserve a word, though nothing is wrong by upstream's measure. */
  noteExtraWords(site: Site, expected: number): void {
    const extra = site.words[expected];
    if (extra === undefined) return;
    const message =
      expected === 1
        ? `'${site.head.text}' takes no argument: ${quoted(extra.text)} is ignored`
        : `${quoted(extra.text)} is ignored: '${site.head.text}' takes one argument`;
    this.diagnostics.report("logged", extra, message);
  }

  noteNotActedOn(keyword: string, at: Word): void {
    const owner = this.#open.at(-1);
    this.notActedOn.push({ keyword, block: owner?.head.text ?? "", name: owner?.name ?? "", at });
  }

  #readBody<S>(table: Table<S>, block: Block<S>): void {
    for (let line = this.#nextInside(); line !== undefined; line = this.#nextInside())
      if (this.#readLine(table, block, line)) return;
  }

  /** Whether it was the last one of the body. */
  #readLine<S>(table: Table<S>, block: Block<S>, line: LogicalLine): boolean {
    if (line.brace === "}") {
      if (this.#open.length > 0) return true;
      this.diagnostics.report("unexpectedClose", line, "this '}' closes nothing");
    } else if (line.brace === "{") {
      this.#unexpectedOpen(line);
    } else {
      const head = line.words[0];
      if (head === undefined) return false;
      const { text } = head;
      if (isKeyword(table, text))
        this.#readKeyword(table, block, text, { head, words: line.words, line, tree: this });
      else if (this.#open.length > 0 && this.#opensAtRoot(text)) this.#leave(line, head);
      else this.#unknown(table, block, head);
    }
    return this.#leaving;
  }

  #readKeyword<S, N extends keyof S & string>(table: Table<S>, block: Block<S>, name: N, site: Site): void {
    const row = table.rows[name];
    const previous = block.setting(name);
    if (row.deprecated !== undefined) {
      const kind = row.deprecatedQuietly === true ? "logged" : "deprecated";
      const message = `'${name}' is deprecated; write ${row.deprecated}`;
      this.diagnostics.report(kind, site.head, message, { severity: "deprecated" });
    }
    if (row.notActedOn) this.noteNotActedOn(name, site.head);
    if (row.plain !== true) this.#notPlain++;
    const before = this.recorder?.begin(site.line) ?? 0;
    const value = row.read(site, previous);
    this.recorder?.end(before, value !== undefined, row.repeat);
    if (value === undefined) {
      if (previous === undefined) block.noteTried(name);
      return;
    }
    const first = previous !== undefined && row.repeat === "accumulates" ? previous : undefined;
    block.set(name, {
      value,
      at: first?.at ?? site.words[1] ?? site.head,
      head: first?.head ?? site.head,
    });
  }

  #unknown<S>(table: Table<S>, block: Block<S>, head: Word): void {
    if (this.diagnostics.isFull) {
      this.diagnostics.report("unknownKeyword", head, "unknown keyword");
      this.skipBlockOf(head);
      return;
    }
    const word = head.text;
    const here = [...Object.keys(table.rows), "include"];
    const where = this.#open.at(-1)?.head.text;
    const place = where === undefined ? "" : ` in '${where}'`;
    const elsewhere = this.#blocksWith(word);
    const near = nearest(word, here);
    if (near !== undefined) block.noteTried(near);
    let hint = didYouMean(word, here);
    if (near === undefined && elsewhere.length > 0) {
      hint = elsewhere.includes("root")
        ? "; it belongs outside all blocks"
        : `; it belongs in '${elsewhere.slice(0, 3).join("' or '")}'`;
    }
    this.diagnostics.report(
      "unknownKeyword",
      head,
      `unknown keyword ${quoted(word)}${hint === "" || near === undefined ? place : ""}${hint}`,
    );
    this.skipBlockOf(head);
  }

  /** A keyword of the root that opens a block: met elsewhere, it shows that a `}` is missing. */
  #opensAtRoot(word: string): boolean {
    return this.#openers.has(word);
  }

  #blocksWith(keyword: string): readonly string[] {
    if (this.#root !== undefined) this.#blocks ??= blocksByKeyword(this.#root);
    return this.#blocks?.get(keyword) ?? [];
  }

  #unexpectedOpen(line: LogicalLine): void {
    this.diagnostics.report(
      "unexpectedOpen",
      line,
      "no '{' is expected here; everything up to its '}' is skipped",
    );
    const word = line.words[0];
    if (word !== undefined) this.#skip(word);
  }

  #expectOpen(head: Word): void {
    if (this.lines.takeOpen()) return;
    const next = this.lines.next();
    if (next?.brace === "{") return;
    this.diagnostics.report("missingOpen", head, `'${head.text}' needs a '{' after it`);
    if (next !== undefined) this.lines.pushBack(next);
  }

  /** After a `{`: everything up to its `}`. */
  #skip(head: Word): void {
    let depth = 1;
    let deepest = 1;
    for (let line = this.lines.next(); line !== undefined; line = this.lines.next()) {
      if (line.brace === "{") {
        depth++;
        if (depth === DEEPEST_BRACES + 1 && deepest < depth) {
          this.diagnostics.report("general", line, `blocks are nested more than ${DEEPEST_BRACES} deep`);
        }
        deepest = Math.max(deepest, depth);
      } else if (line.brace === "}") {
        if (--depth === 0) return;
      } else if (line.words[0] !== undefined && SCRIPT_KEYWORDS.has(line.words[0].text)) {
        this.scriptSkipped ??= line.words[0];
      }
    }
    this.#open.push(new OpenBlock(head));
    this.#atEnd();
    this.#open.pop();
  }

  #nextInside(): LogicalLine | undefined {
    const line = this.lines.next();
    if (line === undefined) this.#atEnd();
    return line;
  }

  /** The end of the input inside blocks: said once, at the innermost of them. */
  #atEnd(): void {
    const inner = this.#open.at(-1);
    if (this.#ended || inner === undefined) return;
    this.#ended = true;
    const count = this.#open.length;
    const notes = this.#open.slice(0, -1).map((block) => ({
      message: `inside '${decodeBytes(block.name)}', which is not closed either`,
      at: block.head,
    }));
    const message = `'${inner.name}' is never closed: ${count === 1 ? "a '}' is" : `${count} '}' are`} missing`;
    this.diagnostics.report("missingClose", inner.head, message, { notes });
  }

  #missingClose(head: Word, before: Word): void {
    const notes = [{ message: `'${head.text}' is opened here`, at: head }];
    const message = `a '}' is missing before '${before.text}': '${head.text}' is still open`;
    this.diagnostics.report("missingClose", before, message, { notes });
  }

  /** A block of the root inside another block: the other one was not closed. */
  #leave(line: LogicalLine, head: Word): void {
    const inner = this.#open.at(-1);
    if (inner !== undefined) this.#missingClose(inner.head, head);
    this.#leaving = true;
    this.lines.pushBack(line);
  }
}

/** Whether a word would be a keyword in one of the blocks. */
function isKnownIn(blocks: readonly OpenBlock[], word: string): boolean {
  for (let i = 0; i < blocks.length; i++) if (blocks[i]?.knows(word) === true) return true;
  return false;
}

/** The file position of a word, as plain data. */
export function positionOf(word: Word): Position {
  const { source, start } = word.of instanceof Source ? { source: word.of, start: word.start } : locate(word);
  return source.position(start);
}
