/**
 * The rate limit of gratuitous ARP or neighbour advertisements on one interface (reference 11.4). Pure.
 *
 * A frame that comes too early waits: each address has a counter of frames due (at most its number of rounds), and the
 * addresses stand in a queue; every interval the first of them gets one frame and goes to the end if more are due.
 */
import type { Micros } from "./loop.js";

interface Waiting<T> {
  owner: string;
  item: T;
  due: number;
}

export class AnnounceQueue<T> {
  readonly #intervalMicros: Micros;
  #next: Micros = Number.NEGATIVE_INFINITY;
  /** In the order of their turns. */
  readonly #waiting = new Map<string, Waiting<T>>();

  constructor(intervalMicros: Micros) {
    this.#intervalMicros = intervalMicros;
  }

  /**
   * Asks for `rounds` frames of each item, in rotation. `keyOf` tells items of one owner apart.
   * @returns the item to send at once, if the interface is free now.
   */
  request(
    owner: string,
    items: readonly T[],
    rounds: number,
    now: Micros,
    keyOf: (item: T) => string,
  ): T | undefined {
    const [first] = items;
    const free = first !== undefined && now >= this.#next && this.#waiting.size === 0;
    if (free) this.#next = now + this.#intervalMicros;
    for (const item of free ? items.slice(1) : items) this.#queue(owner, item, rounds, rounds, keyOf);
    if (!free) return undefined;
    // The remaining frames of the one that goes now come after the first ones of the others.
    if (rounds > 1) this.#queue(owner, first, rounds - 1, rounds, keyOf);
    return first;
  }

  /** When the next frame may go; undefined when none waits. */
  get due(): Micros | undefined {
    return this.#waiting.size === 0 ? undefined : this.#next;
  }

  /** @returns the item whose turn it is at `now`, and who asked for it. */
  take(now: Micros): { owner: string; item: T } | undefined {
    if (now < this.#next) return undefined;
    for (const [key, waiting] of this.#waiting) {
      this.#waiting.delete(key);
      waiting.due--;
      if (waiting.due > 0) this.#waiting.set(key, waiting);
      this.#next = now + this.#intervalMicros;
      return { owner: waiting.owner, item: waiting.item };
    }
    return undefined;
  }

  /** Drops what waits for this owner. */
  cancel(owner: string): void {
    for (const [key, waiting] of this.#waiting) if (waiting.owner === owner) this.#waiting.delete(key);
  }

  /** @returns all that waits, with the number of frames due, in the order of their turns; nothing waits then. */
  takeAll(): { owner: string; item: T; due: number }[] {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    return all;
  }

  #queue(owner: string, item: T, due: number, limit: number, keyOf: (item: T) => string): void {
    const key = `${owner} ${keyOf(item)}`;
    const before = this.#waiting.get(key)?.due ?? 0;
    this.#waiting.set(key, { owner, item, due: Math.max(before, Math.min(before + due, limit)) });
  }
}
