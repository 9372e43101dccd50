/** Numbers of the kernel's routing that have names: scopes, tables, protocols, types. */
import { Complaint, type Value } from "../schema.js";

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

export const scope = named("scope", SCOPES, 255);
export const routingTable = named("routing table", TABLES, 0xffffffff);
export const routeProtocol = named("route protocol", PROTOCOLS, 255);
export const typeOfService = named("type of service", {}, 255);

/** A name, or a number in any base. */
function named(what: string, names: Readonly<Record<string, number>>, max: number): Value<number> {
  const known = Object.keys(names);
  const expected =
    known.length > 0 ? `${known.join(", ")} or a number up to ${max}` : `a number up to ${max}`;
  return {
    syntax: known.length > 0 ? `${known.join("|")}|<0-${max}>` : `<0-${max}>`,
    read: (word) => {
      const value = Object.hasOwn(names, word) ? names[word] : numberInAnyBase(word);
      if (value === undefined || value > max)
        return new Complaint(`must be a ${what}: ${expected}`, "general");
      return value;
    },
  };
}

/** Decimal, 0x hexadecimal or leading-0 octal. */
export function numberInAnyBase(word: string): number | undefined {
  if (/^0[xX][0-9a-fA-F]{1,8}$/.test(word)) return Number.parseInt(word, 16);
  if (/^0[0-7]*$/.test(word)) return Number.parseInt(word, 8);
  return /^[1-9]\d{0,9}$/.test(word) ? Number(word) : undefined;
}
