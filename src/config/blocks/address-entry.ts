/** Entries of static_ipaddress, virtual_ipaddress and virtual_ipaddress_excluded. */
import { quoted } from "../diagnostic.js";
import { Complaint, type Site, type Value } from "../schema.js";
import type { Word } from "../text.js";
import {
  type Address,
  anyAddress,
  formatIpv4,
  fullLength,
  parseAddress,
  parseIpv4,
  parsePrefix,
} from "../values/address.js";
import { interfaceName, nameUpTo } from "../values/name.js";
import { scope, setNumber, type WithNames } from "../values/routing.js";
import { mark, type OptionTable, readOptions, unknownOption, valued } from "./options.js";
import { noTrack, trackGroup } from "./routing-options.js";

/** IFA_F_ bits. */
export const IFA_F = {
  nodad: 0x02,
  home: 0x10,
  mngtmpaddr: 0x100,
  noprefixroute: 0x200,
  autojoin: 0x400,
} as const;
export const FOREVER = 0xffffffff;

/** An address as written: what is absent is filled in by the meaning pass. */
export interface AddressEntry extends Address, WithNames {
  at: Word;
  prefixLength: number;
  device?: Word;
  label?: string;
  broadcast?: string;
  scope?: number;
  peer?: Address;
  flags: number;
  detectDuplicates?: boolean;
  preferredSeconds?: number;
  noTrack: boolean;
  useVmac?: boolean;
  trackGroup: Word | undefined;
}

/** The kernel's IFNAMSIZ without the NUL. */
const LONGEST_LABEL = 15;

const broadcastValue: Value<string> = {
  syntax: "IPv4ADDR|+|-",
  read: (word) =>
    word === "+" || word === "-" || parseIpv4(word) !== undefined
      ? word
      : new Complaint("must be an IPv4 address, + or -"),
};

const lifetime: Value<number> = {
  syntax: "SECONDS|forever",
  read: (word) => {
    if (word === "forever") return FOREVER;
    const value = /^\d{1,10}$/.test(word) ? Number(word) : Number.NaN;
    return value <= FOREVER
      ? value
      : new Complaint(`must be a number of seconds up to ${FOREVER}, or forever`);
  },
};

const broadcast = valued<AddressEntry, string>(
  broadcastValue,
  "Broadcast address; + sets and - clears all bits of the host part.",
  (entry, value, word, site) => {
    if (entry.family === 4) {
      entry.broadcast = value;
      return undefined;
    }
    return report(site, word, "IPv6 has no broadcast address; the entry is ignored", "drop");
  },
);

/** What every kind of address may carry. */
const addressOptions: OptionTable<AddressEntry> = {
  dev: valued(
    interfaceName,
    "Interface that gets the address.",
    (entry, _, word, site) => {
      if (entry.device !== undefined)
        return report(site, word, "'dev' is given twice; the entry is ignored", "drop");
      entry.device = word;
      return undefined;
    },
    { wrong: "drop" },
  ),
  scope: valued(scope, "Scope of an IPv4 address.", (entry, value, word, site) => {
    if (entry.family === 4) {
      const set = (scope: number) => {
        entry.scope = scope;
      };
      setNumber(entry, value, word, set, "ignored");
    } else report(site, word, "IPv6 addresses have no scope of their own; the option is ignored", undefined);
  }),
  brd: broadcast,
  broadcast,
  label: valued(nameUpTo(LONGEST_LABEL, "LABEL"), "Label of an IPv4 address.", (entry, value, word, site) => {
    if (entry.family === 4) entry.label = value;
    else report(site, word, "IPv6 addresses have no label; the option is ignored", undefined);
  }),
  peer: valued(
    anyAddress,
    "The other end of a point to point link.",
    (entry, value, word, site) => {
      if (value.family !== entry.family)
        return report(site, word, "the peer is of the other family; the entry is ignored", "drop");
      if (entry.peer !== undefined)
        return report(site, word, "'peer' is given twice; this one is ignored", undefined);
      entry.peer = value;
      entry.prefixLength = fullLength(value.family);
      return undefined;
    },
    { wrong: "drop" },
  ),
  home: mark("Home address flag.", (entry) => setFlag(entry, IFA_F.home)),
  "-nodad": mark("Let the kernel look for duplicates first (IPv6).", (entry) => {
    entry.detectDuplicates = true;
  }),
  mngtmpaddr: mark("Template for temporary addresses.", (entry) => setFlag(entry, IFA_F.mngtmpaddr)),
  noprefixroute: mark("No route for the prefix.", (entry) => setFlag(entry, IFA_F.noprefixroute)),
  autojoin: mark("Join multicast automatically.", (entry) => setFlag(entry, IFA_F.autojoin)),
  no_track: noTrack,
  preferred_lft: valued(lifetime, "Seconds for which the address is preferred as source.", (entry, value) => {
    entry.preferredSeconds = value;
  }),
};

