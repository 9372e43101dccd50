/**
 * What one reading leaves for the next. At a reload most of a large configuration is as it was, and most of its blocks
 * mean the same whatever stands beside them: those are recognised by their text and not read again. Where that is not
 * certain (another part changed, the host answers otherwise, there is something to say), everything is read.
 */
import type { Mark } from "./lexer/lines.js";
import type { HostAnswers, Judge } from "./meaning/judge.js";
import type { Position, VirtualServerConfig, VrrpInstanceConfig } from "./model.js";

/** What a block came to that depends on nothing but itself, the global settings and interfaces. */
export type Meaning =
  | {
      readonly kind: "instance";
      readonly config: VrrpInstanceConfig;
      /** See `ReadInstance`. */
      readonly tellsPriorityChanges: boolean;
    }
  | { readonly kind: "service"; readonly config: VirtualServerConfig };

/** A keyword of the root with all that belongs to it, and the empty lines and comments before it. */
interface Element {
  readonly text: string;
  /** Physical lines. */
  readonly newlines: number;
  /** Physical line where the text starts, from 0. */
  readonly line: number;
  /** Logical and physical lines, as reading counts them; of these the first ones up to the keyword. */
  readonly orders: number;
  readonly ordersBefore: number;
  /** Undefined where the block has to be read each time. */
  readonly meaning: Meaning | undefined;
}

/** A block that has been read. */
interface Noted extends Element {
  /** Of its keyword, among all lines. */
  readonly order: number;
  /** Nothing was said about it. */
  readonly isQuiet: boolean;
}

/** Opaque to callers: whoever reads gets it and hands it to the next reading. */
export interface Remembered {
  readonly file: string;
  readonly elements: readonly Element[];
  /** All text whose meaning is not kept. */
  readonly rest: string;
  readonly answers: HostAnswers;
}

/** A block that was recognised. */
export interface Recalled {
  /** Where its keyword stands among all lines. */
  readonly order: number;
  readonly meaning: Meaning;
}

/** So many blocks that are there no longer are passed over to find one that is. */
const LOOK_AHEAD = 64;

export class Recollection {
  readonly recalled: Recalled[] = [];
  readonly #elements: (Element | Noted)[] = [];
  /** By the order of the keyword. */
  readonly #meanings = new Map<number, Meaning>();
  #next = 0;
  /** Physical line that is read. */
  #line = 0;
  #file: string | undefined;
  /** There are things that no text of one file tells. */
  #isLost = false;

  constructor(readonly before: Remembered | undefined) {}

  /** Whether the text at a mark is a block that was read before; it is passed over then. */
  recall({ source, at, order }: Mark): { readonly text: string; readonly orders: number } | undefined {
    this.#file ??= source.name;
    const known = this.before?.elements;
    if (known === undefined || this.before?.file !== source.name) return undefined;
    for (let i = this.#next; i < known.length && i < this.#next + LOOK_AHEAD; i++) {
      const element = known[i];
      if (element === undefined || !source.chars.startsWith(element.text, at)) continue;
      this.#next = i + 1;
      if (element.meaning === undefined) return undefined;
      const line = this.#line;
      const moved =
        line === element.line
          ? element
          : { ...element, line, meaning: movedBy(element.meaning, line - element.line) };
      this.#add(moved);
      if (moved.meaning !== undefined)
        this.recalled.push({ order: order + element.ordersBefore, meaning: moved.meaning });
      return element;
    }
    return undefined;
  }

  /** Notes what has been read from a mark on: its text, how many lines of which kind, where its keyword stands. */
  note(
    start: Mark | undefined,
    text: string | undefined,
    read: { orders: number; order: number; isQuiet: boolean },
  ): void {
    if (start === undefined || text === undefined) {
      this.#isLost = true;
      return;
    }
    const newlines = text.split("\n").length - 1;
    const ordersBefore = read.order - start.order;
    this.#add({ text, newlines, line: this.#line, ordersBefore, meaning: undefined, ...read });
  }

  /** Keeps what a block came to; `order` is of its keyword. */
  keep(order: number, meaning: Meaning): void {
    this.#meanings.set(order, meaning);
  }

  /** What to hand to the next reading: undefined when text does not tell all, "doubtful" when this one is not to be used. */
  finish(judge: Judge): Remembered | "doubtful" | undefined {
    const { before } = this;
    const elements = this.#elements.map((element) => this.#settled(element));
    let rest = "";
    for (const { text, meaning } of elements) if (meaning === undefined) rest += text;
    if (before !== undefined && this.recalled.length > 0) {
      const isSame = !this.#isLost && rest === before.rest && judge.confirms(before.answers);
      if (!isSame || judge.isDoubtful) return "doubtful";
    }
    if (this.#isLost || this.#file === undefined) return undefined;
    return { file: this.#file, elements, rest, answers: judge.answers };
  }

  #settled(element: Element | Noted): Element {
    if (!("isQuiet" in element)) return element;
    const { text, newlines, line, orders, ordersBefore } = element;
    const meaning = element.isQuiet ? this.#meanings.get(element.order) : undefined;
    return { text, newlines, line, orders, ordersBefore, meaning };
  }

  #add(element: Element | Noted): void {
    this.#elements.push(element);
    this.#line += element.newlines;
  }
}

function movedBy(meaning: Meaning, lines: number): Meaning {
  const at = (position: Position): Position => ({ ...position, line: position.line + lines });
  if (meaning.kind === "service") {
    const { config } = meaning;
    return { kind: "service", config: { ...config, position: at(config.position) } };
  }
  const { config } = meaning;
  const { addresses, excludedAddresses } = config;
  return {
    ...meaning,
    config: {
      ...config,
      addresses: addresses.map((address) => ({ ...address, position: at(address.position) })),
      excludedAddresses: excludedAddresses.map((address) => ({ ...address, position: at(address.position) })),
      position: at(config.position),
    },
  };
}
