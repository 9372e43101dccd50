/** The options of policy rules: one row per option, for static and for virtual rules. */
import type { NumberRange, RuleAction } from "../../net/settings.js";
import { Complaint, type Value } from "../schema.js";
import type { Site } from "../schema.js";
import type { Word } from "../text.js";
import { anyAddress } from "../values/address.js";
import { interfaceName } from "../values/name.js";
import { integer } from "../values/number.js";
import {
  interfaceGroup,
  numberInAnyBase,
  realms,
  type RoutingName,
  routingTable,
  setNumber,
} from "../values/routing.js";
import {
  type Applied,
  mark,
  type Option,
  type OptionTable,
  phrase,
  readOptionWord,
  valued,
} from "./options.js";
import { readNetwork } from "./route-entry-parts.js";
import { drop, familyOption, noTrack, protocol, tos, trackGroup } from "./routing-options.js";
import type { RuleEntry, Selector } from "./rule-entry.js";

const NO_REALMS = 0;
const EVERYTHING = new Set(["default", "any", "all"]);
const ALL_BITS = 0xffffffff;

/** from and to: a network, or everything. */
function selector(name: "from" | "to", doc: string): Option<RuleEntry> {
  return phrase("IPADDR[/LEN]|default|any|all", doc, (entry, words, at, site) => {
    const word = words[at + 1];
    const complain = () => readOptionWord(anyAddress, words[at], word, site);
    if (word === undefined) {
      complain();
      return "drop";
    }
    const everything = EVERYTHING.has(word.text);
    const network = everything ? undefined : readNetwork(word, site, complain);
    if (!everything && network === undefined) return "drop";
    const found: Selector = { network, at: word };
    entry[name] = found;
    return at + 2;
  });
}

/** Exactly one word of a rule says what it does. */
function act(entry: RuleEntry, action: RuleAction, word: Word, site: Site): Applied {
  if (entry.actionAt !== undefined) {
    const message =
      "a rule does one thing only: table, goto, nop, blackhole, unreachable, prohibit or l3mdev";
    const notes = [{ message: "it was said here first", at: entry.actionAt }];
    site.tree.diagnostics.report("general", word, `${message}; the rule is ignored`, { notes });
    return "drop";
  }
  entry.actionAt = word;
  entry.action = action;
  return undefined;
}

function simple(kind: "nop" | "blackhole" | "unreachable" | "prohibit" | "l3mdev", doc: string) {
  return mark<RuleEntry>(doc, (entry, word, site) => act(entry, { kind }, word, site));
}

/** Table 0 is none. */
const ruleTable: Value<number | RoutingName> = {
  syntax: routingTable.syntax,
  read: (word) => {
    const value = routingTable.read(word);
    return value === 0 ? new Complaint("must not be table 0") : value;
  },
};

const table = valued<RuleEntry, number | RoutingName>(
  ruleTable,
  "Look the packet up in this table.",
  (entry, value, word, site) => {
    const action = { kind: "table" as const, table: 0 };
    setNumber(entry, value, word, (number) => {
      action.table = number;
    });
    return act(entry, action, word, site);
  },
  drop,
);

const anyNumber: Value<number> = {
  syntax: "<0-4294967295>",
  read: (word) => {
    const value = numberInAnyBase(word);
    return value !== undefined && value <= ALL_BITS
      ? value
      : new Complaint(`must be a number up to ${ALL_BITS}`, "invalidNumber");
  },
};

const preference = valued<RuleEntry, number>(
  anyNumber,
  "Rules of lower preference come first.",
  (entry, value) => {
    entry.preference = value;
  },
  drop,
);

const firewallMark: Value<{ value: number; mask: number }> = {
  syntax: "MARK[/MASK]",
  read: (word) => {
    const [first = "", second] = word.split("/", 2);
    const value = numberInAnyBase(first);
    const mask = second === undefined ? ALL_BITS : numberInAnyBase(second);
    const right = value !== undefined && mask !== undefined && value <= ALL_BITS && mask <= ALL_BITS;
    return right ? { value, mask } : new Complaint("must be a mark, which /MASK may follow", "invalidNumber");
  },
};

/** START-END; one number means just that one, where `single` says so. */
function range(max: number, single: boolean): Value<NumberRange> {
  return {
    syntax: single ? "START-END|NUMBER" : "START-END",
    read: (word) => {
      const [, start, end] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(word) ?? [];
      const from = Number(start);
      const to = end === undefined && single ? from : Number(end);
      if (from <= to && to <= max) return { from, to };
      return new Complaint(
        `must be two numbers with '-' between them, the second one not lower, up to ${max}`,
        "invalidNumber",
      );
    },
  };
}

const ports = range(65535, true);

const sixtyFourBits: Value<string> = {
  syntax: "<0-18446744073709551615>",
  read: (word) =>
    /^\d{1,20}$/.test(word) && BigInt(word) < 1n << 64n
      ? String(BigInt(word))
      : new Complaint("must be a whole number of 64 bits", "invalidNumber"),
};

