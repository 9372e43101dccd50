/** The Internet checksum (RFC 1071). Pure. */

/**
 * Checksum of `bytes[start, end)` on top of an `initial` one's complement sum (not complemented; see `partialSum`).
 * An odd last byte counts as if a zero followed.
 * @returns the complement, ready to be stored in network order; 0 when the data contains its own good checksum.
 */
export function internetChecksum(bytes: Uint8Array, start = 0, end = bytes.length, initial = 0): number {
  return ~partialSum(bytes, start, end, initial) & 0xffff;
}

/** The folded sum without the complement, to be handed on as `initial`: pseudo headers first, then the data. */
export function partialSum(bytes: Uint8Array, start = 0, end = bytes.length, initial = 0): number {
  let sum = initial;
  const even = start + ((end - start) & ~1);
  for (let i = start; i < even; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  if (even < end) sum += (bytes[even] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}
