/** Routes as text, in the words of `ip route`: for the log and for dumps. Pure. */
import type { Encapsulation, LockableMetric, NextHop, RouteSetting } from "./settings.js";
import { nextHopsOf } from "./route-object.js";

/** RTN_ numbers; unicast needs no word. */
const TYPES: Readonly<Record<number, string>> = {
  2: "local",
  3: "broadcast",
  4: "anycast",
  5: "multicast",
  6: "blackhole",
  7: "unreachable",
  8: "prohibit",
  9: "throw",
  10: "nat",
  11: "xresolve",
};
const SCOPES: Readonly<Record<number, string>> = {
  0: "global",
  200: "site",
  253: "link",
  254: "host",
  255: "nowhere",
};
const PREFERENCES: Readonly<Record<number, string>> = { 0: "medium", 1: "high", 3: "low" };
const MAIN_TABLE = 254;

/** "global", "link" ... or the number. */
export function scopeName(scope: number): string {
  return SCOPES[scope] ?? String(scope);
}

/** Where it goes: "route 10.0.0.0/8 via 192.0.2.254 dev eth0". */
export function describeRoute(route: RouteSetting): string {
  const type = TYPES[route.type];
  const { from } = route;
  const words = [
    "route",
    ...(type === undefined ? [] : [type]),
    `${route.destination}/${route.prefixLength}`,
  ];
  if (from !== undefined) words.push("from", `${from.address}/${from.prefixLength}`);
  const hops = nextHopsOf(route);
  if (hops === undefined) words.push(...hopWords(route));
  else for (const hop of hops) words.push("nexthop", ...hopWords(hop));
  if (route.vrf !== undefined) words.push("vrf", route.vrf);
  else if (route.table !== MAIN_TABLE) words.push("table", String(route.table));
  return words.join(" ");
}

/** All of it, as `ip -d route` would show it. */
export function formatRoute(route: RouteSetting): string {
  const type = TYPES[route.type];
  const words = type === undefined ? [] : [type];
  const option = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(name, String(value));
  };
  words.push(`${route.destination}/${route.prefixLength}`);
  option("from", route.from && `${route.from.address}/${route.from.prefixLength}`);
  const hops = nextHopsOf(route);
  if (hops === undefined) words.push(...encapsulationWords(route.encapsulation), ...familiarHop(route));
  option("src", route.source);
  if (route.vrf !== undefined) option("vrf", route.vrf);
  else option("table", route.table === MAIN_TABLE ? undefined : route.table);
  option("proto", route.protocol);
  option("scope", route.scope === undefined ? undefined : scopeName(route.scope));
  option("tos", route.tos);
  option("metric", route.metric);
  option("expires", route.expiresSeconds);
  words.push(...metricWords(route));
  option("realms", route.realms && `${route.realms.from}/${route.realms.to}`);
  option("pref", route.preference === undefined ? undefined : PREFERENCES[route.preference]);
  option("ttl-propagate", route.ttlPropagate === undefined ? undefined : enabled(route.ttlPropagate));
  if (route.onlink && hops === undefined) words.push("onlink");
  if (route.insert !== undefined) words.push(route.insert);
  for (const hop of hops ?? []) words.push("nexthop", ...nextHopWords(hop));
  return words.join(" ");
}

function enabled(value: boolean): string {
  return value ? "enabled" : "disabled";
}

type Way = Pick<NextHop, "gateway" | "device">;

function hopWords({ gateway, device }: Way): string[] {
  return [
    ...(gateway === undefined ? [] : ["via", gateway]),
    ...(device === undefined ? [] : ["dev", device]),
  ];
}

/** With the family of the gateway, as upstream's dumps have it. */
function familiarHop({ gateway, device }: Way): string[] {
  const family = gateway?.includes(":") ? "inet6" : "inet";
  return [
    ...(gateway === undefined ? [] : ["via", family, gateway]),
    ...(device === undefined ? [] : ["dev", device]),
  ];
}

function nextHopWords(hop: NextHop): string[] {
  return [
    ...encapsulationWords(hop.encapsulation),
    ...familiarHop(hop),
    "weight",
    String(hop.weight),
    ...(hop.onlink ? ["onlink"] : []),
    ...(hop.realms === undefined ? [] : ["realms", `${hop.realms.from}/${hop.realms.to}`]),
  ];
}

function encapsulationWords(encapsulation: Encapsulation | undefined): string[] {
  if (encapsulation === undefined) return [];
  if (encapsulation.type === "mpls") return ["encap", "mpls", encapsulation.labels.join("/")];
  if (encapsulation.type === "ila") return ["encap", "ila", encapsulation.locator];
  const { type, id, destination, source, flags } = encapsulation;
  const rest =
    encapsulation.type === "ip"
      ? { tos: encapsulation.tos, ttl: encapsulation.ttl }
      : { tc: encapsulation.trafficClass, hoplimit: encapsulation.hopLimit };
  const options = Object.entries({ id, dst: destination, src: source, ...rest, flags });
  return [
    "encap",
    type,
    ...options.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)])),
  ];
}

/** In milliseconds where the kernel counts in parts of one. */
function metricWords({ mtu, metrics = {} }: RouteSetting): string[] {
  const locked = new Set<string>(metrics.locked);
  const millis = (value: number | undefined, parts: number): string | undefined =>
    value === undefined ? undefined : `${value / parts}ms`;
  const flag = (value: boolean | undefined): number | undefined =>
    value === undefined ? undefined : Number(value);
  const values: Readonly<
    Record<
      | LockableMetric
      | "window"
      | "hoplimit"
      | "initcwnd"
      | "initrwnd"
      | "features"
      | "quickack"
      | "fastopen_no_cookie",
      string | number | undefined
    >
  > = {
    mtu,
    window: metrics.windowBytes,
    rtt: millis(metrics.rttEighthMillis, 8),
    rttvar: millis(metrics.rttVarianceQuarterMillis, 4),
    rto_min: millis(metrics.retransmitTimeoutMinMillis, 1),
    ssthresh: metrics.slowStartThresholdPackets,
    cwnd: metrics.congestionWindowPackets,
    advmss: metrics.advertisedMssBytes,
    reordering: metrics.reordering,
    hoplimit: metrics.hopLimit,
    initcwnd: metrics.initialCongestionWindowPackets,
    initrwnd: metrics.initialReceiveWindowPackets,
    features: metrics.ecn && "ecn",
    quickack: flag(metrics.quickAck),
    fastopen_no_cookie: flag(metrics.fastOpenWithoutCookie),
    congctl: metrics.congestionControl,
  };
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [name, ...(locked.has(name) ? ["lock"] : []), String(value)],
  );
}
