/** Generic netlink of ipvsadm and of keepalived 2.2.7 as captured (test/data/ipvs-netlink.json), and ways to read it. */
import { readFileSync } from "node:fs";
import { decodeHeader, type Header, HEADER_LENGTH } from "../../../src/netlink/attributes.js";
import type { Decoded } from "../../../src/netlink/decoded.js";
import { GENERIC_HEADER } from "../../../src/netlink/generic.js";

/** The number that the kernel of the capture gave to IPVS. */
export const FAMILY = 0x1c;

interface Exchange {
  command: string;
  sent: string[];
  received: string[];
}

const capture = JSON.parse(
  readFileSync(new URL("../../data/ipvs-netlink.json", import.meta.url), "utf8"),
) as { lookup: Exchange; ipvsadm: Exchange[]; keepalived: string[] };

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

export const lookup = {
  sent: capture.lookup.sent.map(fromHex),
  received: capture.lookup.received.map(fromHex),
};

/** What `ipvsadm WORDS` sent last, or received. */
export function ipvsadm(words: string): { sent: Uint8Array; received: Uint8Array[] } {
  const found = capture.ipvsadm.find(({ command }) => command === `ipvsadm ${words}`);
  if (found === undefined) throw new Error(`no capture of ipvsadm ${words}`);
  return { sent: fromHex(found.sent.at(-1) ?? ""), received: found.received.map(fromHex) };
}

/** Messages of keepalived with this command, in order. */
export function keepalived(command: number): Uint8Array[] {
  return capture.keepalived.map(fromHex).filter((bytes) => commandOf(bytes) === command);
}

export const everyMessage: readonly Uint8Array[] = [
  ...lookup.sent,
  ...lookup.received,
  ...capture.ipvsadm.flatMap(({ sent, received }) => [...sent, ...received]).map(fromHex),
  ...capture.keepalived.map(fromHex),
];

export const commandOf = (bytes: Uint8Array): number => bytes[HEADER_LENGTH] ?? 0;

/** Decodes with a decoder that takes bytes, offset and header. */
export function decodeWith<T>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array, offset: number, header: Header) => Decoded<T>,
): T {
  const header = decodeHeader(bytes, 0, bytes.length);
  if (!header.ok) throw new Error(header.detail);
  const decoded = decode(bytes, 0, header.value);
  if (!decoded.ok) throw new Error(decoded.detail);
  return decoded.value;
}

/** From the generic header on, without the flags that the sender fills in. */
export const body = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(HEADER_LENGTH)).toString("hex");

/** The DEST nest of a message: what follows its SERVICE nest. */
export function destinationNest(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const service = view.getUint16(HEADER_LENGTH + GENERIC_HEADER, true);
  return Buffer.from(bytes.subarray(HEADER_LENGTH + GENERIC_HEADER + service)).toString("hex");
}
