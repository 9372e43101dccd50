/** The line pipeline: files in, logical lines out (config-language reference, section 2). */
import type { Diagnostics } from "../diagnostic.js";
import { Derived, type Range, Source, type Word } from "../text.js";
import { Definitions, readDefinition } from "./definitions.js";
import { FileFrame, type Frame, LinesFrame, SequenceFrame } from "./frames.js";
import { type FileReader, readInclude } from "./includes.js";
import { OpenFiles } from "./open-files.js";
import { PlainLines } from "./plain-lines.js";
import { indexWithin, isBlank, isContinued, stripComment, withoutMark } from "./scan.js";
import { isSequence, readSequence, sequenceBounds } from "./sequences.js";
import { splitWords } from "./words.js";

/** What the block reader sees: the words between two braces or line ends, or a brace. */
export interface LogicalLine extends Range {
  readonly brace: "" | "{" | "}";
  readonly words: readonly Word[];
  readonly order: number;
}

interface LineOptions {
  /** `-i`, or the node name up to its first dot. */
  configId: string;
  /** `-e`: all include problems are errors. */
  includeAll: boolean;
}

const AT = 64;
const CARET = 94;
const DOLLAR = 36;
const TILDE = 126;
const SMALL_I = 105;
const OPEN = 123;
const CLOSE = 125;
const QUOTE = 34;

/** Sequences and definitions inside each other. */
const DEEPEST_EXPANSION = 100;
const MOST_EXPANDED_LINES = 500_000;
/** Substitutions that lead to further conditions, definitions, substitutions of one line. */
const MOST_PASSES = 10;

/** Where a line of a file starts. */
export interface Mark {
  readonly source: Source;
  readonly at: number;
  /** Order of the line before. */
  readonly order: number;
  /** How many includes, definitions and sequences were met. */
  readonly directives: number;
}

/** The lines between two marks; undefined when they are more than lines of one file. */
export function textBetween(start: Mark, end: Mark | undefined): string | undefined {
  if (end?.source !== start.source || end.directives !== start.directives) return undefined;
  return start.source.chars.slice(start.at, end.at);
}

export class LineReader {
  readonly #frames: Frame[] = [];
  readonly definitions: Definitions;
  /** The files among the frames, and those to come. */
  readonly files: OpenFiles;
  readonly #plain: PlainLines;
  #rest: Range | undefined;
  /** The rest belongs to a line whose substitution failed: it is used as it stands. */
  #restIsFinal = false;
  #pushedBack: LogicalLine | undefined;
  #collecting: { name: string; lines: Range[] } | undefined;
  #directives = 0;
  #expanded = 0;

  constructor(
    readonly reader: FileReader,
    readonly options: LineOptions,
    readonly diagnostics: Diagnostics,
  ) {
    this.#plain = new PlainLines(diagnostics);
    this.definitions = new Definitions(reader, options.configId, diagnostics);
    this.files = new OpenFiles(reader, options.includeAll, diagnostics);
  }

  /** The directory in force, for relative names of scripts. */
  get directory(): string {
    return this.files.directory;
  }

  /** Nothing but lines of a single file was read: no includes, definitions or sequences. */
  get isOneFile(): boolean {
    return this.#directives === 0 && this.files.opened === 1;
  }

  /** Opens the first file, so that the first line can be marked. */
  begin(): void {
    while (this.#frames.length === 0 && this.files.isNextWaiting) {
      const opened = this.files.openNext();
      if (opened !== undefined) this.#frames.push(opened);
    }
  }

  /** Gives a line back, to be read again by an outer block. */
  pushBack(line: LogicalLine): void {
    this.#pushedBack = line;
  }

