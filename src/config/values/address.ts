/** IPv4 and IPv6 addresses as text and bytes (config-language reference, 5.4). No names, brackets or zones. */
import type { Family } from "../model.js";
import { Complaint, type Value } from "../schema.js";

export interface Address {
  family: Family;
  /** Canonical text (RFC 5952 for IPv6). */
  text: string;
}

/** A dotted quad, the same as in `parseIpv4`: a pattern is compiled at its second use, our own code much later. */
const DOTTED_QUAD = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** With a colon it is IPv6, else a dotted quad in full. Undefined when it is neither. */
export function parseAddress(word: string): Address | undefined {
  if (!word.includes(":")) return DOTTED_QUAD.test(word) ? { family: 4, text: word } : undefined;
  const groups = parseIpv6(word);
  return groups === undefined ? undefined : { family: 6, text: formatIpv6(groups) };
}

/** Longest prefix of a family. */
export function fullLength(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** A dotted quad as an unsigned number; leading zeros are refused, as in inet_pton. */
export function parseIpv4(word: string): number | undefined {
  let value = 0;
  let part = -1;
  let parts = 0;
  for (let i = 0; i <= word.length; i++) {
    const c = i === word.length ? 46 : word.charCodeAt(i);
    if (c === 46) {
      if (part < 0 || ++parts > 4) return undefined;
      value = value * 256 + part;
      part = -1;
    } else if (c >= 48 && c <= 57 && part !== 0) {
      part = (part < 0 ? 0 : part) * 10 + (c - 48);
      if (part > 255) return undefined;
    } else return undefined;
  }
  return parts === 4 ? value : undefined;
}

export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Eight groups of 16 bits. */
export function parseIpv6(word: string): number[] | undefined {
  if (word.length > 45) return undefined;
  const halves = word.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1) return missing === 0 ? head : undefined;
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const fields = text.split(":");
  for (const [i, field] of fields.entries()) {
    if (field.includes(".")) {
      const v4 = last && i === fields.length - 1 ? parseIpv4(field) : undefined;
      if (v4 === undefined) return undefined;
      groups.push(v4 >>> 16, v4 & 0xffff);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(field)) groups.push(Number.parseInt(field, 16));
    else return undefined;
  }
  return groups.length > 8 ? undefined : groups;
}

/** RFC 5952: lower case, the longest run of two or more zero groups as `::`. */
export function formatIpv6(groups: readonly number[]): string {
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      best = i;
      bestLength = length;
    }
    i += length;
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (best === 0 && bestLength === 6) return `::${formatIpv4(((groups[6] ?? 0) << 16) | (groups[7] ?? 0))}`;
  if (best === 0 && bestLength === 5 && groups[5] === 0xffff)
    return `::ffff:${formatIpv4(((groups[6] ?? 0) << 16) | (groups[7] ?? 0))}`;
  if (best < 0) return hex(groups);
  return `${hex(groups.slice(0, best))}::${hex(groups.slice(best + bestLength))}`;
}

/** Any address of either family. */
export const anyAddress: Value<Address> = {
  syntax: "IPADDR",
  read: (word) => parseAddress(word) ?? new Complaint("must be an IPv4 or IPv6 address"),
};

/** A multicast group of one family. */
export function multicast(family: Family): Value<string> {
  const complaint = new Complaint(`must be an IPv${family} multicast address`);
  return {
    syntax: `IPv${family} multicast address`,
    read: (word) => {
      const address = parseAddress(word);
      return address?.family === family && isMulticast(address) ? address.text : complaint;
    },
  };
}

export function isMulticast(address: Address): boolean {
  if (address.family === 6) return address.text.startsWith("ff") && address.text.indexOf(":") === 4;
  const first = (parseIpv4(address.text) ?? 0) >>> 28;
  return first === 14;
}

/** fe80::/10. */
export function isLinkLocal(address: Address): boolean {
  return address.family === 6 && ((parseIpv6(address.text)?.[0] ?? 0) & 0xffc0) === 0xfe80;
}

/** The prefix length after a slash. */
export function parsePrefix(text: string, family: Family): number | undefined {
  if (!/^\+?\d{1,3}$/.test(text)) return undefined;
  const length = Number(text);
  return length <= fullLength(family) ? length : undefined;
}

/** The network an address is in. */
export function networkOf(address: Address, prefixLength: number): string {
  if (address.family === 4) {
    const value = parseIpv4(address.text) ?? 0;
    return formatIpv4(prefixLength === 0 ? 0 : (value & (-1 << (32 - prefixLength))) >>> 0);
  }
  const groups = parseIpv6(address.text) ?? [];
  return formatIpv6(
    groups.map((group, i) => {
      const keep = Math.max(0, Math.min(16, prefixLength - i * 16));
      return group & ((0xffff << (16 - keep)) & 0xffff);
    }),
  );
}
