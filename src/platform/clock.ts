/** The one clock of the processes: CLOCK_MONOTONIC in microseconds. */
import { loadAddon } from "../native/load.js";

/** @returns microseconds since some fixed moment before the process started. */
export function nowMicros(): number {
  return loadAddon().monotonicMicros();
}
