/** Ranges of addresses in `virtual_server_group` (config-language reference, 5.4): single, short, long, network. */
import type { Family } from "../model.js";
import { Complaint } from "../schema.js";
import {
  type Address,
  formatIpv4,
  formatIpv6,
  parseAddress,
  parseIpv4,
  parseIpv6,
  parsePrefix,
} from "./address.js";

export interface AddressRange {
  family: Family;
  first: string;
  last: string;
}

/** More would fill the kernel's memory, or take for ever. */
export const MOST_ADDRESSES = 65_536n;

/** One word: an address, a range or a network. */
export function readAddressRange(word: string): AddressRange | Complaint {
  const dash = word.indexOf("-");
  const slash = word.indexOf("/");
  const cut = dash >= 0 ? dash : slash;
  const start = parseAddress(cut < 0 ? word : word.slice(0, cut));
  if (start === undefined) return new Complaint("does not begin with an IPv4 or IPv6 address");
  if (cut < 0) return { family: start.family, first: start.text, last: start.text };
  const end = word.slice(cut + 1);
  return dash >= 0 ? readRangeEnd(start, end) : readNetwork(start, end);
}

/** @returns the beginning of a range that holds too many; undefined when it does not */
export function cutRange({ family, first, last }: AddressRange): AddressRange | undefined {
  const from = numberOf(first);
  if (numberOf(last) - from < MOST_ADDRESSES) return undefined;
  return { family, first, last: addressOf(family, from + MOST_ADDRESSES - 1n) };
}

function addressOf(family: Family, number: bigint): string {
  if (family === 4) return formatIpv4(Number(number));
  return formatIpv6(Array.from({ length: 8 }, (_, i) => Number((number >> BigInt(16 * (7 - i))) & 0xffffn)));
}

function numberOf(text: string): bigint {
  const address = parseAddress(text);
  if (address === undefined) return 0n;
  const bits = address.family === 4 ? 32n : 16n;
  return partsOf(address).reduce((number, part) => (number << bits) | BigInt(part), 0n);
}

function readRangeEnd(start: Address, end: string): AddressRange | Complaint {
  const { family, text: first } = start;
  const isLong = end.includes(family === 4 ? "." : ":");
  const last = isLong ? parseAddress(end) : shortEnd(start, end);
  if (last?.family !== family) {
    const what = family === 4 ? "the last byte or an IPv4 address" : "the last 16 bits or an IPv6 address";
    return new Complaint(`must end with ${what}`);
  }
  const order = compare(partsOf(start), partsOf(last));
  if (isLong ? order > 0 : order >= 0) return new Complaint("must end above its start");
  return { family, first, last: last.text };
}

/** The last byte, or the last 16 bits in hexadecimal, replaced. */
function shortEnd(start: Address, end: string): Address | undefined {
  const parts = [...partsOf(start)];
  if (start.family === 4) {
    const byte = /^\d{1,3}$/.test(end) ? Number(end) : 256;
    if (byte > 255) return undefined;
    return { family: 4, text: formatIpv4((((parts[0] ?? 0) & ~255) | byte) >>> 0) };
  }
  if (!/^[0-9a-fA-F]{1,4}$/.test(end)) return undefined;
  parts[7] = Number.parseInt(end, 16);
  return { family: 6, text: formatIpv6(parts) };
}

function readNetwork(start: Address, text: string): AddressRange | Complaint {
  const { family } = start;
  const length = parsePrefix(text, family);
  if (length === undefined || length === 0)
    return new Complaint(`must have a prefix length from 1 to ${family === 4 ? 32 : 128}`);
  const width = family === 4 ? 32 : 16;
  const last: number[] = [];
  for (const [i, part] of partsOf(start).entries()) {
    const free = Math.max(0, Math.min(width, (i + 1) * width - length));
    const hostBits = 2 ** free - 1;
    if (part % (hostBits + 1) !== 0) return new Complaint("has bits set beyond its prefix length");
    last.push(part + hostBits);
  }
  return {
    family,
    first: start.text,
    last: family === 4 ? formatIpv4(last[0] ?? 0) : formatIpv6(last),
  };
}

/** One number of 32 bits, or eight of 16. */
function partsOf(address: Address): readonly number[] {
  return address.family === 4 ? [parseIpv4(address.text) ?? 0] : (parseIpv6(address.text) ?? []);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, part] of a.entries()) {
    const difference = part - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
