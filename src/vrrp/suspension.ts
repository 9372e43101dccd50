/** Tells from two clocks that the host was suspended: CLOCK_BOOTTIME counts that time, CLOCK_MONOTONIC does not. Pure. */
import type { Micros } from "./events.js";

/** The clocks are read one after the other, and somebody may come in between. */
const TOLERANCE: Micros = 100_000;

export class Suspension {
  #apart: Micros;

  constructor(monotonic: Micros, boot: Micros) {
    this.#apart = boot - monotonic;
  }

  /** @returns how long the host was suspended since the last call, 0 as a rule. */
  sinceLast(monotonic: Micros, boot: Micros): Micros {
    const slept = boot - monotonic - this.#apart;
    if (slept < TOLERANCE) return 0;
    this.#apart += slept;
    return slept;
  }
}