const virtualOptions: OptionTable<AddressEntry> = {
  ...addressOptions,
  use_vmac: mark<AddressEntry>("Put this address on a VMAC.", (entry) => {
    entry.useVmac = true;
  }),
};

const staticOptions: OptionTable<AddressEntry> = {
  ...addressOptions,
  track_group: trackGroup("interface of the address"),
};

export const virtualAddressEntry = addressEntry(virtualOptions);
export const staticAddressEntry = addressEntry(staticOptions);

function addressEntry(options: OptionTable<AddressEntry>) {
  return {
    syntax: "IPADDR[/PREFIXLEN] [dev INTERFACE] [scope SCOPE] [brd ADDR|+|-] [label LABEL] ...",
    options: options,

    read(words: readonly Word[], site: Site): AddressEntry | undefined {
      const [first] = words;
      if (first === undefined) return undefined;
      const entry = readFirst(first, site);
      if (entry === undefined || words.length === 1) return entry;
      const unknown = (word: Word) =>
        unknownOption(
          options,
          word,
          site,
          parseAddress(word.text.split("/")[0] ?? "") ? "write one address per line" : "it is ignored",
        );
      if (!readOptions(options, entry, words, 1, site, unknown)) return undefined;
      workOutBroadcast(entry, site);
      return entry;
    },
  };
}

/** ADDR[/LEN]. */
function readFirst(word: Word, site: Site): AddressEntry | undefined {
  const { text } = word;
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) {
    return report(site, word, `${quoted(text)} is not an IP address; the entry is ignored`, undefined);
  }
  const full = fullLength(address.family);
  const length = slash < 0 ? full : parsePrefix(text.slice(slash + 1), address.family);
  if (length === undefined) {
    const place = {
      of: word.of,
      start: Math.min(word.end - 1, word.start + slash + 1),
      end: word.end,
      order: word.order,
    };
    if (slash === text.length - 1) {
      const message = `a prefix length is missing after '/'; /${full} is used`;
      site.tree.diagnostics.report("logged", place, message, { severity: "warning" });
    } else {
      const message = `the prefix length must be 0 to ${full}, not ${quoted(text.slice(slash + 1))}; /${full} is used`;
      site.tree.diagnostics.report("invalidNumber", place, message);
    }
    site.tree.recorder?.edit(word, `${text.slice(0, slash)}/${full}`);
  }
  return {
    family: address.family,
    text: address.text,
    at: word,
    prefixLength: length ?? full,
    flags: 0,
    noTrack: false,
    trackGroup: undefined,
    pending: undefined,
  };
}

/** `+` and `-` need the prefix length, which may be complete only at the end. */
function workOutBroadcast(entry: AddressEntry, site: Site): void {
  const given = entry.broadcast;
  if (given === undefined) return;
  if (entry.peer !== undefined) {
    delete entry.broadcast;
    report(site, entry.at, "an address with a peer has no broadcast address; 'brd' is ignored", undefined);
  } else if (given === "+" || given === "-") {
    delete entry.broadcast;
    if (entry.prefixLength > 30)
      return report(site, entry.at, `'brd ${given}' needs a prefix length of at most 30`, undefined);
    const host = 2 ** (32 - entry.prefixLength) - 1;
    const value = parseIpv4(entry.text) ?? 0;
    entry.broadcast = formatIpv4(given === "+" ? (value | host) >>> 0 : (value & ~host) >>> 0);
  }
}

function setFlag(entry: AddressEntry, bit: number): void {
  entry.flags |= bit;
}

function report<R>(site: Site, word: Word, message: string, result: R): R {
  site.tree.diagnostics.report("general", word, message);
  return result;
}
