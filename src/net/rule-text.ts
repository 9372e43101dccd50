/**
 * Policy rules as text, in the words of `ip rule`: for the log, for dumps and, read back, in the journal. Pure.
 *
 *   inet preference 100 not from 10.1.0.0/16 fwmark 0x18/0xc iif eth0 lookup 1000 protocol 18
 */
import { canonicalAddress } from "./ip-address.js";
import type { Family, NumberRange, Prefix, RuleAction, RuleSetting } from "./settings.js";

/** A rule without what the kernel does not know of it. */
type Body = Omit<RuleSetting, "noTrack" | "trackGroup" | "position">;
type Draft = Partial<Body>;

/** One word of the text, and its value when it has one. */
interface Clause {
  word: string;
  /** The value; "" for a word without one, undefined when the rule has no such clause. */
  write(rule: Body): string | undefined;
  /** False when the value makes no sense. */
  read(draft: Draft, value: string): boolean;
  /** Nothing follows the word. */
  bare?: true;
}

const CLAUSES: readonly Clause[] = [
  family("inet", 4),
  family("inet6", 6),
  numeric("preference", "preference"),
  {
    word: "not",
    bare: true,
    write: ({ invert }) => (invert ? "" : undefined),
    read: (draft) => (draft.invert = true),
  },
  prefix("from", "from"),
  prefix("to", "to"),
  numeric("tos", "tos"),
  {
    word: "fwmark",
    write: ({ mark }) => mark && `${hex(mark.value)}/${hex(mark.mask)}`,
    read: (draft, text) => {
      const [, value, mask] = /^(0x[0-9a-f]{1,8})\/(0x[0-9a-f]{1,8})$/.exec(text) ?? [];
      draft.mark = { value: Number(value), mask: Number(mask) };
      return value !== undefined;
    },
  },
  name("iif", "inputInterface"),
  name("oif", "outputInterface"),
  range("uidrange", "userIds"),
  numeric("ipproto", "ipProtocol"),
  range("sport", "sourcePorts"),
  range("dport", "destinationPorts"),
  {
    word: "tun_id",
    write: ({ tunnelId }) => tunnelId,
    read: (draft, text) => /^\d{1,20}$/.test(text) && (draft.tunnelId = text) !== "",
  },
  action("lookup", "table", (kind, table) => ({ kind, table })),
  action("goto", "goto", (kind, preference) => ({ kind, preference })),
  plain("nop"),
  plain("blackhole"),
  plain("unreachable"),
  plain("prohibit"),
  plain("l3mdev"),
  {
    word: "realms",
    write: ({ realms }) => realms && `${realms.from}/${realms.to}`,
    read: (draft, text) => {
      const [, from, to] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
      draft.realms = { from: Number(from), to: Number(to) };
      return from !== undefined;
    },
  },
  numeric("suppress_prefixlength", "suppressPrefixLength"),
  numeric("suppress_ifgroup", "suppressInterfaceGroup"),
  numeric("protocol", "protocol"),
];
const BY_WORD = new Map(CLAUSES.map((clause) => [clause.word, clause]));

export function formatRule(rule: RuleSetting): string {
  return CLAUSES.flatMap((clause) => {
    const value = clause.write(rule);
    return value === undefined ? [] : value === "" ? [clause.word] : [clause.word, value];
  }).join(" ");
}

/** What `formatRule` wrote; undefined for anything that is no rule. */
export function parseRule(words: readonly string[]): Body | undefined {
  const draft: Draft = {};
  for (let i = 0; i < words.length; i++) {
    const clause = BY_WORD.get(words[i] ?? "");
    if (clause === undefined) return undefined;
    const value = clause.bare ? "" : words[++i];
    if (value === undefined || !clause.read(draft, value)) return undefined;
  }
  const { family, preference, action, protocol, invert = false } = draft;
  if (family === undefined || preference === undefined || action === undefined || protocol === undefined)
    return undefined;
  return { ...draft, family, preference, action, protocol, invert };
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function family(word: string, value: Family): Clause {
  return {
    word,
    bare: true,
    write: (rule) => (rule.family === value ? "" : undefined),
    read: (draft) => (draft.family = value) === value,
  };
}

type Keys<V> = { [K in keyof Body]-?: V extends Required<Body>[K] ? K : never }[keyof Body];

function numeric(word: string, key: Exclude<Keys<number>, "family">): Clause {
  return {
    word,
    write: (rule) => rule[key]?.toString(),
    read: (draft, text) => {
      const value = wholeNumber(text);
      if (value !== undefined) draft[key] = value;
      return value !== undefined;
    },
  };
}

function name(word: string, key: "inputInterface" | "outputInterface"): Clause {
  return { word, write: (rule) => rule[key], read: (draft, text) => (draft[key] = text) !== "" };
}

function prefix(word: string, key: "from" | "to"): Clause {
  return {
    word,
    write: (rule) => rule[key] && `${rule[key].address}/${rule[key].prefixLength}`,
    read: (draft, text) => {
      const value = readPrefix(text);
      if (value !== undefined) draft[key] = value;
      return value !== undefined;
    },
  };
}

/** "10.1.0.0/16". */
export function readPrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  const address = canonicalAddress(text.slice(0, Math.max(slash, 0)));
  const prefixLength = wholeNumber(text.slice(slash + 1));
  return address === undefined || prefixLength === undefined ? undefined : { address, prefixLength };
}

function range(word: string, key: Keys<NumberRange>): Clause {
  return {
    word,
    write: (rule) => rule[key] && `${rule[key].from}-${rule[key].to}`,
    read: (draft, text) => {
      const [, from, to] = /^(\d{1,10})-(\d{1,10})$/.exec(text) ?? [];
      draft[key] = { from: Number(from), to: Number(to) };
      return from !== undefined;
    },
  };
}

function action<K extends "table" | "goto">(
  word: string,
  kind: K,
  make: (kind: K, value: number) => RuleAction,
): Clause {
  return {
    word,
    write: (rule) => {
      if (rule.action.kind !== kind) return undefined;
      return String(
        rule.action.kind === "table" ? rule.action.table : (rule.action as { preference: number }).preference,
      );
    },
    read: (draft, text) => {
      const value = wholeNumber(text);
      if (value !== undefined) draft.action = make(kind, value);
      return value !== undefined;
    },
  };
}

function plain(kind: "nop" | "blackhole" | "unreachable" | "prohibit" | "l3mdev"): Clause {
  return {
    word: kind,
    bare: true,
    write: (rule) => (rule.action.kind === kind ? "" : undefined),
    read: (draft) => (draft.action = { kind }).kind === kind,
  };
}
