/** vrrp_startup_delay and vrrp_delay_after_boot (reference section 9): until when no timer counts. */
import type { VrrpProcessSettings } from "../config/global-model.js";
import type { Micros } from "./events.js";

type Delays = Pick<VrrpProcessSettings, "startupDelayMicros" | "delayAfterBootMicros">;

/**
 * The longer of both waits counts.
 * @param startedAt when the instances of the process were started first; the monotonic clock counts from the boot
 */
export function endOfStartupDelay(delays: Delays, startedAt: Micros): Micros {
  return Math.max(startedAt + delays.startupDelayMicros, delays.delayAfterBootMicros);
}
