/** A manual page as data, which can be written as roff or as Markdown. */

/** In running text, `x` between backquotes is a word of the language. */
export type Part =
  | { readonly kind: "section"; readonly title: string }
  | { readonly kind: "subsection"; readonly title: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "example"; readonly lines: readonly string[] }
  /** A word of the language, how it goes on, and what it is. */
  | { readonly kind: "term"; readonly word: string; readonly syntax: string; readonly text: string };

export interface Page {
  readonly name: string;
  readonly section: number;
  /** For the line NAME. */
  readonly purpose: string;
  readonly parts: readonly Part[];
}

export const section = (title: string): Part => ({ kind: "section", title });
export const subsection = (title: string): Part => ({ kind: "subsection", title });
export const text = (words: string): Part => ({ kind: "text", text: words });
export const term = (word: string, syntax: string, words: string): Part => ({
  kind: "term",
  word,
  syntax,
  text: words,
});
/** Lines as they stand in a file. */
export const example = (words: string): Part => ({
  kind: "example",
  lines: words.replace(/^\n|\s+$/g, "").split("\n"),
});
