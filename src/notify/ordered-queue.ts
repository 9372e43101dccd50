/**
 * Jobs in order, one at a time per key, independent between keys: so that the scripts of one instance
 * never overtake each other. Pure: the caller runs what it is handed and says when it is done.
 */

export class OrderedQueue<Job> {
  /** Jobs per key; the first one is running. */
  readonly #jobs = new Map<string, Job[]>();

  /** Adds a job. @returns it when nothing runs for the key: start it now. */
  push(key: string, job: Job): Job | undefined {
    const queue = this.#jobs.get(key);
    if (queue === undefined) {
      this.#jobs.set(key, [job]);
      return job;
    }
    queue.push(job);
    return undefined;
  }

  /** The running job of the key ended. @returns the next one to start. */
  finished(key: string): Job | undefined {
    const queue = this.#jobs.get(key);
    if (queue === undefined) throw new Error(`nothing runs for ${key}`);
    queue.shift();
    const next = queue[0];
    if (next === undefined) this.#jobs.delete(key);
    return next;
  }

  /** Takes out waiting jobs; a running one is not touched. @returns them, in order. */
  discard(key: string, unwanted: (job: Job) => boolean): Job[] {
    const [running, ...waiting] = this.#jobs.get(key) ?? [];
    if (running === undefined) return [];
    this.#jobs.set(key, [running, ...waiting.filter((job) => !unwanted(job))]);
    return waiting.filter(unwanted);
  }

  /** The running job of a key. */
  running(key: string): Job | undefined {
    return this.#jobs.get(key)?.[0];
  }

  /** Jobs of a key that wait behind the running one. */
  waiting(key: string): readonly Job[] {
    return this.#jobs.get(key)?.slice(1) ?? [];
  }

  keys(): string[] {
    return [...this.#jobs.keys()];
  }

  /** Jobs that run or wait. */
  get size(): number {
    let sum = 0;
    for (const queue of this.#jobs.values()) sum += queue.length;
    return sum;
  }
}
