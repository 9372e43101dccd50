/**
 * Name, scheduling class, niceness, CPUs and locked memory of a child process, as `global_defs` asks for them: taken at
 * the start and after each reload. What the system refuses is said, and the process goes on as it is. Late timers may raise
 * the priority; the next reload begins anew with what is configured.
 */
import { readFileSync } from "node:fs";
import { getPriority } from "node:os";
import type { Addon } from "../native/addon.js";
import type { Log } from "./child-log.js";
import { Punctuality, type PunctualitySettings } from "./punctuality.js";

/** What the configuration says of one process. */
export interface SchedulingWish {
  /** As `ps` shows it; absent: the usual one. */
  name?: string;
  /** -20..19; 0: as it was started. */
  nice: number;
  noSwap: boolean;
  /** 1..99, 0 for ordinary scheduling; absent: the usual one, unless there is a niceness. */
  realtimePriority?: number;
  /** Empty: all that it was started with. */
  cpus: readonly number[];
  realtimeLimitMicros: number;
}

/** How a process is when nothing is configured. */
export interface UsualScheduling {
  name: string;
  /** 0 for ordinary scheduling. */
  realtimePriority: number;
}

const RLIMIT_RTTIME = 15;
/**
 * Least limit of CPU time without a blocking call: reading a large configuration or collecting garbage takes longer than
 * the 10 ms that are usual for a program in C, and the kernel kills what exceeds it.
 */
const LEAST_REALTIME_MICROS = 3_000_000;

type Part = "name" | "CPUs" | "real-time limit" | "scheduling class" | "niceness" | "memory lock";

export class Scheduling {
  readonly #addon: Addon;
  readonly #log: Log;
  readonly #usual: UsualScheduling;
  /** As it was started. */
  readonly #nice = getPriority();
  #allCpus: number[] | undefined;
  /** What is in force, as text: each part is touched only when it changes. */
  readonly #applied = new Map<Part, string>([
    ["CPUs", ""],
    ["scheduling class", "0"],
    ["niceness", String(this.#nice)],
    ["memory lock", "false"],
  ]);
  #wish: SchedulingWish | undefined;
  #punctuality: Punctuality | undefined;

  constructor(addon: Addon, log: Log, usual: UsualScheduling) {
    this.#addon = addon;
    this.#log = log;
    this.#usual = usual;
  }

  apply(wish: SchedulingWish, whenLate: PunctualitySettings): void {
    const addon = this.#addon;
    const priority = wish.realtimePriority ?? (wish.nice === 0 ? this.#usual.realtimePriority : 0);
    const name = wish.name ?? this.#usual.name;
    // Refused without a right that nobody asked for: that is how an ordinary user runs it.
    const asked = wish.realtimePriority !== undefined || wish.nice !== 0;
    this.#wish = wish;
    // Priority 0 is asked for by vrrp_no_realtime and its like only, which holds whatever else is said.
    this.#punctuality = new Punctuality(whenLate, priority, wish.realtimePriority === 0);
    this.#take("name", name, true, () => addon.setProcessName(name));
    this.#take("CPUs", wish.cpus.join(" "), true, () => this.#setCpus(wish.cpus));
    this.#setPriority(priority, wish.realtimeLimitMicros, asked);
    const nice = priority > 0 || wish.nice === 0 ? this.#nice : wish.nice;
    this.#take("niceness", String(nice), true, () => addon.setNice(nice));
    if (wish.noSwap || priority > 0)
      this.#take("memory lock", "true", wish.noSwap, () => addon.lockTextAndStack());
  }

  /** A timer of this process fired so many microseconds after it was due (max_auto_priority). */
  onLateTimer(micros: number, now: number): void {
    const lateness = this.#punctuality?.judge(micros, now);
    if (lateness === undefined || this.#wish === undefined) return;
    const { text, priority } = lateness;
    this.#log.warning(text);
    if (priority === undefined) return;
    if (this.#setPriority(priority, this.#wish.realtimeLimitMicros, true))
      this.#log.info(`Set realtime priority ${priority}`);
    else this.#punctuality?.giveUp();
    this.#take("memory lock", "true", false, () => this.#addon.lockTextAndStack());
  }

  #setPriority(priority: number, limitMicros: number, asked: boolean): boolean {
    const limit = Math.max(LEAST_REALTIME_MICROS, limitMicros);
    // First, so that no moment is without it. To raise it again may be refused, and then the lower one holds.
    if (priority > 0)
      this.#take("real-time limit", String(limit), asked, () => this.#limit(limitMicros, limit));
    return this.#take("scheduling class", String(priority), asked, () => this.#addon.setRealtime(priority));
  }

  /** @returns false when the system refuses it; the next reload tries again. */
  #take(part: Part, value: string, asked: boolean, act: () => void): boolean {
    if (this.#applied.get(part) === value) return true;
    try {
      act();
      this.#applied.set(part, value);
      return true;
    } catch (error) {
      const text = `Cannot set ${part} of this process: ${error instanceof Error ? error.message : String(error)}`;
      if (asked) this.#log.warning(text);
      else this.#log.detail(() => text);
      return false;
    }
  }

  #limit(wanted: number, hard: number): void {
    if (wanted < hard)
      this.#log.info(`Real-time limit of ${wanted} us is too short for this program: ${hard} us are used`);
    this.#addon.setLimit(RLIMIT_RTTIME, Math.floor(hard / 2), hard);
  }

  #setCpus(cpus: readonly number[]): void {
    this.#allCpus ??= allowedCpus();
    this.#addon.setAffinity(cpus.length > 0 ? [...cpus] : this.#allCpus);
  }
}

/** The CPUs that this process may run on, from "Cpus_allowed_list: 0-3,6". */
function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first = NaN, last = first] = range.split("-").map(Number);
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
