/** The frame of a check that follows something else: a file, a session. There is nothing to wait for. */
import type { Check } from "./checker.js";

export class FollowingCheck implements Check {
  readonly #follow: (changed: () => void) => () => void;
  readonly #report: () => void;
  #stop: (() => void) | undefined;

  /**
   * @param follow begins to follow. @returns what ends it
   * @param report tells what is the case now
   */
  constructor(follow: (changed: () => void) => () => void, report: () => void) {
    this.#follow = follow;
    this.#report = report;
  }

  start(): void {
    this.#stop ??= this.#follow(this.#report);
    this.#report();
  }

  cancel(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
