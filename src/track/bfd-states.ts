/**
 * What the BFD process has said of its sessions, tracked or not: who begins to track one that is up must not wait for
 * its next change. Until it speaks a session is down (reference: notify-track, section 11); its end alone changes
 * nothing. Pure.
 */
import type { Finding } from "./tracked.js";

export class BfdStates {
  readonly #up = new Map<string, boolean>();
  #tracked: ReadonlySet<string> = new Set();

  /** The sessions that a configuration tracks. */
  setNames(names: readonly string[]): void {
    this.#tracked = new Set(names);
  }

  /** @returns whether that is news of a session that is tracked */
  set(name: string, up: boolean): boolean {
    const before = this.#up.get(name);
    this.#up.set(name, up);
    return before !== up && this.#tracked.has(name);
  }

  find(name: string): Finding | undefined {
    if (!this.#tracked.has(name)) return undefined;
    const up = this.#up.get(name);
    const state = up === undefined ? "has not come up yet" : up ? "is up" : "is down";
    return { value: up ?? false, said: `BFD session ${name} ${state}` };
  }
}
