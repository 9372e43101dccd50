/**
 * The authentication header (RFC 2402) before a version 2 advert over IPv4, as keepalived uses it (reference 4.2):
 * 24 bytes between the IP header, whose protocol is 51 then, and the VRRP message.
 *
 *     0  1  next header, 112                4  4  SPI: the source address
 *     1  1  its words less 2: 4             8  4  sequence number
 *     2  2  reserved, 0                    12 12  integrity check value, HMAC-MD5-96
 *
 * The value covers the IP header without what may change on the way (TOS, fragment, checksum; the TTL only of
 * unicast), this header with a value of 0, and the message. The IP identification is covered: the sender chooses it.
 */
import { AH_BYTES, PROTOCOL_AH, PROTOCOL_VRRP } from "../advert.js";
import { hmacMd5, ICV_BYTES, sameSecret } from "./digest.js";

const WORDS_LESS_TWO = AH_BYTES / 4 - 2;
const ZEROS = new Uint8Array(ICV_BYTES);

const IP = {
  tos: 1,
  length: 2,
  identification: 4,
  fragment: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
};
const AH = { nextHeader: 0, words: 1, spi: 4, sequence: 8, icv: 12 };

/** What a received authentication header says. */
interface ReceivedHeader {
  /** It stands before a VRRP message, and is as long as ours. */
  wellFormed: boolean;
  /** Whether the SPI is the sender's address. */
  spiIsSource: boolean;
  sequence: number;
}

function headerBytes(packet: Uint8Array): number {
  return ((packet[0] ?? 0) & 0x0f) * 4;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An IPv4 advert with an authentication header that still lacks sequence number and value. */
export function insertHeader(packet: Uint8Array): Uint8Array {
  const start = headerBytes(packet);
  const bytes = new Uint8Array(packet.length + AH_BYTES);
  bytes.set(packet.subarray(0, start), 0);
  bytes.set(packet.subarray(start), start + AH_BYTES);
  bytes[IP.protocol] = PROTOCOL_AH;
  bytes[start + AH.nextHeader] = PROTOCOL_VRRP;
  bytes[start + AH.words] = WORDS_LESS_TWO;
  bytes.set(packet.subarray(IP.source, IP.source + 4), start + AH.spi);
  viewOf(bytes).setUint16(IP.length, bytes.length);
  return bytes;
}

/** Completes a packet of `insertHeader` in place, for one send. */
export function sealHeader(
  packet: Uint8Array,
  send: { identification: number; sequence: number; key: Uint8Array; unicast: boolean },
): void {
  const start = headerBytes(packet);
  const view = viewOf(packet);
  view.setUint16(IP.identification, send.identification);
  view.setUint32(start + AH.sequence, send.sequence);
  packet.set(integrityValue(packet, packet.length, send.key, send.unicast), start + AH.icv);
}

/** Whether the value is right. @param end where the message ends in the packet, before any padding */
export function isIntact(packet: Uint8Array, end: number, key: Uint8Array, unicast: boolean): boolean {
  const at = headerBytes(packet) + AH.icv;
  return sameSecret(packet.subarray(at, at + ICV_BYTES), integrityValue(packet, end, key, unicast));
}

/** Reads the header; the packet is known to hold it whole. */
export function readHeader(packet: Uint8Array): ReceivedHeader {
  const start = headerBytes(packet);
  const view = viewOf(packet);
  return {
    wellFormed:
      packet[start + AH.nextHeader] === PROTOCOL_VRRP && packet[start + AH.words] === WORDS_LESS_TWO,
    spiIsSource: view.getUint32(start + AH.spi) === view.getUint32(IP.source),
    sequence: view.getUint32(start + AH.sequence),
  };
}

function integrityValue(packet: Uint8Array, end: number, key: Uint8Array, unicast: boolean): Uint8Array {
  const start = headerBytes(packet);
  const header = packet.slice(0, start);
  header[IP.tos] = 0;
  header.fill(0, IP.fragment, IP.fragment + 2);
  header.fill(0, IP.checksum, IP.checksum + 2);
  if (unicast) header[IP.ttl] = 0;
  const icv = start + AH.icv;
  const message = packet.subarray(start + AH_BYTES, end);
  return hmacMd5(key, [header, packet.subarray(start, icv), ZEROS, message]);
}
