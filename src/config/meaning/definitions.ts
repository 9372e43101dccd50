/** Things that are defined once and named elsewhere, where the definition has to come first (config-language reference, 4.3). */
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import { decodeBytes, type Word } from "../text.js";
import type { Judge } from "./judge.js";

interface Definition<D> {
  value: D;
  at: Word;
  used: boolean;
}

/** Definitions of one kind by name. */
export class Definitions<D> {
  readonly #byName = new Map<string, Definition<D>>();

  constructor(
    /** What messages call one. */
    readonly what: string,
    readonly judge: Judge,
  ) {}

  /** Of two with one name the first one is found. */
  add(at: Word, value: D): void {
    const name = decodeBytes(at.text);
    const before = this.#byName.get(name);
    if (before === undefined) {
      this.#byName.set(name, { value, at, used: false });
      return;
    }
    const notes = [{ message: "it is defined here first", at: before.at }];
    const message = `there is a ${this.what} ${quoted(at.text)} already, which is the one that is used`;
    this.judge.diagnostics.report("logged", at, message, { severity: "warning", notes });
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** What a word names, or undefined after a complaint. */
  find(word: Word): D | undefined {
    const name = decodeBytes(word.text);
    const found = this.#byName.get(name);
    if (found !== undefined && found.at.order <= word.order) {
      found.used = true;
      return found.value;
    }
    if (found === undefined) {
      const hint = didYouMean(name, this.#byName.keys());
      this.judge.error(word, `there is no ${this.what} ${quoted(word.text)}; it is ignored${hint}`);
    } else {
      const notes = [{ message: "it is defined here", at: found.at }];
      const message = `the ${this.what} ${quoted(word.text)} is defined only further down; it is ignored here`;
      this.judge.error(word, message, { notes });
    }
    return undefined;
  }

  /** Those that something names. */
  used(): D[] {
    return [...this.#byName.values()].filter(({ used }) => used).map(({ value }) => value);
  }

  /** Those that nothing names. */
  unused(): { at: Word; value: D }[] {
    return [...this.#byName.values()].filter(({ used }) => !used);
  }
}
