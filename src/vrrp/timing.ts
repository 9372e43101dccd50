/**
 * The timer arithmetic of VRRP (reference section 9; RFC 9568 section 6.1, RFC 3768 section 6.2).
 * Integer microseconds in and out.
 */

import type { VrrpVersion } from "../config/model.js";
import type { Micros } from "./events.js";

export const SECOND: Micros = 1_000_000;

/** The priority of an address owner. */
export const OWNER = 255;
/** The priority that says "I stop". */
export const RESIGN = 0;

/**
 * Higher priority, shorter wait. Version 2 measures in seconds whatever the interval is (RFC 3768 section 6.2),
 * version 3 in parts of the master's interval.
 */
export function skewMicros(version: VrrpVersion, priority: number, masterIntervalMicros: Micros): Micros {
  const unit = version === 2 ? SECOND : masterIntervalMicros;
  return Math.floor(((256 - priority) * unit) / 256);
}

/** How long a BACKUP waits for an advert. The RFCs fix `adverts` to 3; keepalived has down_timer_adverts. */
export function masterDownMicros(
  version: VrrpVersion,
  priority: number,
  masterIntervalMicros: Micros,
  adverts: number,
): Micros {
  return adverts * masterIntervalMicros + skewMicros(version, priority, masterIntervalMicros);
}

/** Base priority and tracker weights; an owner is never moved, and nobody becomes one (keepalived). */
export function effectivePriority(base: number, weight: number): number {
  return base === OWNER ? OWNER : Math.min(254, Math.max(1, base + weight));
}

/**
 * The next deadline of a periodic timer: on its grid while it is late by less than one period, so that the mean
 * gap is exact; from now on otherwise, so that a stall is not followed by a burst. Upstream always restarts from now.
 */
export function nextOnGrid(deadline: Micros, period: Micros, now: Micros): Micros {
  const late = now - deadline;
  return late >= 0 && late < period ? deadline + period : now + period;
}

/** Microseconds as seconds for a sentence: 3609375 is "3.609 s". */
export function inSeconds(micros: Micros): string {
  return `${Number((micros / SECOND).toFixed(3))} s`;
}
