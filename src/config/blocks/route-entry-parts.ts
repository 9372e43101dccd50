/** What routes and their next hops have in common: the entries as written, and the options of both. */
import type { Encapsulation, Prefix, RouteMetrics } from "../../net/settings.js";
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
import { interfaceName } from "../values/name.js";
import { realms, type RoutingName, setNumber, type WithNames } from "../values/routing.js";
import { mark, type Option, phrase, readOptionWord, valued } from "./options.js";
import { drop } from "./routing-options.js";

/** What a route and each of its next hops may have. */
export interface HopEntry extends WithNames {
  at: Word;
  gateway: Address | undefined;
  device: Word | undefined;
  onlink: boolean;
  encapsulation: Encapsulation | undefined;
  realms: { from: number; to: number; at: Word } | undefined;
}

export interface WeightedHop extends HopEntry {
  weight: number;
}

/** A route as written. */
export interface RouteEntry extends HopEntry {
  family: Family | undefined;
  type: number;
  destination: Address | "default" | undefined;
  prefixLength: number;
  source: Address | undefined;
  metric: number | undefined;
  /** Absent: the one that routes of the type belong in. */
  table: number | undefined;
  scope: number | undefined;
  protocol: number | undefined;
  tos: number | undefined;
  mtu: number | undefined;
  metrics: RouteMetrics | undefined;
  insert: "add" | "append" | undefined;
  from: (Prefix & { family: Family; at: Word }) | undefined;
  expiresSeconds: number | undefined;
  preference: number | undefined;
  ttlPropagate: boolean | undefined;
  hops: WeightedHop[] | undefined;
  vrf: Word | undefined;
  trackGroup: Word | undefined;
  /** Words that only one family knows. */
  onlySix: Word | undefined;
  onlyFour: Word | undefined;
  noTrack: boolean;
}

/** dev INTERFACE, of routes and next hops. */
export const device = valued<HopEntry, string>(
  interfaceName,
  "Output interface.",
  (entry, _, word) => {
    entry.device = word;
  },
  drop,
);

/** via [inet|inet6] IPADDR, of routes and next hops. */
export const gateway: Option<HopEntry> = phrase(
  "[inet|inet6] IPADDR",
  "Gateway.",
  (entry, words, from, site) => {
    const first = words[from + 1];
    const family = first?.text === "inet" ? 4 : first?.text === "inet6" ? 6 : undefined;
    const at = family === undefined ? from + 1 : from + 2;
    const word = words[at];
    const address = readOptionWord(anyAddress, words[from], word, site);
    if (address === undefined) return "drop";
    if (family !== undefined && address.family !== family) {
      site.tree.diagnostics.report("general", word, `this is no IPv${family} address; the entry is ignored`);
      return "drop";
    }
    entry.gateway = address;
    return at + 1;
  },
);

export const onlink = mark<HopEntry>("The gateway is directly reachable.", (entry) => {
  entry.onlink = true;
});

/** realms [FROM/]TO, of routes and next hops. */
export const realmsOption = valued<HopEntry, { from: number | RoutingName; to: number | RoutingName }>(
  realms,
  "Routing realms (IPv4).",
  (entry, value, at) => {
    const both = { from: 0, to: 0, at };
    setNumber(entry, value.from, at, (from) => {
      both.from = from;
    });
    setNumber(entry, value.to, at, (to) => {
      both.to = to;
    });
    entry.realms = both;
  },
  drop,
);

/** ADDR[/LEN]; what is no address at all is up to the caller. */
export function readNetwork(
  word: Word,
  site: Site,
  complain: () => unknown,
): (Address & { prefixLength: number }) | undefined {
  const [first = "", length] = word.text.split("/");
  const address = parseAddress(first);
  if (address === undefined) {
    complain();
    return undefined;
  }
  const { family } = address;
  const prefixLength = length === undefined ? fullLength(family) : parsePrefix(length, family);
  if (prefixLength === undefined) {
    const message = `${quoted(word.text)} has a wrong prefix length; the entry is ignored`;
    site.tree.diagnostics.report("invalidNumber", word, message);
    return undefined;
  }
  return { family, text: networkOf(address, prefixLength), prefixLength };
}
