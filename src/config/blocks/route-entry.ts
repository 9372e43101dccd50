/** Entries of static_routes and virtual_routes. */
import { quoted } from "../diagnostic.js";
import type { Family } from "../model.js";
import type { Site } from "../schema.js";
import type { Word } from "../text.js";
import {
  type Address,
  anyAddress,
  fullLength,
  networkOf,
  parseAddress,
  parsePrefix,
} from "../values/address.js";
import { interfaceName, text } from "../values/name.js";
import { integer } from "../values/number.js";
import { ROUTE_TYPES, routeProtocol, routingTable, scope, typeOfService } from "../values/routing.js";
import {
  type Applied,
  mark,
  type Option,
  type OptionTable,
  readOptions,
  unknownOption,
  valued,
} from "./options.js";

/** A route as written. */
export interface RouteEntry {
  at: Word;
  family: Family | undefined;
  type: number;
  destination: Address | "default" | undefined;
  prefixLength: number;
  gateway: Address | undefined;
  source: Address | undefined;
  device: Word | undefined;
  metric: number | undefined;
  table: number;
  scope: number | undefined;
  protocol: number | undefined;
  tos: number | undefined;
  mtu: number | undefined;
  onlink: boolean;
  noTrack: boolean;
}

/** RTPROT_KEEPALIVED. */
export const KEEPALIVED_PROTOCOL = 18;
const MAIN_TABLE = 254;

const uint32 = integer(0, 0xffffffff);
const device = valued<RouteEntry, string>(
  interfaceName,
  "Output interface.",
  (entry, _, word) => {
    entry.device = word;
  },
  { wrong: "drop" },
);
const metric = valued<RouteEntry, number>(
  uint32,
  "Metric.",
  (entry, value) => {
    entry.metric = value;
  },
  { wrong: "drop" },
);
const tos = valued<RouteEntry, number>(
  typeOfService,
  "Type of service.",
  (entry, value) => {
    entry.tos = value;
  },
  { wrong: "drop" },
);
const gateway = valued<RouteEntry, Address>(
  anyAddress,
  "Gateway.",
  (entry, value) => {
    entry.gateway = value;
  },
  { skip: ["inet", "inet6"], wrong: "drop" },
);
const nothing = mark<RouteEntry>(
  "How the route is added; this version replaces an equal one.",
  () => undefined,
);

/** Options with one value, read past. */
const LATER = (
  "expires hoplimit advmss rtt rttvar reordering window cwnd ssthresh rto_min initcwnd initrwnd quickack congctl pref " +
  "ttl-propagate fastopen_no_cookie features realms from track_group vrf"
).split(" ");
/** Options without which the route would be a different one: the entry is left out. */
const LEFT_OUT = ["nexthop", "encap", "or", "as"];

const later: Option<RouteEntry> = valued<RouteEntry, string>(
  text("VALUE"),
  "Not acted on by this version.",
  () => undefined,
  {
    skip: ["lock"],
    notActedOn: true,
  },
);
const leftOut: Option<RouteEntry> = {
  ...mark<RouteEntry>("Not acted on by this version.", () => "drop"),
  notActedOn: true,
};

export const routeOptions: OptionTable<RouteEntry> = {
  via: gateway,
  gw: {
    ...gateway,
    apply: (entry, word, site) => {
      site.tree.diagnostics.report("deprecated", word, "'gw' is deprecated; write 'via'");
      return gateway.apply(entry, word, site);
    },
  },
  dev: device,
  oif: device,
  src: valued(
    anyAddress,
    "Preferred source address.",
    (entry, value) => {
      entry.source = value;
    },
    { wrong: "drop" },
  ),
  table: valued(
    routingTable,
    "Routing table.",
    (entry, value) => {
      entry.table = value;
    },
    { wrong: "drop" },
  ),
  protocol: valued(
    routeProtocol,
    "Route protocol.",
    (entry, value) => {
      entry.protocol = value;
    },
    { wrong: "drop" },
  ),
  scope: valued(
    scope,
    "Scope.",
    (entry, value) => {
      entry.scope = value;
    },
    { wrong: "drop" },
  ),
  metric,
  priority: metric,
  preference: metric,
  tos,
  dsfield: tos,
  mtu: valued(
    uint32,
    "Path MTU.",
    (entry, value) => {
      entry.mtu = value;
    },
    { skip: ["lock"], wrong: "drop" },
  ),
  onlink: mark("The gateway is directly reachable.", (entry) => {
    entry.onlink = true;
  }),
  no_track: mark("Do not react when others remove it.", (entry) => {
    entry.noTrack = true;
  }),
  inet: mark("The route is IPv4.", (entry, word, site) => setFamily(entry, 4, word, site)),
  inet6: mark("The route is IPv6.", (entry, word, site) => setFamily(entry, 6, word, site)),
  add: nothing,
  prepend: nothing,
  append: nothing,
  ...Object.fromEntries(LATER.map((name) => [name, later])),
  ...Object.fromEntries(LEFT_OUT.map((name) => [name, leftOut])),
};

