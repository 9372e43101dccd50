/** A route of the configuration as the kernel knows routes: its identity, and the request's contents. Pure. */
import {
  RTAX_ADVMSS,
  RTAX_CC_ALGO,
  RTAX_CWND,
  RTAX_FASTOPEN_NO_COOKIE,
  RTAX_FEATURE_ECN,
  RTAX_FEATURES,
  RTAX_HOPLIMIT,
  RTAX_INITCWND,
  RTAX_INITRWND,
  RTAX_LOCK,
  RTAX_MTU,
  RTAX_QUICKACK,
  RTAX_REORDERING,
  RTAX_RTO_MIN,
  RTAX_RTT,
  RTAX_RTTVAR,
  RTAX_SSTHRESH,
  RTAX_WINDOW,
} from "../netlink/constants.js";
import type { Tunnel } from "../netlink/encapsulation.js";
import type { Hop, MetricsWish, NewRoute, WeightedHop } from "../netlink/route.js";
import { bytesOf } from "./ip-address.js";
import type { ReportedHop, ReportedRoute } from "./links.js";
import type { Encapsulation, LockableMetric, NextHop, Realms, RouteSetting } from "./settings.js";

/** IPv6 routes without a metric get this one (IP6_RT_PRIO_USER, net/ip6_route.h). */
const IPV6_DEFAULT_METRIC = 1024;

/** What routes of the kernel have in common that may stand for the same wish: all but type and next hops. */
export function keyOfRoute(
  route: Pick<
    RouteSetting,
    "family" | "destination" | "prefixLength" | "table" | "vrf" | "tos" | "metric" | "from"
  >,
): string {
  const { family, from, vrf } = route;
  const metric = route.metric || (family === 6 ? IPV6_DEFAULT_METRIC : 0);
  const source =
    from === undefined || from.prefixLength === 0 ? "" : ` from ${from.address}/${from.prefixLength}`;
  const table = vrf === undefined ? String(route.table) : `vrf ${vrf}`;
  return `route ${route.destination}/${route.prefixLength} ${table} ${route.tos ?? 0} ${metric}${source}`;
}

/** Tells wishes apart that may be there beside each other. */
export function fullKeyOfRoute(setting: RouteSetting): string {
  const { type, encapsulation } = setting;
  const hops = nextHopsOf(setting);
  const ways =
    hops === undefined
      ? `${setting.gateway ?? ""} ${setting.device ?? ""}`
      : hops.map(({ gateway = "", device = "", weight }) => `${gateway}%${device}*${weight}`).join(" ");
  const tunnel = encapsulation === undefined ? "" : ` ${JSON.stringify(encapsulation)}`;
  return `${keyOfRoute(setting)} ${type} ${ways}${tunnel}`;
}

/** The next hops of a route that has several: a gateway before them is the first, a device holds for all without one. */
export function nextHopsOf({ gateway, device, onlink, nextHops }: RouteSetting): NextHop[] | undefined {
  if (nextHops === undefined) return undefined;
  const first = gateway === undefined ? [] : [{ gateway, weight: 1, onlink }];
  return [...first, ...nextHops].map((hop) => ({ ...(device !== undefined && { device }), ...hop }));
}

/** Links that a route needs: of its next hops, and (last) its VRF. Whoever sends it gives their numbers in this order. */
export function linksOfRoute(setting: RouteSetting): string[] {
  const hops = nextHopsOf(setting) ?? [setting];
  const names = hops.flatMap(({ device }) => device ?? []);
  return setting.vrf === undefined ? names : [...names, setting.vrf];
}

/**
 * Is the reported route (of the same `keyOfRoute`) the one that was wished for, or (IPv6, where each next hop can go
 * alone) a part of it? What the wish leaves open matches.
 */
export function matchesRoute(wish: RouteSetting, route: ReportedRoute): boolean {
  if (wish.type !== route.type || wish.protocol !== route.protocol) return false;
  const wished: readonly ReportedHop[] = nextHopsOf(wish) ?? [wish];
  const reported: readonly ReportedHop[] = route.hops ?? [route];
  const same = (a: ReportedHop, b: ReportedHop | undefined): boolean => {
    if (b === undefined) return false;
    return (
      (a.gateway === undefined || a.gateway === b.gateway) &&
      (a.device === undefined || a.device === b.device)
    );
  };
  if (wish.family === 6) return wished.some((hop) => reported.some((other) => same(hop, other)));
  return wished.length === reported.length && wished.every((hop, i) => same(hop, reported[i]));
}

