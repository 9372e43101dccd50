/** Rise and fall: how the results of a script become its state (VRRP reference, 10.4). Pure. */

/** How many successes and failures in a row change the state. */
interface Thresholds {
  rise: number;
  fall: number;
}

export class ScriptState {
  #rise: number;
  #fall: number;
  /** 0 to rise + fall - 1; up from rise on. */
  #count: number;
  #up: boolean | undefined;

  /** Nothing is known at first, and the first result decides; with `initFail` it has failed already. */
  constructor({ rise, fall }: Thresholds, initFail: boolean) {
    this.#rise = rise;
    this.#fall = fall;
    this.#count = initFail ? 0 : rise - 1;
    this.#up = initFail ? false : undefined;
  }

  get up(): boolean | undefined {
    return this.#up;
  }
  /** Upstream's "Result" in the dump. */
  get count(): number {
    return this.#count;
  }
  get #top(): number {
    return this.#rise + this.#fall - 1;
  }

  /** @returns whether the state is another one now */
  onResult(success: boolean): boolean {
    const before = this.#up;
    if (success) this.#onSuccess();
    else this.#onFailure();
    return this.#up !== before;
  }

  #onSuccess(): void {
    if (this.#count < this.#rise - 1) this.#count++;
    else {
      this.#count = this.#top;
      this.#up = true;
    }
  }

  #onFailure(): void {
    if (this.#count > this.#rise) this.#count--;
    else {
      this.#count = 0;
      this.#up = false;
    }
  }

  /** The state stays, and so does the progress to another one, as far as the new thresholds have room for it. */
  setThresholds({ rise, fall }: Thresholds): void {
    const failures = this.#top - this.#count;
    this.#rise = rise;
    this.#fall = fall;
    if (this.#up === undefined) this.#count = rise - 1;
    else if (this.#up) this.#count = Math.max(rise, this.#top - failures);
    else this.#count = Math.min(this.#count, rise - 1);
  }
}