  /**
   * Where the next line starts, when nothing but the text from there on decides what it says. Text that is equal
   * to text between two marks, and holds no directive, then says the same.
   */
  mark(): Mark | undefined {
    const frame = this.#frames.at(-1);
    if (!(frame instanceof FileFrame) || frame.source.hasReferences) return undefined;
    if (this.#rest !== undefined || this.#pushedBack !== undefined || this.#collecting !== undefined)
      return undefined;
    if (this.#plain.owesBrace) return undefined;
    return {
      source: frame.source,
      at: frame.at,
      order: this.diagnostics.order,
      directives: this.#directives,
    };
  }

  /** Goes on behind so much text of the current file. */
  pass(characters: number, lines: number): void {
    const frame = this.#frames.at(-1);
    if (frame instanceof FileFrame) frame.at += characters;
    this.diagnostics.order += lines;
  }

  /** Takes a `{` if it is plain that one comes next; otherwise it has to be looked for with `next`. */
  takeOpen(): boolean {
    const frame = this.#frames.at(-1);
    return this.#pushedBack === undefined && frame instanceof FileFrame && this.#plain.takeOpen(frame);
  }

  next(): LogicalLine | undefined {
    const again = this.#pushedBack;
    if (again !== undefined) {
      this.#pushedBack = undefined;
      return again;
    }
    for (;;) {
      const plain = this.#nextPlain();
      if (plain !== undefined) return plain;
      const rest = this.#rest;
      this.#rest = undefined;
      const range = rest ?? this.#nextRange();
      if (range === undefined) return undefined;
      const line = this.#process(range, rest !== undefined && this.#restIsFinal);
      if (line !== undefined) return line;
    }
  }

  /** The next logical line, where it is a plain line of a file. */
  #nextPlain(): LogicalLine | undefined {
    const frame = this.#frames.at(-1);
    if (this.#rest !== undefined || this.#collecting !== undefined || !(frame instanceof FileFrame))
      return undefined;
    if (frame.source.hasReferences || this.files.isNextWaiting) return undefined;
    return this.#plain.next(frame);
  }

  /** The next line of whatever is being read. */
  #nextRange(): Range | undefined {
    for (;;) {
      if (this.files.isNextWaiting) {
        const opened = this.files.openNext();
        if (opened !== undefined) this.#frames.push(opened);
        continue;
      }
      const frame = this.#frames.at(-1);
      if (frame === undefined) {
        this.#finishCollecting();
        return undefined;
      }
      const range =
        this.#expanded > MOST_EXPANDED_LINES && !(frame instanceof FileFrame) ? undefined : frame.next();
      if (range === undefined) this.#endFrame(frame);
      else if (range === "blank") this.#finishCollecting();
      else if (this.#collecting !== undefined) this.#collect(range);
      else {
        if (!(frame instanceof FileFrame)) this.#countExpanded(range);
        return range;
      }
    }
  }

  #endFrame(frame: Frame): void {
    this.#finishCollecting();
    this.#frames.pop();
    if (frame instanceof FileFrame) this.files.close(frame);
  }

  #countExpanded(range: Range): void {
    this.diagnostics.order++;
    if (++this.#expanded > MOST_EXPANDED_LINES) {
      const message = `sequences and definitions make more than ${MOST_EXPANDED_LINES} lines; the rest is ignored`;
      this.diagnostics.report("general", range, message);
    }
  }

  /** Steps 2.3 to 2.10 for a line; undefined when it ends in something else than a logical line. */
  #process(line: Range, final: boolean): LogicalLine | undefined {
    this.#restIsFinal = final;
    let { of, start, end } = line;
    let conditional = true;
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const { chars } = of;
      while (start < end && isBlank(chars.charCodeAt(start))) start++;
      if (start >= end) return undefined;
      let first = chars.charCodeAt(start);
      if (first === AT && conditional) {
        const after = this.#applyCondition({ of, start, end });
        if (after === undefined) return undefined;
        start = after;
        first = chars.charCodeAt(start);
        conditional = false;
      }
      const isSettled =
        final || (of instanceof Source && !of.hasReferences) || indexWithin(chars, DOLLAR, start, end) < 0;
      // Definitions in the name of an included file are replaced first.
      const special = first === DOLLAR || first === TILDE || (first === SMALL_I && isSettled);
      if (special && this.#isDirective(first, { of, start, end })) return undefined;
      if (isSettled) break;
      const before: Range = { of, start, end };
      const expanded = this.definitions.expand(before, this.directory);
      if (this.definitions.gaveUp) this.#restIsFinal = true;
      if (expanded === before) {
        if (first === SMALL_I && this.#isDirective(first, before)) return undefined;
        break;
      }
      if ("lines" in expanded) {
        const { name, lines, before: text, use } = expanded;
        this.#push(new LinesFrame(name, lines, text, use), use);
        return undefined;
      }
      const stripped = stripComment(expanded, this.diagnostics);
      if (stripped === undefined) return undefined;
      ({ of, start, end } = stripped);
      if (this.#restIsFinal) break;
      conditional = true;
    }
    return this.#cut({ of, start, end });
  }

  /** Include, definition or sequence: lines that are carried out and give no logical line of their own. */
  #isDirective(first: number, line: Range): boolean {
    if (first === SMALL_I) {
      const include = readInclude(line);
      if (include === undefined) return false;
      this.#directives++;
      this.files.include(include.pattern, include.checks);
      return true;
    }
    if (first === DOLLAR) return this.#define(line);
    if (first === TILDE && isSequence(line)) {
      this.#startSequence(line);
      return true;
    }
    return false;
  }

