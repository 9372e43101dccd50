/** What a reload changed in the objects that a MASTER holds. Only whether: the differences are the reconciler's. */

import type { AddressSetting, VrrpInstanceConfig } from "../config/model.js";

/** Whether the kernel has to be touched at all. */
export function holdingsDiffer(a: VrrpInstanceConfig, b: VrrpInstanceConfig): boolean {
  return holdings(a) !== holdings(b);
}

/** Whether `next` has an address that `previous` has not: neighbours need to hear of it. */
export function addsAddress(previous: VrrpInstanceConfig, next: VrrpInstanceConfig): boolean {
  const known = new Set(allAddresses(previous).map(addressKey));
  return allAddresses(next).some((address) => !known.has(addressKey(address)));
}

/** Position aside, equal text means equal setting: both sides come from the same reader. */
export function sameSettings(a: VrrpInstanceConfig, b: VrrpInstanceConfig): boolean {
  return withoutPositions(a) === withoutPositions(b);
}

function holdings(config: VrrpInstanceConfig): string {
  return withoutPositions([config.addresses, config.excludedAddresses, config.routes]);
}

function allAddresses(config: VrrpInstanceConfig): AddressSetting[] {
  return [...config.addresses, ...config.excludedAddresses];
}

function addressKey(address: AddressSetting): string {
  const { device, prefixLength, scope, label, peer } = address;
  return [address.address, prefixLength, device, scope, label, peer].join(" ");
}

function withoutPositions(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => (key === "position" ? undefined : part));
}
