/**
 * How often a lost object may be put back: at once, but at most 5 times in 10 s, then once every 10 s until it has
 * stayed for that long. Somebody who keeps removing it is not fought at full speed. Pure.
 */
import type { Micros } from "./loop.js";

const BURST = 5;
const WINDOW_MICROS: Micros = 10_000_000;

export class RestoreLimit {
  /** When it was (or will be) put back, the latest last; at most BURST. */
  #restored: Micros[] = [];
  #slow = false;

  /** It was lost at `now`. @returns when it may be put back: `now` or later. */
  next(now: Micros): Micros {
    const last = this.#restored.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (now - last >= WINDOW_MICROS) this.#slow = false;
    this.#restored = this.#restored.filter((at) => now - at < WINDOW_MICROS);
    this.#slow ||= this.#restored.length >= BURST;
    const at = this.#slow ? last + WINDOW_MICROS : now;
    this.#restored = [...this.#restored, at].slice(-BURST);
    return at;
  }
}