/** Words that say "everything". */
const DEFAULTS = new Set(["default", "any", "all", "default6"]);

export const routeEntry = {
  syntax:
    "[to] [TYPE] IPADDR[/LEN]|default [via GATEWAY] [dev INTERFACE] [src ADDR] [metric N] [table T] ...",
  options: routeOptions,

  read(words: readonly Word[], site: Site): RouteEntry | undefined {
    const [at] = words;
    if (at === undefined) return undefined;
    const entry: RouteEntry = {
      at,
      family: undefined,
      type: ROUTE_TYPES["unicast"] ?? 1,
      destination: undefined,
      prefixLength: 0,
      gateway: undefined,
      source: undefined,
      device: undefined,
      metric: undefined,
      table: MAIN_TABLE,
      scope: undefined,
      protocol: undefined,
      tos: undefined,
      mtu: undefined,
      onlink: false,
      noTrack: false,
    };
    const kept = readOptions(routeOptions, entry, words, 0, site, (word) =>
      readDestination(entry, word, site),
    );
    return kept && settleFamily(entry, site) ? entry : undefined;
  },
};

/** A word that is no option: `to`, a type, or the destination. */
function readDestination(entry: RouteEntry, word: Word, site: Site): Applied {
  if (word.text === "to") return undefined;
  const type = Object.hasOwn(ROUTE_TYPES, word.text) ? ROUTE_TYPES[word.text] : undefined;
  if (type !== undefined) {
    entry.type = type;
    return undefined;
  }
  if (DEFAULTS.has(word.text)) {
    entry.destination = "default";
    return word.text === "default6" ? setFamily(entry, 6, word, site) : undefined;
  }
  const [first = "", length] = word.text.split("/");
  const address = parseAddress(first);
  if (address === undefined) {
    unknownOption(routeOptions, word, site, "the route is ignored");
    return "drop";
  }
  const prefix = length === undefined ? fullLength(address.family) : parsePrefix(length, address.family);
  if (prefix === undefined) {
    site.tree.diagnostics.report(
      "invalidNumber",
      word,
      `${quoted(word.text)} has a wrong prefix length; the route is ignored`,
    );
    return "drop";
  }
  entry.destination = { family: address.family, text: networkOf(address, prefix) };
  entry.prefixLength = prefix;
  return undefined;
}

function setFamily(entry: RouteEntry, family: Family, word: Word, site: Site): Applied {
  if (entry.family !== undefined && entry.family !== family) {
    site.tree.diagnostics.report(
      "general",
      word,
      "the family of the route is contradictory; the route is ignored",
    );
    return "drop";
  }
  entry.family = family;
  return undefined;
}

/** All addresses of a route are of one family, but for the gateway of an IPv4 route. */
function settleFamily(entry: RouteEntry, site: Site): boolean {
  const { destination, gateway, source } = entry;
  const refuse = (message: string): false => {
    site.tree.diagnostics.report("general", entry.at, `${message}; the route is ignored`);
    return false;
  };
  if (destination === undefined) return refuse("the route has no destination");
  const named = destination === "default" ? undefined : destination.family;
  const family = entry.family ?? named ?? source?.family ?? gateway?.family ?? 4;
  if (named !== undefined && named !== family) return refuse("the destination is of the other family");
  if (source !== undefined && source.family !== family) return refuse("'src' is of the other family");
  if (gateway !== undefined && gateway.family !== family && family === 6)
    return refuse("an IPv6 route needs an IPv6 gateway");
  entry.family = family;
  return true;
}
