/**
 * Numbers of the kernel's routing that have names: scopes, tables, protocols, realms, types. Built-in names are
 * known here; others stand in files of the host, so that only the meaning pass can ask for them.
 */
import { Complaint, type Value } from "../schema.js";
import type { Word } from "../text.js";

/** What a name may name; each kind has a file on the host. */
export type RoutingKind = "scope" | "table" | "protocol" | "tos" | "realm" | "group";

/** A name that is not built in. */
export class RoutingName {
  constructor(
    readonly kind: RoutingKind,
    readonly name: string,
    readonly max: number,
    readonly expected: string,
  ) {}
}

/** A name in an entry that the meaning pass has to look up. */
interface PendingName {
  readonly name: RoutingName;
  readonly at: Word;
  /** What the entry loses when there is no such name: all of it, or the option. */
  readonly wrong: "drop" | "ignored";
  readonly set: (value: number) => void;
}

/** An entry that may hold such names. */
export interface WithNames {
  pending: PendingName[] | undefined;
}

const SCOPES = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 };
const TABLES = { default: 253, main: 254, local: 255 };
const PROTOCOLS = {
  none: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  babel: 42,
};

/** rtm_type by name. */
export const ROUTE_TYPES: Readonly<Record<string, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  brd: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
  xresolve: 11,
};

export const scope = named("scope", "scope", SCOPES, 255);
export const routingTable = named("table", "routing table", TABLES, 0xffffffff);
export const routeProtocol = named("protocol", "route protocol", PROTOCOLS, 255);
export const typeOfService = named("tos", "type of service", {}, 255);
export const interfaceGroup = named("group", "interface group", { default: 0 }, 0xffffffff);
const realm = named("realm", "realm", {}, 255);

/** A name, or a number in any base. */
function named(
  kind: RoutingKind,
  what: string,
  names: Readonly<Record<string, number>>,
  max: number,
): Value<number | RoutingName> {
  const known = Object.keys(names);
  const choices = known.length > 0 ? `${known.join(", ")}, ` : "";
  const expected = `must be a ${what}: ${choices}a name that the host knows or a number up to ${max}`;
  const complaint = new Complaint(expected, "general");
  return {
    syntax: `${known.map((name) => `${name}|`).join("")}NAME|<0-${max}>`,
    read: (word) => {
      const value = Object.hasOwn(names, word) ? names[word] : numberInAnyBase(word);
      if (value !== undefined) return value > max ? complaint : value;
      return /^[A-Za-z_][!-~]*$/.test(word) ? new RoutingName(kind, word, max, expected) : complaint;
    },
  };
}

/** [FROM/]TO. */
export const realms: Value<{ from: number | RoutingName; to: number | RoutingName }> = {
  syntax: "[REALM/]REALM",
  read: (word) => {
    const slash = word.indexOf("/");
    const from = slash < 0 ? 0 : realm.read(word.slice(0, slash));
    const to = realm.read(word.slice(slash + 1));
    if (isNumberOrName(from) && isNumberOrName(to)) return { from, to };
    return new Complaint(
      "must be one or two realms (FROM/TO): names that the host knows or numbers up to 255",
    );
  },
};

function isNumberOrName(value: unknown): value is number | RoutingName {
  return typeof value === "number" || value instanceof RoutingName;
}

/** Sets a number at once, and a name later. */
export function setNumber(
  entry: WithNames,
  value: number | RoutingName,
  at: Word,
  set: (value: number) => void,
  wrong: PendingName["wrong"] = "drop",
): void {
  if (typeof value === "number") set(value);
  else (entry.pending ??= []).push({ name: value, at, wrong, set });
}

/** Decimal, 0x hexadecimal or leading-0 octal. */
export function numberInAnyBase(word: string): number | undefined {
  if (/^0[xX][0-9a-fA-F]{1,8}$/.test(word)) return Number.parseInt(word, 16);
  if (/^0[0-7]*$/.test(word)) return Number.parseInt(word, 8);
  return /^[1-9]\d{0,9}$/.test(word) ? Number(word) : undefined;
}
