const BURST = 5;
const WINDOW_MICROS = 1e7;
class RestoreLimit {
  /** When it was (or will be) put back, the latest last; at most BURST. */
  #restored = [];
  #slow = false;
  /** It was lost at `now`. @returns when it may be put back: `now` or later. */
  next(now) {
    const last = this.#restored.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (now - last >= WINDOW_MICROS) this.#slow = false;
    this.#restored = this.#restored.filter((at2) => now - at2 < WINDOW_MICROS);
    this.#slow ||= this.#restored.length >= BURST;
    const at = this.#slow ? last + WINDOW_MICROS : now;
    this.#restored = [...this.#restored, at].slice(-BURST);
    return at;
  }
}
export {
  RestoreLimit
};
//# sourceMappingURL=restore-limit.js.map
