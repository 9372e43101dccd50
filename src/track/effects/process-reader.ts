/** Reads what /proc says of processes, a few at a time and never waiting for one; a process is read once at a time. */
import { readdir, readFile } from "node:fs/promises";
import { factsOf, type ProcessFacts } from "../process-match.js";

const PROC = "/proc";
/** Reads under way: the threads that do them serve others too. */
const AT_ONCE = 4;

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

/** Undefined when there is no such process, or only its remains. */
async function read(pid: number, withCommand: boolean): Promise<ProcessFacts | undefined> {
  const stat = await textOf(`${PROC}/${pid}/stat`);
  if (stat === "") return undefined;
  return factsOf(stat, withCommand ? await textOf(`${PROC}/${pid}/cmdline`) : "");
}

/** Pids of all processes; none where there is no /proc. */
export async function listProcesses(): Promise<number[]> {
  const names = await readdir(PROC).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

export class ProcessReader {
  readonly #found: (pid: number, facts: ProcessFacts | undefined) => void;
  readonly #waiting = new Set<number>();
  readonly #reading = new Set<number>();
  /** Ended while they were being read. */
  readonly #gone = new Set<number>();
  /** Who waits for which processes to be read. */
  readonly #awaited = new Set<{ left: Set<number>; resolve: () => void }>();
  withCommand = false;

  constructor(found: (pid: number, facts: ProcessFacts | undefined) => void) {
    this.#found = found;
  }

  /** Whether what is known of it is about to be another. */
  isPending(pid: number): boolean {
    return this.#waiting.has(pid) || this.#reading.has(pid);
  }

  /** Reads it soon; when it is being read already, once more after that. */
  want(pid: number): void {
    this.#waiting.add(pid);
    this.#next();
  }

  /** It has ended: a read that has not begun need not, and one under way says nothing any more. */
  forget(pid: number): void {
    if (this.#waiting.delete(pid)) this.#settle(pid);
    if (this.#reading.has(pid)) this.#gone.add(pid);
  }

  /** Reads all of them, whatever else is wanted meanwhile; resolves when each has been read once. */
  readAll(pids: readonly number[]): Promise<void> {
    if (pids.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#awaited.add({ left: new Set(pids), resolve });
      for (const pid of pids) this.want(pid);
    });
  }

  #settle(pid: number): void {
    for (const awaited of this.#awaited) {
      awaited.left.delete(pid);
      if (awaited.left.size > 0) continue;
      this.#awaited.delete(awaited);
      awaited.resolve();
    }
  }

  #next(): void {
    for (const pid of this.#waiting) {
      if (this.#reading.size >= AT_ONCE) return;
      if (this.#reading.has(pid)) continue;
      this.#waiting.delete(pid);
      this.#reading.add(pid);
      void this.#read(pid);
    }
  }

  async #read(pid: number): Promise<void> {
    const facts = await read(pid, this.withCommand);
    this.#reading.delete(pid);
    const gone = this.#gone.delete(pid);
    // Something happened to it meanwhile: what was read may be from before.
    if (!this.#waiting.has(pid)) this.#found(pid, gone ? undefined : facts);
    this.#settle(pid);
    this.#next();
  }
}
