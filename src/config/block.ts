/**
 * A block that was read: what was given, with the defaults of its table behind it. A block whose text repeats an
 * earlier one shares what was given there (`repeated-bodies.ts`), and only the places differ.
 */
import type { Setting, Table } from "./schema.js";
import type { Text, Word } from "./text.js";

/** How far a text stands behind an equal one that was read before. */
interface Move {
  readonly of: Text;
  readonly characters: number;
  readonly lines: number;
}

/** What stands between the braces; blocks with equal text share it. */
class Body {
  /** By keyword, in the order of the latest mention; the table of the block says of which type. */
  readonly given = new Map<unknown, Setting<unknown>>();
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
    const first = other.#move;
    this.#move =
      first === undefined
        ? move
        : {
            of: move.of,
            characters: first.characters + move.characters,
            lines: first.lines + move.lines,
          };
  }

  /** What a keyword gave. */
  set<N extends keyof S>(name: N, setting: Setting<S[N]>): void {
    const { given } = this.#bodyForWriting();
    const before = given.get(name);
    if (before !== undefined && before.head !== setting.head) given.delete(name);
    given.set(name, setting);
  }

  /**
   * What was given, but for some keywords, as a text: the same for blocks that say the same. Undefined when one of the
   * values is more than a word or a number, or a line was complained about.
   */
  signature(except: readonly unknown[]): string | undefined {
    if (this.#tried !== undefined) return undefined;
    let text = "";
    for (const [name, { value }] of this.#body?.given ?? []) {
      if (except.includes(name)) continue;
      const isWord = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
      if (!isWord && value !== undefined) return undefined;
      text += `${String(name)} ${value}\n`;
    }
    return text;
  }

  /** The value given, else the default. */
  value<N extends keyof S>(name: N): S[N] {
    const setting = this.#given(name);
    if (setting === undefined) return this.table.rows[name].default;
    const { value } = setting;
    return this.#move === undefined || !Array.isArray(value)
      ? value
      : (movedItems(value, this.#move) as S[N]);
  }

  /** What was given, undefined when the keyword is absent. */
  setting<N extends keyof S>(name: N): Setting<S[N]> | undefined {
    const setting = this.#given(name);
    if (setting === undefined || this.#move === undefined) return setting;
    const { at, head } = setting;
    return { value: this.value(name), at: movedWord(at, this.#move), head: movedWord(head, this.#move) };
  }

  /** Whether the text between the braces is the same, so that only the places differ. */
  isLike(other: Block<S>): boolean {
    return this.#body !== undefined && this.#body === other.#body;
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
    return this.#given(name) !== undefined;
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
    const mine = this.#given(name)?.head.order ?? -1;
    return mine > (this.#given(other)?.head.order ?? -1);
  }

  #bodyForWriting(): Body {
    return (this.#body ??= new Body());
  }

  /** Where it was first read. */
  #given<N extends keyof S>(name: N): Setting<S[N]> | undefined {
    return this.#body?.given.get(name) as Setting<S[N]> | undefined;
  }
}

function movedWord(word: Word, { of, characters, lines }: Move): Word {
  const { text, start, end, order } = word;
  return { text, of, start: start + characters, end: end + characters, order: order + lines };
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
