/**
 * How a slice of the configuration differs from the one its receiver has, and the slice that follows from both. A reload
 * sends only that. What is equal is the very same object afterwards, so whoever takes the slice tells by `===` what a
 * reload has left alone, however large the configuration is. Pure; plain data of JSON.
 *
 * Positions in the text do not count: a line that is added at the top moves everything, and changes nothing. What is equal
 * keeps the position that it had.
 */

/** From the value that the receiver has to the new one. */
export type Change =
  | { value: unknown }
  /** An object: parts not named stay. `keys`, in order, when they are not the same as before. */
  | { fields: Record<string, Change>; keys?: string[] }
  /** A list, piece by piece. */
  | { list: Piece[] };

type Piece =
  /** So many from there, as they are. */
  | { keep: number; from: number }
  /** One with a change. */
  | { edit: number; change: Change }
  | { add: unknown };

type Fields = Record<string, unknown>;

/** As JSON.stringify writes one. */
const POSITION = '"position":{';

/** The parts of the text between its positions. Inside a string the quotes would be escaped. */
function withoutPositions(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf(POSITION); at >= 0; at = text.indexOf(POSITION, from)) {
    parts.push(text.slice(from, at));
    from = text.indexOf("}", at) + 1;
  }
  parts.push(text.slice(from));
  return parts;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A list of lists and plain values is compared as a whole. */
function isList(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item));
}

function isFields(value: unknown): value is Fields {
  return isObject(value) && !Array.isArray(value);
}

/** The keys that JSON knows. */
function keysOf(fields: Fields): string[] {
  return Object.keys(fields).filter((key) => fields[key] !== undefined);
}

/**
 * A value with its text, which is made once: comparing texts is one step for the machine, however many parts the value
 * has, also for code that runs once a week.
 */
class Part {
  #text: string | undefined;
  #bare: readonly string[] | undefined;
  #items: Part[] | undefined;

  constructor(readonly value: unknown) {}

  get text(): string {
    return (this.#text ??= JSON.stringify(this.value) ?? "");
  }

  /** The text without positions, in parts: putting them together would take as long as writing it. */
  get bare(): readonly string[] {
    return (this.#bare ??= withoutPositions(this.text));
  }

  get items(): readonly Part[] {
    return (this.#items ??= (this.value as readonly object[]).map((item) => new Part(item)));
  }

  equals(next: Part): boolean {
    if (this.value === next.value) return true;
    if (this.text === next.text) {
      // One copy is enough to be kept: the younger one is forgotten before it costs the collector anything.
      next.#text = this.#text;
      return true;
    }
    const { bare } = next;
    return this.bare.length === bare.length && this.bare.every((part, i) => part === bare[i]);
  }
}

/** A slice with the texts of its parts, as far as they were needed: to be kept, as the next one is compared with it. */
export class SliceParts {
  readonly #slice: Fields;
  readonly #parts = new Map<string, Part>();

  constructor(slice: object) {
    this.#slice = slice as Fields;
  }

  get keys(): string[] {
    return keysOf(this.#slice);
  }

  part(key: string): Part {
    let part = this.#parts.get(key);
    if (part === undefined) this.#parts.set(key, (part = new Part(this.#slice[key])));
    return part;
  }
}

function changeOfPart(before: Part, next: Part): Change | undefined {
  if (before.value === next.value) return undefined;
  if (isList(before.value) && isList(next.value)) return changeOfList(before.items, next.items);
  if (before.equals(next)) return undefined;
  if (!isFields(before.value) || !isFields(next.value)) return { value: next.value };
  return changeOf(new SliceParts(before.value), new SliceParts(next.value));
}

/** @returns undefined when nothing has changed */
export function changeOf(before: SliceParts, next: SliceParts): Change | undefined {
  const fields: Record<string, Change> = {};
  const { keys } = next;
  const known = new Set(before.keys);
  for (const key of keys) {
    const part = next.part(key);
    const change = known.has(key) ? changeOfPart(before.part(key), part) : { value: part.value };
    if (change !== undefined) fields[key] = change;
  }
  const sameKeys = keys.length === known.size && before.keys.every((key, i) => key === keys[i]);
  if (sameKeys && Object.keys(fields).length === 0) return undefined;
  return sameKeys ? { fields } : { fields, keys };
}

/** What is equal at the beginning and at the end stays; of the rest, what is found again, wherever it was. */
function changeOfList(before: readonly Part[], next: readonly Part[]): Change | undefined {
  const shorter = Math.min(before.length, next.length);
  let head = 0;
  while (head < shorter && (before[head] as Part).equals(next[head] as Part)) head++;
  if (head === before.length && head === next.length) return undefined;
  let tail = 0;
  while (tail < shorter - head && (before.at(-1 - tail) as Part).equals(next.at(-1 - tail) as Part)) tail++;
  const list: Piece[] = head > 0 ? [{ keep: head, from: 0 }] : [];
  list.push(...changeOfMiddle(before, next, { head, tail }));
  if (tail > 0) list.push({ keep: tail, from: before.length - tail });
  return { list };
}

function changeOfMiddle(
  before: readonly Part[],
  next: readonly Part[],
  { head, tail }: { head: number; tail: number },
): Piece[] {
  const byText = new Map<string, number[]>();
  const left = new Set<number>();
  for (let i = head; i < before.length - tail; i++) {
    const text = (before[i] as Part).bare.join("");
    byText.set(text, [...(byText.get(text) ?? []), i]);
    left.add(i);
  }
  const middle = next.slice(head, next.length - tail);
  const found = middle.map(({ bare }) => {
    const index = byText.get(bare.join(""))?.shift();
    if (index !== undefined) left.delete(index);
    return index;
  });
  const others = [...left];
  return middle.map((part, i): Piece => {
    const from = found[i];
    if (from !== undefined) return { keep: 1, from };
    const edit = others.shift();
    const change = edit === undefined ? undefined : changeOfPart(before[edit] as Part, part);
    return edit === undefined || change === undefined ? { add: part.value } : { edit, change };
  });
}

/** @returns the new slice; what has not changed in it is that of `slice` */
export function applyChange<Slice extends object>(slice: Slice, change: Change | undefined): Slice {
  return change === undefined ? slice : (apply(slice, change) as Slice);
}

function apply(value: unknown, change: Change): unknown {
  if ("value" in change) return change.value;
  if ("list" in change) return change.list.flatMap((piece) => applyPiece(value as readonly unknown[], piece));
  const before = value as Fields;
  const next: Fields = {};
  for (const key of change.keys ?? Object.keys(before)) {
    const part = change.fields[key];
    next[key] = part === undefined ? before[key] : apply(before[key], part);
  }
  return next;
}

function applyPiece(list: readonly unknown[], piece: Piece): unknown[] {
  if ("add" in piece) return [piece.add];
  if ("edit" in piece) return [apply(list[piece.edit], piece.change)];
  return list.slice(piece.from, piece.from + piece.keep);
}
