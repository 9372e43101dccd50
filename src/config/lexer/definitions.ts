/** `$NAME=VALUE` definitions, their substitution, and the built-in ones (config-language reference, 2.5 to 2.8). */
import { quoted, type Diagnostics } from "../diagnostic.js";
import { comesFrom, Derived, madeText, type Part, type Range } from "../text.js";
import { seededRandom } from "./random.js";
import { indexWithin, isBlank } from "./scan.js";

/** What built-ins ask of the world. */
interface BuiltinWorld {
  env(name: string): string | undefined;
  random(min: number, max: number): number;
}

/** A reference to a multi-line definition at the end of a line: what stands before it, and its lines. */
interface LinesReference {
  name: string;
  before: Range;
  use: Range;
  lines: readonly Range[];
}

/** How far a line has been expanded. */
interface Expansion {
  current: Range;
  /** Where the search for the next reference starts. */
  from: number;
  /** Replacements made. */
  count: number;
}

interface Reference {
  name: string;
  braces: boolean;
  /** Words between the name and the closing brace. */
  parameters: string[];
  range: Range;
}

const DOLLAR = 36;
const CLOSE_BRACE = 125;

/** One pass over a line does not replace more; what is limited below by the length alone may still shrink for ever. */
const MOST_REPLACEMENTS = 500;
/** Bytes of a line after substitution. */
export const LONGEST_LINE = 1023;

export class Definitions {
  readonly #values = new Map<string, readonly Range[]>();
  /** Names that have more than one line, whatever their value is. */
  readonly #multiline = new Set<string>();

  /** Whether the last line could not be expanded completely: trying again would not help. */
  gaveUp = false;

  #random: BuiltinWorld["random"];

  constructor(
    readonly world: BuiltinWorld,
    readonly configId: string,
    readonly diagnostics: Diagnostics,
  ) {
    this.#random = (min, max) => world.random(min, max);
  }

  /** `random_seed`: from here on random numbers are repeatable. */
  seedRandom(seed: number): void {
    this.#random = seededRandom(seed);
  }

  define(name: string, value: Range): void {
    this.#values.set(name, [value]);
    this.#multiline.delete(name);
  }

  defineLines(name: string, lines: readonly Range[]): void {
    this.#values.set(name, lines);
    this.#multiline.add(name);
  }

  /** Replaces references from left to right, the replaced text included. Returns the line itself when there is none. */
  expand(line: Range, directory: string): Range | LinesReference {
    this.gaveUp = false;
    let { current, from, count } = this.#expandPlain(line);
    for (; ; count++) {
      const dollar = indexWithin(current.of.chars, DOLLAR, from, current.end);
      if (dollar < 0) return current;
      const reference = readReference(current, dollar);
      if (count > MOST_REPLACEMENTS) {
        this.diagnostics.report("general", reference?.range ?? line, "too many substitutions in one line");
        this.gaveUp = true;
        return line;
      }
      const replacement = reference && this.#replacement(reference, current, directory);
      if (reference === undefined || replacement === undefined) {
        if (reference === undefined) this.#mentionUnbraced(current, dollar);
        from = dollar + 1;
      } else if ("lines" in replacement) {
        return replacement;
      } else {
        const next = splice(current, reference, replacement);
        if (next.end - next.start > LONGEST_LINE) {
          const message = `the line would grow beyond ${LONGEST_LINE} bytes by '$${reference.name}', which stays as it is`;
          this.diagnostics.report("general", reference.range, message);
          this.gaveUp = true;
          return current;
        }
        from = next.start + (dollar - current.start);
        current = next;
        if (startsWithTilde(current, from)) return current;
      }
    }
  }

