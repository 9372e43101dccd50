/**
 * garp_extra_if (reference section 11.5): addresses on other interfaces than the one that sends adverts are announced
 * now and then, since no advert keeps the switches there informed. Pure.
 */
import type { AddressSetting, VrrpInstanceConfig } from "../config/model.js";
import type { Micros } from "./events.js";

type Settings = Pick<
  VrrpInstanceConfig,
  | "interface"
  | "addresses"
  | "excludedAddresses"
  | "extraAnnounce"
  | "vmac"
  | "transmitOnBase"
  | "vmacForOtherAddresses"
>;

/** Whether adverts do not leave by the interface that holds the address, and the address counts without `all`. */
function place(settings: Settings, { device, useVmac }: AddressSetting): { other: boolean; vmac: boolean } {
  const own = device === settings.interface;
  const vmac = useVmac === true || (own ? settings.vmac !== undefined : settings.vmacForOtherAddresses);
  return { other: !own || (vmac && settings.transmitOnBase), vmac };
}

/** The first address of each such interface; none without garp_extra_if. */
export function extraAddresses(settings: Settings): AddressSetting[] {
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
export function extraIntervalMicros(settings: Settings): Micros {
  return extraAddresses(settings).length === 0 ? 0 : (settings.extraAnnounce?.intervalMicros ?? 0);
}
