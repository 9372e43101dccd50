/**
 * The advertisement on the wire: RFC 3768 section 5 (version 2), RFC 9568 section 5 (version 3), and the IPv4
 * header around it (reference sections 2, 3 and 6.1). Encodes packets that are built once and then only sent;
 * decodes what anybody may have sent, with every length checked before it is read.
 *
 * VRRP message, offsets from its first byte, big endian:
 *
 *     0  1  version << 4 | type (1)         4  v2: 1 authentication type, 1 interval in seconds
 *     1  1  virtual router id               4  v3: 2 reserved (4 bits), interval in centiseconds (12 bits)
 *     2  1  priority, 0: "I stop"           6  2 checksum
 *     3  1  number of addresses             8  4n or 16n addresses; v2 over IPv4: then 8 bytes of authentication
 *
 * IPv4 header, always 20 bytes when we send:
 *
 *     0  1  version 4, header words 5       8  1  TTL
 *     1  1  TOS 0xc0                        9  1  protocol 112
 *     2  2  total length                   10  2  header checksum, 0: the kernel fills it in (IP_HDRINCL)
 *     4  2  identification                 12  4  source
 *     6  2  fragment: none                 16  4  destination
 */

import type { Family, VrrpVersion } from "../config/model.js";
import { internetChecksum, partialSum } from "../net/checksum.js";

export const PROTOCOL_VRRP = 112;
export const PROTOCOL_AH = 51;
export const ADVERTISEMENT = 1;
const VRRP_HEADER_BYTES = 8;
export const IPV4_HEADER_BYTES = 20;
/** v2 over IPv4 ends with these, zero unless it is a password. */
const AUTH_DATA_BYTES = 8;
/** An authentication header between IP header and message (auth/authentication-header.ts). */
export const AH_BYTES = 24;
/** What auth_hmac appends to a message (auth/trailer.ts). */
export const TRAILER_BYTES = 28;

export const AUTH_NONE = 0;
export const AUTH_PASS = 1;
export const AUTH_AH = 2;

const TOS_INTERNETWORK_CONTROL = 0xc0;
const OFFSET_PRIORITY = 2;
const OFFSET_CHECKSUM = 6;

/**
 * What an IPv4 version 3 checksum covers besides the message. RFC 9568 section 5.2.8 says the message alone for
 * IPv4; RFC 5798 and so keepalived put a pseudo-header before it. Ancient unicast senders used the group in it.
 */
export type ChecksumForm = "pseudoHeader" | "groupPseudoHeader" | "messageOnly";

/** Why bytes are not an advert of ours: one counter and one log line each. */
export type Drop =
  | "length"
  | "ttl"
  | "version"
  | "type"
  | "routerId"
  | "authUnknown"
  | "authMismatch"
  | "authFailure"
  | "authReplay"
  | "hmacMissing"
  | "hmacMalformed"
  | "hmacUnknownKey"
  | "hmacInvalid"
  | "hmacStale"
  | "hmacReplay"
  | "interval"
  | "checksum"
  | "destination"
  | "owner"
  | "source";

export type Refused = { ok: false; drop: Drop; detail: string };
export type Decoded<T> = { ok: true; value: T } | Refused;

/** Everything that one advert says. */
export interface AdvertFields {
  family: Family;
  version: VrrpVersion;
  virtualRouterId: number;
  priority: number;
  /** v2: whole seconds, v3: whole centiseconds; anything between is rounded. */
  intervalMicros: number;
  /** 4 or 16 bytes each, at most 255. */
  addresses: readonly Uint8Array[];
  /** Version 2 only: latin1, up to 8 bytes. */
  password?: string;
  /** Version 2 over IPv4: an authentication header will stand before the message. */
  underHeader?: boolean;
}

/** Where and how an IPv4 advert travels. */
interface Ipv4Route {
  source: Uint8Array;
  destination: Uint8Array;
  ttl: number;
  /** Version 3 only. */
  checksum: ChecksumForm;
  /** The multicast group, for "groupPseudoHeader". */
  group: Uint8Array;
}

/** Bytes of a message with `count` addresses, without an auth_hmac trailer. */
export function messageBytes(version: number, family: Family, count: number): number {
  const trailer = version === 2 && family === 4 ? AUTH_DATA_BYTES : 0;
  return VRRP_HEADER_BYTES + count * (family === 4 ? 4 : 16) + trailer;
}