  /**
   * The usual case, in one go: references behind the first word to definitions that hold none themselves. What is
   * left to be replaced, and anything to be said, is left to `expand`, from `from` on.
   */
  #expandPlain(line: Range): Expansion {
    const { of, start, end } = line;
    const { chars } = of;
    const parts: Part[] = [];
    let length = end - start;
    let done = start;
    let count = 0;
    let dollar = indexWithin(chars, DOLLAR, start, end);
    if (dollar < 0 || endOfBlanks(line) === dollar) return { current: line, from: start, count };
    while (dollar >= 0) {
      const reference = readReference(line, dollar);
      const value = reference && this.#plainValue(reference);
      if (reference === undefined || value === undefined) break;
      const { range, name } = reference;
      length += value.end - value.start - (range.end - range.start);
      if (length > LONGEST_LINE || ++count > MOST_REPLACEMENTS) break;
      parts.push(
        { of, start: done, end: dollar },
        { of: value.of, start: value.start, end: value.end, via: { kind: "value", name, use: range } },
      );
      done = range.end;
      dollar = indexWithin(chars, DOLLAR, done, end);
    }
    if (parts.length === 0) return { current: line, from: start, count };
    parts.push({ of, start: done, end });
    const text = new Derived(parts);
    const current = { of: text, start: 0, end: text.chars.length };
    return { current, from: current.end - (end - done), count };
  }

  /** A definition whose name runs into the rest of an address: nothing is wrong by upstream's measure, and hardly meant. */
  #mentionUnbraced({ of, end }: Range, dollar: number): void {
    const nameEnd = endOfName(of.chars, dollar + 1, end);
    const name = of.chars.slice(dollar + 1, nameEnd);
    if (nameEnd >= end || !"/.:".includes(of.chars.charAt(nameEnd)) || !this.#values.has(name)) return;
    const message = `'$${name}' is not replaced before ${quoted(of.chars.charAt(nameEnd))}; write '\${${name}}'`;
    this.diagnostics.report("logged", { of, start: dollar, end: nameEnd }, message);
  }

  /** The value of a definition of one line in which nothing is to be replaced. */
  #plainValue({ name, parameters, range }: Reference): Range | undefined {
    const value = this.#multiline.has(name) ? undefined : this.#values.get(name)?.[0];
    if (value === undefined || parameters.length > 0 || comesFrom(range, name)) return undefined;
    return indexWithin(value.of.chars, DOLLAR, value.start, value.end) < 0 ? value : undefined;
  }

  /** The text for a reference; undefined leaves it alone. */
  #replacement(reference: Reference, line: Range, directory: string): Range | LinesReference | undefined {
    const { name, range } = reference;
    const lines = this.#values.get(name);
    if (lines === undefined) return name.startsWith("_") ? this.#builtin(reference, directory) : undefined;
    if (reference.parameters.length > 0) return undefined;
    if (comesFrom(range, name)) {
      this.diagnostics.report("general", range, `the definition of '$${name}' refers to itself`);
      this.gaveUp = true;
      return undefined;
    }
    const first = lines[0];
    if (this.#multiline.has(name)) {
      if (range.end !== line.end) return undefined;
      return { name, before: { of: line.of, start: line.start, end: range.start }, use: range, lines };
    }
    return first;
  }

  #builtin(reference: Reference, directory: string): Range | undefined {
    const { name, range, parameters, braces } = reference;
    const wrong = (message: string): undefined => {
      this.diagnostics.report("general", range, `'${name}' ${message}`);
    };
    const made = (text: string): Range => {
      if (text === "") return { of: range.of, start: range.start, end: range.start };
      const of = madeText(text, range);
      return { of, start: 0, end: text.length };
    };
    const plain: Readonly<Record<string, string>> = {
      _PWD: directory,
      _INSTANCE: this.configId,
      _HASH: "#",
      _BANG: "!",
    };
    const text = Object.hasOwn(plain, name) ? plain[name] : undefined;
    if (text !== undefined) return parameters.length > 0 ? wrong("takes no parameter") : made(text);
    if (name === "_ENV") {
      const [variable] = parameters;
      if (!braces || variable === undefined || parameters.length > 1)
        return wrong("needs the name of one environment variable");
      return made(
        Buffer.from(this.world.env(variable) ?? "")
          .toString("latin1")
          .replace(/[\0\r\n]/g, " "),
      );
    }
    if (name !== "_RANDOM") return undefined;
    if (parameters.length > 2) return wrong("takes at most two parameters");
    const bad = parameters.find((parameter) => !/^\d{1,10}$/.test(parameter));
    if (bad !== undefined) return wrong(`needs numbers, not ${quoted(bad)}`);
    const min = Number(parameters[0] ?? 0);
    const max = Number(parameters[1] ?? 32767);
    if (min > max) {
      this.diagnostics.report("general", range, `'${name}' has a minimum above its maximum; ${min} is used`);
      return made(String(min));
    }
    return made(String(this.#random(min, max)));
  }
}

/** `$NAME` before a blank, a comma, a `)` or the end; `${NAME}` and `${NAME WORDS}` anywhere. */
function readReference(line: Range, dollar: number): Reference | undefined {
  const { of, end } = line;
  const { chars } = of;
  const braces = chars[dollar + 1] === "{";
  const nameStart = dollar + (braces ? 2 : 1);
  const nameEnd = endOfName(chars, nameStart, end);
  if (nameEnd === nameStart) return undefined;
  const name = chars.slice(nameStart, nameEnd);
  if (!braces) {
    if (nameEnd < end && !" \t,)".includes(chars[nameEnd] ?? "")) return undefined;
    return { name, braces, parameters: [], range: { of, start: dollar, end: nameEnd } };
  }
  const close = indexWithin(chars, CLOSE_BRACE, nameEnd, end);
  if (close < 0) return undefined;
  const rest = chars.slice(nameEnd, close);
  if (!/^([ \t]+\w+)*$/.test(rest)) return undefined;
  const parameters = rest.split(/[ \t]+/).filter((word) => word !== "");
  return { name, braces, parameters, range: { of, start: dollar, end: close + 1 } };
}

/** End of an identifier that begins at `start`; `start` itself when there is none. */
function endOfName(chars: string, start: number, end: number): number {
  let i = start;
  for (; i < end; i++) {
    const c = chars.charCodeAt(i);
    const letter = (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
    if (!letter && !(i > start && c >= 48 && c <= 57)) break;
  }
  return i;
}

/** `$NAME=VALUE` at the start of a line. */
export function readDefinition(line: Range): { name: string; at: Range; value: Range } | undefined {
  const { of, start, end } = line;
  const { chars } = of;
  const nameEnd = endOfName(chars, start + 1, end);
  if (nameEnd === start + 1 || nameEnd >= end || chars[nameEnd] !== "=") return undefined;
  let value = nameEnd + 1;
  while (value < end && isBlank(chars.charCodeAt(value))) value++;
  return {
    name: chars.slice(start + 1, nameEnd),
    at: { of, start, end: nameEnd },
    value: { of, start: value, end },
  };
}

function splice(line: Range, reference: Reference, value: Range): Range {
  const { of } = line;
  const { range, name } = reference;
  const text = new Derived([
    { of, start: line.start, end: range.start },
    { ...value, via: { kind: "value", name, use: range } },
    { of, start: range.end, end: line.end },
  ]);
  return { of: text, start: 0, end: text.chars.length };
}

function startsWithTilde(line: Range, replaced: number): boolean {
  const i = endOfBlanks(line);
  return i >= replaced && line.of.chars[i] === "~";
}

function endOfBlanks({ of, start, end }: Range): number {
  let i = start;
  while (i < end && isBlank(of.chars.charCodeAt(i))) i++;
  return i;
}
