class AnnounceQueue {
  #intervalMicros;
  #next = Number.NEGATIVE_INFINITY;
  /** In the order of their turns. */
  #waiting = /* @__PURE__ */ new Map();
  constructor(intervalMicros) {
    this.#intervalMicros = intervalMicros;
  }
  /**
   * Asks for `rounds` frames of each item, in rotation. `keyOf` tells items of one owner apart.
   * @returns the item to send at once, if the interface is free now.
   */
  request(owner, items, rounds, now, keyOf) {
    const [first] = items;
    const free = first !== void 0 && now >= this.#next && this.#waiting.size === 0;
    if (free) this.#next = now + this.#intervalMicros;
    for (const item of free ? items.slice(1) : items) this.#queue(owner, item, rounds, rounds, keyOf);
    if (!free) return void 0;
    if (rounds > 1) this.#queue(owner, first, rounds - 1, rounds, keyOf);
    return first;
  }
  /** When the next frame may go; undefined when none waits. */
  get due() {
    return this.#waiting.size === 0 ? void 0 : this.#next;
  }
  /** @returns the item whose turn it is at `now`, and who asked for it. */
  take(now) {
    if (now < this.#next) return void 0;
    for (const [key, waiting] of this.#waiting) {
      this.#waiting.delete(key);
      waiting.due--;
      if (waiting.due > 0) this.#waiting.set(key, waiting);
      this.#next = now + this.#intervalMicros;
      return { owner: waiting.owner, item: waiting.item };
    }
    return void 0;
  }
  /** Drops what waits for this owner. */
  cancel(owner) {
    for (const [key, waiting] of this.#waiting) if (waiting.owner === owner) this.#waiting.delete(key);
  }
  #queue(owner, item, due, limit, keyOf) {
    const key = `${owner} ${keyOf(item)}`;
    const before = this.#waiting.get(key)?.due ?? 0;
    this.#waiting.set(key, { owner, item, due: Math.max(before, Math.min(before + due, limit)) });
  }
}
export {
  AnnounceQueue
};
//# sourceMappingURL=announce-queue.js.map
