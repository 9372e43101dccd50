/** A stream of things observed, and waiting for one of them with a deadline. */

/** Waits; nothing else. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Hands what is pushed to whoever listens at that moment; keeps nothing. */
export class Feed<T> {
  readonly #listeners = new Set<(item: T) => void>();

  push(item: T): void {
    for (const listener of this.#listeners) listener(item);
  }

  /** @returns what ends the listening. */
  listen(listener: (item: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The first item from now on that `matches` accepts. Ask before doing what causes it.
   * Rejects after `timeoutMs` with the words of `what`; nobody needs to await it.
   */
  first(matches: (item: T) => boolean, timeoutMs: number, what: string): Promise<T> {
    const found = new Promise<T>((resolve, reject) => {
      const deadline = setTimeout(() => {
        end();
        reject(new Error(`no ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      const end = this.listen((item) => {
        if (!matches(item)) return;
        end();
        clearTimeout(deadline);
        resolve(item);
      });
    });
    found.catch(() => {}); // an error elsewhere may leave it without anybody waiting
    return found;
  }

  /** Collects items until `enough` says so of all that came. */
  async collect(enough: (item: T) => boolean, timeoutMs: number, what: string): Promise<T[]> {
    const items: T[] = [];
    await this.first(
      (item) => {
        items.push(item);
        return enough(item);
      },
      timeoutMs,
      what,
    );
    return items;
  }
}
