/** Which running processes are which of the tracked ones. Pure: fed with events and with what /proc says. */
import type { TrackProcessConfig } from "../config/model.js";
import { matches, type ProcessFacts } from "./process-match.js";

export class ProcessTable {
  #wanted: readonly TrackProcessConfig[] = [];
  /** Names of what a process is; processes that are nothing are not kept. */
  readonly #names = new Map<number, ReadonlySet<string>>();
  readonly #counts = new Map<string, number>();

  setWanted(wanted: readonly TrackProcessConfig[]): void {
    this.#wanted = wanted;
    const known = new Set(wanted.map(({ name }) => name));
    for (const [pid, names] of [...this.#names])
      this.#set(pid, new Set([...names].filter((name) => known.has(name))));
  }

  /** Whether the command lines of processes matter. */
  get needsCommand(): boolean {
    return this.#wanted.some(({ fullCommand }) => fullCommand);
  }
  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }
  /** Those that are tracked. */
  get pids(): number[] {
    return [...this.#names.keys()];
  }
  has(pid: number): boolean {
    return this.#names.has(pid);
  }

  /** What /proc says of a process now. @returns whether a number changed */
  onFacts(pid: number, facts: ProcessFacts | undefined): boolean {
    if (facts === undefined) return this.onExit(pid);
    return this.#set(
      pid,
      new Set(this.#wanted.filter((wanted) => matches(wanted, facts)).map(({ name }) => name)),
    );
  }

  /** A child is what its parent is, until it executes something else. */
  onFork(parent: number, child: number): boolean {
    return this.#set(child, this.#names.get(parent) ?? new Set());
  }

  /** Another short name; what is found by its command line stays. */
  onComm(pid: number, comm: string): boolean {
    const before = this.#names.get(pid);
    const names = this.#wanted.filter(({ name, fullCommand, process }) =>
      fullCommand ? before?.has(name) === true : process === comm,
    );
    return this.#set(pid, new Set(names.map(({ name }) => name)));
  }

  onExit(pid: number): boolean {
    return this.#set(pid, new Set());
  }

  #set(pid: number, names: ReadonlySet<string>): boolean {
    const before = this.#names.get(pid) ?? new Set();
    if (names.size === 0) this.#names.delete(pid);
    else this.#names.set(pid, names);
    let changed = false;
    for (const name of before) if (!names.has(name)) changed = this.#add(name, -1);
    for (const name of names) if (!before.has(name)) changed = this.#add(name, 1);
    return changed;
  }

  #add(name: string, by: number): true {
    this.#counts.set(name, this.count(name) + by);
    return true;
  }
}
