/**
 * How a block of the language is declared: a table with one row per keyword, from which parser, default,
 * validation and reference documentation follow. The rows know words and spans, never the host.
 */
import { Block } from "./block.js";
import type { Kind, Severity } from "./diagnostic.js";
import { quoted } from "./diagnostic.js";
import type { LogicalLine } from "./lexer/lines.js";
import type { TreeReader } from "./read-tree.js";
import type { Word } from "./text.js";

export { Block };

/** Why a word is not a value. */
export class Complaint {
  constructor(
    readonly message: string,
    readonly kind: Kind = "general",
  ) {}
}

/** A value that is used although the word was not quite right. */
export class Adjusted<V> {
  constructor(
    readonly value: V,
    readonly message: string,
    readonly severity: Severity = "warning",
    readonly kind: Kind = "general",
  ) {}
}

/** One kind of value: how it is written, and how its word becomes a value or a complaint. */
export interface Value<V> {
  readonly syntax: string;
  read(text: string): V | Complaint | Adjusted<V>;
  /** The word for a value, where the value itself is not it. */
  write?(value: V): string;
}

/** A line that starts with a keyword, and what a row needs to read it. */
export interface Site {
  readonly head: Word;
  readonly words: readonly Word[];
  readonly line: LogicalLine;
  readonly tree: TreeReader;
}

/** A value with the place where it was set. */
export interface Setting<V> {
  readonly value: V;
  /** The first word after the keyword, or the keyword when it stands alone. */
  readonly at: Word;
  readonly head: Word;
}

/** What the reference says about a word that may stand in an entry. */
export interface OptionDoc {
  readonly syntax: string;
  readonly doc: string;
  readonly deprecated?: string;
  readonly notActedOn?: boolean;
}

/** What happens when a keyword is given again. */
export type Repeat = "last wins" | "first wins" | "accumulates";

/** Everything about one keyword. */
export interface Row<V> {
  readonly syntax: string;
  readonly doc: string;
  readonly unit?: string | undefined;
  readonly default: V;
  /** The default as one would write it. */
  readonly defaultText?: string | undefined;
  /** What the keyword without its argument means, as one would write it. */
  readonly aloneText?: string | undefined;
  readonly repeat: Repeat;
  /** What to write instead. */
  readonly deprecated?: string | undefined;
  /** The old name is as good as the new one: it is said, but does not count. */
  readonly deprecatedQuietly?: boolean | undefined;
  /** Read and checked, but this version does nothing with it. */
  readonly notActedOn?: boolean | undefined;
  /** Whether `{` follows. */
  readonly opens: boolean;
  /** Its value says nothing about where it stands: the same text again gives the same value. */
  readonly plain?: boolean | undefined;
  /** The keywords in its braces. */
  readonly inner?: TableOutline | undefined;
  /** The words that may stand in its entries. */
  readonly options?: Readonly<Record<string, OptionDoc>> | undefined;
  /** The new value, or undefined to leave the setting as it was. */
  read(site: Site, previous: Setting<V> | undefined): V | undefined;
}

/** A table as the reference sees it: the rows without their types. */
export interface TableOutline {
  readonly name: string;
  readonly rows: object;
}

type Rows<S> = { readonly [N in keyof S]: Row<S[N]> };

/** The keywords of one block. */
export interface Table<S> {
  readonly name: string;
  readonly rows: Rows<S>;
  /** The names of the rows. */
  readonly keywords: ReadonlySet<unknown>;
}

export function table<S>(name: string, rows: Rows<S>): Table<S> {
  return { name, rows, keywords: new Set(Object.keys(rows)) };
}

/** Whether a word is a keyword of the table. */
export function isKeyword<S>({ keywords }: Table<S>, word: string): word is keyof S & string {
  return keywords.has(word);
}

interface Options {
  unit?: string;
  /** For the reference, where the default alone does not say it. */
  defaultText?: string;
  repeat?: Repeat;
  deprecated?: string;
  deprecatedQuietly?: boolean;
  notActedOn?: boolean;
  /** See `Row`; taken for granted of settings and flags. */
  plain?: boolean;
}

