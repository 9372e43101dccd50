/**
 * A block that was read: what was given, with the defaults of its table behind it. A block whose text repeats an
 * earlier one, wholly or line by line, shares what was given there (`repeated-bodies.ts`), and only the places differ.
 */
import type { Mark } from "./lexer/lines.js";
import { type Mould, type Move, movedWord, SharedLines } from "./mould.js";
import type { Setting, Table } from "./schema.js";
import type { Word } from "./text.js";

/** What stands between the braces; blocks with equal text share it. */
class Body {
  /** By keyword, in the order of the latest mention; the table of the block says of which type. */
  readonly given = new Map<unknown, Setting<unknown>>();
  /** Lines that are those of an earlier body; what is given here comes before them. */
  shared: SharedLines | undefined;
}

export class Block<S> {
  #body: Body | undefined;
  /** What was given was read at another place. */
  #move: Move | undefined;
  #tried: Set<string> | undefined;

  constructor(
    readonly table: Table<S>,
    readonly head: Word | undefined,
    /** Words after the keyword of the block. */
    readonly args: readonly Word[],
  ) {}

  /** Takes over what an equal text gave, which may itself have been read still further up. */
  repeat(other: Block<S>, move: Move): void {
    this.#body = other.#bodyForWriting();
    this.#move = together(other.#move, move);
  }

  /** Takes over lines of a mould, one after the other, as they are met in the text from `start` on. */
  shareLines(mould: Mould, start: Mark): SharedLines {
    return (this.#bodyForWriting().shared = new SharedLines(mould, start.source, start));
  }

  /** What a keyword gave. */
  set<N extends keyof S>(name: N, setting: Setting<S[N]>): void {
    const { given } = this.#bodyForWriting();
    // In the order of the latest mention: of two keywords for one thing the last one counts.
    const before = given.get(name);
    if (before !== undefined && before.head !== setting.head) given.delete(name);
    given.set(name, setting);
  }

  /** The value given, else the default. */
  value<N extends keyof S>(name: N): S[N] {
    const body = this.#body;
    if (body === undefined) return this.table.rows[name].default;
    const own = body.given.get(name);
    if (own !== undefined) return valueAt(own, this.#move) as S[N];
    const { shared } = body;
    const setting = shared?.find(name);
    if (shared === undefined || setting === undefined) return this.table.rows[name].default;
    const { value } = setting;
    return (
      Array.isArray(value) ? valueAt(setting, together(shared.moveOf(name), this.#move)) : value
    ) as S[N];
  }

  /** What was given, undefined when the keyword is absent. */
  setting<N extends keyof S>(name: N): Setting<S[N]> | undefined {
    const own = this.#body?.given.get(name) as Setting<S[N]> | undefined;
    if (own !== undefined) return this.#move === undefined ? own : movedSetting(own, this.#move);
    const shared = this.#body?.shared;
    const setting = shared?.find(name) as Setting<S[N]> | undefined;
    if (shared === undefined || setting === undefined) return undefined;
    return movedSetting(setting, together(shared.moveOf(name), this.#move));
  }

  /** Whether the text between the braces is the same, so that only the places differ. */
  isLike(other: Block<S>): boolean {
    return this.#body !== undefined && this.#body === other.#body;
  }

  /**
   * What was given, but for some keywords, as a text: the same for blocks that say the same. Undefined when one of the
   * values is more than a word, or a line was complained about.
   */
  signature(except: readonly unknown[]): string | undefined {
    if (this.#tried !== undefined) return undefined;
    if (this.#body === undefined) return "";
    const { given, shared } = this.#body;
    if (shared === undefined) return signatureOf(given, except);
    if (!shared.isComplete) return undefined;
    if (given.size > countOf(except, given)) return undefined;
    return shared.mould.signature(except, () => signatureOf(shared.mould.shareable(), except));
  }

  /** The keyword stands there, misspelt or with an argument that cannot be used, and that was said. */
  noteTried(name: string): void {
    (this.#tried ??= new Set()).add(name);
  }

  /** Whether that was so: what then lacks need not be said again. */
  wasTried(name: keyof S & string): boolean {
    return this.#tried?.has(name) === true;
  }

  has(name: keyof S): boolean {
    const body = this.#body;
    return body !== undefined && (body.given.has(name) || body.shared?.find(name) !== undefined);
  }

  /** Nothing stands between the braces. */
  get isEmpty(): boolean {
    return this.#body === undefined;
  }

  /** Where a keyword was set, or else the block itself. */
  where(name: keyof S): Word | undefined {
    return this.setting(name)?.at ?? this.head;
  }

  /** Of two keywords that share one setting, whether the first one was given last. */
  isLast(name: keyof S, other: keyof S): boolean {
    return this.#orderOf(name) > this.#orderOf(other);
  }

  /** Among the lines of this block; -1 when it is absent. */
  #orderOf(name: keyof S): number {
    const own = this.#body?.given.get(name);
    if (own !== undefined) return own.head.order;
    const shared = this.#body?.shared;
    const setting = shared?.find(name);
    return shared === undefined || setting === undefined
      ? -1
      : setting.head.order + shared.moveOf(name).lines;
  }

  #bodyForWriting(): Body {
    return (this.#body ??= new Body());
  }
}

function signatureOf(
  given: Iterable<readonly [unknown, Setting<unknown>]>,
  except: readonly unknown[],
): string | undefined {
  let text = "";
  for (const [name, { value }] of given) {
    if (except.includes(name)) continue;
    if (typeof value === "object") return undefined;
    text += `${String(name)} ${String(value)}\n`;
  }
  return text;
}

/** One move after the other. */
function together(first: Move | undefined, second: Move): Move;
function together(first: Move, second: Move | undefined): Move;
function together(first: Move | undefined, second: Move | undefined): Move | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return {
    of: second.of,
    characters: first.characters + second.characters,
    lines: first.lines + second.lines,
  };
}

function movedSetting<V>(setting: Setting<V>, move: Move): Setting<V> {
  const { at, head } = setting;
  return { value: valueAt(setting, move), at: movedWord(at, move), head: movedWord(head, move) };
}

/** Of all values that are shared only blocks know their place. */
function valueAt<V>({ value }: Setting<V>, move: Move | undefined): V {
  return move === undefined || !Array.isArray(value) ? value : (movedItems(value, move) as V);
}

/** The blocks of a list, at the place of their own text; other items stand nowhere. */
function movedItems(items: readonly unknown[], move: Move): unknown[] {
  return items.map((item) => {
    if (!(item instanceof Block)) return item;
    const { table, head, args } = item as Block<unknown>;
    const copy = new Block(
      table,
      head && movedWord(head, move),
      args.map((word) => movedWord(word, move)),
    );
    copy.repeat(item as Block<unknown>, move);
    return copy;
  });
}

/** How many of the keywords are given. Without an iterator, which makes an object per step in code that is not hot yet. */
function countOf(keywords: readonly unknown[], given: ReadonlyMap<unknown, unknown>): number {
  let count = 0;
  for (let i = 0; i < keywords.length; i++) if (given.has(keywords[i])) count++;
  return count;
}
