/**
 * Entry of the vrrp process: its name and its scheduling class. What VRRP is lives in runtime.ts and below; what all
 * children have in common is in platform/child-entry.ts.
 */
import type { VrrpConfig } from "../config/model.js";
import type { Addon } from "../native/addon.js";
import { runChild } from "../platform/child-entry.js";
import type { ChildLog } from "../platform/child-log.js";
import { VrrpRuntime } from "./runtime.js";

/** Lowest real-time priority: enough to run before everything that is not real-time. */
const REALTIME_PRIORITY = 1;
const RLIMIT_RTTIME = 15;
/** Microseconds of computing without a break, after which the kernel stops a runaway real-time process. */
const RTTIME_SOFT = 1_000_000;
const RTTIME_HARD = 3_000_000;

/** Real-time scheduling keeps adverts punctual on a busy host; without the right to it the daemon runs as it is. */
function schedule(addon: Addon, log: ChildLog): void {
  try {
    addon.setLimit(RLIMIT_RTTIME, RTTIME_SOFT, RTTIME_HARD);
    addon.setRealtime(REALTIME_PRIORITY);
    addon.lockTextAndStack();
  } catch (error) {
    log.detail(
      () => `running without real-time scheduling: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

runChild<VrrpConfig>({
  processName: "keepalived_vrrp",
  create: (slice, parts) => new VrrpRuntime(slice, parts),
  beforeStart: schedule,
});
