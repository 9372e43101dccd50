/**
 * The pid files of the daemon and its children: core opens and locks all of them before anything is started, so that
 * a second daemon with any of the same files fails early, and writes each when its process exists.
 */
import { rmdirSync } from "node:fs";
import { PidFile, type Lock } from "../platform/pid-file.js";
import type { ChildRow } from "./children.js";
import { childPidFile, ownDirectories, parentPidFile, type PathSettings } from "./run-paths.js";

export class PidFiles {
  readonly #children = new Map<string, PidFile>();
  #parent: PidFile | undefined;

  constructor(
    readonly paths: PathSettings,
    readonly lock: Lock,
  ) {}

  /** @returns the path of a file that another process holds; undefined when all are ours. Throws as the system says. */
  claim(rows: readonly ChildRow[]): string | undefined {
    const parent = parentPidFile(this.paths);
    this.#parent = PidFile.claim(parent, this.lock);
    if (this.#parent === undefined) return parent;
    for (const row of rows) if (!this.#claimChild(row)) return childPidFile(this.paths, row);
    return undefined;
  }

  writeParent(pid: number): void {
    this.#parent?.write(pid);
  }

  /** pid 0: the child is not needed any more, its file goes. */
  record(row: ChildRow, pid: number): void {
    if (pid === 0) {
      this.#children.get(row.name)?.remove();
      this.#children.delete(row.name);
      return;
    }
    if (!this.#children.has(row.name)) this.#claimChild(row);
    this.#children.get(row.name)?.write(pid);
  }

  /** Removes the files, and the directories of the daemon's own that are empty then. */
  removeAll(): void {
    for (const file of this.#children.values()) file.remove();
    this.#children.clear();
    this.#parent?.remove();
    for (const folder of ownDirectories(this.paths)) {
      try {
        rmdirSync(folder);
      } catch {
        return; // of use to another daemon, or never made
      }
    }
  }

  #claimChild(row: ChildRow): boolean {
    const file = PidFile.claim(childPidFile(this.paths, row), this.lock);
    if (file === undefined) return false;
    this.#children.set(row.name, file);
    return true;
  }
}
