/**
 * The timers of all checks: when the next one is due, and how long the one under way may take. One heap, one timerfd.
 * Times are rounded up to a grid, so that checks that are due at almost the same time share a wake-up and a system call.
 */
import type { Addon, Timer } from "../../native/addon.js";
import type { ChildParts } from "../../platform/child-entry.js";
import { type Deadline, Deadlines } from "../../platform/deadlines.js";

/** Waking up is the dearest part of a check, and no check needs to be more punctual. */
const GRID_MICROS = 10_000;

/**
 * As many are called in one turn of the loop; the others are due in the next one, behind messages of core, heartbeats and
 * answers: a process that got no processor for a while must not seem dead while it catches up.
 */
const PER_TURN = 200;

/** One timer; made once by its owner and set again and again. */
export type CheckTimer = Deadline<(now: number) => void>;

export class Timers {
  readonly #addon: Addon;
  readonly #afterwards: () => void;
  readonly #late: ChildParts["late"];
  readonly #deadlines = new Deadlines<(now: number) => void>();
  readonly #timer: Timer;
  #armedFor = Number.POSITIVE_INFINITY;
  #firing = false;
  /** What was due at the last turn was too much for it. */
  #catchingUp = false;

  /**
   * @param afterwards everything that was due has been called
   * @param late the earliest deadline was so many microseconds before `now`, which was not our own doing
   */
  constructor(addon: Addon, afterwards: () => void, late: ChildParts["late"] = () => {}) {
    this.#addon = addon;
    this.#afterwards = afterwards;
    this.#late = late;
    this.#timer = new addon.Timer(() => this.#fire());
  }

  /** A timer that calls `callback` when it is due; not set yet. */
  create(callback: (now: number) => void): CheckTimer {
    return this.#deadlines.create(callback);
  }

  /** Sets or moves it, to an absolute time in microseconds. */
  set(timer: CheckTimer, at: number): void {
    this.#deadlines.arm(timer, at);
    if (at < this.#armedFor && !this.#firing) this.#arm(at);
  }

  cancel(timer: CheckTimer): void {
    this.#deadlines.cancel(timer);
  }

  #arm(at: number): void {
    this.#armedFor = Math.ceil(at / GRID_MICROS) * GRID_MICROS;
    this.#timer.arm(this.#armedFor);
  }

  #fire(): void {
    this.#firing = true;
    const now = this.#addon.monotonicMicros();
    if (!this.#catchingUp) this.#late(now - this.#armedFor, now);
    let called = 0;
    for (; called < PER_TURN; called++) {
      const due = this.#deadlines.takeDue(now);
      if (due === undefined) break;
      due(now);
    }
    this.#catchingUp = called === PER_TURN;
    this.#firing = false;
    this.#afterwards();
    this.#armedFor = Number.POSITIVE_INFINITY;
    const next = this.#deadlines.earliest();
    if (next !== undefined) this.#arm(next);
  }

  close(): void {
    this.#timer.close();
  }
}
