/**
 * A journal as the file of the process that writes it: knows what is in it, and does no more than what is missing. All
 * steps of one journal are taken one after the other; a step that fails rejects, and the next one writes the whole file.
 */
import { constants } from "node:fs";
import { access, open, rm } from "node:fs/promises";
import { journalLine } from "./journal-text.js";
import { settingsOf } from "./kernel-object.js";
import type { Belongings, Setting } from "./settings.js";
import { writeWhole } from "./whole-file.js";

export class JournalFile {
  readonly #path: string;
  /** What is to be in it. */
  #lines: ReadonlySet<string> = new Set();
  /** It is in it. */
  #intact = false;
  readonly #lineOf = new WeakMap<Setting, string>();
  #work: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Adds these to what is in it. */
  include(entries: Belongings): Promise<void> {
    return this.#serially(async () => {
      const more = this.#linesOf(entries).filter((line) => !this.#lines.has(line));
      const wasEmpty = this.#lines.size === 0;
      this.#lines = new Set([...this.#lines, ...more]);
      if (!this.#intact || (wasEmpty && more.length > 0)) await this.#write();
      else if (more.length > 0) await this.#append(more);
    });
  }

  /** From now on these are in it, and nothing else; no file when there are none. */
  replace(entries: Belongings): Promise<void> {
    return this.#serially(async () => {
      const lines = new Set(this.#linesOf(entries));
      const same = lines.size === this.#lines.size && [...lines].every((line) => this.#lines.has(line));
      this.#lines = lines;
      if (!same || !(await this.#isAsWritten())) await this.#write();
    });
  }

  /** Somebody may have removed it. */
  async #isAsWritten(): Promise<boolean> {
    if (!this.#intact || this.#lines.size === 0) return this.#intact;
    return access(this.#path).then(
      () => true,
      () => false,
    );
  }

  #linesOf(entries: Belongings): string[] {
    return settingsOf(entries).map((setting) => {
      let line = this.#lineOf.get(setting);
      if (line === undefined) this.#lineOf.set(setting, (line = journalLine(setting)));
      return line;
    });
  }

  #serially(step: () => Promise<void>): Promise<void> {
    const done = this.#work.then(step);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #write(): Promise<void> {
    this.#intact = false;
    if (this.#lines.size === 0) await rm(this.#path, { force: true });
    else await writeWhole(this.#path, textOf([...this.#lines]));
    this.#intact = true;
  }

  /** Not synced: it has to outlive this process, and after a crash of the host the kernel has nothing of ours. */
  async #append(lines: readonly string[]): Promise<void> {
    this.#intact = false;
    const file = await open(this.#path, constants.O_WRONLY | constants.O_APPEND).catch(() => undefined);
    if (file === undefined) return this.#write(); // somebody has removed it
    try {
      await file.write(textOf(lines));
    } finally {
      await file.close();
    }
    this.#intact = true;
  }
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
