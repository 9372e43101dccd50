/**
 * An implementation of both kinds of packet authentication of its own, written from the reference (4.2 and 5) on node's
 * crypto. Shares nothing with src/vrrp: what both agree on is right, or both misread the same sentence.
 */
import { createHmac } from "node:crypto";

/** HMAC-MD5 over the immutable parts (4.2). `packet` is a whole IPv4 datagram of protocol 51. */
export function icvOf(packet: Uint8Array, password: string, unicast: boolean): Buffer {
  const data = Buffer.from(packet);
  data[1] = 0; // TOS
  data.writeUInt16BE(0, 6); // fragment
  data.writeUInt16BE(0, 10); // header checksum
  if (unicast) data[8] = 0; // TTL
  data.fill(0, 32, 44); // the value itself
  const key = Buffer.alloc(8);
  key.write(password, "latin1");
  return createHmac("md5", key).update(data).digest().subarray(0, 12);
}

export interface Trailer {
  keyId: number;
  key: Buffer;
  /** Seconds and 1/65536 seconds. */
  seconds: number;
  subseconds?: number;
  counter?: number;
  type?: number;
  reserved?: number;
}

/** The 28 bytes behind a VRRP message (5.1, 5.2). */
export function trailerOf(message: Uint8Array, source: Uint8Array, trailer: Trailer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt8(trailer.type ?? 1, 0);
  head.writeUInt8(trailer.keyId, 1);
  head.writeUInt16BE(trailer.reserved ?? 0, 2);
  head.writeUInt32BE(trailer.seconds, 4);
  head.writeUInt16BE(trailer.subseconds ?? 0, 8);
  head.writeUInt16BE(trailer.counter ?? 0, 10);
  return Buffer.concat([head, hmacOf(message, source, trailer.key, head)]);
}

/** What is hashed, and its first 16 bytes of HMAC-SHA256 (5.2). */
function hmacOf(message: Uint8Array, source: Uint8Array, key: Buffer, head: Buffer): Buffer {
  const pseudo = Buffer.alloc(20);
  pseudo[0] = source.length === 4 ? 4 : 6;
  pseudo[1] = (message[0] ?? 0) >> 4;
  pseudo[2] = message[1] ?? 0;
  Buffer.from(source).copy(pseudo, 4);
  const pdu = Buffer.from(message);
  pdu.writeUInt16BE(0, 6);
  const input = Buffer.concat([pseudo, pdu, head, Buffer.alloc(16)]);
  return createHmac("sha256", key).update(input).digest().subarray(0, 16);
}

/** Whether a datagram that ends with a trailer was signed with this key. */
export function isSigned(packet: Uint8Array, source: Uint8Array, key: Buffer): boolean {
  const start = source.length === 4 ? 20 : 0;
  const trailer = Buffer.from(packet.subarray(packet.length - 28));
  const message = packet.subarray(start, packet.length - 28);
  return hmacOf(message, source, key, trailer.subarray(0, 12)).equals(trailer.subarray(12));
}

/** An advert with a trailer behind it; over IPv4 its header says so. */
export function signed(packet: Uint8Array, source: Uint8Array, trailer: Trailer): Uint8Array {
  const start = source.length === 4 ? 20 : 0;
  const bytes = Buffer.concat([packet, trailerOf(packet.subarray(start), source, trailer)]);
  if (start > 0) bytes.writeUInt16BE(bytes.length, 2);
  return new Uint8Array(bytes);
}

/** A version 2 advert (auth type 2) with an authentication header put before its message. */
export function underHeader(
  packet: Uint8Array,
  sequence: number,
  password: string,
  { spi = packet.subarray(12, 16), unicast = false, identification = 7, nextHeader = 112 } = {},
): Uint8Array {
  const header = Buffer.alloc(24);
  header.set([nextHeader, 4]);
  header.set(spi, 4);
  header.writeUInt32BE(sequence, 8);
  const bytes = Buffer.concat([packet.subarray(0, 20), header, packet.subarray(20)]);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt16BE(identification, 4);
  bytes[9] = 51;
  icvOf(bytes, password, unicast).copy(bytes, 32);
  return new Uint8Array(bytes);
}
