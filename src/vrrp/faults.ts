/**
 * What the links and the trackers say about an instance: why it cannot take part (reference section 10.3), and the sum
 * of the weights in force (10.2). Pure: links and trackers come in as views.
 */
import type { Trackers, VrrpInstanceConfig } from "../config/model.js";
import { type Mark, marksOf, type TrackerView } from "../track/tracked.js";
import { contributionOf, mergeTracked } from "../track/weight.js";
import type { FaultReason } from "./events.js";
import { advertInterface } from "./own-links.js";

/** What this file needs to know of a link. */
export interface LinkView {
  /** Exists, and is IFF_UP and IFF_RUNNING. */
  isUp(name: string): boolean;
  exists(name: string): boolean;
  /** Who was asked for the link, and says that there is none. */
  downBy(name: string): string | undefined;
}

/** What counts for an instance besides its own settings. */
interface Surrounds {
  links: LinkView;
  trackers: TrackerView;
  /** What its sync group tracks. */
  group: Trackers | undefined;
  /** Interfaces of static entries, by track_group. */
  devices: readonly string[];
  /** Whether there is an address to send from. */
  hasSource: boolean;
  /** Why not, when there is more to say. */
  sourceProblem?: string | undefined;
  /** Which other instance is the same virtual router on the same LAN, in words. */
  conflict?: string | undefined;
}

export interface Verdict {
  faults: FaultReason[];
  /** Sum of the active weights. */
  weight: number;
  /** What is wrong, in words; empty when nothing is. */
  cause: string;
  /** Everything that was looked at: what it said, and what that means. */
  marks: Mark[];
}

/** Names of the interfaces that fault the instance when they are down. */
function requiredInterfaces(config: VrrpInstanceConfig): Set<string> {
  const names = new Set<string>();
  const own = [config.interface, config.ownLink, config.vrf].filter((name) => name !== undefined);
  if (config.trackPrimary) for (const name of own) names.add(name);
  for (const address of [...config.addresses, ...config.excludedAddresses]) {
    // An address on the instance's own interfaces follows dont_track_primary, not the address.
    if (!address.noTrack && !own.includes(address.device)) names.add(address.device);
  }
  const others = [
    ...config.routes.map(({ device, noTrack }) => ({ noTrack, devices: [device] })),
    ...config.rules.map(({ inputInterface, outputInterface, noTrack }) => {
      return { noTrack, devices: [inputInterface, outputInterface] };
    }),
  ];
  for (const { noTrack, devices } of others) {
    for (const device of noTrack ? [] : devices)
      if (device !== undefined && !own.includes(device)) names.add(device);
  }
  return names;
}

interface InterfaceMark extends Mark {
  up: boolean;
}

function interfaceMark(name: string, links: LinkView, contribution?: Mark["contribution"]): InterfaceMark {
  const up = links.isUp(name);
  const by = up ? undefined : links.downBy(name);
  const state = up ? "up" : `down${by === undefined ? "" : ` by ${by}`}`;
  const said = links.exists(name) ? `${name} is ${state}` : `${name} does not exist`;
  return { what: `interface ${name}`, said, up, contribution: contribution ?? (up ? 0 : "fault") };
}

/** The interfaces: a fault is "interfaceDown", but "tracker" when one is up that should not be. */
function interfaceMarks(config: VrrpInstanceConfig, { links, group, devices }: Surrounds): InterfaceMark[] {
  const required = requiredInterfaces(config);
  for (const name of devices) required.add(name);
  const marks = [...required].map((name) => interfaceMark(name, links));
  // Without its link an instance has no socket, whatever is tracked.
  const sending = advertInterface(config);
  if (sending !== undefined && !config.trackPrimary && !links.exists(sending))
    marks.push(interfaceMark(sending, links));
  for (const tracked of mergeTracked(config.trackInterfaces, group?.trackInterfaces ?? []))
    marks.push(interfaceMark(tracked.name, links, contributionOf(tracked, links.isUp(tracked.name))));
  return marks;
}

function noSource({
  trackSourceAddress,
  sourceAddress,
  family,
  interface: name,
}: VrrpInstanceConfig): string {
  return trackSourceAddress && sourceAddress !== undefined
    ? `the source address ${sourceAddress} is missing`
    : `no IPv${family} address on ${name ?? "any interface"} to send from`;
}

/** Judges one instance. */
export function judge(config: VrrpInstanceConfig, surrounds: Surrounds): Verdict {
  const { hasSource } = surrounds;
  const faults = new Set<FaultReason>();
  const interfaces = interfaceMarks(config, surrounds);
  for (const { up, contribution } of interfaces) {
    if (contribution === "fault") faults.add(up ? "tracker" : "interfaceDown");
  }
  const trackers = marksOf(config, surrounds.group, surrounds.trackers);
  for (const { contribution } of trackers) {
    if (contribution === "fault") faults.add("tracker");
    else if (contribution === "undecided") faults.add("undecided");
  }
  const marks = [...interfaces, ...trackers];
  const causes = marks.filter(({ contribution }) => typeof contribution === "string").map(({ said }) => said);
  if (!hasSource) {
    faults.add("noAddress");
    const { sourceProblem } = surrounds;
    causes.push(noSource(config) + (sourceProblem === undefined ? "" : `: ${sourceProblem}`));
  }
  if (surrounds.conflict !== undefined) {
    faults.add("duplicateRouter");
    causes.push(surrounds.conflict);
  }
  if (config.permanentFault !== undefined) {
    faults.add("configuration");
    causes.push(config.permanentFault);
  }
  const weight = marks.reduce(
    (sum, { contribution }) => sum + (typeof contribution === "number" ? contribution : 0),
    0,
  );
  return { faults: [...faults], weight, cause: [...new Set(causes)].join(", "), marks };
}
