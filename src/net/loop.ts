/**
 * What the effects of this room need from the event loop: the time and two ways to be called later.
 * The daemon passes the real one, tests pass virtual time.
 */

/** Absolute time or duration in microseconds of a monotonic clock. */
export type Micros = number;

export interface Loop {
  now(): Micros;
  /** Calls back once at an absolute time; the returned function cancels. */
  at(when: Micros, callback: () => void): () => void;
  /** Calls back after one turn of the loop, so that sockets are served in between (setImmediate). */
  soon(callback: () => void): void;
}
