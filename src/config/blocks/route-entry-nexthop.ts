/** `nexthop` of routes: several next hops with weights, up to the end of the entry. */
import { quoted } from "../diagnostic.js";
import type { Site } from "../schema.js";
import type { Word } from "../text.js";
import { integer } from "../values/number.js";
import { type Option, type OptionTable, phrase, readOptions, valued } from "./options.js";
import { encapsulation } from "./route-entry-encap.js";
import {
  device,
  gateway,
  onlink,
  realmsOption,
  type RouteEntry,
  type WeightedHop,
} from "./route-entry-parts.js";

const hopOptions: OptionTable<WeightedHop> = {
  via: gateway,
  dev: device,
  weight: valued(
    integer(1, 256),
    "Share of this next hop.",
    (entry, value) => {
      entry.weight = value;
    },
    { wrong: "drop" },
  ),
  onlink,
  encap: encapsulation,
  realms: realmsOption,
};

export const nextHops: Option<RouteEntry> = phrase(
  "[via [inet|inet6] IPADDR] [dev INTERFACE] [weight <1-256>] [onlink] [encap ...] [realms R] [nexthop ...]",
  "Several next hops; must be last.",
  (entry, words, from, site) => {
    let i = from;
    while (i < words.length) {
      const end = nextNexthop(words, i + 1);
      const hop = readHop(words.slice(i, end), site);
      if (hop === undefined) return "drop";
      (entry.hops ??= []).push(hop);
      if (hop.pending !== undefined) (entry.pending ??= []).push(...hop.pending);
      i = end;
    }
    return i;
  },
);

/** Where the next one starts, or the end of the entry. */
function nextNexthop(words: readonly Word[], from: number): number {
  const at = words.findIndex((word, i) => i >= from && word.text === "nexthop");
  return at < 0 ? words.length : at;
}

/** The words from `nexthop` on, without the next `nexthop`. */
function readHop(words: readonly Word[], site: Site): WeightedHop | undefined {
  const [at] = words;
  if (at === undefined) return undefined;
  const hop: WeightedHop = {
    at,
    pending: undefined,
    gateway: undefined,
    device: undefined,
    onlink: false,
    encapsulation: undefined,
    realms: undefined,
    weight: 1,
  };
  const unknown = (word: Word) => {
    const message = `a next hop cannot have ${quoted(word.text)}; what belongs to the route stands before 'nexthop'; the entry is ignored`;
    site.tree.diagnostics.report("general", word, message);
    return "drop" as const;
  };
  if (!readOptions(hopOptions, hop, words, 1, site, unknown)) return undefined;
  if (hop.gateway === undefined && hop.device === undefined) {
    const message = "a next hop without 'via' and 'dev' leads nowhere";
    site.tree.diagnostics.report("logged", at, message, { severity: "warning" });
  }
  return hop;
}
