/**
 * garp_extra_if (reference section 11.5): addresses on other interfaces than the one that sends adverts are announced
 * now and then, since no advert keeps the switches there informed. Pure.
 */
import type { AddressSetting, VrrpInstanceConfig } from "../config/model.js";
import type { Micros } from "./events.js";
import { advertInterface } from "./own-links.js";

/** Whether adverts do not leave by the interface that holds the address, and the address counts without `all`. */
function place(
  settings: VrrpInstanceConfig,
  { device, base }: AddressSetting,
): { other: boolean; vmac: boolean } {
  const onIpvlan = settings.ipvlan !== undefined && device === settings.ownLink;
  return { other: device !== advertInterface(settings), vmac: base !== undefined && !onIpvlan };
}

/** The first address of each such interface; none without garp_extra_if. */
export function extraAddresses(settings: VrrpInstanceConfig): AddressSetting[] {
  const { addresses, excludedAddresses, extraAnnounce } = settings;
  if (extraAnnounce === undefined) return [];
  const first = new Map<string, AddressSetting>();
  for (const address of [...addresses, ...excludedAddresses]) {
    const { other, vmac } = place(settings, address);
    const key = `${address.device} ${vmac}`;
    if (other && (vmac || extraAnnounce.all) && !first.has(key)) first.set(key, address);
  }
  return [...first.values()];
}

/** 0 when there is nothing to announce. */
export function extraIntervalMicros(settings: VrrpInstanceConfig): Micros {
  return extraAddresses(settings).length === 0 ? 0 : (settings.extraAnnounce?.intervalMicros ?? 0);
}
