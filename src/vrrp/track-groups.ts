/** track_group: the interfaces of static entries whose loss is a fault of instances (VRRP reference, 12.5). Pure. */
import type { VrrpConfig } from "../config/model.js";

type Statics = Pick<VrrpConfig, "trackGroups" | "staticAddresses" | "staticRoutes" | "staticRules">;

/** By the name of the instance. */
export function devicesOfTrackGroups(config: Statics): ReadonlyMap<string, readonly string[]> {
  const ofGroup = new Map<string, Set<string>>();
  const add = (group: string | undefined, ...devices: (string | undefined)[]): void => {
    if (group === undefined) return;
    const known = ofGroup.get(group) ?? new Set();
    for (const device of devices) if (device !== undefined) known.add(device);
    ofGroup.set(group, known);
  };
  for (const { trackGroup, device } of config.staticAddresses) add(trackGroup, device);
  for (const { trackGroup, device } of config.staticRoutes) add(trackGroup, device);
  for (const { trackGroup, inputInterface, outputInterface } of config.staticRules)
    add(trackGroup, inputInterface, outputInterface);
  const ofInstance = new Map<string, string[]>();
  for (const { name, members } of config.trackGroups) {
    for (const member of members)
      ofInstance.set(member, [...(ofInstance.get(member) ?? []), ...(ofGroup.get(name) ?? [])]);
  }
  return ofInstance;
}
