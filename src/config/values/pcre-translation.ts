/**
 * From PCRE2's dialect to JavaScript's, character by character. What JavaScript cannot say (possessive and atomic parts,
 * conditions, recursion, verbs, options inside the pattern, references to what may not have matched, \\K and the like) is told
 * apart, never tried as something else. Pure.
 */
import { type GroupKind, SetGroups } from "./set-groups.js";

type Translation = { ok: true; source: string } | { ok: false; problem: string };

interface Dialect {
  /** PCRE2_UTF: a character is a code point, and the expression has the flag `u`; otherwise a byte. */
  utf: boolean;
  /** Bytes above ASCII are as `liftBytes` makes them. */
  lifted: boolean;
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
/** The beginning of the private use area. */
const LIFTED = 0xe000;
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
/** Looks like a class, and is the beginning or the end of a word. */
const WORD_EDGE = /^\[\[:([<>]):\]\]/;
const WORD_EDGES: Record<string, string> = { "<": "\\b(?=\\w)", ">": "\\b(?<=\\w)" };
/** The same in both dialects: kinds and control characters. */
const SHARED = /^[dDwWnrtf]/;
const OCTAL = /^(?:0[0-7]{0,2}|[1-7][0-7]{0,2})/;
/** \x4, \x41, \x{e9} */
const HEXADECIMAL = /^x(?:\{([\dA-Fa-f]+)\}|([\dA-Fa-f]{0,2}))/;
const CONTROL = /^c[A-Za-z]/;
const PROPERTY = /^[pP]\{\^?\w+\}/;
const NAMED_REFERENCE = /^k<(\w+)>/;
/** What may stand between a group and its quantifier. */
const NOTHING = /^(?:\(\?#[^)]*\)|\\E|\\Q\\E)*/;
const FROM_ZERO = /^(?:[*?]|\{0+[,}])/;

/** Beginnings of a group: what kind it is, or what JavaScript has nothing like. */
const GROUPS: [syntax: RegExp, meaning: GroupKind | { problem: string }][] = [
  [/\(\?>/y, { problem: "an atomic group" }],
  [/\(\?\(/y, { problem: "a condition" }],
  [/\(\?(?:R|\d|[+-]\d|&|P>)/y, { problem: "recursion" }],
  [/\(\?\|/y, { problem: "a group that resets its numbers" }],
  [/\(\*/y, { problem: "a verb" }],
  [/\(\?[=:]/y, "plain"],
  [/\(\?!/y, "negative lookahead"],
  [/\(\?<=/y, "lookbehind"],
  [/\(\?<!/y, "negative lookbehind"],
  [/\(\?/y, { problem: "options inside the pattern" }],
  [/\(/y, "capturing"],
];
const COMMENT = /^\(\?#[^)]*\)/;
const NAMED_GROUP = /^\(\?P?<([A-Za-z_]\w*)>/;
const PYTHON_REFERENCE = /^\(\?P=(\w+)\)/;

class Unknown extends Error {}

class Translator {
  readonly #pattern: string;
  readonly #dialect: Dialect;
  readonly #groups = new SetGroups();
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
    else if (c === ")") this.#groupEnd();
    else if (c === "|") this.#alternative();
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
    if (members !== undefined) return this.#put(2, `[${this.#lifted(members)}]`);
    const assertion = ASSERTIONS[next] ?? (/[bB]/.test(next) ? `\\${next}` : undefined);
    if (assertion !== undefined) return this.#put(2, assertion);
    const named = NAMED_REFERENCE.exec(rest);
    if (named !== null) return this.#namedReference(1 + named[0].length, named[1] ?? "");
    const number = /^[1-9]\d*/.exec(rest)?.[0];
    if (number !== undefined && this.#isReference(number))
      return this.#reference(1 + number.length, Number(number), number);
    this.#character(rest);
  }

  /** Other numbers are octal. */
  #isReference(digits: string): boolean {
    return digits.length === 1 || /^[89]/.test(digits) || Number(digits) <= this.#groups.count;
  }

  #namedReference(length: number, name: string): void {
    const number = this.#groups.numberOf(name);
    if (number === undefined) throw new Unknown(`a reference to '${name}' before there is such a group`);
    this.#reference(length, number, `'${name}'`);
  }

  #reference(length: number, number: number, called: string): void {
    if (!this.#groups.isSet(number))
      throw new Unknown(`a reference to group ${called}, which may be unset there,`);
    // On its own: a digit may follow.
    this.#put(length, `(?:\\${number})`);
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
    const octal = OCTAL.exec(rest)?.[0];
    if (octal !== undefined) return this.#put(1 + octal.length, this.#codePoint(Number.parseInt(octal, 8)));
    const same = SHARED.exec(rest) ?? CONTROL.exec(rest) ?? (this.#dialect.utf ? PROPERTY.exec(rest) : null);
    if (same !== null) return this.#put(1 + same[0].length, property(same[0]));
    if (/[A-Za-z]/.test(next) && CHARACTERS[next] === undefined) throw new Unknown(`\\${next}`);
    this.#put(2, CHARACTERS[next] ?? escaped(next));
  }

  #codePoint(value: number): string {
    if (this.#dialect.lifted && value > 0x7f && value <= 0xff) return liftBytes(String.fromCharCode(value));
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
    const rest = this.#pattern.slice(this.#at);
    const comment = COMMENT.exec(rest)?.[0];
    if (comment !== undefined) return this.#put(comment.length);
    const reference = PYTHON_REFERENCE.exec(rest);
    if (reference !== null) return this.#namedReference(reference[0].length, reference[1] ?? "");
    const named = NAMED_GROUP.exec(rest);
    if (named !== null) {
      this.#groups.open("capturing", named[1]);
      return this.#put(named[0].length, `(?<${named[1]}>`);
    }
    for (const [syntax, meaning] of GROUPS) {
      syntax.lastIndex = this.#at;
      const found = syntax.exec(this.#pattern)?.[0];
      if (found === undefined) continue;
      if (typeof meaning !== "string") throw new Unknown(meaning.problem);
      this.#groups.open(meaning);
      return this.#put(found.length, found);
    }
  }

  #groupEnd(): void {
    this.#put(1, ")");
    this.#groups.close(FROM_ZERO.test(this.#pattern.slice(this.#at).replace(NOTHING, "")));
  }

  #alternative(): void {
    this.#groups.alternative();
    this.#put(1, "|");
  }

  #lifted(members: string): string {
    return this.#dialect.lifted
      ? members.replace(/\\x[89a-f][\da-f]/g, (byte) =>
          liftBytes(String.fromCharCode(Number.parseInt(byte.slice(2), 16))),
        )
      : members;
  }

  #class(): void {
    const edge = WORD_EDGE.exec(this.#pattern.slice(this.#at));
    if (edge !== null) return this.#put(edge[0].length, WORD_EDGES[edge[1] ?? ""]);
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
    const named = /^\[:(\^?\w+|[<>]):\]/.exec(rest);
    if (named !== null) {
      const inside = CLASSES[named[1] ?? ""];
      if (inside === undefined) throw new Unknown(`the class ${named[0]}`);
      return this.#put(named[0].length, inside);
    }
    if (/^\[([.=]).*\1\]/.test(rest)) throw new Unknown("a collating element");
    if (rest[0] !== "\\") return this.#put(1, rest[0]);
    const next = rest[1] ?? "";
    const members = MEMBERS[next] ?? MEMBERS_ALONE[next];
    if (members !== undefined) this.#put(2, this.#lifted(members));
    else if (/[89]/.test(next)) this.#put(2, next);
    else this.#character(rest.slice(1));
  }
}

/** \p{^Lu} is \P{Lu}; anything else stays. */
function property(text: string): string {
  const negated = /^([pP])\{\^(.*)$/.exec(text);
  return negated === null ? `\\${text}` : `\\${negated[1] === "p" ? "P" : "p"}{${negated[2] ?? ""}`;
}

const escaped = (character: string): string =>
  /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;

/**
 * Characters that stand for bytes: those above ASCII as characters that have no other case, as PCRE2 knows none for them. (To
 * JavaScript they would be letters of Latin-1.)
 */
export function liftBytes(text: string): string {
  return text.replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(LIFTED + byte.charCodeAt(0)));
}

/** @returns the source of a JavaScript expression that matches the same, or what of the pattern it cannot say. */
export function translatePattern(pattern: string, dialect: Dialect): Translation {
  try {
    return { ok: true, source: new Translator(pattern, dialect).run() };
  } catch (error) {
    if (error instanceof Unknown) return { ok: false, problem: `${error.message} is not known here` };
    throw error;
  }
}
