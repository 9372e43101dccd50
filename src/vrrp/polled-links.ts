/** Interfaces that an instance or group names, and those of them that are asked for their link. Pure. */
import type { VrrpConfig, VrrpInstanceConfig } from "../config/model.js";
import type { LinkMethod } from "../net/link-question.js";

/** Every interface that may matter to the instance by its own settings. */
export function interfacesOf(settings: VrrpInstanceConfig): Set<string> {
  const names = new Set<string>();
  for (const name of [settings.interface, settings.ownLink, settings.vrf])
    if (name !== undefined) names.add(name);
  for (const { device } of [...settings.addresses, ...settings.excludedAddresses]) names.add(device);
  for (const { device } of settings.routes) if (device !== undefined) names.add(device);
  for (const { inputInterface, outputInterface } of settings.rules) {
    for (const name of [inputInterface, outputInterface]) if (name !== undefined) names.add(name);
  }
  for (const { name } of settings.trackInterfaces) names.add(name);
  return names;
}

/** Interfaces to ask, each with the method of linkbeat_interfaces; undefined: the first that works. */
export function polledLinks({
  interfaces,
  instances,
  syncGroups,
}: VrrpConfig): Map<string, LinkMethod | undefined> {
  const names = new Map<string, LinkMethod | undefined>();
  for (const settings of instances) {
    if (interfaces.pollAll) for (const name of interfacesOf(settings)) names.set(name, undefined);
    if (settings.pollLink && settings.interface !== undefined) names.set(settings.interface, undefined);
  }
  for (const { trackInterfaces } of interfaces.pollAll ? syncGroups : [])
    for (const { name } of trackInterfaces) names.set(name, undefined);
  for (const { name, method } of interfaces.polled) names.set(name, method);
  return names;
}