/** `numbers`: indices of the links of `linksOfRoute`, and the table of the VRF. */
export function routeWish(setting: RouteSetting, numbers: readonly number[]): NewRoute {
  let at = 0;
  const number = (): number => numbers[at++] ?? 0;
  const hops = nextHopsOf(setting);
  const way: Hop = hops === undefined ? hopWish(setting, number) : { onlink: false };
  if (hops !== undefined && setting.realms !== undefined) way.realms = realmsNumber(setting.realms);
  if (hops !== undefined && setting.encapsulation !== undefined)
    way.tunnel = tunnelWish(setting.encapsulation);
  const several = hops?.map((hop): WeightedHop => ({ ...hopWish(hop, number), weight: hop.weight }));
  const metrics = metricsWish(setting);
  const { from } = setting;
  return {
    ...way,
    type: setting.type,
    protocol: setting.protocol,
    tos: setting.tos ?? 0,
    destination: bytesOf(setting.destination),
    prefixLength: setting.prefixLength,
    table: setting.vrf === undefined ? setting.table : number(),
    ...(several !== undefined && { hops: several }),
    ...(from !== undefined && { from: { address: bytesOf(from.address), prefixLength: from.prefixLength } }),
    ...(setting.source !== undefined && { source: bytesOf(setting.source) }),
    ...(setting.metric !== undefined && { metric: setting.metric }),
    ...(setting.scope !== undefined && { scope: setting.scope }),
    ...(metrics !== undefined && { metrics }),
    ...(setting.expiresSeconds !== undefined && { expiresSeconds: setting.expiresSeconds }),
    ...(setting.preference !== undefined && { preference: setting.preference }),
    ...(setting.ttlPropagate !== undefined && { ttlPropagate: setting.ttlPropagate }),
  };
}

type Way = Pick<RouteSetting, "gateway" | "device" | "onlink" | "encapsulation" | "realms">;

function hopWish(way: Way, number: () => number): Hop {
  return {
    onlink: way.onlink,
    ...(way.gateway !== undefined && { gateway: bytesOf(way.gateway) }),
    ...(way.device !== undefined && { device: number() }),
    ...(way.encapsulation !== undefined && { tunnel: tunnelWish(way.encapsulation) }),
    ...(way.realms !== undefined && { realms: realmsNumber(way.realms) }),
  };
}

/** RTA_FLOW and FRA_FLOW. */
export function realmsNumber({ from, to }: Realms): number {
  return from * 0x10000 + to;
}

function tunnelWish(encapsulation: Encapsulation): Tunnel {
  if (encapsulation.type === "mpls") return encapsulation;
  if (encapsulation.type === "ila") {
    const groups = encapsulation.locator.split(":").map((group) => Number.parseInt(group, 16));
    return { type: "ila", locator: Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])) };
  }
  const { type, id, destination, source, flags } = encapsulation;
  const ttl = encapsulation.type === "ip" ? encapsulation.ttl : encapsulation.hopLimit;
  const tos = encapsulation.type === "ip" ? encapsulation.tos : encapsulation.trafficClass;
  return {
    type,
    ...(id !== undefined && { id: BigInt(id) }),
    ...(destination !== undefined && { destination: bytesOf(destination) }),
    ...(source !== undefined && { source: bytesOf(source) }),
    ...(ttl !== undefined && { ttl }),
    ...(tos !== undefined && { tos }),
    ...(flags !== undefined && { flags }),
  };
}

const LOCK_BITS: Readonly<Record<LockableMetric, number>> = {
  mtu: RTAX_MTU,
  advmss: RTAX_ADVMSS,
  rtt: RTAX_RTT,
  rttvar: RTAX_RTTVAR,
  reordering: RTAX_REORDERING,
  cwnd: RTAX_CWND,
  ssthresh: RTAX_SSTHRESH,
  rto_min: RTAX_RTO_MIN,
  congctl: RTAX_CC_ALGO,
};

function metricsWish({ mtu, metrics = {} }: RouteSetting): MetricsWish | undefined {
  // The kernel heeds the shortest retransmission timeout only when it is locked (tcp_rto_min), as ip(8) does it.
  const unconditional = metrics.retransmitTimeoutMinMillis === undefined ? 0 : 1 << RTAX_RTO_MIN;
  const lock = (metrics.locked ?? []).reduce((bits, name) => bits | (1 << LOCK_BITS[name]), unconditional);
  const values: readonly (readonly [number, number | undefined])[] = [
    [RTAX_MTU, mtu],
    [RTAX_WINDOW, metrics.windowBytes],
    [RTAX_RTT, metrics.rttEighthMillis],
    [RTAX_RTTVAR, metrics.rttVarianceQuarterMillis],
    [RTAX_SSTHRESH, metrics.slowStartThresholdPackets],
    [RTAX_CWND, metrics.congestionWindowPackets],
    [RTAX_ADVMSS, metrics.advertisedMssBytes],
    [RTAX_REORDERING, metrics.reordering],
    [RTAX_HOPLIMIT, metrics.hopLimit],
    [RTAX_INITCWND, metrics.initialCongestionWindowPackets],
    [RTAX_FEATURES, metrics.ecn && RTAX_FEATURE_ECN],
    [RTAX_RTO_MIN, metrics.retransmitTimeoutMinMillis],
    [RTAX_INITRWND, metrics.initialReceiveWindowPackets],
    [RTAX_QUICKACK, zeroOrOne(metrics.quickAck)],
    [RTAX_FASTOPEN_NO_COOKIE, zeroOrOne(metrics.fastOpenWithoutCookie)],
    [RTAX_LOCK, lock === 0 ? undefined : lock],
  ];
  const numbers = values.flatMap(([type, value]) => (value === undefined ? [] : [[type, value] as const]));
  const { congestionControl } = metrics;
  if (numbers.length === 0 && congestionControl === undefined) return undefined;
  return { numbers, ...(congestionControl !== undefined && { congestionControl }) };
}

function zeroOrOne(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
