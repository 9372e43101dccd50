/**
 * The trailer of auth_hmac (reference 5): 28 bytes behind the VRRP message, whatever its version and family.
 *
 *     0  1  type, 1: HMAC-SHA256 cut to 128 bits      8  2  fraction of a second
 *     1  1  key id                                   10  2  counter
 *     2  2  reserved, 0                              12 16  HMAC
 *     4  4  seconds since 1970
 *
 * The HMAC covers family, version, router id and source address, the message without its checksum, and the trailer
 * with an HMAC of 0. The IPv4 length includes the trailer, the IPv4 VRRP checksum does not; the IPv6 one does, since the
 * kernel makes it.
 */
import type { Family } from "../../config/model.js";
import { TRAILER_BYTES } from "../advert.js";
import { HMAC_BYTES, hmacSha256, sameSecret } from "./digest.js";
import type { Stamp } from "./stamp.js";

const TYPE_HMAC_SHA256 = 1;
const AT = { type: 0, keyId: 1, reserved: 2, stamp: 4, hmac: 12 };
const IPV4_LENGTH_AT = 2;
const CHECKSUM_AT = 6;
const PSEUDO_BYTES = 20;
const PSEUDO_SOURCE_AT = 4;
const ZEROS = new Uint8Array(HMAC_BYTES);

/** An advert as `encodeAdvert` makes it, with room for a trailer. */
export function appendRoom(packet: Uint8Array, family: Family): Uint8Array {
  const bytes = new Uint8Array(packet.length + TRAILER_BYTES);
  bytes.set(packet, 0);
  if (family === 4) viewOf(bytes).setUint16(IPV4_LENGTH_AT, bytes.length);
  return bytes;
}

/** What an HMAC is made for, beside its trailer. */
export interface Signed {
  family: Family;
  source: Uint8Array;
  /** From the version to the last address, or the 8 bytes of authentication data behind it. */
  message: Uint8Array;
}

/** @param hex the key; absent, the HMAC is 0 */
export function makeTrailer(
  signed: Signed,
  keyId: number,
  hex: string | undefined,
  stamp: Stamp,
): Uint8Array {
  const trailer = new Uint8Array(TRAILER_BYTES);
  trailer[AT.type] = TYPE_HMAC_SHA256;
  trailer[AT.keyId] = keyId;
  viewOf(trailer).setBigUint64(AT.stamp, stamp);
  if (hex !== undefined) trailer.set(hmacOf(signed, trailer, hex), AT.hmac);
  return trailer;
}

/** What a received trailer says; undefined when it is of another kind than ours. */
export function readTrailer(trailer: Uint8Array): { keyId: number; stamp: Stamp } | undefined {
  const view = viewOf(trailer);
  if (trailer[AT.type] !== TYPE_HMAC_SHA256 || view.getUint16(AT.reserved) !== 0) return undefined;
  return { keyId: trailer[AT.keyId] ?? 0, stamp: view.getBigUint64(AT.stamp) };
}

export function isGenuine(signed: Signed, trailer: Uint8Array, hex: string): boolean {
  return sameSecret(trailer.subarray(AT.hmac), hmacOf(signed, trailer, hex));
}

function hmacOf({ family, source, message }: Signed, trailer: Uint8Array, hex: string): Uint8Array {
  const pseudo = new Uint8Array(PSEUDO_BYTES);
  pseudo[0] = family;
  pseudo[1] = (message[0] ?? 0) >> 4;
  pseudo[2] = message[1] ?? 0;
  pseudo.set(source, PSEUDO_SOURCE_AT);
  const covered = message.slice();
  covered.fill(0, CHECKSUM_AT, CHECKSUM_AT + 2);
  return hmacSha256(Buffer.from(hex, "hex"), [pseudo, covered, trailer.subarray(0, AT.hmac), ZEROS]);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
