/** The options of routes: one row per option, for static and for virtual routes. */
import { Complaint, type Value } from "../schema.js";
import { anyAddress } from "../values/address.js";
import { interfaceName } from "../values/name.js";
import { integer } from "../values/number.js";
import { routingTable, scope, setNumber } from "../values/routing.js";
import { mark, oldName, type Option, type OptionTable, phrase, readOptionWord, valued } from "./options.js";
import { encapsulation } from "./route-entry-encap.js";
import { metricOptions } from "./route-entry-metrics.js";
import { nextHops } from "./route-entry-nexthop.js";
import { device, gateway, onlink, readNetwork, realmsOption, type RouteEntry } from "./route-entry-parts.js";
import { drop, familyOption, noTrack, protocol, tos, trackGroup } from "./routing-options.js";

const uint32 = integer(0, 0xffffffff);

const metric = valued<RouteEntry, number>(
  uint32,
  "Metric.",
  (entry, value) => {
    entry.metric = value;
  },
  drop,
);

const PREFERENCES: Readonly<Record<string, number>> = { low: 3, medium: 0, high: 1 };
const preferenceNumber = integer(0, 255);
const routerPreference: Value<number> = {
  syntax: "low|medium|high|<0-255>",
  read: (word) => {
    if (Object.hasOwn(PREFERENCES, word)) return PREFERENCES[word] ?? 0;
    const value = preferenceNumber.read(word);
    return value instanceof Complaint
      ? new Complaint("must be low, medium, high or a number up to 255", "invalidNumber")
      : value;
  },
};

const propagation: Value<boolean> = {
  syntax: "enabled|disabled",
  read: (word) =>
    word === "enabled" || word === "disabled"
      ? word === "enabled"
      : new Complaint("must be enabled or disabled"),
};

function inserted(how: RouteEntry["insert"], doc: string): Option<RouteEntry> {
  return mark(doc, (entry) => {
    entry.insert = how;
  });
}

/** `or GATEWAY`: a second next hop beside `via`. */
const or: Option<RouteEntry> = phrase(
  "IPADDR",
  "Old form of a second next hop.",
  (entry, words, from, site) => {
    const address = readOptionWord(anyAddress, words[from], words[from + 1], site);
    const at = words[from];
    if (address === undefined || at === undefined) return "drop";
    const hop = { at, pending: undefined, weight: 1, onlink: false, realms: undefined };
    const rest = { device: undefined, encapsulation: undefined };
    if (entry.hops === undefined) entry.hops = [{ ...hop, ...rest, gateway: address }];
    else site.tree.diagnostics.report("general", at, "'or' is given twice; this one is ignored");
    return from + 2;
  },
);

/** `as [to] ADDR`: for MPLS only, which has no routes here. */
const as: Option<RouteEntry> = phrase("[to] ADDR", "Not possible with IP routes.", (_, words, from, site) => {
  const at = words[from];
  const last = words[from + 1]?.text === "to" ? from + 2 : from + 1;
  if (at !== undefined)
    site.tree.diagnostics.report("general", at, "'as' is for MPLS only; the option is ignored");
  return last + 1;
});

/** What virtual and static routes have in common. */
const routeOptions: OptionTable<RouteEntry> = {
  via: gateway,
  gw: oldName(gateway, "gw", "via"),
  or: oldName(or, "or", "nexthop"),
  dev: device,
  oif: device,
  src: valued(
    anyAddress,
    "Preferred source address.",
    (entry, value) => {
      entry.source = value;
    },
    drop,
  ),
  from: phrase("IPv6ADDR[/LEN]", "For packets with these sources only (IPv6).", (entry, words, at, site) => {
    const word = words[at + 1];
    const complain = () => readOptionWord(anyAddress, words[at], word, site);
    const network = word && readNetwork(word, site, complain);
    if (word === undefined) complain();
    if (word === undefined || network === undefined) return "drop";
    const { family, text, prefixLength } = network;
    entry.from = { family, address: text, prefixLength, at: word };
    return at + 2;
  }),
  table: valued(
    routingTable,
    "Routing table.",
    (entry, value, word) =>
      setNumber(entry, value, word, (number) => {
        entry.table = number;
      }),
    drop,
  ),
  vrf: valued(
    interfaceName,
    "Use the table of this VRF.",
    (entry, _, word) => {
      entry.vrf = word;
    },
    drop,
  ),
  protocol,
  scope: valued(
    scope,
    "Scope.",
    (entry, value, word) =>
      setNumber(entry, value, word, (number) => {
        entry.scope = number;
      }),
    drop,
  ),
  metric,
  priority: metric,
  preference: metric,
  tos,
  dsfield: tos,
  ...metricOptions,
  expires: valued(
    uint32,
    "Lifetime in seconds (IPv6).",
    (entry, value, word) => {
      entry.onlySix ??= { ...word, text: "expires" };
      entry.expiresSeconds = value;
    },
    drop,
  ),
  pref: valued(
    routerPreference,
    "Router preference (IPv6).",
    (entry, value, word) => {
      entry.onlySix ??= { ...word, text: "pref" };
      entry.preference = value;
    },
    drop,
  ),
  realms: {
    ...realmsOption,
    apply: (entry, word, site) => {
      entry.onlyFour ??= { ...word, text: "realms" };
      return realmsOption.apply(entry, word, site);
    },
  },
  "ttl-propagate": valued(
    propagation,
    "Whether the TTL goes along through MPLS.",
    (entry, value) => {
      entry.ttlPropagate = value;
    },
    drop,
  ),
  encap: encapsulation,
  onlink,
  no_track: noTrack,
  inet: familyOption(4, "route"),
  inet6: familyOption(6, "route"),
  add: inserted("add", "Only when there is no such route."),
  prepend: inserted(undefined, "Before routes that are equal but for the next hop (default)."),
  append: inserted("append", "After routes that are equal but for the next hop."),
  as,
  nexthop: nextHops,
};

export const virtualRouteOptions: OptionTable<RouteEntry> = routeOptions;
export const staticRouteOptions: OptionTable<RouteEntry> = {
  ...routeOptions,
  track_group: trackGroup("interface of the route"),
};
