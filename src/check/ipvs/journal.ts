/**
 * The journal: a small text file of the services and destinations that we may have in the kernel, written before they
 * are added. After a crash it says which of the kernel's entries are ours. One a line, a destination with its service:
 *
 *   tcp 192.0.2.1:80
 *   tcp 192.0.2.1:80 > 198.51.100.1:8080
 *   mark 100 inet6
 *
 * The table does not outlive the kernel, and what is written is there for the next process without being synced.
 */
import { appendFile, readFile, rename, rm, writeFile } from "node:fs/promises";

const MODE = { mode: 0o600 };
/** Lines about what is gone are left in the file until they are this many. */
const MOST_STALE = 1000;

export class Journal {
  readonly #path: string | undefined;
  readonly #failed: (reason: string) => void;
  /** Of an earlier run. */
  #earlier: ReadonlySet<string> = new Set();
  /** In the file, or on its way there. */
  #ids = new Set<string>();
  /** Writes follow each other. */
  #last: Promise<void> = Promise.resolve();
  #pending: string[] = [];
  /** So many lines are worth a look at what is gone. */
  #large = 2 * MOST_STALE;
  /** The file may end in the middle of a line, or lack some: the next lines come with a new one. */
  #isDamaged = false;

  /** Without a path nothing is written and nothing was there. `failed` is told why the file could not be used. */
  constructor(path: string | undefined, failed: (reason: string) => void) {
    this.#path = path;
    this.#failed = failed;
  }

  /** Reads what an earlier run has left. */
  async load(): Promise<void> {
    if (this.#path === undefined) return;
    try {
      const lines = (await readFile(this.#path, "utf8")).split("\n");
      this.#isDamaged = lines.at(-1) !== "";
      this.#earlier = new Set(lines.slice(0, -1).filter((line) => line !== ""));
      for (const id of this.#earlier) this.#ids.add(id);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#failed(reasonOf(error));
    }
  }

  /** Whether an earlier run left any. */
  get hasEarlier(): boolean {
    return this.#earlier.size > 0;
  }

  /** Whether an earlier run may have added it. */
  isFromEarlier(id: string): boolean {
    return this.#earlier.has(id);
  }

  /**
   * Resolves when they are written, or when that failed, which is told. What is added in one turn is one write. A server
   * that comes and goes for months has one line.
   */
  add(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      this.#pending.push(id);
    }
    return this.#write(async (path) => {
      const lines = this.#pending.splice(0);
      if (lines.length > 0) await this.#append(path, lines);
    });
  }

  async #append(path: string, lines: readonly string[]): Promise<void> {
    try {
      if (this.#isDamaged) await this.#replace(path);
      else await appendFile(path, textOf(lines), MODE);
    } catch (error) {
      // A full disk takes a part of them.
      this.#isDamaged = true;
      for (const id of lines) this.#ids.delete(id);
      throw error;
    }
  }

  async #replace(path: string): Promise<void> {
    this.#isDamaged = true;
    await writeFile(`${path}.new`, textOf(this.#ids), MODE);
    await rename(`${path}.new`, path);
    this.#isDamaged = false;
  }

  /** Since `keepOnly` it has doubled, by reloads with other servers, say: it is time to tell it again what is there. */
  get isLarge(): boolean {
    return this.#ids.size > this.#large;
  }

  /** Forgets all but these, if it is worth it; without any the file goes. */
  keepOnly(ids: ReadonlySet<string>): Promise<void> {
    this.#large = 2 * Math.max(ids.size, MOST_STALE);
    const stale = [...this.#ids].filter((id) => !ids.has(id)).length;
    if (ids.size > 0 && stale <= Math.max(MOST_STALE, ids.size)) return this.#last;
    this.#ids = new Set(ids);
    return this.#write(async (path) => {
      // What has been added since is among the ids.
      this.#pending = [];
      if (this.#ids.size === 0) await rm(path, { force: true });
      else await this.#replace(path);
    });
  }

  #write(work: (path: string) => Promise<void>): Promise<void> {
    const path = this.#path;
    if (path === undefined) return this.#last;
    this.#last = this.#last
      .then(() => work(path))
      .catch((error: unknown) => {
        this.#failed(reasonOf(error));
      });
    return this.#last;
  }
}

const textOf = (ids: Iterable<string>): string => [...ids].map((id) => `${id}\n`).join("");

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
