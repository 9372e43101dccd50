/**
 * What the links say about an instance: why it cannot take part (reference section 10.3), and the sum of the
 * weights of its tracked interfaces (10.2). Pure: links come in as a view.
 */
import type { TrackedInterface, VrrpInstanceConfig } from "../config/model.js";
import type { FaultReason } from "./events.js";

/** What this file needs to know of a link. */
export interface LinkView {
  /** Exists, and is IFF_UP and IFF_RUNNING. */
  isUp(name: string): boolean;
  exists(name: string): boolean;
}

export interface Verdict {
  faults: FaultReason[];
  /** Sum of the active weights. */
  weight: number;
  /** What is wrong, in words; empty when nothing is. */
  cause: string;
}

/** Contribution of one tracked interface: a fault, or a weight. */
function contribution(tracked: TrackedInterface, up: boolean): "fault" | number {
  const { weight, reverse } = tracked;
  if (weight === 0) return up === reverse ? "fault" : 0;
  const sign = reverse ? -1 : 1;
  if (weight > 0) return up ? weight * sign : 0;
  return up ? 0 : weight * sign;
}

/** Names of the interfaces that fault the instance when they are down. */
function requiredInterfaces(config: VrrpInstanceConfig): Set<string> {
  const names = new Set<string>();
  if (config.interface !== undefined && config.trackPrimary) names.add(config.interface);
  for (const address of [...config.addresses, ...config.excludedAddresses]) {
    // An address on the instance's own interface follows dont_track_primary, not the address.
    if (!address.noTrack && address.device !== config.interface) names.add(address.device);
  }
  const others = [
    ...config.routes.map(({ device, noTrack }) => ({ noTrack, devices: [device] })),
    ...config.rules.map(({ inputInterface, outputInterface, noTrack }) => {
      return { noTrack, devices: [inputInterface, outputInterface] };
    }),
  ];
  for (const { noTrack, devices } of others) {
    for (const device of noTrack ? [] : devices)
      if (device !== undefined && device !== config.interface) names.add(device);
  }
  return names;
}

/**
 * Judges one instance. `groupTracked` are the interfaces that its sync group tracks; `hasSource` tells whether
 * there is an address to send from.
 */
export function judge(
  config: VrrpInstanceConfig,
  groupTracked: readonly TrackedInterface[],
  links: LinkView,
  hasSource: boolean,
): Verdict {
  const causes: string[] = [];
  const faults = new Set<FaultReason>();
  const down = (name: string): void => {
    faults.add("interfaceDown");
    causes.push(links.exists(name) ? `${name} is down` : `${name} does not exist`);
  };
  for (const name of requiredInterfaces(config)) if (!links.isUp(name)) down(name);
  // Without its link an instance has no socket, whatever is tracked.
  if (config.interface !== undefined && !config.trackPrimary && !links.exists(config.interface))
    down(config.interface);
  let weight = 0;
  for (const tracked of [...config.trackInterfaces, ...groupTracked]) {
    const part = contribution(tracked, links.isUp(tracked.name));
    if (part !== "fault") weight += part;
    else if (tracked.reverse) {
      faults.add("tracker");
      causes.push(`${tracked.name} is up`);
    } else down(tracked.name);
  }
  if (!hasSource) {
    faults.add("noAddress");
    causes.push(`no IPv${config.family} address on ${config.interface ?? "any interface"} to send from`);
  }
  if (config.permanentFault !== undefined) {
    faults.add("configuration");
    causes.push(config.permanentFault);
  }
  return { faults: [...faults], weight, cause: [...new Set(causes)].join(", ") };
}