  /** Where the rest of a conditional line starts; undefined drops the line (2.3). */
  #applyCondition(line: Range): number | undefined {
    const { chars } = line.of;
    const inverted = chars.charCodeAt(line.start + 1) === CARET;
    const idStart = line.start + (inverted ? 2 : 1);
    let at = idStart;
    while (at < line.end && !isBlank(chars.charCodeAt(at))) at++;
    const matches = chars.slice(idStart, at) === this.options.configId;
    while (at < line.end && isBlank(chars.charCodeAt(at))) at++;
    return at < line.end && matches !== inverted ? at : undefined;
  }

  #define(line: Range): boolean {
    const definition = readDefinition(line);
    if (definition === undefined) return false;
    this.#directives++;
    const { name, value } = definition;
    const { of, start, end } = value;
    if (end > start && isContinued(of.chars, start, end)) {
      this.#collecting = { name, lines: end - 1 > start ? [withoutMark(value)] : [] };
    } else {
      this.definitions.define(name, value);
    }
    return true;
  }

  #collect(line: Range): void {
    const collecting = this.#collecting;
    if (collecting === undefined) return;
    const more = isContinued(line.of.chars, line.start, line.end);
    const text = more ? withoutMark(line) : line;
    if (text.end > text.start) collecting.lines.push(text);
    if (!more) this.#finishCollecting();
  }

  #finishCollecting(): void {
    if (this.#collecting === undefined) return;
    this.definitions.defineLines(this.#collecting.name, this.#collecting.lines);
    this.#collecting = undefined;
  }

  #startSequence(line: Range): void {
    this.#directives++;
    const bounds = sequenceBounds(line);
    const ready = bounds === undefined ? line : this.#expandParameters(line, bounds.close);
    const result = readSequence(ready);
    if (!result.ok) this.diagnostics.report("general", result.at, result.message);
    else if (result.sequence.rest.end > result.sequence.rest.start) {
      this.#push(new SequenceFrame(result.sequence, this.definitions), result.sequence.at);
    }
  }

  /** Substitutes between the parentheses only: the rest waits for the values. */
  #expandParameters(line: Range, close: number): Range {
    const { of, start, end } = line;
    const head = this.definitions.expand({ of, start, end: close + 1 }, this.directory);
    if ("lines" in head || head.of === of) return line;
    const text = new Derived([head, { of, start: close + 1, end }]);
    return { of: text, start: 0, end: text.chars.length };
  }

  #push(frame: Frame, cause: Range): void {
    if (this.#frames.length - this.files.depth >= DEEPEST_EXPANSION) {
      this.diagnostics.report(
        "general",
        cause,
        `sequences and definitions are nested more than ${DEEPEST_EXPANSION} deep`,
      );
    } else {
      this.#frames.push(frame);
    }
  }

  /** Cuts at the first brace outside double quotes (2.10). */
  #cut(line: Range): LogicalLine {
    const { of, start, end } = line;
    const { chars } = of;
    const order = ++this.diagnostics.order;
    let stop = start;
    for (; stop < end; stop++) {
      const c = chars.charCodeAt(stop);
      if (c === QUOTE) {
        const close = indexWithin(chars, QUOTE, stop + 1, end);
        stop = close < 0 ? end : close;
      } else if (c === OPEN || c === CLOSE) break;
    }
    if (stop > end) stop = end;
    if (stop === start) {
      const text = chars.charCodeAt(start) === OPEN ? "{" : "}";
      if (start + 1 < end) this.#rest = { of, start: start + 1, end };
      return {
        brace: text,
        words: [{ text, of, start, end: start + 1, order }],
        of,
        start,
        end: start + 1,
        order,
      };
    }
    if (stop < end) this.#rest = { of, start: stop, end };
    const part: Range = { of, start, end: stop };
    return { brace: "", words: splitWords(part, order, this.diagnostics), of, start, end: stop, order };
  }
}
