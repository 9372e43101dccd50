/** Entries of the tracking lists, and the peers of unicast. */
import { type Kind, quoted } from "../diagnostic.js";
import { Adjusted, Complaint, type Site, type Value } from "../schema.js";
import type { Word } from "../text.js";
import { type Address, anyAddress, parseAddress } from "../values/address.js";
import { addressAlone } from "../values/noted.js";
import { integer } from "../values/number.js";
import { mark, type Option, type OptionTable, readOptions, unknownOption, valued } from "./options.js";

export interface TrackEntry {
  name: Word;
  /** Absent: the weight of the definition. */
  weight: number | undefined;
  reverse: boolean | undefined;
}

/** The addition to a priority cannot be larger. */
const LARGEST_WEIGHT = 253;

/** Up to `largest`; what is beyond 253 is limited to it, and `kind` says whether that counts. */
function limitedWeight(largest: 253 | 254, kind: Kind = "general"): Value<number> {
  const complaint = new Complaint(`must be a whole number from -${largest} to ${largest}`, "invalidNumber");
  return {
    syntax: `<-${largest}-${largest}>`,
    read: (word) => {
      const value = /^[+-]?\d{1,4}$/.test(word) ? Number(word) : Number.NaN;
      if (!(Math.abs(value) <= largest)) return complaint;
      if (Math.abs(value) <= LARGEST_WEIGHT) return value + 0;
      const used = Math.sign(value) * LARGEST_WEIGHT;
      return new Adjusted(used, `is beyond ${used}, which is used`, "warning", kind);
    },
  };
}

/** What a process may add. */
export const processWeight = limitedWeight(254, "logged");
/** What a script may add. */
export const scriptWeight = limitedWeight(253);
/** What the number in a file is multiplied by. */
export const fileWeight: Value<number> = integer(-254, 254);

function weightOption(value: Value<number>): Option<TrackEntry> {
  const doc = "Added to the priority while it is up (negative: while it is down); 0 means fault.";
  return valued(value, doc, (entry, weight) => {
    entry.weight = weight;
  });
}

function turned(name: string, reverse: boolean, doc: string): Option<TrackEntry> {
  return mark(doc, (entry, word, site) => {
    if (entry.weight === undefined) {
      const message = `'${name}' belongs after 'weight NUMBER'; it is ignored`;
      site.tree.diagnostics.report("general", word, message);
      return "ignored";
    }
    entry.reverse = reverse;
    return undefined;
  });
}

const reverse = turned("reverse", true, "Turn the meaning of up and down around.");
const noreverse = turned("noreverse", false, "Undo 'reverse' of the definition.");

/** NAME [weight N [reverse|noreverse]]. */
function trackEntry(what: string, value: Value<number>, options: OptionTable<TrackEntry>) {
  const words = Object.keys(options).filter((name) => name !== "weight");
  return {
    syntax: `${what} [weight ${value.syntax} [${words.join("|")}]]`,
    options,

    read(words: readonly Word[], site: Site): TrackEntry | undefined {
      const [name] = words;
      if (name === undefined) return undefined;
      const entry: TrackEntry = { name, weight: undefined, reverse: undefined };
      if (words.length === 1) return entry;
      const unknown = (word: Word) => unknownOption(options, word, site, "it is ignored");
      return readOptions(options, entry, words, 1, site, unknown) ? entry : undefined;
    },
  };
}

const limited = limitedWeight(254);
export const trackInterfaceEntry = trackEntry("INTERFACE", limited, {
  weight: weightOption(limited),
  reverse,
});
export const trackScriptEntry = namedTracker("SCRIPT", limited);
export const trackFileEntry = namedTracker("FILE", fileWeight);
export const trackProcessEntry = namedTracker("PROCESS", processWeight);
export const trackBfdEntry = namedTracker("BFD", scriptWeight);

function namedTracker(what: string, value: Value<number>) {
  return trackEntry(what, value, { weight: weightOption(value), reverse, noreverse });
}

export interface PeerEntry extends Address {
  at: Word;
  minTtl: number | undefined;
  maxTtl: number | undefined;
}

const ttl = integer(0, 255);

const peerOptions: OptionTable<PeerEntry> = {
  min_ttl: valued(ttl, "Least TTL accepted from the peer.", (entry, value) => {
    entry.minTtl = value;
  }),
  max_ttl: valued(ttl, "Greatest TTL accepted from the peer.", (entry, value) => {
    entry.maxTtl = value;
  }),
};

const peerAddress = addressAlone(anyAddress);

function readPeer(at: Word, site: Site): Address | undefined {
  const { diagnostics } = site.tree;
  const read = peerAddress.read(at.text);
  if (read instanceof Complaint) {
    diagnostics.report("general", at, `${quoted(at.text)} is not an IP address; the peer is ignored`);
    return undefined;
  }
  if (!(read instanceof Adjusted)) return read;
  diagnostics.report(read.kind, at, `the peer ${read.message}`, { severity: read.severity });
  return read.value;
}

/** IPADDR [min_ttl N] [max_ttl N]. */
export const peerEntry = {
  syntax: "IPADDR [min_ttl <0-255>] [max_ttl <0-255>]",
  options: peerOptions,

  read(words: readonly Word[], site: Site): PeerEntry | undefined {
    const [at] = words;
    if (at === undefined) return undefined;
    const address = readPeer(at, site);
    if (address === undefined) return undefined;
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
