/**
 * When one checker checks, and when a series of results counts (check-ipvs reference, 3 and 4): delay_loop, retry,
 * delay_before_retry, warmup and alpha are here and nowhere else. Pure: results and the time in, a report out when the
 * state of the checker is known for the first time or changes; `nextAt` says when the next check is due.
 */
import type { CheckSchedule } from "../config/check-model.js";

/** Absolute monotonic time, or a duration, in microseconds. */
export type Micros = number;

/**
 * - usual: R+1 failures in a row bring it down, one success brings it up; delays count from the result.
 * - urls: several parts, one per delay_loop, all of which have to pass before it comes up (HTTP_GET, SSL_GET).
 * - dialogue: every cycle has its own retries, also at the start and while it is down (SMTP_CHECK).
 * - script: as usual, with delays that count from the start of the check (MISC_CHECK).
 * - events: reports come by themselves; there are no delays (FILE_CHECK, BFD_CHECK).
 */
export type Policy = "usual" | "urls" | "dialogue" | "script" | "events";

export type Report =
  | "up"
  | "down"
  /** The first result says what was assumed. */
  | "stillUp"
  | "stillDown";

/** From the start of the process (or of the checker) to the earliest first check. */
export const FIRST_CHECK_DELAY: Micros = 1_000_000;

/** Part of a delay_loop by which a check may come sooner, so that nobody is checked twice in a moment. */
const LARGEST_CATCH_UP = 0.25;

/** What the schedule of a checker without timers is made from. */
export function eventSchedule(alpha: boolean): CheckSchedule {
  return {
    alpha,
    delayLoopMicros: Number.POSITIVE_INFINITY,
    retry: 0,
    delayBeforeRetryMicros: 0,
    warmupMicros: 0,
    logAllFailures: false,
  };
}

export interface ScheduleOptions {
  policy: Policy;
  settings: CheckSchedule;
  /** Parts that are checked in turn: the URLs; 1 for all other kinds. */
  parts: number;
  /** fast_recovery: on the way up no delay between the parts. */
  fastRecovery: boolean;
}

