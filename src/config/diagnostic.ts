/**
 * What can be wrong with a configuration, as plain data: kinds with upstream's numbers, places with an excerpt.
 * The collector keeps them all, each once; what a kind means for the exit status is decided in `verdict.ts`.
 */
import { decodeBytes, type Location, locate, type Place, type Range, type Word } from "./text.js";
import { maskDefinition, maskSecrets } from "./secrets.js";

/** Upstream's kinds, in the order of their weight (config-language reference, section 7). */
export const KINDS = {
  logged: 0,
  fileNotFound: 1,
  badInterface: 2,
  fatal: 3,
  multipleFiles: 4,
  unknownKeyword: 5,
  unexpectedOpen: 6,
  missingOpen: 7,
  unexpectedClose: 8,
  missingClose: 9,
  unmatchedQuote: 10,
  missingParameter: 11,
  invalidNumber: 12,
  general: 13,
  warning: 14,
  deprecated: 15,
  security: 16,
} as const;
export type Kind = keyof typeof KINDS;

/** "error": the meaning is not what was written. "note": worth saying, but nothing is wrong. */
export type Severity = "error" | "warning" | "deprecated" | "security" | "note";

/** A place in a file with the text around it. */
export interface Excerpt {
  file: string;
  /** Counted from 1. */
  line: number;
  column: number;
  /** The column after the last character that is meant; it is on the same line. */
  endColumn: number;
  /** The line, or the part of a long one, as it may be shown on a terminal. */
  text: string;
  /** Where the carets go in `text`, from 0. */
  caretStart: number;
  caretEnd: number;
  /** A secret stands in the line, and was masked. */
  secret?: true;
}

interface Note {
  message: string;
  at?: Excerpt;
}

export interface Diagnostic {
  kind: Kind;
  severity: Severity;
  message: string;
  /** Absent only when there is no file to point into. */
  at?: Excerpt;
  notes: Note[];
  /** Reading order, for sorting. */
  order: number;
}

export interface Extra {
  severity?: Severity;
  notes?: { message: string; at?: Range }[];
}

/** More than this nobody reads; a file of rubbish must not fill the memory. */
const MAX_KEPT = 1000;
/** Remarks leave room for errors. */
const MAX_NOTES_KEPT = 300;
const HIDDEN = "'********'";
const LONGEST_EXCERPT = 120;

/** Collects diagnostics. The only mutable thing that all passes share. */
export class Diagnostics {
  /** Logical line that is being read; later passes take it from the word. */
  order = 0;
  /** Worst kind of all, also of those not kept. */
  worst: number = 0;
  readonly counts = new Map<Kind, number>();
  errors = 0;
  /** How often something was said, whether kept, counted or neither. */
  reported = 0;
  #list: Diagnostic[] = [];
  #seen = new Set<string>();
  #dropped = 0;
  #notesKept = 0;

  report(
    kind: Kind,
    at: (Range & Partial<Pick<Word, "order">>) | undefined,
    message: string,
    extra: Extra = {},
  ): void {
    this.reported++;
    const severity = extra.severity ?? defaultSeverity(kind);
    const crowded = severity === "note" && this.#notesKept >= MAX_NOTES_KEPT;
    if (this.isFull || crowded) {
      this.#dropped++;
      this.#count(kind, severity);
      return;
    }
    const location = at && locate(at);
    // An open quote is met by the scan for comments and again by the one for words.
    const what = kind === "unmatchedQuote" ? "" : message;
    const key = `${kind} ${location?.source.name}:${location?.start} ${what}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const place = location && excerptOf(location);
    this.#count(kind, severity);
    if (severity === "note") this.#notesKept++;
    const notes: Note[] = [];
    for (const note of extra.notes ?? []) {
      notes.push(
        note.at ? { message: note.message, at: excerptOf(locate(note.at)) } : { message: note.message },
      );
    }
    if (location) notes.push(...trailOf(location));
    const order = at?.order ?? this.order;
    const secret =
      place?.secret === true &&
      at !== undefined &&
      /^\*+$/.test(place.text.slice(place.caretStart, place.caretEnd));
    if (place?.secret === true)
      for (const note of notes) if (note.at) note.at.text = maskDefinition(note.at.text);
    this.#list.push({
      kind,
      severity,
      message: decodeBytes(
        secret ? message.replaceAll(quoted(at.of.chars.slice(at.start, at.end)), HIDDEN) : message,
      ),
      ...(place && { at: place }),
      notes,
      order,
    });
  }

  /** Nothing more is kept: whoever words a costly message need not. */
  get isFull(): boolean {
    return this.#list.length >= MAX_KEPT;
  }

  #count(kind: Kind, severity: Severity): void {
    this.worst = Math.max(this.worst, KINDS[kind]);
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    if (severity === "error") this.errors++;
  }

  /** All of them in reading order. */
  sorted(): Diagnostic[] {
    const column = (d: Diagnostic) => d.at?.column ?? 0;
    const list = [...this.#list].sort((a, b) => a.order - b.order || column(a) - column(b));
    if (this.#dropped > 0) {
      const message = `${this.#dropped} more problems are not shown`;
      list.push({ kind: "logged", severity: "note", message, notes: [], order: this.order });
    }
    return list;
  }
}