interface SettingOptions<V> extends Options {
  /** A missing argument is an ordinary error and the line is ignored; else nothing goes on after it. */
  lenient?: boolean;
  /** Value of the keyword without argument. */
  alone?: V;
  /** Value used when the argument is wrong; else the line is ignored. */
  wrong?: V;
}

/** A keyword with one argument. */
export function setting<V>(
  value: Value<V>,
  doc: string,
  options: SettingOptions<NoInfer<V>> & { default: NoInfer<V> },
): Row<V>;
export function setting<V>(
  value: Value<V>,
  doc: string,
  options?: SettingOptions<NoInfer<V>>,
): Row<V | undefined>;
export function setting<V>(
  value: Value<V>,
  doc: string,
  options: SettingOptions<V> & { default?: V } = {},
): Row<V | undefined> {
  const { alone, wrong, repeat = "last wins" } = options;
  return {
    ...common(options),
    syntax: alone === undefined ? value.syntax : `[${value.syntax}]`,
    doc,
    default: options.default,
    defaultText: options.defaultText ?? writtenAs(value, options.default),
    aloneText: writtenAs(value, alone),
    repeat,
    opens: false,
    plain: true,
    read: (site, previous) => {
      const word = site.words[1];
      if (word === undefined) {
        if (alone === undefined) missingArgument(site, value.syntax, options.lenient);
        return alone;
      }
      site.tree.noteExtraWords(site, 2);
      const read = readValue(site, word, value, wrong);
      if (repeat !== "first wins" || previous === undefined) return read;
      if (read !== undefined && read !== previous.value) site.tree.alreadySet(site, previous.head);
      return undefined;
    },
  };
}

/** A keyword stands alone that must not; `lenient` as for a setting. */
export function missingArgument(site: Site, syntax: string, lenient = false): undefined {
  const message = `'${site.head.text}' needs ${syntax}`;
  if (!lenient) site.tree.missingParameter(site.head, message);
  else site.tree.diagnostics.report("general", site.head, `${message}; the line is ignored`);
}

/** A keyword that may be given only once: the first one stays, whatever the others say. */
export function once<V>(row: Row<V>): Row<V> {
  const read: Row<V>["read"] = (site, previous) => {
    if (previous === undefined) return row.read(site, previous);
    site.tree.alreadySet(site, previous.head);
    return undefined;
  };
  return { ...row, repeat: "first wins", read };
}

/** Reads one word, with the complaint under it. */
export function readValue<V>(site: Site, word: Word, value: Value<V>, wrong?: V): V | undefined {
  const result = value.read(word.text);
  const name = site.head.text;
  if (result instanceof Complaint) {
    const used = wrong === undefined ? "the line is ignored" : `${String(wrong)} is used`;
    site.tree.diagnostics.report(
      result.kind,
      word,
      `'${name}' ${result.message}, not ${quoted(word.text)}; ${used}`,
    );
    if (wrong !== undefined) noteUsed(site, word, value, wrong);
    return wrong;
  }
  if (result instanceof Adjusted) {
    site.tree.diagnostics.report(result.kind, word, `'${name}' ${result.message}`, {
      severity: result.severity,
    });
    noteUsed(site, word, value, result.value);
    return result.value;
  }
  return result;
}

/** How one would write a value; undefined when there is none, or no short way. */
export function writtenAs<V>(value: Value<V>, used: V | undefined): string | undefined {
  if (used === undefined) return undefined;
  if (used === "") return undefined;
  if (value.write !== undefined) return value.write(used);
  if (typeof used === "boolean") return used ? "on" : "off";
  return typeof used === "number" || typeof used === "string" ? String(used) : undefined;
}

/** For the dump: another value than the one that stands there is in force. */
function noteUsed<V>(site: Site, word: Word, value: Value<V>, used: V): void {
  const { recorder } = site.tree;
  const text = recorder && writtenAs(value, used);
  if (text !== undefined) recorder?.edit(word, text);
}

/** A keyword that takes no argument and switches something on. */
export function flag(doc: string, options: Options = {}): Row<boolean> {
  return {
    ...common(options),
    syntax: "",
    doc,
    default: false,
    repeat: "last wins",
    opens: false,
    plain: true,
    read: (site) => {
      site.tree.noteExtraWords(site, 1);
      return true;
    },
  };
}

