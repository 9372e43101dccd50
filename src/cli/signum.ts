/** `--signum`: which signal asks for what. Scripts must ask, as real-time numbers depend on the system. Pure. */

/** Signals with names that Node knows have them in constants; the real-time ones are glibc's on Linux. */
export const SIGNALS: ReadonlyMap<string, number> = new Map([
  ["STOP", 15],
  ["RELOAD", 1],
  ["DATA", 10],
  ["STATS", 12],
  // SIGRTMAX - 1
  ["STATS_CLEAR", 63],
  // SIGRTMIN + 2
  ["JSON", 36],
]);

/** @returns the number for a function, undefined when there is none of that name. */
export function signalNumber(name: string): number | undefined {
  return SIGNALS.get(name);
}
