/**
 * What the BFD process has said of the sessions that are tracked. Until it speaks, and again after it was started anew,
 * a session is down (reference: notify-track, section 11); its end alone changes nothing. Pure.
 */
import type { Finding } from "./tracked.js";

export class BfdStates {
  #up = new Map<string, boolean | undefined>();

  /** The sessions of a configuration: those that were there keep their state. */
  setNames(names: readonly string[]): void {
    this.#up = new Map(names.map((name) => [name, this.#up.get(name)]));
  }

  /** @returns whether that is news */
  set(name: string, up: boolean): boolean {
    if (!this.#up.has(name) || this.#up.get(name) === up) return false;
    this.#up.set(name, up);
    return true;
  }

  find(name: string): Finding | undefined {
    if (!this.#up.has(name)) return undefined;
    const up = this.#up.get(name);
    const state = up === undefined ? "has not come up yet" : up ? "is up" : "is down";
    return { value: up ?? false, said: `BFD session ${name} ${state}` };
  }
}
