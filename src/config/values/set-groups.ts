/**
 * Which capturing groups have matched for certain at a place of a pattern: a reference to one that has not fails in PCRE2,
 * and matches nothing in JavaScript, which moreover forgets what a group had in an earlier round of a repetition. Pure.
 */

/** "plain": what neither captures nor looks back nor denies. */
export type GroupKind = "capturing" | "plain" | "lookbehind" | "negative lookahead" | "negative lookbehind";

/** An open group. */
interface Scope {
  kind: GroupKind;
  /** Of a capturing one. */
  number: number;
  /** Certain when it was opened; what each of its alternatives begins with. */
  before: ReadonlySet<number>;
  /** Certain after every alternative so far; undefined in the first. */
  after: ReadonlySet<number> | undefined;
}

export class SetGroups {
  readonly #scopes: Scope[] = [];
  readonly #numbers = new Map<string, number>();
  #certain: ReadonlySet<number> = new Set();
  #count = 0;

  /** Groups opened so far. */
  get count(): number {
    return this.#count;
  }

  open(kind: GroupKind, name?: string): void {
    const number = kind === "capturing" ? ++this.#count : 0;
    if (name !== undefined) this.#numbers.set(name, number);
    this.#scopes.push({ kind, number, before: this.#certain, after: undefined });
  }

  /** At a `|`. */
  alternative(): void {
    const scope = this.#scopes.at(-1);
    if (scope !== undefined) scope.after = both(scope.after, this.#certain);
    this.#certain = scope?.before ?? new Set();
  }

  /** @param mayBeLeftOut whether a quantifier that begins with 0 follows */
  close(mayBeLeftOut: boolean): void {
    const scope = this.#scopes.pop();
    if (scope === undefined) return; // a ')' too many, which JavaScript refuses
    const { kind, number, before, after } = scope;
    if (mayBeLeftOut || kind.startsWith("negative")) {
      this.#certain = before;
      return;
    }
    const certain = new Set(both(after, this.#certain));
    if (kind === "capturing") certain.add(number);
    this.#certain = certain;
  }

  /** The number of a group that was opened before; undefined when there is none of this name. */
  numberOf(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** Whether a reference to it means the same in both dialects here. JavaScript reads a lookbehind from its end. */
  isSet(number: number): boolean {
    return this.#certain.has(number) && !this.#scopes.some(({ kind }) => kind.endsWith("lookbehind"));
  }
}

function both(a: ReadonlySet<number> | undefined, b: ReadonlySet<number>): ReadonlySet<number> {
  return a === undefined ? b : new Set([...a].filter((number) => b.has(number)));
}
