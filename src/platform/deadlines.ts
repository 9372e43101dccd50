/**
 * Deadlines in a binary heap with lazy update: postponing one, which every advert received does, costs a store and
 * nothing else; the heap is put right when the entry comes to its top. Pure: time is an argument.
 */

/** One timer that can be set again and again. Made by `Deadlines.create`, changed by its methods only. */
export class Deadline<K> {
  /** When it is due; Infinity while it is not armed. */
  at = Number.POSITIVE_INFINITY;
  /** Where the heap believes it to be; never later than `at`. */
  place = Number.POSITIVE_INFINITY;
  /** Position in the heap, -1 outside. */
  index = -1;

  constructor(readonly key: K) {}

  get armed(): boolean {
    return this.at !== Number.POSITIVE_INFINITY;
  }
}

export class Deadlines<K> {
  readonly #heap: Deadline<K>[] = [];

  create(key: K): Deadline<K> {
    return new Deadline(key);
  }

  /** Sets or moves a deadline. Later than before: O(1). Earlier or new: O(log n). */
  arm(deadline: Deadline<K>, at: number): void {
    deadline.at = at;
    if (deadline.index < 0) {
      deadline.place = at;
      this.#heap.push(deadline);
      this.#rise(this.#heap.length - 1, deadline);
    } else if (at < deadline.place) {
      deadline.place = at;
      this.#rise(deadline.index, deadline);
    }
  }

  /** O(1): the entry leaves the heap when it comes to the top. */
  cancel(deadline: Deadline<K>): void {
    deadline.at = Number.POSITIVE_INFINITY;
  }

  /** The next time at which something is due; undefined when nothing is armed. */
  earliest(): number | undefined {
    return this.#settleTop()?.at;
  }

  /** Takes one deadline that is due by `now` out, earliest first; it is disarmed. */
  takeDue(now: number): K | undefined {
    const top = this.#settleTop();
    if (top === undefined || top.at > now) return undefined;
    top.at = Number.POSITIVE_INFINITY;
    this.#removeTop(top);
    return top.key;
  }

  /** Entries in the heap, cancelled ones that have not surfaced yet included. */
  get size(): number {
    return this.#heap.length;
  }

  /** Puts entries right until the one at the top is where it belongs. */
  #settleTop(): Deadline<K> | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || top.at === top.place) return top;
      if (top.at === Number.POSITIVE_INFINITY) {
        this.#removeTop(top);
      } else {
        top.place = top.at;
        this.#sink(0, top);
      }
    }
  }

  #removeTop(top: Deadline<K>): void {
    const last = this.#heap.pop();
    top.index = -1;
    if (last !== undefined && last !== top) this.#sink(0, last);
  }

  #rise(from: number, entry: Deadline<K>): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || parent.place <= entry.place) break;
      heap[at] = parent;
      parent.index = at;
      at = up;
    }
    heap[at] = entry;
    entry.index = at;
  }

  #sink(from: number, entry: Deadline<K>): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      let down = 2 * at + 1;
      let child = heap[down];
      if (child === undefined) break;
      const right = heap[down + 1];
      if (right !== undefined && right.place < child.place) {
        child = right;
        down++;
      }
      if (child.place >= entry.place) break;
      heap[at] = child;
      child.index = at;
      at = down;
    }
    heap[at] = entry;
    entry.index = at;
  }
}
