const second = 1e6;
class VirtualLoop {
  #now = 0;
  #soon = [];
  #timers = /* @__PURE__ */ new Set();
  now() {
    return this.#now;
  }
  at(when, callback) {
    const timer = { when, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
  soon(callback) {
    this.#soon.push(callback);
  }
  /** One turn: what was wanted soon before it began. @returns whether there was anything. */
  turn() {
    const callbacks = this.#soon;
    this.#soon = [];
    for (const callback of callbacks) callback();
    return callbacks.length > 0;
  }
  /** Turns until nothing is wanted soon. */
  settle() {
    for (let i = 0; this.turn(); i++) if (i > 1e4) throw new Error("the loop never comes to rest");
  }
  /** Lets time pass, from timer to timer. */
  advance(micros) {
    const end = this.#now + micros;
    this.settle();
    for (; ; ) {
      const [next] = [...this.#timers].filter(({ when }) => when <= end).sort((a, b) => a.when - b.when);
      if (next === void 0) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.when);
      next.callback();
      this.settle();
    }
    this.#now = end;
  }
}
export {
  VirtualLoop,
  second
};
//# sourceMappingURL=virtual-loop.js.map
