/** Entries of the tracking lists, and the peers of unicast. */
import { quoted } from "../diagnostic.js";
import { Adjusted, Complaint, type Site, type Value } from "../schema.js";
import type { Word } from "../text.js";
import { type Address, parseAddress } from "../values/address.js";
import { integer } from "../values/number.js";
import { mark, type OptionTable, readOptions, unknownOption, valued } from "./options.js";

export interface TrackEntry {
  name: Word;
  weight: number;
  reverse: boolean;
}

/** The addition to a priority cannot be larger. */
const LARGEST_WEIGHT = 253;

/** -254..254, of which the ends are reported and limited. */
export const trackWeight: Value<number> = {
  syntax: "<-254-254>",
  read: (word) => {
    const value = /^[+-]?\d{1,4}$/.test(word) ? Number(word) : Number.NaN;
    if (!(Math.abs(value) <= LARGEST_WEIGHT + 1))
      return new Complaint("must be a whole number from -254 to 254", "invalidNumber");
    if (Math.abs(value) <= LARGEST_WEIGHT) return value + 0;
    const used = Math.sign(value) * LARGEST_WEIGHT;
    return new Adjusted(used, `is beyond ${used}, which is used`);
  },
};

export const trackOptions: OptionTable<TrackEntry> = {
  weight: valued(
    trackWeight,
    "Added to the priority while the interface is up (negative: while it is down); 0 means fault.",
    (entry, value) => {
      entry.weight = value;
    },
  ),
  reverse: mark("Turn the meaning of up and down around.", (entry) => {
    entry.reverse = true;
  }),
};

/** INTERFACE [weight N [reverse]]. */
export const trackInterfaceEntry = {
  syntax: "INTERFACE [weight <-254-254> [reverse]]",
  options: trackOptions,

  read(words: readonly Word[], site: Site): TrackEntry | undefined {
    const [name] = words;
    if (name === undefined) return undefined;
    const entry: TrackEntry = { name, weight: 0, reverse: false };
    const unknown = (word: Word) => unknownOption(trackOptions, word, site, "it is ignored");
    return readOptions(trackOptions, entry, words, 1, site, unknown) ? entry : undefined;
  },
};

export interface PeerEntry extends Address {
  at: Word;
  minTtl: number | undefined;
  maxTtl: number | undefined;
}

const ttl = integer(0, 255);

export const peerOptions: OptionTable<PeerEntry> = {
  min_ttl: valued(ttl, "Least TTL accepted from the peer.", (entry, value) => {
    entry.minTtl = value;
  }),
  max_ttl: valued(ttl, "Greatest TTL accepted from the peer.", (entry, value) => {
    entry.maxTtl = value;
  }),
};

/** IPADDR [min_ttl N] [max_ttl N]. */
export const peerEntry = {
  syntax: "IPADDR [min_ttl <0-255>] [max_ttl <0-255>]",
  options: peerOptions,

  read(words: readonly Word[], site: Site): PeerEntry | undefined {
    const [at] = words;
    if (at === undefined) return undefined;
    const address = parseAddress(at.text);
    if (address === undefined) {
      site.tree.diagnostics.report(
        "general",
        at,
        `${quoted(at.text)} is not an IP address; the peer is ignored`,
      );
      return undefined;
    }
    const entry: PeerEntry = { ...address, at, minTtl: undefined, maxTtl: undefined };
    const unknown = (word: Word) =>
      unknownOption(
        peerOptions,
        word,
        site,
        parseAddress(word.text) ? "write one peer per line" : "it is ignored",
      );
    return readOptions(peerOptions, entry, words, 1, site, unknown) ? entry : undefined;
  },
};
