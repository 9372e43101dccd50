/** The words of the language by their kind, for the grammars of editors. */
import { optionsOf, outline } from "./outline.js";

interface LanguageWords {
  /** Keywords that open a block. */
  blocks: string[];
  keywords: string[];
  /** Old names, block or not. */
  deprecated: string[];
  /** Words inside entries. */
  options: string[];
  /** Words that are values, as far as the syntax spells them out. */
  values: string[];
}

const SWITCHES = ["on", "off", "true", "false", "yes", "no"];

/** Each list sorted, each word in one of the first three only. */
export function languageWords(): LanguageWords {
  const blocks = new Set<string>();
  const keywords = new Set<string>();
  const deprecated = new Set<string>();
  const options = new Set<string>();
  const values = new Set(SWITCHES);
  for (const block of outline()) {
    for (const { name, row } of block.keywords) {
      if (row.opens) blocks.add(name);
      else if (row.deprecated !== undefined) deprecated.add(name);
      else keywords.add(name);
      for (const [word] of optionsOf(row)) options.add(word);
      for (const word of choicesIn(row.syntax)) values.add(word);
    }
  }
  // A word that is a block or a good keyword anywhere is shown as that everywhere.
  for (const word of blocks) keywords.delete(word);
  for (const word of deprecated) if (blocks.has(word) || keywords.has(word)) deprecated.delete(word);
  const sorted = (words: Set<string>): string[] => [...words].sort();
  return {
    blocks: sorted(blocks),
    keywords: sorted(keywords),
    deprecated: sorted(deprecated),
    options: sorted(options),
    values: sorted(values),
  };
}

/** `MASTER|BACKUP` and the like. */
function choicesIn(syntax: string): string[] {
  return /^\[?[\w.-]+(\|[\w.-]+)+\]?$/.test(syntax) ? syntax.replace(/^\[|\]$/g, "").split("|") : [];
}
