/** DNS_CHECK on the wire: a question, and what of a reply is looked at (RFC 1035 section 4.1). Pure. */
import type { DnsType } from "../../config/check-model.js";

const HEADER_BYTES = 12;
const RECURSION_DESIRED = 0x0100;
const RESPONSE = 0x80;
const CLASS_IN = 1;
const TYPES: Record<DnsType, number> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  RRSIG: 46,
  DNSKEY: 48,
};
const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

/** @param name labels with dots between them; "." is the root */
export function encodeQuestion(id: number, name: string, type: DnsType): Uint8Array {
  const labels = name.split(".").filter((label) => label !== "");
  const bytes: number[] = [];
  for (const label of labels) {
    const text = Buffer.from(label, "latin1");
    bytes.push(text.length, ...text);
  }
  const message = Buffer.alloc(HEADER_BYTES + bytes.length + 5);
  message.writeUInt16BE(id, 0);
  message.writeUInt16BE(RECURSION_DESIRED, 2);
  message.writeUInt16BE(1, 4);
  message.set(bytes, HEADER_BYTES);
  message.writeUInt16BE(TYPES[type], HEADER_BYTES + bytes.length + 1);
  message.writeUInt16BE(CLASS_IN, HEADER_BYTES + bytes.length + 3);
  return message;
}

/** @returns the response code by name; undefined when this is no reply to question `id` */
export function readReply(message: Uint8Array, id: number): string | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const [high = 0, low = 0, flags = 0, more = 0] = message;
  if (((high << 8) | low) !== id || (flags & RESPONSE) === 0) return undefined;
  const code = more & 0x0f;
  return RCODES[code] ?? `response code ${code}`;
}
