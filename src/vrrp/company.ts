/**
 * Whether an advert that has come is worth a wait for company. Adverts of one master keep their rhythm, so the last burst
 * says how many ticks with more of them to expect; waiting for one more, which then is empty, wakes us for nothing: with a
 * lone instance that would be every second time. Pure.
 */
import type { Micros } from "./events.js";

export class Company {
  /** Ticks with adverts since the burst began. */
  #ticks = 0;
  /** As many as the last burst had; Infinity until an empty one says where a burst ends. */
  #expected = Number.POSITIVE_INFINITY;
  #lastAt: Micros = Number.NEGATIVE_INFINITY;

  /**
   * Adverts that nobody waited for were read at `now`.
   * @param patience how long a tick is
   * @returns whether more are worth a tick
   */
  onWakeUp(now: Micros, patience: Micros): boolean {
    // They came so soon after the last ones that these should have been waited for.
    if (now - this.#lastAt < patience) this.#expected = Number.POSITIVE_INFINITY;
    else this.#ticks = 0;
    return this.#isMoreExpected(now);
  }

  /** A tick has brought adverts, read at `now`. @returns whether more are worth another tick */
  onTick(now: Micros): boolean {
    this.#ticks++;
    return this.#isMoreExpected(now);
  }

  /** A tick has brought none. */
  onEmptyTick(): void {
    this.#expected = this.#ticks;
  }

  #isMoreExpected(now: Micros): boolean {
    this.#lastAt = now;
    return this.#ticks < this.#expected;
  }
}