export class Schedule {
  up: boolean;
  /** There was a result. */
  hasRun = false;
  /** Failures in a row that were forgiven. */
  failures: number;
  /** The part to check next. */
  part = 0;
  /** The part that brought it down, until that passes again. */
  failedPart: number | undefined;
  /** When the next check is due; Infinity for events, and while one is under way. */
  nextAt: Micros = Number.POSITIVE_INFINITY;
  #options: ScheduleOptions;
  #startedAt: Micros = 0;
  /** How far behind its place among the other checkers it is, as we were late: that would crowd them together for good. */
  #behind: Micros = 0;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.up = !options.settings.alpha;
    // The very first failure is final, but for a dialogue.
    this.failures = options.policy === "dialogue" ? 0 : options.settings.retry;
  }

  get settings(): CheckSchedule {
    return this.#options.settings;
  }

  get followsEvents(): boolean {
    return this.#options.policy === "events";
  }

  /** Plans the first check. @param share which part of the warm-up to wait, from 0 to 1 */
  begin(now: Micros, share: number): void {
    if (this.followsEvents) return;
    this.nextAt = now + FIRST_CHECK_DELAY + Math.floor(share * this.settings.warmupMicros);
  }

  /**
   * New settings of the same checker: its state stays, and so does its turn. One that is farther away than a whole new
   * interval comes within that: checks that were spread over the old interval are spread over the new one.
   */
  adopt(options: ScheduleOptions, now: Micros): void {
    const { delayLoopMicros, retry } = options.settings;
    const changed = delayLoopMicros !== this.settings.delayLoopMicros;
    this.#options = options;
    this.failures = Math.min(this.failures, retry);
    if (!changed) return;
    this.#behind %= Math.max(1, delayLoopMicros);
    const wait = this.nextAt - now;
    if (this.nextAt === Number.POSITIVE_INFINITY || wait <= delayLoopMicros) return;
    // A retry is not hurried more than it has to be: it may be the last one.
    const isRetry = this.hasRun && this.failures > 0;
    this.nextAt = now + (isRetry ? delayLoopMicros : wait % delayLoopMicros);
  }

  /** A check starts. */
  onStarted(now: Micros): void {
    this.#noteLateness(now);
    this.#startedAt = now;
    this.nextAt = Number.POSITIVE_INFINITY;
  }

  #noteLateness(now: Micros): void {
    const late = Math.max(0, now - this.nextAt);
    this.#behind = (this.#behind + late) % Math.max(1, this.settings.delayLoopMicros);
  }

  /** Not now: suspended, or it could not be carried out. Nothing is said about the server. */
  onSkipped(now: Micros): void {
    this.#noteLateness(now);
    this.nextAt = now + this.#regularInterval();
  }

  onPassed(now: Micros): Report | undefined {
    this.failures = 0;
    if (this.#options.policy === "urls") return this.#onPartPassed(now);
    this.#wait(now, this.#regularInterval());
    return this.#becomeUp();
  }

  /** After a success: delay_loop, or somewhat less to come back to its place; after a failure each delay is as configured. */
  #regularInterval(): Micros {
    const { delayLoopMicros } = this.settings;
    const catchUp = Math.min(this.#behind, Math.floor(delayLoopMicros * LARGEST_CATCH_UP));
    this.#behind -= catchUp;
    return delayLoopMicros - catchUp;
  }

  onFailed(now: Micros): Report | undefined {
    switch (this.#options.policy) {
      case "urls":
        return this.#onPartFailed(now);
      case "dialogue":
        return this.#onDialogueFailed(now);
      case "events":
        return this.#becomeDown();
      case "usual":
      case "script":
        return this.#onUsualFailure(now);
    }
  }

  #onUsualFailure(now: Micros): Report | undefined {
    const { retry, delayLoopMicros, delayBeforeRetryMicros } = this.settings;
    const counts = this.up || !this.hasRun;
    if (counts && this.failures >= retry) {
      this.failures = 0;
      this.#wait(now, delayLoopMicros);
      return this.#becomeDown();
    }
    this.hasRun = true;
    if (this.up) this.failures++;
    this.#wait(now, this.up ? delayBeforeRetryMicros : delayLoopMicros);
    return undefined;
  }

  #onDialogueFailed(now: Micros): Report | undefined {
    const { retry, delayLoopMicros, delayBeforeRetryMicros } = this.settings;
    if (this.failures < retry) {
      this.failures++;
      this.nextAt = now + delayBeforeRetryMicros;
      return undefined;
    }
    this.failures = 0;
    this.nextAt = now + delayLoopMicros;
    return this.#becomeDown();
  }

  #onPartPassed(now: Micros): Report | undefined {
    const { retry } = this.settings;
    const recovered = this.failedPart !== undefined;
    const last = this.part + 1 >= this.#options.parts;
    const report = last && !recovered ? this.#becomeUp() : undefined;
    this.failedPart = undefined;
    this.part = recovered || last ? 0 : this.part + 1;
    // Until all parts have passed once, a failure is final.
    if (!this.hasRun) this.failures = retry;
    const onTheWayUp = !this.hasRun || !this.up;
    this.nextAt = onTheWayUp && this.#options.fastRecovery ? now : now + this.#regularInterval();
    return report;
  }

  #onPartFailed(now: Micros): Report | undefined {
    const { retry, delayLoopMicros, delayBeforeRetryMicros } = this.settings;
    const longer = Math.max(delayLoopMicros, delayBeforeRetryMicros);
    if (!this.up && this.hasRun) {
      this.nextAt = now + longer;
      return undefined;
    }
    this.failures++;
    if (this.failures <= retry) {
      this.hasRun = true;
      this.nextAt = now + delayBeforeRetryMicros;
      return undefined;
    }
    this.failedPart = this.part;
    this.nextAt = now + longer;
    return this.#becomeDown();
  }

  #wait(now: Micros, delay: Micros): void {
    const from = this.#options.policy === "script" ? this.#startedAt : now;
    this.nextAt = Math.max(now, from + delay);
  }

  #becomeUp(): Report | undefined {
    const first = !this.hasRun;
    const changed = !this.up;
    this.hasRun = true;
    this.up = true;
    return changed ? "up" : first ? "stillUp" : undefined;
  }

  #becomeDown(): Report | undefined {
    const first = !this.hasRun;
    const changed = this.up;
    this.hasRun = true;
    this.up = false;
    return changed ? "down" : first ? "stillDown" : undefined;
  }
}

/** Fractional part of the golden ratio: its multiples modulo 1 never crowd, whatever their number. */
const GOLDEN = 0.618_033_988_749_894_9;

/**
 * Which share of its warm-up the checker number `index` waits, from 0 to 1: evenly spread for any number of checkers.
 * @param offset from 0 to 1, unlike that of other hosts that check the same servers
 */
export function spreadShare(index: number, offset: number): number {
  return (offset + index * GOLDEN) % 1;
}
