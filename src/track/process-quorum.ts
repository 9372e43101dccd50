/**
 * Whether as many processes run as wanted, with the delays before a change counts (reference: notify-track, section
 * 10). Pure: time is an argument.
 */
import type { TrackProcessConfig } from "../config/model.js";

type Settings = Pick<TrackProcessConfig, "quorum" | "quorumMax" | "forkDelayMicros" | "terminateDelayMicros">;
/** What changed the number: only what a fork or an end did may wait. */
export type CountCause = "fork" | "exit" | "other";

export class ProcessQuorum {
  #settings: Settings;
  #count = 0;
  #up: boolean | undefined;
  #deadline: number | undefined;
  #waitsFor: CountCause = "other";

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Undefined before the first count. */
  get up(): boolean | undefined {
    return this.#up;
  }
  get count(): number {
    return this.#count;
  }
  /** When `onDeadline` is to be called, in microseconds; undefined when nothing waits. */
  get deadline(): number | undefined {
    return this.#deadline;
  }
  /** Which delay runs. */
  get waitsFor(): CountCause | undefined {
    return this.#deadline === undefined ? undefined : this.#waitsFor;
  }
  get #wanted(): boolean {
    const { quorum, quorumMax = Number.POSITIVE_INFINITY } = this.#settings;
    return this.#count >= quorum && this.#count <= quorumMax;
  }

  /** A reload: what runs is judged at once by new numbers; with the same ones a delay goes on. @returns whether the state is another one */
  setSettings(settings: Settings): boolean {
    const { quorum, quorumMax } = this.#settings;
    this.#settings = settings;
    const same = quorum === settings.quorum && quorumMax === settings.quorumMax;
    return !same && this.#up !== undefined && this.#decide();
  }

  /** @returns whether the state is another one */
  onCount(count: number, cause: CountCause, now: number): boolean {
    this.#count = count;
    if (this.#up === undefined) return this.#decide();
    if (this.#wanted === this.#up) {
      this.#deadline = undefined;
      return false;
    }
    const { forkDelayMicros, terminateDelayMicros } = this.#settings;
    const delay = cause === "fork" ? forkDelayMicros : cause === "exit" ? terminateDelayMicros : 0;
    if (delay === 0) return this.#decide();
    if (this.#deadline === undefined) {
      this.#deadline = now + delay;
      this.#waitsFor = cause;
    }
    return false;
  }

  /** @returns whether the state is another one */
  onDeadline(): boolean {
    return this.#deadline !== undefined && this.#decide();
  }

  #decide(): boolean {
    const before = this.#up;
    this.#deadline = undefined;
    this.#up = this.#wanted;
    return this.#up !== before;
  }
}
