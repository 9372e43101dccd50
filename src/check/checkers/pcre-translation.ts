/**
 * From PCRE2's dialect to JavaScript's, character by character. What JavaScript cannot say (possessive and atomic parts,
 * conditions, recursion, verbs, options inside the pattern, \\K and the like) is told apart, never tried as something else.
 * Pure.
 */

export type Translation = { ok: true; source: string } | { ok: false; problem: string };

interface Dialect {
  /** PCRE2_MULTILINE: `$` and `^` at every line, as JavaScript's own flag has it. */
  multiline: boolean;
  /** PCRE2_DOLLAR_ENDONLY: `$` not before a newline at the end. */
  dollarEndOnly: boolean;
}

/** Inside of `[[:alpha:]]`. */
const CLASSES: Record<string, string> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  blank: " \\t",
  xdigit: "0-9A-Fa-f",
  word: "\\w",
  punct: "!-\\/:-@\\[-`{-~",
  print: " -~",
  graph: "!-~",
  cntrl: "\\x00-\\x1f\\x7f",
  ascii: "\\x00-\\x7f",
};
const ANYTHING = "[\\s\\S]";
const ESCAPES: Record<string, string> = {
  A: `(?<!${ANYTHING})`,
  z: `(?!${ANYTHING})`,
  Z: `(?=\\n?(?!${ANYTHING}))`,
  h: "[ \\t]",
  a: "\\x07",
  e: "\\x1b",
};
const ESCAPES_IN_CLASS: Record<string, string> = { h: " \\t", a: "\\x07", e: "\\x1b", b: "\\x08" };
const UNKNOWN_ESCAPES = "KGRXCNHVE";
/** Beginnings of a group, longest first; a problem where JavaScript has nothing like it. */
const GROUPS: [syntax: RegExp, translation: string | { problem: string }][] = [
  [/\(\?#[^)]*\)/y, ""],
  [/\(\?P=(\w+)\)/y, "\\k<$1>"],
  [/\(\?P?<(?=[A-Za-z_])/y, "(?<"],
  [/\(\?>/y, { problem: "an atomic group" }],
  [/\(\?\(/y, { problem: "a condition" }],
  [/\(\?(?:R|\d|[+-]\d|&|P>)/y, { problem: "recursion" }],
  [/\(\?\|/y, { problem: "a group that resets its numbers" }],
  [/\(\*/y, { problem: "a verb" }],
  [/\(\?(?:<?[=!]|:)/y, "$&"],
  [/\(\?/y, { problem: "options inside the pattern" }],
];

class Unknown extends Error {}

class Translator {
  readonly #pattern: string;
  readonly #dialect: Dialect;
  #at = 0;
  #out = "";

  constructor(pattern: string, dialect: Dialect) {
    this.#pattern = pattern;
    this.#dialect = dialect;
  }

  run(): string {
    while (this.#at < this.#pattern.length) this.#step();
    return this.#out;
  }

  #step(): void {
    const c = this.#pattern[this.#at] ?? "";
    if (c === "\\") this.#escape();
    else if (c === "[") this.#class();
    else if (c === "(") this.#group();
    else if (c === "$" && !this.#dialect.multiline)
      this.#put(1, this.#dialect.dollarEndOnly ? "$" : ESCAPES["Z"]);
    else if (c === "{" || c === "}") this.#brace();
    else if (/[*+?]/.test(c)) this.#quantifier(c);
    else this.#put(1, c);
  }

  #put(length: number, text = ""): void {
    this.#at += length;
    this.#out += text;
  }

  #quantifier(text: string): void {
    this.#put(text.length, text);
    if (this.#pattern[this.#at] === "+") throw new Unknown("a possessive quantifier");
    if (this.#pattern[this.#at] === "?") this.#put(1, "?");
  }

  #brace(): void {
    const found = /^\{\d+(?:,\d*)?\}/.exec(this.#pattern.slice(this.#at))?.[0];
    if (found === undefined) this.#put(1, `\\${this.#pattern[this.#at] ?? ""}`);
    else this.#quantifier(found);
  }

  #escape(): void {
    const next = this.#pattern[this.#at + 1] ?? "";
    if (next === "Q") return this.#literal();
    if (next === "E") return this.#put(2);
    if (UNKNOWN_ESCAPES.includes(next)) throw new Unknown(`\\${next}`);
    this.#put(2, ESCAPES[next] ?? (/[\w\s]/.test(next) ? `\\${next}` : escaped(next)));
  }

  /** \Q...\E */
  #literal(): void {
    const end = this.#pattern.indexOf("\\E", this.#at + 2);
    const stop = end < 0 ? this.#pattern.length : end;
    const text = [...this.#pattern.slice(this.#at + 2, stop)].map(escaped).join("");
    this.#put(stop - this.#at + (end < 0 ? 0 : 2), text);
  }

  #group(): void {
    for (const [syntax, translation] of GROUPS) {
      syntax.lastIndex = this.#at;
      const [found, first = ""] = syntax.exec(this.#pattern) ?? [];
      if (found === undefined) continue;
      if (typeof translation !== "string") throw new Unknown(translation.problem);
      return this.#put(found.length, translation.replace("$&", found).replace("$1", first));
    }
    this.#put(1, "(");
  }

  #class(): void {
    const negated = this.#pattern[this.#at + 1] === "^";
    this.#put(negated ? 2 : 1, negated ? "[^" : "[");
    if (this.#pattern[this.#at] === "]") this.#put(1, "\\]");
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== "]") this.#classMember();
    this.#put(1, "]");
  }

  #classMember(): void {
    const rest = this.#pattern.slice(this.#at);
    const named = /^\[:(\w+):\]/.exec(rest);
    if (named !== null) {
      const inside = CLASSES[named[1] ?? ""];
      if (inside === undefined) throw new Unknown(`the class ${named[0]}`);
      return this.#put(named[0].length, inside);
    }
    if (rest[0] === "[") return this.#put(1, "\\[");
    if (rest[0] !== "\\") return this.#put(1, rest[0]);
    const next = rest[1] ?? "";
    this.#put(2, ESCAPES_IN_CLASS[next] ?? `\\${next}`);
  }
}

const escaped = (character: string): string =>
  /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;

/** @returns the source of a JavaScript expression that matches the same, or what of the pattern it cannot say. */
export function translatePattern(pattern: string, dialect: Dialect): Translation {
  try {
    return { ok: true, source: new Translator(pattern, dialect).run() };
  } catch (error) {
    if (error instanceof Unknown) return { ok: false, problem: `${error.message} is not known here` };
    throw error;
  }
}
