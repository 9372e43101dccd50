/** The real event loop as `net/` wants it: monotonic microseconds, one-shot timers, one turn later. Millisecond precision. */
import type { Addon } from "../native/addon.js";

/** Structurally the `Loop` of net/loop.ts, which lies above this room. */
export interface EventLoop {
  now(): number;
  at(when: number, callback: () => void): () => void;
  soon(callback: () => void): void;
}

export function createEventLoop(addon: Addon): EventLoop {
  return {
    now: () => addon.monotonicMicros(),
    at(when, callback) {
      const timer = setTimeout(callback, Math.max(0, Math.ceil((when - addon.monotonicMicros()) / 1000)));
      return () => clearTimeout(timer);
    },
    soon: (callback) => void setImmediate(callback),
  };
}

/** Settles after one whole turn of the loop: whatever timer is due by now, and whatever waits in a socket, has had its turn. */
export async function dueWorkDone(): Promise<void> {
  // The rest of this turn, and then the next one.
  for (let phase = 0; phase < 2; phase++) await new Promise((resolve) => setImmediate(resolve));
}
