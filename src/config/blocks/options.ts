/** Entries of value blocks: a first word and options in any order, one row per option. */
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import { Adjusted, Complaint, type Site, type Value, writtenAs } from "../schema.js";
import type { Word } from "../text.js";

/** "drop": the entry is of no use any more; "ignored": the option changes nothing. */
export type Applied = "drop" | "ignored" | undefined | void;

/** "complained": the word is no option, and its value need not be reported too. */
export type Unknown = Applied | "complained";

export interface Option<E> {
  readonly syntax: string;
  readonly doc: string;
  /** Words that may stand between the option and its value. */
  readonly skip?: readonly string[];
  readonly takesValue: boolean;
  readonly notActedOn?: boolean;
  apply(entry: E, word: Word, site: Site): Applied;
  /** For an option of several words: reads on from its own word; the index of the first word it leaves. */
  readonly readOn?: (entry: E, words: readonly Word[], from: number, site: Site) => number | "drop";
}

export type OptionTable<E> = Readonly<Record<string, Option<E>>>;

/** An option without value. */
export function mark<E>(doc: string, apply: (entry: E, word: Word, site: Site) => Applied): Option<E> {
  return { syntax: "", doc, takesValue: false, apply };
}

/** An option with a value. */
export function valued<E, V>(
  value: Value<V>,
  doc: string,
  apply: (entry: E, value: V, word: Word, site: Site) => Applied,
  more: { skip?: readonly string[]; wrong?: "drop"; notActedOn?: boolean } = {},
): Option<E> {
  return {
    syntax: value.syntax,
    doc,
    takesValue: true,
    ...(more.skip && { skip: more.skip }),
    ...(more.notActedOn && { notActedOn: true }),
    apply: (entry, word, site) => {
      const result = value.read(word.text);
      if (result instanceof Complaint) {
        const what = more.wrong === "drop" ? "the entry is ignored" : "the option is ignored";
        site.tree.diagnostics.report(result.kind, word, `${quoted(word.text)} ${result.message}; ${what}`);
        return more.wrong ?? "ignored";
      }
      if (!(result instanceof Adjusted)) return apply(entry, result, word, site);
      site.tree.diagnostics.report(result.kind, word, `${quoted(word.text)} ${result.message}`, {
        severity: result.severity,
      });
      site.tree.recorder?.edit(word, writtenAs(value, result.value) ?? word.text);
      return apply(entry, result.value, word, site);
    },
  };
}

/** The value of an option of several words; undefined after a complaint, and the entry is of no use. */
export function readOptionWord<V>(
  value: Value<V>,
  option: Word | undefined,
  word: Word | undefined,
  site: Site,
): V | undefined {
  if (word === undefined) {
    const message = `'${option?.text ?? ""}' needs ${value.syntax}; the entry is ignored`;
    site.tree.diagnostics.report("general", option, message);
    return undefined;
  }
  const result = value.read(word.text);
  if (result instanceof Complaint) {
    const message = `${quoted(word.text)} ${result.message}; the entry is ignored`;
    site.tree.diagnostics.report(result.kind, word, message);
    return undefined;
  }
  if (!(result instanceof Adjusted)) return result;
  const { severity } = result;
  site.tree.diagnostics.report(result.kind, word, `${quoted(word.text)} ${result.message}`, { severity });
  site.tree.recorder?.edit(word, writtenAs(value, result.value) ?? word.text);
  return result.value;
}

/** An option of several words. */
export function phrase<E>(
  syntax: string,
  doc: string,
  readOn: (entry: E, words: readonly Word[], from: number, site: Site) => number | "drop",
  more: { notActedOn?: boolean } = {},
): Option<E> {
  return { syntax, doc, takesValue: false, ...more, apply: () => undefined, readOn };
}

/** The same option under an old name. */
export function oldName<E>(option: Option<E>, name: string, instead: string): Option<E> {
  const complain = (word: Word, site: Site) =>
    site.tree.diagnostics.report("deprecated", word, `'${name}' is deprecated; write '${instead}'`);
  const { readOn } = option;
  return {
    ...option,
    apply: (entry, word, site) => {
      complain(word, site);
      return option.apply(entry, word, site);
    },
    ...(readOn && {
      readOn: (entry, words, from, site) => {
        const [word] = words.slice(from);
        if (word) complain(word, site);
        return readOn(entry, words, from, site);
      },
    }),
  };
}

/** Applies the options from a word on; `unknown` decides about a word that is none. False when the entry is dropped. */
export function readOptions<E>(
  options: OptionTable<E>,
  entry: E,
  words: readonly Word[],
  from: number,
  site: Site,
  unknown: (word: Word) => Unknown,
): boolean {
  for (let i = from; i < words.length; i++) {
    const word = words[i];
    if (word === undefined) break;
    const option = Object.hasOwn(options, word.text) ? options[word.text] : undefined;
    if (option === undefined) {
      const outcome = unknown(word);
      if (outcome === "drop") return false;
      const next = words[i + 1];
      if (outcome === "complained") site.tree.recorder?.edit(word, "");
      if (outcome === "complained" && next !== undefined && !Object.hasOwn(options, next.text)) {
        site.tree.recorder?.edit(next, "");
        i++;
      }
      continue;
    }
    if (option.notActedOn) site.tree.noteNotActedOn(`option '${word.text}'`, word);
    if (option.readOn !== undefined) {
      const next = option.readOn(entry, words, i, site);
      if (next === "drop") return false;
      i = next - 1;
      continue;
    }
    const at = valueOf(option, words, i, site);
    const value = at === undefined ? undefined : words[at];
    if (at === undefined || value === undefined) return false;
    i = at;
    const applied = option.apply(entry, value, site);
    if (applied === "drop") return false;
    if (applied === "ignored") {
      site.tree.recorder?.edit(word, "");
      if (value !== word) site.tree.recorder?.edit(value, "");
    }
  }
  return true;
}

/** Where the value of an option stands, for a flag the option itself; undefined when it lacks, which is said. */
function valueOf<E>(option: Option<E>, words: readonly Word[], at: number, site: Site): number | undefined {
  const word = words[at];
  if (!option.takesValue || word === undefined) return at;
  const next = words[at + 1];
  const place = next !== undefined && option.skip?.includes(next.text) ? at + 2 : at + 1;
  if (words[place] !== undefined) return place;
  const message = `'${word.text}' needs ${option.syntax}; the entry is ignored`;
  site.tree.diagnostics.report("general", word, message);
  return undefined;
}

/** The usual complaint. */
export function unknownOption<E>(options: OptionTable<E>, word: Word, site: Site, then: string): Unknown {
  const hint = didYouMean(word.text, Object.keys(options));
  site.tree.diagnostics.report("general", word, `unknown option ${quoted(word.text)}; ${then}${hint}`);
  return "complained";
}
