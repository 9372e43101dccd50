/**
 * The sequence numbers of authentication headers (reference 4.2): all routers of a virtual router count together, so
 * one counter serves sending and receiving, and outlives a reload. Pure.
 */
import type { State } from "../events.js";

/** The counter stays here when it has come so far; the next MASTER begins anew. */
const LAST = 0xfffffffe;
const LARGEST = 0xffffffff;

export class AhCounter {
  #last = 0;
  /** The numbers are used up. */
  #cycle = false;
  #wasMaster = false;

  /** The number of the advert that is sent now. */
  next(state: State): number {
    if (state === "master" && !this.#wasMaster && this.#cycle) {
      this.#last = 0;
      this.#cycle = false;
    }
    this.#wasMaster = state === "master";
    if (this.#last >= LAST) this.#cycle = true;
    else this.#last++;
    return this.#last;
  }

  /** Takes the number of a genuine advert; false when it, or a later one, was seen or sent before. */
  accept(sequence: number, state: State): boolean {
    if (sequence <= this.#last) return false;
    this.#last = sequence;
    if (state !== "master") {
      this.#cycle = false;
      this.#wasMaster = false;
    }
    return true;
  }

  /** A MASTER heard a lower one: its answer has to be ahead of whatever that one sends meanwhile. */
  overtake(sequence: number): void {
    this.#last = Math.min(sequence + 1, LARGEST);
  }
}