function defaultSeverity(kind: Kind): Severity {
  if (kind === "logged") return "note";
  if (kind === "warning" || kind === "deprecated" || kind === "security") return kind;
  return "error";
}

/** How the text got there: definitions on the way, then the include lines from the inside out. */
function trailOf(location: Location): Note[] {
  const notes: Note[] = [];
  for (const step of location.trail) notes.push({ message: step.message, at: excerptOf(step.place) });
  for (let from = location.source.includedFrom; from; ) {
    const place = locate(from);
    const { line } = place.source.position(place.start);
    notes.push({ message: `included from ${place.source.name}:${line}` });
    from = place.source.includedFrom;
  }
  return notes;
}

function excerptOf(location: Place): Excerpt {
  const { source } = location;
  const start = Math.min(location.start, source.chars.length);
  const { line, column } = source.position(start);
  const bounds = source.lineAround(start);
  const caret = Math.min(start, bounds.end);
  const caretStop = Math.max(caret, Math.min(location.end, bounds.end));
  const cutLeft =
    bounds.end - bounds.start > LONGEST_EXCERPT ? Math.max(bounds.start, caret - 60) : bounds.start;
  const cutRight = Math.min(bounds.end, cutLeft + LONGEST_EXCERPT);
  const show = (from: number, to: number) =>
    printable(decodeBytes(source.chars.slice(from, Math.max(from, to))));
  const lead = (cutLeft > bounds.start ? "..." : "") + show(cutLeft, caret);
  const marked = show(caret, Math.min(caretStop, cutRight));
  const tail = show(Math.min(caretStop, cutRight), cutRight) + (cutRight < bounds.end ? "..." : "");
  const text = lead + marked + tail;
  const masked = maskSecrets(text);
  return {
    ...(masked !== text && { secret: true as const }),
    file: source.name,
    line,
    column,
    endColumn: Math.max(column + 1, source.position(caretStop).column),
    text: masked,
    caretStart: lead.length,
    caretEnd: lead.length + Math.max(1, marked.length),
  };
}

/** Control characters, and those that turn the direction of writing, must not reach the terminal of whoever reads the message. */
function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** A word as a message shows it: short, and harmless on a terminal. */
export function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return `'${printable(decodeBytes(short))}'`;
}

/** Writes a diagnostic as people read it: file:line:column, excerpt, carets, notes. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const label =
    diagnostic.severity === "deprecated" || diagnostic.severity === "security"
      ? `${diagnostic.severity} warning`
      : diagnostic.severity;
  let out = `${placeOf(diagnostic.at)}${label}: ${diagnostic.message}\n${drawn(diagnostic.at)}`;
  for (const note of diagnostic.notes) out += `${placeOf(note.at)}note: ${note.message}\n${drawn(note.at)}`;
  return out.slice(0, -1);
}

function placeOf(at: Excerpt | undefined): string {
  return at ? `${at.file}:${at.line}:${at.column}: ` : "";
}

function drawn(at: Excerpt | undefined): string {
  if (!at || at.text.trim() === "") return "";
  const padding = at.text.slice(0, at.caretStart).replace(/[^\t]/g, " ");
  return `  ${at.text}\n  ${padding}${"^".repeat(at.caretEnd - at.caretStart)}\n`;
}
