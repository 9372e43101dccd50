/**
 * From PCRE2's dialect to JavaScript's, character by character. What JavaScript cannot say (possessive and atomic parts,
 * conditions, recursion, verbs, options inside the pattern, \\K and the like) is told apart, never tried as something else.
 * Pure.
 */

type Translation = { ok: true; source: string } | { ok: false; problem: string };

interface Dialect {
  /** PCRE2_UTF: a character is a code point, and the expression has the flag `u`; otherwise a byte. */
  utf: boolean;
  /** PCRE2_MULTILINE: `$` and `^` at every line. */
  multiline: boolean;
  /** PCRE2_DOLLAR_ENDONLY: `$` not before a newline at the end. */
  dollarEndOnly: boolean;
  /** PCRE2_DOTALL: `.` matches a newline too. */
  dotAll: boolean;
}

/** Inside of `[[:alpha:]]`. */
const CLASSES: Record<string, string> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: " \\t-\\r",
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
/** JavaScript ends lines in more ways than PCRE2, which knows the newline only. */
const NOT_NEWLINE = "[^\\n]";
const LINE_START = `(?:^|(?<=\\n)(?=${ANYTHING}))`;
const LINE_END = `(?!${NOT_NEWLINE})`;
/** What JavaScript takes for white space beyond PCRE2's. */
const FOREIGN_SPACE = "\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff";
/** Kinds of characters, as members of a class. */
const MEMBERS: Record<string, string> = {
  s: " \\t-\\r",
  S: `\\S${FOREIGN_SPACE}`,
  h: " \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000",
  v: "\\n-\\r\\x85\\u2028\\u2029",
};
/** What is something else outside of a class. */
const MEMBERS_ALONE: Record<string, string> = { b: "\\x08", "-": "\\-" };
const CHARACTERS: Record<string, string> = { a: "\\x07", e: "\\x1b" };
/** The expression never has the flag `m`. */
const ASSERTIONS: Record<string, string> = {
  A: "^",
  z: "$",
  Z: "(?=\\n?$)",
};
/** The same in both dialects: kinds and control characters; numbers, of groups or octal. */
const SHARED = /^[dDwWnrtf\d]/;
/** \x4, \x41, \x{e9} */
const HEXADECIMAL = /^x(?:\{([\dA-Fa-f]+)\}|([\dA-Fa-f]{0,2}))/;
const CONTROL = /^c[A-Za-z]/;
const PROPERTY = /^[pP]\{\^?\w+\}/;
const NAMED_REFERENCE = /^k<\w+>/;

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
    else if (c === ".") this.#put(1, this.#dialect.dotAll ? ANYTHING : NOT_NEWLINE);
    else if (c === "^") this.#put(1, this.#dialect.multiline ? LINE_START : "^");
    else if (c === "$") this.#put(1, this.#lineEnd);
    else if (c === "{" || c === "}") this.#brace();
    else if (/[*+?]/.test(c)) this.#quantifier(c);
    else this.#put(1, c);
  }

  get #lineEnd(): string | undefined {
    const { multiline, dollarEndOnly } = this.#dialect;
    if (multiline) return LINE_END;
    return dollarEndOnly ? "$" : ASSERTIONS["Z"];
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
    const rest = this.#pattern.slice(this.#at + 1);
    const next = rest[0] ?? "";
    if (next === "Q") return this.#literal();
    if (next === "E") return this.#put(2);
    const members = MEMBERS[next];
    if (members !== undefined) return this.#put(2, `[${members}]`);
    const assertion = ASSERTIONS[next] ?? (/[bB]/.test(next) ? `\\${next}` : undefined);
    if (assertion !== undefined) return this.#put(2, assertion);
    const reference = NAMED_REFERENCE.exec(rest)?.[0];
    if (reference !== undefined) return this.#put(1 + reference.length, `\\${reference}`);
    this.#character(rest);
  }

  /** What may stand in a class too. @param rest what follows the backslash */
  #character(rest: string): void {
    const next = rest[0];
    if (next === undefined) throw new Unknown("a backslash at the end");
    const hexadecimal = HEXADECIMAL.exec(rest);
    if (hexadecimal !== null) {
      const [found, braced, digits = ""] = hexadecimal;
      return this.#put(1 + found.length, this.#codePoint(Number.parseInt(braced ?? `0${digits}`, 16)));
    }
    const same = SHARED.exec(rest) ?? CONTROL.exec(rest) ?? (this.#dialect.utf ? PROPERTY.exec(rest) : null);
    if (same !== null) return this.#put(1 + same[0].length, property(same[0]));
    if (/[A-Za-z]/.test(next) && CHARACTERS[next] === undefined) throw new Unknown(`\\${next}`);
    this.#put(2, CHARACTERS[next] ?? escaped(next));
  }

  #codePoint(value: number): string {
    const hex = value.toString(16);
    if (value <= 0xff) return `\\x${hex.padStart(2, "0")}`;
    if (!this.#dialect.utf) throw new Unknown(`\\x{${hex}} without utf`);
    return `\\u{${hex}}`;
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
    while (this.#pattern[this.#at] !== "]") {
      if (this.#at >= this.#pattern.length) throw new Unknown("a class without its end");
      this.#classMember();
    }
    this.#put(1, "]");
  }

  #classMember(): void {
    const rest = this.#pattern.slice(this.#at);
    const named = /^\[:(\^?\w+):\]/.exec(rest);
    if (named !== null) {
      const inside = CLASSES[named[1] ?? ""];
      if (inside === undefined) throw new Unknown(`the class ${named[0]}`);
      return this.#put(named[0].length, inside);
    }
    if (rest[0] !== "\\") return this.#put(1, rest[0]);
    const next = rest[1] ?? "";
    const members = MEMBERS[next] ?? MEMBERS_ALONE[next];
    if (members === undefined) this.#character(rest.slice(1));
    else this.#put(2, members);
  }
}

/** \p{^Lu} is \P{Lu}; anything else stays. */
function property(text: string): string {
  const negated = /^([pP])\{\^(.*)$/.exec(text);
  return negated === null ? `\\${text}` : `\\${negated[1] === "p" ? "P" : "p"}{${negated[2] ?? ""}`;
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
