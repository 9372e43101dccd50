/** `encap` of routes and next hops: ip, ip6, mpls and ila (config-language reference, 10). */
import type { Encapsulation } from "../../net/settings.js";
import { quoted } from "../diagnostic.js";
import type { Family } from "../model.js";
import { Complaint, type Site, type Value } from "../schema.js";
import type { Word } from "../text.js";
import { type Address, parseAddress, parseIpv6 } from "../values/address.js";
import { integer } from "../values/number.js";
import { type Option, phrase, readOptionWord } from "./options.js";
import type { HopEntry } from "./route-entry-parts.js";

const LARGEST_LABEL = 0xfffff;
const MOST_LABELS = 16;

type Of<T extends Encapsulation["type"]> = Extract<Encapsulation, { type: T }>;
type Ip = Of<"ip">;
type Ip6 = Of<"ip6">;

/** One word after `encap ip` or `encap ip6`, and its value. */
interface Part<E> {
  read(into: E, site: Site, name: Word, word: Word | undefined): boolean;
}

function part<E, V>(value: Value<V>, set: (into: E, value: V) => void): Part<E> {
  return {
    read: (into, site, name, word) => {
      const read = readOptionWord(value, name, word, site);
      if (read === undefined) return false;
      set(into, read);
      return true;
    },
  };
}

function address(family: Family): Value<Address> {
  return {
    syntax: `IPv${family}ADDR`,
    read: (word) => {
      const found = parseAddress(word);
      return found?.family === family ? found : new Complaint(`must be an IPv${family} address`);
    },
  };
}

const byte = integer(0, 255);
const flags = integer(0, 65535);
/** 64 bits in the kernel; larger ones than these nobody writes. */
const id = integer(0, Number.MAX_SAFE_INTEGER);

const ipParts: Readonly<Record<string, Part<Ip>>> = {
  id: part(id, (into, value) => {
    into.id = value;
  }),
  dst: part<Ip, Address>(address(4), (into, value) => {
    into.destination = value.text;
  }),
  src: part<Ip, Address>(address(4), (into, value) => {
    into.source = value.text;
  }),
  tos: part(byte, (into, value) => {
    into.tos = value;
  }),
  ttl: part(byte, (into, value) => {
    into.ttl = value;
  }),
  flags: part(flags, (into, value) => {
    into.flags = value;
  }),
};

const ip6Parts: Readonly<Record<string, Part<Ip6>>> = {
  id: part(id, (into, value) => {
    into.id = value;
  }),
  dst: part<Ip6, Address>(address(6), (into, value) => {
    into.destination = value.text;
  }),
  src: part<Ip6, Address>(address(6), (into, value) => {
    into.source = value.text;
  }),
  tc: part(byte, (into, value) => {
    into.trafficClass = value;
  }),
  hoplimit: part(byte, (into, value) => {
    into.hopLimit = value;
  }),
  flags: part(flags, (into, value) => {
    into.flags = value;
  }),
};

const labels: Value<number[]> = {
  syntax: "LABEL[/LABEL ...]",
  read: (word) => {
    const parts = word.split("/");
    const right = parts.every((label) => /^\d{1,7}$/.test(label) && Number(label) <= LARGEST_LABEL);
    if (right && parts.length <= MOST_LABELS) return parts.map(Number);
    return new Complaint(
      `must be up to ${MOST_LABELS} labels of at most ${LARGEST_LABEL} with '/' between them`,
    );
  },
};

const locator: Value<string> = {
  syntax: "LOCATOR",
  read: (word) => {
    const groups = word.split(":").length === 4 ? parseIpv6(`${word}::`) : undefined;
    if (groups === undefined) return new Complaint("must be four hexadecimal groups: 1:2:3:4");
    return groups
      .slice(0, 4)
      .map((group) => group.toString(16))
      .join(":");
  },
};

/** Reads on as long as the words are parts; the index after them, or undefined after a complaint. */
function readParts<E>(
  parts: Readonly<Record<string, Part<E>>>,
  into: E,
  words: readonly Word[],
  from: number,
  site: Site,
): number | undefined {
  let i = from;
  for (; i < words.length; i += 2) {
    const name = words[i];
    const known = name !== undefined && Object.hasOwn(parts, name.text) ? parts[name.text] : undefined;
    if (name === undefined || known === undefined) return i;
    if (!known.read(into, site, name, words[i + 1])) return undefined;
  }
  return i;
}

export const encapsulation: Option<HopEntry> = phrase(
  "ip|ip6|mpls|ila ...",
  "Tunnel: ip (id N, dst A, src A, tos T, ttl N, flags N), ip6 (id, dst, src, tc, hoplimit, flags), mpls LABEL[/LABEL...], ila LOCATOR.",
  (entry, words, from, site) => {
    const option = words[from];
    const type = words[from + 1];
    if (type?.text === "ip" || type?.text === "ip6") return readTunnel(entry, type, words, from + 2, site);
    if (type?.text === "mpls") {
      const list = readOptionWord(labels, type, words[from + 2], site);
      if (list === undefined) return "drop";
      entry.encapsulation = { type: "mpls", labels: list };
      return from + 3;
    }
    if (type?.text === "ila") {
      const found = readOptionWord(locator, type, words[from + 2], site);
      if (found === undefined) return "drop";
      entry.encapsulation = { type: "ila", locator: found };
      return from + 3;
    }
    const not = type === undefined ? "" : `, not ${quoted(type.text)}`;
    const message = `'encap' must be followed by ip, ip6, mpls or ila${not}; the entry is ignored`;
    site.tree.diagnostics.report("general", type ?? option, message);
    return "drop";
  },
);

function readTunnel(
  entry: HopEntry,
  type: Word,
  words: readonly Word[],
  from: number,
  site: Site,
): number | "drop" {
  let next: number | undefined;
  let found: Ip | Ip6;
  if (type.text === "ip") {
    const ip: Ip = { type: "ip" };
    next = readParts(ipParts, ip, words, from, site);
    found = ip;
  } else {
    const ip6: Ip6 = { type: "ip6" };
    next = readParts(ip6Parts, ip6, words, from, site);
    found = ip6;
  }
  if (next === undefined) return "drop";
  if (found.destination === undefined && found.id === undefined) {
    const message = `'encap ${type.text}' needs 'dst' or 'id'; the entry is ignored`;
    site.tree.diagnostics.report("general", type, message);
    return "drop";
  }
  entry.encapsulation = found;
  return next;
}