/** The sum of a pseudo-header (RFC 9568 section 5.2.8, RFC 8200 section 8.1): `initial` of a checksum. */
export function pseudoHeaderSum(source: Uint8Array, destination: Uint8Array, length: number): number {
  return partialSum(destination, 0, destination.length, partialSum(source)) + PROTOCOL_VRRP + length;
}

/** The VRRP message, its checksum still 0: it depends on the way, and over IPv6 the kernel fills it in. */
function encodeMessage(fields: AdvertFields): Uint8Array {
  const { family, version, virtualRouterId, priority, intervalMicros, addresses, password = "" } = fields;
  const bytes = new Uint8Array(messageBytes(version, family, addresses.length));
  const interval =
    version === 2
      ? Math.min(255, Math.max(1, Math.round(intervalMicros / 1_000_000)))
      : Math.min(4095, Math.max(1, Math.round(intervalMicros / 10_000)));
  const protection = fields.underHeader === true ? AUTH_AH : password !== "" ? AUTH_PASS : AUTH_NONE;
  const authType = version === 2 ? protection : AUTH_NONE;
  bytes[0] = (version << 4) | ADVERTISEMENT;
  bytes[1] = virtualRouterId;
  bytes[2] = priority;
  bytes[3] = addresses.length;
  bytes[4] = version === 2 ? authType : interval >> 8;
  bytes[5] = interval & 0xff;
  let at = VRRP_HEADER_BYTES;
  for (const address of addresses) {
    bytes.set(address, at);
    at += address.length;
  }
  if (authType === AUTH_PASS && family === 4) bytes.set(passwordBytes(password), at);
  return bytes;
}

/** Latin1, cut to 8 bytes and padded with NUL (RFC 2338 section 5.3.6.2). */
export function passwordBytes(password: string): Uint8Array {
  const bytes = new Uint8Array(AUTH_DATA_BYTES);
  for (let i = 0; i < AUTH_DATA_BYTES; i++) bytes[i] = password.charCodeAt(i) & 0xff || 0;
  return bytes;
}

/** A packet ready to be sent: for IPv4 with its IP header, for IPv6 the message with a checksum of 0. */
class AdvertPacket {
  readonly bytes: Uint8Array;
  /** Where the message begins in `bytes`. */
  readonly #message: number;

  constructor(bytes: Uint8Array, message: number) {
    this.bytes = bytes;
    this.#message = message;
  }