interface BlockOptions extends Options {
  /** "one": exactly one name, else the block is skipped. "first": further words are ignored. */
  name: "none" | "one" | "first";
  /** A missing name is an ordinary error, as it always is with "one". */
  lenient?: boolean;
  /** Given again, it goes on where it stopped. */
  merge?: boolean;
}

/** A block with keywords of its own; it may be given several times. */
export function block<S>(inner: Table<S>, doc: string, options: BlockOptions): Row<Block<S>[]> {
  return {
    ...common(options),
    syntax: options.name === "none" ? "{ ... }" : "NAME { ... }",
    doc,
    default: [],
    repeat: "accumulates",
    opens: true,
    plain: options.merge !== true,
    inner,
    read: (site, previous) => {
      const { tree, head, words } = site;
      if (options.name !== "none" && (words.length < 2 || (options.name === "one" && words.length > 2))) {
        const message = `'${head.text}' needs ${options.name === "one" ? "exactly one" : "a"} name${words.length > 2 ? "; quote a name with blanks" : ""}; the block is skipped`;
        if (options.name === "first" && options.lenient !== true) tree.missingParameter(head, message);
        else tree.diagnostics.report("general", words[2] ?? head, message);
        tree.skipBlockOf(head);
        return undefined;
      }
      if (options.name !== "one") tree.noteExtraWords(site, options.name === "none" ? 1 : 2);
      const list = previous?.value ?? [];
      const again = options.merge === true ? list[0] : undefined;
      const into = again ?? new Block(inner, head, words.slice(1));
      tree.readBlock(into, head, options.merge !== true);
      if (again === undefined) list.push(into);
      return list;
    },
  };
}

/** A brace-enclosed list of entries, one per line, that are no keywords. */
export function entries<E>(
  entry: {
    readonly syntax: string;
    readonly options?: Readonly<Record<string, OptionDoc>>;
    read(words: readonly Word[], site: Site): E | undefined;
  },
  doc: string,
  options: Options & {
    /** An entry never looks like a keyword, so that a keyword shows a missing brace. */ distinct?: boolean;
  } = {},
): Row<readonly E[]> {
  return {
    ...common(options),
    syntax: `{ ${entry.syntax} ... }`,
    doc,
    default: [],
    repeat: "accumulates",
    opens: true,
    options: entry.options,
    read: (site, previous) => {
      const list: E[] = [...(previous?.value ?? [])];
      site.tree.readEntries(site, options.distinct === true, (words) => {
        const read = entry.read(words, site);
        if (read !== undefined) list.push(read);
        return read !== undefined;
      });
      return list;
    },
  };
}

/** A brace-enclosed list of names, any number per line. */
export function names(doc: string, options: Options & { what: string }): Row<readonly Word[]> {
  const { repeat = "accumulates", what } = options;
  return {
    ...common(options),
    syntax: `{ ${what} ... }`,
    doc,
    default: [],
    repeat,
    opens: true,
    read: (site, previous) => {
      const list: Word[] = [...(previous?.value ?? [])];
      const before = list.length;
      site.tree.readEntries(site, false, (words) => list.push(...words));
      if (list.length === before)
        site.tree.diagnostics.report("general", site.head, `the block '${site.head.text}' is empty`);
      if (repeat !== "first wins" || previous === undefined) return list;
      site.tree.alreadySet(site, previous.head);
      return undefined;
    },
  };
}

/** A keyword with rules of its own. */
export function custom<V>(
  row: {
    syntax: string;
    doc: string;
    default: V;
    read(site: Site, previous: Setting<V> | undefined): V | undefined;
  },
  options: Options = {},
): Row<V> {
  return {
    ...common(options),
    repeat: options.repeat ?? "last wins",
    opens: false,
    plain: options.plain,
    ...row,
  };
}

function common(
  options: Options,
): Pick<Row<unknown>, "unit" | "defaultText" | "deprecated" | "deprecatedQuietly" | "notActedOn"> {
  const { unit, defaultText, deprecated, deprecatedQuietly, notActedOn } = options;
  return { unit, defaultText, deprecated, deprecatedQuietly, notActedOn };
}
