/** What an instance says about adverts, in upstream's words: tools and operators look for these lines. */

import { formatAddress } from "../net/ip-address.js";
import type { Advert, Micros } from "./events.js";
import { inSeconds } from "./timing.js";

export function discardedText(advert: Advert): string {
  return `received lower priority (${advert.priority}) advert from ${formatAddress(advert.source)} - discarding`;
}

export function higherText(advert: Advert, ours: number): string {
  const sender = formatAddress(advert.source);
  return advert.priority > ours
    ? `Master received advert from ${sender} with higher priority ${advert.priority}, ours ${ours}`
    : `Master received advert from ${sender} with same priority ${ours} but higher IP address than ours`;
}

export function lowerText(advert: Advert, ours: number, forced: boolean): string {
  const sender = formatAddress(advert.source);
  const text = `Received advert from ${sender} with lower priority ${advert.priority}, ours ${ours}`;
  return forced ? `${text}, forcing new election` : text;
}

export function stalledText(silence: Micros, wait: Micros): string {
  return `sent no advert for ${inSeconds(silence)}, longer than a backup waits: listening for ${inSeconds(wait)} first`;
}

export function expiredText(silence: Micros): string {
  return `VRRP thread timer expired: no advert sent for ${inSeconds(silence)}`;
}

export function successorText(advert: Advert): string {
  return `${formatAddress(advert.source)} with priority ${advert.priority} took over meanwhile, and we do not preempt`;
}

export function ownAddressText(advert: Advert): string {
  return `Received advert from ${formatAddress(advert.source)}, our own address, with our priority ${advert.priority}`;
}

export function rivalText(advert: Advert): string {
  return `${formatAddress(advert.source)} also owns the addresses (priority 255): configuration error, one must give way`;
}

export function rogueText(advert: Advert): string {
  return `${formatAddress(advert.source)} keeps advertising priority 255: lowering our priority to 254`;
}

export function learntIntervalText(before: Micros, after: Micros): string {
  return `advertisement interval updated from ${before / 1000}ms to ${after / 1000}ms by master`;
}

export function ownIntervalText(before: Micros, after: Micros): string {
  return `changing advert interval from ${before / 1000}ms to locally configured ${after / 1000}ms`;
}