  get priority(): number {
    return this.bytes[this.#message + OFFSET_PRIORITY] ?? 0;
  }

  /** IPv4 only: the IP identification of the next send. */
  setIdentification(id: number): void {
    this.bytes[4] = (id >> 8) & 0xff;
    this.bytes[5] = id & 0xff;
  }

  /** Changes the priority and, where we hold one, the checksum: HC' = ~(~HC + ~m + m') (RFC 1624 section 3). */
  setPriority(priority: number): void {
    const at = this.#message + OFFSET_PRIORITY;
    const before = this.bytes[at] ?? 0;
    if (before === priority) return;
    this.bytes[at] = priority;
    if (this.#message === 0) return;
    const checksum = readWord(this.bytes, this.#message + OFFSET_CHECKSUM);
    let sum = (~checksum & 0xffff) + (~(before << 8) & 0xffff) + (priority << 8);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    writeWord(this.bytes, this.#message + OFFSET_CHECKSUM, ~sum & 0xffff);
  }
}

/** The packet of one destination; `route` for IPv4 only, over IPv6 the socket knows it. */
export function encodeAdvert(fields: AdvertFields, route?: Ipv4Route): AdvertPacket {
  const message = encodeMessage(fields);
  if (route === undefined) return new AdvertPacket(message, 0);
  const form = fields.version === 2 ? "messageOnly" : route.checksum;
  const initial = checksumStart(form, route.source, route.destination, route.group, message.length);
  writeWord(message, OFFSET_CHECKSUM, internetChecksum(message, 0, message.length, initial));
  const bytes = new Uint8Array(IPV4_HEADER_BYTES + message.length);
  bytes[0] = 0x45;
  bytes[1] = TOS_INTERNETWORK_CONTROL;
  writeWord(bytes, 2, bytes.length);
  bytes[8] = route.ttl;
  bytes[9] = PROTOCOL_VRRP;
  bytes.set(route.source, 12);
  bytes.set(route.destination, 16);
  bytes.set(message, IPV4_HEADER_BYTES);
  return new AdvertPacket(bytes, IPV4_HEADER_BYTES);
}

/** What comes before the message in the sum. */
export function checksumStart(
  form: ChecksumForm,
  source: Uint8Array,
  destination: Uint8Array,
  group: Uint8Array,
  length: number,
): number {
  if (form === "messageOnly") return 0;
  return pseudoHeaderSum(source, form === "groupPseudoHeader" ? group : destination, length);
}

function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function writeWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}

/** What came in, read but not judged: version, type and everything else may be anything. */
export interface ReceivedAdvert {
  version: number;
  type: number;
  virtualRouterId: number;
  priority: number;
  /** Version 2; 0 otherwise. */
  authType: number;
  intervalMicros: number;
  /** Number of addresses as announced. */
  count: number;
  /** The addresses one behind the other, and the version 2 authentication data: views into the packet. */
  addresses: Uint8Array;
  authData: Uint8Array;
  /** The message without padding and trailer: a view into the packet. */
  message: Uint8Array;
  /** What auth_hmac appended, or nothing: a view into the packet. */
  trailer: Uint8Array;
  /** IPv4 total length as the header states it; the received length over IPv6. */
  statedLength: number;
}

/** Where the VRRP message begins if it is there, or -1 when the IP header is none. */
function messageStart(bytes: Uint8Array, family: Family): number {
  let start = 0;
  if (family === 4) {
    if (bytes.length < IPV4_HEADER_BYTES || (bytes[0] ?? 0) >> 4 !== 4) return -1;
    start = ((bytes[0] ?? 0) & 0x0f) * 4;
    if (start < IPV4_HEADER_BYTES) return -1;
    if (bytes[9] === PROTOCOL_AH) start += AH_BYTES;
  }
  return start;
}

/** The virtual router that a datagram is for, to find the instance, which counts it; -1 when it is too short to say. */
export function readRouterId(bytes: Uint8Array, family: Family): number {
  const start = messageStart(bytes, family);
  return start < 0 ? -1 : (bytes[start + 1] ?? -1);
}

/**
 * Reads a datagram as a raw socket delivers it: IPv4 with its IP header, IPv6 from the VRRP header on. Refuses
 * only what cannot be laid out, that is a wrong length; a version that nobody knows keeps all but its header.
 * @param mayHaveTrailer an auth_hmac trailer may follow; without, it is too much
 */
export function decodeAdvert(
  bytes: Uint8Array,
  family: Family,
  mayHaveTrailer = false,
): Decoded<ReceivedAdvert> {
  const start = messageStart(bytes, family);
  if (start < 0 || start + VRRP_HEADER_BYTES > bytes.length)
    return { ok: false, drop: "length", detail: `packet too short, ${bytes.length} bytes` };
  const version = (bytes[start] ?? 0) >> 4;
  const count = bytes[start + 3] ?? 0;
  const known = version === 2 || version === 3;
  const length = known ? messageBytes(version, family, count) : VRRP_HEADER_BYTES;
  const end = start + length;
  const padded = family === 4 && isPadding(end, bytes.length);
  const trailed = mayHaveTrailer && known && bytes.length === end + TRAILER_BYTES;
  if (known && bytes.length !== end && !padded && !trailed) {
    const detail = `wrong packet length: expected ${end} bytes with ${count} addresses, received ${bytes.length}`;
    return { ok: false, drop: "length", detail };
  }
  const message = bytes.subarray(start, end);
  const addressEnd = VRRP_HEADER_BYTES + (known ? count * (family === 4 ? 4 : 16) : 0);
  return {
    ok: true,
    value: {
      version,
      type: (message[0] ?? 0) & 0x0f,
      virtualRouterId: message[1] ?? 0,
      priority: message[2] ?? 0,
      authType: version === 2 ? (message[4] ?? 0) : 0,
      intervalMicros:
        version === 2 ? (message[5] ?? 0) * 1_000_000 : (readWord(message, 4) & 0x0fff) * 10_000,
      count,
      addresses: message.subarray(VRRP_HEADER_BYTES, addressEnd),
      authData: message.subarray(addressEnd),
      message,
      trailer: bytes.subarray(end, trailed ? end + TRAILER_BYTES : end),
      statedLength: family === 4 ? readWord(bytes, 2) : bytes.length,
    },
  };
}

/** Shortest Ethernet payload; each VLAN tag takes 4 bytes off. */
const ETHERNET_MINIMUM = 46;

/** Whether `received` is `expected` plus the padding of a short Ethernet frame (reference 2.4). */
export function isPadding(expected: number, received: number): boolean {
  if (expected >= ETHERNET_MINIMUM || received <= expected || received > ETHERNET_MINIMUM) return false;
  return (received - expected) % 4 === 2;
}
