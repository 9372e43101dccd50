/** Entries of static_routes and virtual_routes: the entry as written, and how its words become one. */
import type { Site } from "../schema.js";
import type { Word } from "../text.js";
import { ROUTE_TYPES } from "../values/routing.js";
import { type Applied, type OptionTable, readOptions, unknownOption } from "./options.js";
import { staticRouteOptions, virtualRouteOptions } from "./route-entry-options.js";
import { readNetwork, type RouteEntry } from "./route-entry-parts.js";
import { setFamily } from "./routing-options.js";

/** RTPROT_KEEPALIVED. */
export const KEEPALIVED_PROTOCOL = 18;
const UNICAST = 1;

/** Words that say "everything". */
const DEFAULTS = new Set(["default", "any", "all", "default6"]);

export const virtualRouteEntry = routeEntry(virtualRouteOptions);
export const staticRouteEntry = routeEntry(staticRouteOptions);

function routeEntry(options: OptionTable<RouteEntry>) {
  return {
    syntax:
      "[to] [TYPE] IPADDR[/LEN]|default [via GATEWAY] [dev INTERFACE] [src ADDR] [metric N] [table T] ... [nexthop ...]",
    options,

    read(words: readonly Word[], site: Site): RouteEntry | undefined {
      const [at] = words;
      if (at === undefined) return undefined;
      const entry = emptyRoute(at);
      const kept = readOptions(options, entry, words, 0, site, (word) =>
        readDestination(options, entry, word, site),
      );
      return kept && settleFamily(entry, site) ? entry : undefined;
    },
  };
}

function emptyRoute(at: Word): RouteEntry {
  return {
    at,
    pending: undefined,
    family: undefined,
    type: UNICAST,
    destination: undefined,
    prefixLength: 0,
    gateway: undefined,
    source: undefined,
    device: undefined,
    metric: undefined,
    table: undefined,
    scope: undefined,
    protocol: undefined,
    tos: undefined,
    mtu: undefined,
    metrics: undefined,
    insert: undefined,
    from: undefined,
    realms: undefined,
    encapsulation: undefined,
    expiresSeconds: undefined,
    preference: undefined,
    ttlPropagate: undefined,
    hops: undefined,
    vrf: undefined,
    trackGroup: undefined,
    onlySix: undefined,
    onlyFour: undefined,
    onlink: false,
    noTrack: false,
  };
}

/** A word that is no option: `to`, a type, or the destination. */
function readDestination(
  options: OptionTable<RouteEntry>,
  entry: RouteEntry,
  word: Word,
  site: Site,
): Applied {
  if (word.text === "to") return undefined;
  const type = Object.hasOwn(ROUTE_TYPES, word.text) ? ROUTE_TYPES[word.text] : undefined;
  if (type !== undefined) {
    entry.type = type;
    return undefined;
  }
  if (DEFAULTS.has(word.text)) {
    entry.destination = "default";
    return word.text === "default6" ? setFamily(entry, 6, word, site, "route") : undefined;
  }
  const network = readNetwork(word, site, () => unknownOption(options, word, site, "the route is ignored"));
  if (network === undefined) return "drop";
  entry.destination = network;
  entry.prefixLength = network.prefixLength;
  return undefined;
}

/** All addresses of a route are of one family, but for the gateways of an IPv4 route. */
function settleFamily(entry: RouteEntry, site: Site): boolean {
  const { destination, gateway, source, from, hops = [] } = entry;
  const refuse = (at: Word, message: string): false => {
    site.tree.diagnostics.report("general", at, `${message}; the route is ignored`);
    return false;
  };
  if (destination === undefined) return refuse(entry.at, "the route has no destination");
  const named = destination === "default" ? undefined : destination.family;
  const family =
    entry.family ??
    named ??
    source?.family ??
    from?.family ??
    gateway?.family ??
    hops.find((hop) => hop.gateway)?.gateway?.family ??
    4;
  if (named !== undefined && named !== family)
    return refuse(entry.at, "the destination is of the other family");
  if (source !== undefined && source.family !== family)
    return refuse(entry.at, "'src' is of the other family");
  if (family === 6 && [entry, ...hops].some((hop) => hop.gateway?.family === 4))
    return refuse(entry.at, "an IPv6 route needs an IPv6 gateway");
  if (from !== undefined && from.family !== 6) return refuse(from.at, "'from' is possible with IPv6 only");
  const wrong = family === 4 ? entry.onlySix : entry.onlyFour;
  if (wrong !== undefined)
    return refuse(wrong, `'${wrong.text}' is possible with IPv${family === 4 ? 6 : 4} only`);
  entry.family = family;
  return true;
}
