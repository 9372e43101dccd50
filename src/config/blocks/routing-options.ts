/** Options that addresses, routes and rules have in common, or two kinds of them. */
import type { Family } from "../model.js";
import type { Site } from "../schema.js";
import type { Word } from "../text.js";
import { nameUpTo } from "../values/name.js";
import {
  routeProtocol,
  type RoutingName,
  setNumber,
  typeOfService,
  type WithNames,
} from "../values/routing.js";
import { type Applied, mark, type Option, valued } from "./options.js";

export const drop = { wrong: "drop" } as const;

/** tos, dsfield. */
export const tos = valued<WithNames & { tos: number | undefined }, number | RoutingName>(
  typeOfService,
  "Type of service.",
  (entry, value, word) =>
    setNumber(entry, value, word, (number) => {
      entry.tos = number;
    }),
  drop,
);

export const protocol = valued<WithNames & { protocol: number | undefined }, number | RoutingName>(
  routeProtocol,
  "Who it is from: a protocol of routing.",
  (entry, value, word) =>
    setNumber(entry, value, word, (number) => {
      entry.protocol = number;
    }),
  drop,
);

export const noTrack = mark<{ noTrack: boolean }>("Do not react when others remove it.", (entry) => {
  entry.noTrack = true;
});

/** Of static entries; `what` it is that the instances depend on. */
export function trackGroup(what: string): Option<{ trackGroup: Word | undefined }> {
  return valued(
    nameUpTo(1023, "NAME"),
    `Group of instances that are in fault with the ${what}.`,
    (entry, _, word, site) => {
      if (entry.trackGroup === undefined) {
        entry.trackGroup = word;
        return undefined;
      }
      const message = "'track_group' is given twice; this one is ignored";
      site.tree.diagnostics.report("general", word, message);
      return "ignored";
    },
  );
}

interface WithFamily {
  family: Family | undefined;
}

/** inet and inet6. */
export function familyOption(family: Family, what: string): Option<WithFamily> {
  return mark(`The ${what} is for IPv${family}.`, (entry, word, site) =>
    setFamily(entry, family, word, site, what),
  );
}

/** Drops what is of both families. */
export function setFamily(entry: WithFamily, family: Family, word: Word, site: Site, what: string): Applied {
  if (entry.family !== undefined && entry.family !== family) {
    const message = `the family of the ${what} is contradictory; the ${what} is ignored`;
    site.tree.diagnostics.report("general", word, message);
    return "drop";
  }
  entry.family = family;
  return undefined;
}
