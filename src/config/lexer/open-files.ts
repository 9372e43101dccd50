/** The files of a configuration: which are open, which are to come, what an `include` that fails means (2.4). */
import { type Diagnostics, quoted } from "../diagnostic.js";
import { decodeBytes, type Range, Source } from "../text.js";
import { FileFrame } from "./frames.js";
import {
  directoryOf,
  type FileReader,
  INCLUDE_CHECKS,
  type IncludeCheck,
  joinPath,
  matchInclude,
} from "./includes.js";

/** Files that an include found and that are opened one after the other. */
interface Queued {
  names: string[];
  pattern: Range | undefined;
  checks: ReadonlySet<IncludeCheck>;
  /** How many files were open at the include. */
  level: number;
}

/** Files inside files. */
const DEEPEST_INCLUDE = 50;
const MOST_FILES = 10_000;

export class OpenFiles {
  /** Include problems that are errors from here on (`include_check`). */
  checks: ReadonlySet<IncludeCheck>;
  /** A failed check refuses the configuration as a whole. */
  includeFailed = false;
  includeMissing = false;
  /** Why there is no configuration at all. */
  topFailed = false;
  /** From the outermost to the one that is read. */
  readonly #files: FileFrame[] = [];
  readonly #queue: Queued[] = [];
  #opened = 0;

  constructor(
    readonly reader: FileReader,
    /** `-e`: all include problems are errors. */
    includeAll: boolean,
    readonly diagnostics: Diagnostics,
  ) {
    this.checks = new Set(includeAll ? INCLUDE_CHECKS : []);
  }

  /** How many files are open inside each other. */
  get depth(): number {
    return this.#files.length;
  }

  /** How many files have been opened. */
  get opened(): number {
    return this.#opened;
  }

  /** The directory in force, for relative names. */
  get directory(): string {
    return this.#files.at(-1)?.directory ?? this.reader.workingDirectory;
  }

  /** Begins with the file of `-f`, whose name is a pattern itself. */
  openTop(pattern: string): void {
    const checks = new Set<IncludeCheck>([...this.checks, "read", "match", "wildcard_match"]);
    const { names, problems } = matchInclude(pattern, this.reader.workingDirectory, this.reader);
    for (const problem of problems) this.diagnostics.report("fileNotFound", undefined, problem.message);
    if (names.length > 1) {
      const message = `'${pattern}' matches ${names.length} files; all of them are read`;
      this.diagnostics.report("multipleFiles", undefined, message, { severity: "warning" });
    }
    this.#queue.push({ names, pattern: undefined, checks, level: 0 });
    this.topFailed = names.length === 0;
  }

  /** An `include` line; its files come at the next `openNext`. */
  include(pattern: Range, own: readonly IncludeCheck[]): void {
    const text = pattern.of.chars.slice(pattern.start, pattern.end);
    const checks = new Set<IncludeCheck>([...this.checks, ...own]);
    const { names, problems } = matchInclude(text, this.directory, this.reader);
    for (const { check, message, mention } of problems)
      this.#includeProblem(checks.has(check), mention, pattern, message);
    if (names.length > 0) this.#queue.push({ names, pattern, checks, level: this.#files.length });
  }

  #includeProblem(counts: boolean, mention: boolean, at: Range | undefined, message: string): void {
    if (counts) {
      this.includeFailed = true;
      this.diagnostics.report("fileNotFound", at, decodeBytes(message));
    } else if (mention) {
      this.includeMissing = true;
      this.diagnostics.report("logged", at, decodeBytes(message), { severity: "warning" });
    }
  }

  /** Whether the next line is in a file that is not open yet. */
  get isNextWaiting(): boolean {
    return this.#queue.at(-1)?.level === this.#files.length;
  }

  /** Opens the next file that an include found; undefined when there is none or it cannot be read. */
  openNext(): FileFrame | undefined {
    const queued = this.#queue.at(-1);
    const name = queued?.names.shift();
    if (queued === undefined || name === undefined) {
      this.#queue.pop();
      return undefined;
    }
    const { pattern, checks } = queued;
    const outer = this.#files.at(-1);
    const path = joinPath(this.directory, name);
    const problem = this.#refusal(path);
    const result = problem === undefined ? this.reader.read(path) : { ok: false as const, reason: problem };
    if (!result.ok) {
      const message = `cannot read ${quoted(name)}: ${result.reason}`;
      if (outer === undefined) {
        this.topFailed = true;
        this.diagnostics.report("fileNotFound", undefined, message);
      } else if (problem !== undefined) this.diagnostics.report("general", pattern, message);
      else this.#includeProblem(checks.has("read"), true, pattern, message);
      return undefined;
    }
    const shown = joinPath(outer?.shownDirectory ?? "", name);
    const source = Source.fromBytes(shown, result.bytes, pattern);
    const directory = name.includes("/") ? (directoryOf(path) ?? this.directory) : this.directory;
    const shownDirectory = name.includes("/") ? (directoryOf(shown) ?? "") : (outer?.shownDirectory ?? "");
    const frame = new FileFrame(source, path, directory, shownDirectory, this.checks, this.diagnostics);
    this.#files.push(frame);
    this.#opened++;
    return frame;
  }

  /** At its end: the checks of the file before it hold again. */
  close(frame: FileFrame): void {
    this.checks = frame.checksBefore;
    this.#files.pop();
  }

  /** Why a file must not be opened, whatever it is. */
  #refusal(path: string): string | undefined {
    if (this.#files.some((file) => file.path === path)) return "the file includes itself";
    if (this.#files.length >= DEEPEST_INCLUDE) return `files are nested more than ${DEEPEST_INCLUDE} deep`;
    if (this.#opened >= MOST_FILES) return `more than ${MOST_FILES} files`;
    return undefined;
  }
}
