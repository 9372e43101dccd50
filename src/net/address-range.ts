/** Ranges of addresses. Pure. */
import { formatAddress, parseAddress } from "./ip-address.js";

/** Every address from `first` to `last`, in canonical text; none when they are no range of one family. */
export function addressesOf(first: string, last: string): string[] {
  const at = parseAddress(first);
  const end = parseAddress(last);
  if (at === undefined || end === undefined || at.length !== end.length) return [];
  const list: string[] = [];
  for (let left = distance(at, end); left >= 0n; left--) {
    list.push(formatAddress(at));
    increment(at);
  }
  return list;
}

function distance(from: Uint8Array, to: Uint8Array): bigint {
  const number = (bytes: Uint8Array): bigint =>
    bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return number(to) - number(from);
}

function increment(bytes: Uint8Array): void {
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = ((bytes[i] ?? 0) + 1) & 0xff;
    if (bytes[i] !== 0) return;
  }
}
