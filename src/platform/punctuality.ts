/**
 * What follows from timers that fire late (max_auto_priority, min_auto_priority_delay): a line, and the next higher
 * real-time priority up to a ceiling. Pure.
 */

export interface PunctualitySettings {
  /** Highest priority that is taken by itself; 0 for none, -1 for none and no advice. */
  maxAutoPriority: number;
  /** Lateness that counts. */
  minAutoPriorityDelayMicros: number;
}

export interface Lateness {
  /** For the log. */
  text: string;
  /** The real-time priority to take now. */
  priority?: number;
}

/** A host that is too busy makes timer after timer late, and needs no log that grows with it. */
const REPEAT_MICROS = 10_000_000;

export class Punctuality {
  readonly #settings: PunctualitySettings;
  /** Nobody may change the scheduling class. */
  readonly #fixed: boolean;
  #priority: number;
  #saidAt = Number.NEGATIVE_INFINITY;
  #unsaid = 0;
  #advised: boolean;

  /** @param priority the real-time priority that is configured, 0 for ordinary scheduling */
  constructor(settings: PunctualitySettings, priority: number, fixed: boolean) {
    this.#settings = settings;
    this.#priority = priority;
    this.#fixed = fixed;
    this.#advised = settings.maxAutoPriority < 0 || priority > 0 || fixed;
  }

  /**
   * A timer fired `late` microseconds after it was due, at `now`.
   * @returns what is to be done about it; nothing when that was said a moment ago and nothing else can be done
   */
  judge(late: number, now: number): Lateness | undefined {
    const { maxAutoPriority, minAutoPriorityDelayMicros } = this.#settings;
    if (late <= minAutoPriorityDelayMicros) return undefined;
    const text = `A thread timer expired ${(late / 1_000_000).toFixed(6)} seconds ago`;
    if (!this.#fixed && this.#priority < maxAutoPriority) {
      this.#priority++;
      return { text: `${text}${this.#takeUnsaid(now)}`, priority: this.#priority };
    }
    if (now - this.#saidAt < REPEAT_MICROS) {
      this.#unsaid++;
      return undefined;
    }
    return { text: `${text}${this.#takeUnsaid(now)}${this.#advice()}` };
  }

  /** The system refused the last priority: it will refuse the next one too. */
  giveUp(): void {
    this.#priority = Number.POSITIVE_INFINITY;
  }

  #takeUnsaid(now: number): string {
    const count = this.#unsaid;
    this.#unsaid = 0;
    this.#saidAt = now;
    return count === 0 ? "" : ` (and ${count} before)`;
  }

  #advice(): string {
    if (this.#advised) return "";
    this.#advised = true;
    return "; 'max_auto_priority 1' lets this process run before ordinary ones when that happens";
  }
}
