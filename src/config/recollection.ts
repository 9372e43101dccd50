/**
 * What one reading leaves for the next. At a reload most of a large configuration is as it was, and most of its blocks
 * mean the same whatever stands beside them: those are recognised by their text and not read again. Where that is not
 * certain (another part changed, the host answers otherwise, there is something to say), everything is read.
 */
import type { Mark } from "./lexer/lines.js";
import type { HostAnswers, Judge } from "./meaning/judge.js";
import type { Position, VirtualServerConfig, VrrpInstanceConfig } from "./model.js";
import { detached } from "./text.js";

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
  readonly start: Mark;
  /** Characters before the keyword. */
  readonly blank: number;
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
  /** Lines with a condition say something else under another one. */
  readonly configId: string;
  readonly elements: readonly Element[];
  /** All text whose meaning is not kept, without empty lines and comments between blocks. */
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
  /** The element that should come next. */
  #next = 0;
  /** The text before is not all as it was. */
  #differs = false;
  /** The text at hand was there before, and has to be read all the same. */
  #isKnown = false;
  #file: string | undefined;
  /** There are things that no text of one file tells. */
  #isLost = false;

  readonly before: Remembered | undefined;

  constructor(
    before: Remembered | undefined,
    readonly configId: string,
  ) {
    this.before = before?.configId === configId ? before : undefined;
  }

  /** The text at a mark, if it is a block that was read before: it need not be read then. */
  recall(start: Mark): { readonly text: string; readonly orders: number } | undefined {
    const { source, at, order } = start;
    this.#file ??= source.name;
    this.#isKnown = false;
    const known = this.before?.elements;
    if (known === undefined || this.before?.file !== source.name) return undefined;
    for (let i = this.#next; i < known.length && i < this.#next + LOOK_AHEAD; i++) {
      const element = known[i];
      if (element === undefined || !isAt(source.chars, at, element.text)) continue;
      if (i > this.#next) this.#differs = true;
      this.#next = i + 1;
      this.#isKnown = true;
      if (element.meaning === undefined) return undefined;
      const lines = this.#differs ? lineOf(start) - lineOf(element.start) : 0;
      const meaning = lines === 0 ? element.meaning : movedBy(element.meaning, lines);
      // Of this source, so that the one before can go.
      const text = source.chars.slice(at, at + element.text.length);
      this.#elements.push({ ...element, text, start, meaning });
      this.recalled.push({ order: order + element.ordersBefore, meaning });
      return element;
    }
    return undefined;
  }

  /** Notes what has been read from a mark on: its text, how many lines, where its keyword stands. */
  note(
    start: Mark | undefined,
    text: string | undefined,
    read: { blank: number; orders: number; order: number; isQuiet: boolean },
  ): void {
    if (!this.#isKnown) this.#differs = true;
    if (start === undefined || text === undefined) this.#isLost = true;
    else
      this.#elements.push({
        text,
        start,
        ordersBefore: read.order - start.order,
        meaning: undefined,
        ...read,
      });
  }

  /** Keeps what a block came to; `order` is of its keyword. */
  keep(order: number, meaning: Meaning): void {
    // It may outlast many readings, and one by one each would be kept in memory for it.
    if (this.before !== undefined) detachAll(meaning.config);
    this.#meanings.set(order, meaning);
  }

  /** What to hand to the next reading: undefined when text does not tell all, "doubtful" when this one is not to be used. */
  finish(judge: Judge): Remembered | "doubtful" | undefined {
    const { before } = this;
    const elements = this.#elements.map((element) => this.#settled(element));
    let rest = "";
    for (const { text, blank, meaning } of elements) if (meaning === undefined) rest += text.slice(blank);
    if (before !== undefined && this.recalled.length > 0) {
      const isSame = !this.#isLost && rest === before.rest && judge.confirms(before.answers);
      if (!isSame || judge.isDoubtful) return "doubtful";
    }
    if (this.#isLost || this.#file === undefined) return undefined;
    const { configId } = this;
    return { file: this.#file, configId, elements, rest, answers: judge.answers };
  }

  #settled(element: Element | Noted): Element {
    if (!("isQuiet" in element)) return element;
    const { text, start, blank, orders, ordersBefore } = element;
    const meaning = element.isQuiet ? this.#meanings.get(element.order) : undefined;
    return { text, start, blank, orders, ordersBefore, meaning };
  }
}

/** Gives all texts in a piece of configuration memory of their own. */
function detachAll(part: object): void {
  const fields = part as Record<string, unknown>;
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === "string") fields[key] = detached(value);
    else if (typeof value === "object" && value !== null) detachAll(value);
  }
}

/** As whole lines: text that ended without one may go on in its last line now. */
function isAt(chars: string, at: number, text: string): boolean {
  return chars.startsWith(text, at) && (text.endsWith("\n") || at + text.length === chars.length);
}

function lineOf({ source, at }: Mark): number {
  return source.position(at).line;
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
