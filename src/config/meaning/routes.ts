/** Routes with everything filled in (VRRP reference, 12.2). */
import type { HopEntry, RouteEntry, WeightedHop } from "../blocks/route-entry-parts.js";
import { KEEPALIVED_PROTOCOL } from "../blocks/route-entry.js";
import type { NextHop, RouteSetting } from "../../net/settings.js";
import type { Family } from "../model.js";
import { positionOf } from "../read-tree.js";
import { decodeBytes, type Word } from "../text.js";
import type { Definitions } from "./definitions.js";
import { given } from "./given.js";
import type { Judge } from "./judge.js";
import { resolveNames } from "./routing-names.js";

const MAIN_TABLE = 254;
const LOCAL_TABLE = 255;
/** Of these types (local, broadcast, anycast, nat) the kernel and ip(8) keep the routes in the local table. */
const LOCAL_TYPES = new Set([2, 3, 4, 10]);

/** Names that a static entry may use; a virtual one has none. */
export type TrackGroups = Definitions<unknown> | undefined;

/** Leaves out what names a number that there is not. */
export function finishRoutes(
  entries: readonly RouteEntry[],
  groups: TrackGroups,
  judge: Judge,
): RouteSetting[] {
  const routes: RouteSetting[] = [];
  for (const entry of entries) {
    if (!resolveNames(entry, "the route", judge) || !isVrfKnown(entry, judge)) continue;
    routes.push(finishRoute(entry, groups, judge));
  }
  return routes;
}

function isVrfKnown(entry: RouteEntry, judge: Judge): boolean {
  const { vrf } = entry;
  if (vrf === undefined || judge.dynamicInterfaces) return true;
  if (judge.host.interfaceExists?.(decodeBytes(vrf.text)) !== false) return true;
  judge.error(vrf, `there is no VRF '${decodeBytes(vrf.text)}'; the route is ignored`);
  return false;
}

/** Fills in family, protocol and what the destination leaves open. */
function finishRoute(entry: RouteEntry, groups: TrackGroups, judge: Judge): RouteSetting {
  const family = entry.family ?? 4;
  const { destination, from } = entry;
  let protocol = entry.protocol ?? KEEPALIVED_PROTOCOL;
  if (protocol !== KEEPALIVED_PROTOCOL && !entry.noTrack) {
    judge.repair(entry.at, `a route that is tracked needs protocol ${KEEPALIVED_PROTOCOL}, which is used`);
    protocol = KEEPALIVED_PROTOCOL;
  }
  if (entry.device === undefined && !entry.noTrack)
    judge.repair(entry.at, "a route without 'dev' cannot be tracked; add 'dev INTERFACE' or 'no_track'");
  const network = destination === "default" || destination === undefined ? undefined : destination.text;
  return {
    family,
    type: entry.type,
    destination: network ?? (family === 4 ? "0.0.0.0" : "::"),
    prefixLength: entry.prefixLength,
    table: entry.table ?? (LOCAL_TYPES.has(entry.type) ? LOCAL_TABLE : MAIN_TABLE),
    protocol,
    onlink: entry.onlink,
    noTrack: entry.noTrack,
    position: positionOf(entry.at),
    ...finishHop(entry, family, judge),
    ...given({
      source: entry.source?.text,
      metric: entry.metric,
      scope: entry.scope,
      tos: entry.tos,
      mtu: entry.mtu,
      insert: entry.insert,
      from: from && { address: from.address, prefixLength: from.prefixLength },
      metrics: entry.metrics,
      expiresSeconds: entry.expiresSeconds,
      preference: entry.preference,
      ttlPropagate: entry.ttlPropagate,
      nextHops: nextHopsOf(entry, family, judge),
      vrf: entry.vrf && decodeBytes(entry.vrf.text),
      trackGroup: trackGroupOf(entry.trackGroup, entry.device, "dev", groups),
    }),
  };
}

type HopSettings = Pick<RouteSetting, "gateway" | "gatewayFamily" | "device" | "encapsulation" | "realms">;

function finishHop(entry: HopEntry, family: Family, judge: Judge): HopSettings {
  const { gateway, device, encapsulation, realms } = entry;
  if (device !== undefined) judge.needInterface(device);
  const other = gateway !== undefined && gateway.family !== family;
  return given({
    gateway: gateway?.text,
    gatewayFamily: other ? gateway.family : undefined,
    device: device && decodeBytes(device.text),
    encapsulation,
    realms: realms && { from: realms.from, to: realms.to },
  });
}

function nextHopsOf(entry: RouteEntry, family: Family, judge: Judge): NextHop[] | undefined {
  return entry.hops?.map((hop: WeightedHop) => ({
    weight: hop.weight,
    onlink: hop.onlink,
    ...finishHop(hop, family, judge),
  }));
}

/** `track_group` of a static entry: it needs an interface to go by, and a group defined before. */
export function trackGroupOf(
  name: Word | undefined,
  device: Word | undefined,
  keyword: string,
  groups: TrackGroups,
): string | undefined {
  if (name === undefined || groups === undefined) return undefined;
  if (device === undefined) {
    groups.judge.error(name, `'track_group' needs '${keyword} INTERFACE' in the entry; it is ignored`);
    return undefined;
  }
  return groups.find(name) === undefined ? undefined : decodeBytes(name.text);
}
