/**
 * Jobs in order, one at a time per key, independent between keys: so that the scripts of one instance
 * never overtake each other. Pure: the caller runs what it is handed and says when it is done.
 */

export class OrderedQueue<Job> {
  /** Jobs per key; the first one is running. */
  readonly #waiting = new Map<string, Job[]>();

  /** Adds a job. @returns it when nothing runs for the key: start it now. */
  push(key: string, job: Job): Job | undefined {
    const queue = this.#waiting.get(key);
    if (queue === undefined) {
      this.#waiting.set(key, [job]);
      return job;
    }
    queue.push(job);
    return undefined;
  }

  /** The running job of the key ended. @returns the next one to start. */
  finished(key: string): Job | undefined {
    const queue = this.#waiting.get(key);
    if (queue === undefined) throw new Error(`nothing runs for ${key}`);
    queue.shift();
    const next = queue[0];
    if (next === undefined) this.#waiting.delete(key);
    return next;
  }

  /** Jobs that run or wait. */
  get size(): number {
    let sum = 0;
    for (const queue of this.#waiting.values()) sum += queue.length;
    return sum;
  }
}
