/**
 * Counters of services and destinations. Pure.
 *
 *   STATS64 nest: 1 CONNS, 2 INPKTS, 3 OUTPKTS, 4 INBYTES, 5 OUTBYTES, 6 CPS, 7 INPPS, 8 OUTPPS, 9 INBPS, 10 OUTBPS, all u64
 *   STATS nest (old kernels): the same ids, u32 but for 4 and 5
 *
 * Values of 8 bytes stand at multiples of 4 only; id 11 is padding in between.
 */
import { AttributeTable, readU32, readU64 } from "./attributes.js";
import type { Decoded } from "./decoded.js";

/** Since the entry was added; rates are per second. */
export interface Traffic {
  connections: bigint;
  inPackets: bigint;
  outPackets: bigint;
  inBytes: bigint;
  outBytes: bigint;
  connectionRate: bigint;
  inPacketRate: bigint;
  outPacketRate: bigint;
  inByteRate: bigint;
  outByteRate: bigint;
}

const FIELDS: readonly (keyof Traffic)[] = [
  "connections",
  "inPackets",
  "outPackets",
  "inBytes",
  "outBytes",
  "connectionRate",
  "inPacketRate",
  "outPacketRate",
  "inByteRate",
  "outByteRate",
];

const attributes = new AttributeTable(FIELDS.length);

/** Reads the STATS64 nest when it is there, else the STATS nest, else zeros. */
export function decodeTraffic(
  bytes: Uint8Array,
  table: AttributeTable,
  type64: number,
  type32: number,
): Decoded<Traffic> {
  const type = table.has(type64) ? type64 : type32;
  const start = table.has(type) ? table.offset(type) : 0;
  const problem = attributes.read(bytes, start, start + Math.max(table.length(type), 0));
  if (problem !== undefined) return problem;
  const value = {} as Traffic;
  for (const [i, field] of FIELDS.entries()) value[field] = number(bytes, i + 1);
  return { ok: true, value };
}

function number(bytes: Uint8Array, type: number): bigint {
  const length = attributes.length(type);
  const at = attributes.offset(type);
  if (length >= 8) return readU64(bytes, at);
  return length >= 4 ? BigInt(readU32(bytes, at)) : 0n;
}
