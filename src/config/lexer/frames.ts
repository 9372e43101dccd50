/** Where the next line comes from: a file, the rest of a sequence, the body of a definition. A stack of them is being read. */
import type { Diagnostics } from "../diagnostic.js";
import type { Source } from "../text.js";
import { Derived, madeText, type Part, type Range } from "../text.js";
import { type Definitions, LONGEST_LINE } from "./definitions.js";
import type { IncludeCheck } from "./includes.js";
import { stripComment } from "./scan.js";
import type { Sequence } from "./sequences.js";

/** Gives lines that have passed 2.2; "blank" for an empty physical line; undefined at its end. */
export interface Frame {
  next(): Range | "blank" | undefined;
}

const RETURN = 13;

/** One file (2.1). */
export class FileFrame implements Frame {
  /** Where the next line starts. */
  at = 0;
  #nul: number;

  constructor(
    readonly source: Source,
    readonly path: string,
    /** Directory that relative names start from, absolute. */
    readonly directory: string,
    /** The same, as messages show it. */
    readonly shownDirectory: string,
    /** What include_check was when the file was opened. */
    readonly checksBefore: ReadonlySet<IncludeCheck>,
    readonly diagnostics: Diagnostics,
  ) {
    this.#nul = source.chars.indexOf("\0");
  }

  next(): Range | "blank" | undefined {
    const { source } = this;
    const { chars } = source;
    while (this.at < chars.length) {
      const start = this.at;
      const newline = chars.indexOf("\n", start);
      let end = newline < 0 ? chars.length : newline;
      this.at = newline < 0 ? end : newline + 1;
      this.diagnostics.order++;
      if (!this.#isReadable(start, end)) continue;
      while (end > start && chars.charCodeAt(end - 1) === RETURN) end--;
      if (start === end) return "blank";
      const line = stripComment({ of: source, start, end }, this.diagnostics);
      if (line !== undefined) return line;
    }
    return undefined;
  }

  #isReadable(start: number, end: number): boolean {
    const { source, diagnostics } = this;
    if (end - start >= LONGEST_LINE) {
      const message = `the line is ${end - start} bytes long, more than ${LONGEST_LINE - 1}; it is ignored`;
      diagnostics.report("general", { of: source, start, end: start + 1 }, message);
      return false;
    }
    if (this.#nul < 0) return true;
    if (this.#nul < start) this.#nul = source.chars.indexOf("\0", start);
    if (this.#nul < start || this.#nul >= end) return true;
    diagnostics.report(
      "general",
      { of: source, start: this.#nul, end: this.#nul + 1 },
      "the line holds a NUL byte; it is ignored",
    );
    return false;
  }
}

/** The lines of a multi-line definition at the place of their use (2.6). */
export class LinesFrame implements Frame {
  #round = 0;

  constructor(
    readonly name: string,
    readonly lines: readonly Range[],
    /** Text before the reference. */
    readonly before: Range,
    readonly use: Range,
  ) {}

  next(): Range | undefined {
    const line = this.lines[this.#round];
    if (line === undefined) return undefined;
    const parts: Part[] = [{ ...line, via: { kind: "line", name: this.name, use: this.use } }];
    if (this.#round === 0) parts.unshift(this.before);
    this.#round++;
    const text = new Derived(parts);
    return { of: text, start: 0, end: text.chars.length };
  }
}

/** The rest of a line, once for each value (2.9). */
export class SequenceFrame implements Frame {
  #round = 0;

  constructor(
    readonly sequence: Sequence,
    readonly definitions: Definitions,
  ) {}

  next(): Range | undefined {
    const { names, count, at, rest } = this.sequence;
    if (this.#round >= count) return undefined;
    const round = this.sequence.values(this.#round++);
    names.forEach((name, i) => {
      const text = round[i] ?? "";
      const of = madeText(text, at);
      this.definitions.define(name, { of, start: 0, end: text.length });
    });
    return rest;
  }
}
