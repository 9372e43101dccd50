/** Judges what was seen on the wire and on the hosts: was there ever more than one master for longer than the protocol allows? */
import type { Holders, Overlap } from "./addresses.js";
import type { CapturedAdvert } from "./capture.js";

/**
 * How long a router may take from hearing its better to being silent and without the address: the wire, the wake-up of
 * a process on a busy machine, one netlink request.
 */
export const HAND_OVER_MS = 100;

/** Order of routers: the priority, then the address as a number (RFC 9568 section 6.4.3). */
function beats(a: CapturedAdvert, b: CapturedAdvert): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  return addressOrder(a.source) > addressOrder(b.source);
}

/** A text that sorts like the address; enough for addresses written alike. */
function addressOrder(address: string): string {
  return address
    .split(/[.:]/)
    .map((part) => part.padStart(5, "0"))
    .join("");
}

/**
 * Adverts that their sender had no right to send: a better router had spoken within its master-down time, long enough ago to
 * have been heard, and had not resigned. A router that preempts is right, one that does not yield is wrong.
 */
export function unlawfulAdverts(
  adverts: readonly CapturedAdvert[],
  graceMs = HAND_OVER_MS,
): CapturedAdvert[] {
  const last = new Map<string, CapturedAdvert>();
  const unlawful: CapturedAdvert[] = [];
  for (const advert of adverts) {
    const others = [...last.values()].filter((other) => other.source !== advert.source && other.priority > 0);
    const wronged = others.some((other) => {
      const age = advert.at - other.at;
      return beats(other, advert) && age > graceMs && age < 3 * other.intervalMs;
    });
    if (advert.priority > 0 && wronged) unlawful.push(advert);
    last.set(advert.source, advert);
  }
  return unlawful;
}

/** Spans in which two hosts held the address for longer than a hand-over takes. */
export function unlawfulOverlaps(holders: Holders, address: string, graceMs = HAND_OVER_MS): Overlap[] {
  return holders.overlaps(address).filter(({ from, until }) => until - from > graceMs);
}
