/** A `Loop` in virtual time: nothing happens until a test says so. */
import type { Loop, Micros } from "../../../src/net/loop.js";

export const second: Micros = 1_000_000;

export class VirtualLoop implements Loop {
  #now: Micros = 0;
  #soon: (() => void)[] = [];
  readonly #timers = new Set<{ when: Micros; callback: () => void }>();

  now(): Micros {
    return this.#now;
  }

  at(when: Micros, callback: () => void): () => void {
    const timer = { when, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /** One turn: what was wanted soon before it began. @returns whether there was anything. */
  turn(): boolean {
    const callbacks = this.#soon;
    this.#soon = [];
    for (const callback of callbacks) callback();
    return callbacks.length > 0;
  }

  /** Turns until nothing is wanted soon. */
  settle(): void {
    for (let i = 0; this.turn(); i++) if (i > 10_000) throw new Error("the loop never comes to rest");
  }

  /** Time passes, and nobody is called: the process was stopped. */
  stall(micros: Micros): void {
    this.#now += micros;
  }

  /** Lets time pass, from timer to timer. */
  advance(micros: Micros): void {
    const end = this.#now + micros;
    this.settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ when }) => when <= end).sort((a, b) => a.when - b.when);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.when);
      next.callback();
      this.settle();
    }
    this.#now = end;
  }
}
