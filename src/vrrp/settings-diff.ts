/**
 * What a reload changed: in the objects that a MASTER holds, in an instance, beside the instances. Only whether: the
 * differences are the reconciler's.
 */

import type { AddressSetting, VrrpConfig, VrrpInstanceConfig } from "../config/model.js";

/** Whether the kernel has to be touched at all. */
export function holdingsDiffer(a: VrrpInstanceConfig, b: VrrpInstanceConfig): boolean {
  return !same(holdings(a), holdings(b));
}

/** Whether `next` has an address that `previous` has not: neighbours need to hear of it. */
export function addsAddress(previous: VrrpInstanceConfig, next: VrrpInstanceConfig): boolean {
  const known = new Set(allAddresses(previous).map(addressKey));
  return allAddresses(next).some((address) => !known.has(addressKey(address)));
}

/** Whether two settings say the same, wherever in the file they stand. */
export function sameSettings(a: VrrpInstanceConfig, b: VrrpInstanceConfig): boolean {
  return same(a, b);
}

/** Whether nothing but instances can be another: all other parts of the two are the same objects. */
export function sharesAllButInstances(a: VrrpConfig, b: VrrpConfig): boolean {
  const before: Partial<Record<string, unknown>> = { ...a };
  return Object.entries(b).every(([key, part]) => key === "instances" || part === before[key]);
}

function holdings({ addresses, excludedAddresses, routes, rules }: VrrpInstanceConfig): unknown {
  return [addresses, excludedAddresses, routes, rules];
}

function allAddresses(config: VrrpInstanceConfig): AddressSetting[] {
  return [...config.addresses, ...config.excludedAddresses];
}

function addressKey(address: AddressSetting): string {
  const { device, prefixLength, scope, label, peer } = address;
  return [address.address, prefixLength, device, scope, label, peer].join(" ");
}

/** Plain data compared part by part; a part that is undefined is the same as none. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((part, index) => same(part, b[index]));
  }
  return hasAllOf(a, b) && lacksNothingOf(a, b);
}

function hasAllOf(a: object, b: object): boolean {
  const other = b as Record<string, unknown>;
  for (const [key, part] of Object.entries(a))
    if (key !== "position" && !same(part, other[key])) return false;
  return true;
}

/** Whether `b` has no part beside those of `a`. */
function lacksNothingOf(a: object, b: object): boolean {
  for (const [key, part] of Object.entries(b)) {
    if (part !== undefined && key !== "position" && !(key in a)) return false;
  }
  return true;
}
