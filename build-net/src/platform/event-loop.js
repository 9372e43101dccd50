function createEventLoop(addon) {
  return {
    now: () => addon.monotonicMicros(),
    at(when, callback) {
      const timer = setTimeout(callback, Math.max(0, Math.ceil((when - addon.monotonicMicros()) / 1e3)));
      return () => clearTimeout(timer);
    },
    soon: (callback) => void setImmediate(callback)
  };
}
export {
  createEventLoop
};
//# sourceMappingURL=event-loop.js.map