const suppressPrefixLength = valued<RuleEntry, number>(
  integer(0, 0x7fffffff),
  "Forget a route found that has a prefix of this length or less.",
  (entry, value, word) => {
    entry.suppressPrefixLength = value;
    entry.needsTable ??= { ...word, text: "suppress_prefixlength" };
  },
  drop,
);

const suppressGroup = valued<RuleEntry, number | RoutingName>(
  interfaceGroup,
  "Forget a route found that leads over an interface of this group.",
  (entry, value, word) => {
    setNumber(entry, value, word, (number) => {
      entry.suppressGroup = number;
    });
    entry.needsTable ??= { ...word, text: "suppress_ifgroup" };
  },
  drop,
);

const input = valued<RuleEntry, string>(
  interfaceName,
  "Input interface.",
  (entry, _, word) => {
    entry.input = word;
  },
  drop,
);

/** Numbers of the protocols that rules are made for; others are given by number. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  ip: 0,
  icmp: 1,
  igmp: 2,
  ipencap: 4,
  tcp: 6,
  egp: 8,
  igp: 9,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  icmpv6: 58,
  eigrp: 88,
  ospf: 89,
  ipip: 94,
  pim: 103,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  udplite: 136,
};
const protocolNumber = integer(0, 255);
const ipProtocol: Value<number> = {
  syntax: "NAME|<0-255>",
  read: (word) => {
    if (Object.hasOwn(PROTOCOLS, word)) return PROTOCOLS[word] ?? 0;
    const value = protocolNumber.read(word);
    return value instanceof Complaint
      ? new Complaint("must be an IP protocol: tcp, udp ... or 0 to 255")
      : value;
  },
};

/** What virtual and static rules have in common. */
const ruleOptions: OptionTable<RuleEntry> = {
  inet: familyOption(4, "rule"),
  inet6: familyOption(6, "rule"),
  from: selector("from", "Source."),
  to: selector("to", "Destination."),
  table,
  lookup: table,
  not: mark("For packets that the selectors do not select.", (entry) => {
    entry.invert = true;
  }),
  preference,
  order: preference,
  priority: preference,
  tos,
  dsfield: tos,
  fwmark: valued(
    firewallMark,
    "Firewall mark.",
    (entry, value) => {
      entry.mark = value;
    },
    drop,
  ),
  realms: valued(
    realms,
    "Realms for accounting (IPv4, with a table).",
    (entry, value, word) => {
      const both = { from: NO_REALMS, to: NO_REALMS, at: { ...word, text: "realms" } };
      setNumber(entry, value.from, word, (from) => {
        both.from = from;
      });
      setNumber(entry, value.to, word, (to) => {
        both.to = to;
      });
      entry.realms = both;
      entry.needsTable ??= both.at;
    },
    drop,
  ),
  suppress_prefixlength: suppressPrefixLength,
  sup_pl: suppressPrefixLength,
  suppress_ifgroup: suppressGroup,
  sup_group: suppressGroup,
  iif: input,
  dev: input,
  oif: valued(
    interfaceName,
    "Output interface.",
    (entry, _, word) => {
      entry.output = word;
    },
    drop,
  ),
  "tunnel-id": valued(
    sixtyFourBits,
    "Tunnel id.",
    (entry, value) => {
      entry.tunnelId = value;
    },
    drop,
  ),
  uidrange: valued(
    range(ALL_BITS, false),
    "User ids.",
    (entry, value) => {
      entry.userIds = value;
    },
    drop,
  ),
  protocol,
  ipproto: valued(
    ipProtocol,
    "IP protocol.",
    (entry, value) => {
      entry.ipProtocol = value;
    },
    drop,
  ),
  sport: valued(
    ports,
    "Source ports.",
    (entry, value) => {
      entry.sourcePorts = value;
    },
    drop,
  ),
  dport: valued(
    ports,
    "Destination ports.",
    (entry, value) => {
      entry.destinationPorts = value;
    },
    drop,
  ),
  type: mark("May stand before what the rule does.", () => undefined),
  goto: valued(
    anyNumber,
    "Go on at the rule of this preference.",
    (entry, value, word, site) => act(entry, { kind: "goto", preference: value }, word, site),
    drop,
  ),
  nop: simple("nop", "Go on at the next rule."),
  blackhole: simple("blackhole", "Drop silently."),
  unreachable: simple("unreachable", "Reject as unreachable."),
  prohibit: simple("prohibit", "Reject as prohibited."),
  l3mdev: simple("l3mdev", "The table of the VRF of the packet."),
  no_track: noTrack,
};

export const virtualRuleOptions: OptionTable<RuleEntry> = ruleOptions;
export const staticRuleOptions: OptionTable<RuleEntry> = {
  ...ruleOptions,
  track_group: trackGroup("input interface of the rule"),
};
