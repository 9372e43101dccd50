/**
 * A MASTER that could not advertise for a while (SIGSTOP, a suspended host, a starved process): whether somebody else
 * must be taken to be MASTER by now. RFC 9568 knows no such case; keepalived has timer_expired_backup (reference
 * section 8.10) and asserts itself at once without it. Pure.
 */
import type { VrrpInstanceConfig } from "../config/model.js";
import type { Micros } from "./events.js";
import { skewMicros } from "./timing.js";

type Stall =
  /** Its adverts are late at most: a BACKUP may still be waiting. */
  | "none"
  /** Everybody who waited has taken over: listen before the next advert. */
  | "outlived"
  /** timer_expired_backup: give way without a look. */
  | "expired";

/** The worst BACKUP waits longest. */
const LOWEST = 1;
/** Reference 8.10 counts three adverts, whatever down_timer_adverts says. */
const EXPIRED_ADVERTS = 3;

/** @param silence time since the last advert */
export function judgeSilence(settings: VrrpInstanceConfig, silence: Micros): Stall {
  const { version, advertIntervalMicros: interval, downTimerAdverts, timerExpiredBackupPriority } = settings;
  const wait = (adverts: number, priority: number): Micros =>
    adverts * interval + skewMicros(version, priority, interval);
  const expired = timerExpiredBackupPriority;
  if (expired !== undefined && silence >= wait(EXPIRED_ADVERTS, expired)) return "expired";
  return silence >= wait(downTimerAdverts, LOWEST) ? "outlived" : "none";
}

/** Long enough to hear the advert of a new MASTER: one is due each interval, and may be late by a quarter of it. */
export function listeningMicros({ advertIntervalMicros: interval }: VrrpInstanceConfig): Micros {
  return interval + Math.ceil(interval / 4);
}
