/** How long a test waits. Limits are for a machine that has time; a verdict is for what happened, not for when it was heard. */
import assert from "node:assert/strict";
import { cpus, loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 5;
const MOST_CROWDED = 5;

/** How many processes want each processor: on a busy machine everything takes so many times as long. */
export function crowding(): number {
  return Math.min(MOST_CROWDED, Math.max(1, (loadavg()[0] ?? 0) / cpus().length));
}

/** Waits for what only looking shows; a test in a lab has `Lab.poll`. Fails with `what` after the limit. */
export async function until(
  what: string | (() => string),
  condition: () => boolean,
  limitMs = 10_000,
): Promise<void> {
  const begin = Date.now();
  let late = false;
  while (!condition()) {
    if (late) assert.fail(`waited in vain for ${typeof what === "string" ? what : what()}`);
    // Once more after the limit: this process may have slept as long as anybody, and not have read what came.
    late = Date.now() - begin > limitMs * crowding();
    await pause(POLL_MS);
  }
}
