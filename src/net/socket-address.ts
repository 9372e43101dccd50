/**
 * Socket addresses as the bytes that bind(2) and sendmsg(2) take. Pure.
 * Multi-byte fields are in host order unless marked "network order".
 */
import { LITTLE_ENDIAN } from "../netlink/host-order.js";
import { readU16 } from "../netlink/attributes.js";
import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET } from "./constants.js";

export const SOCKADDR_IN_LENGTH = 16;
export const SOCKADDR_IN6_LENGTH = 28;
const SOCKADDR_LL_LENGTH = 20;
const SOCKADDR_NL_LENGTH = 12;

/** struct sockaddr_in: u16 family, u16 port (network order), 4 bytes address, 8 bytes zero. */
function sockaddrIn(address: Uint8Array, port = 0): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_IN_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, LITTLE_ENDIAN);
  view.setUint16(2, port);
  bytes.set(address.subarray(0, 4), 4);
  return bytes;
}

/** struct sockaddr_in6: u16 family, u16 port, u32 flow info (both network order), 16 bytes address, u32 scope id. */
function sockaddrIn6(address: Uint8Array, port = 0, scopeId = 0): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_IN6_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, LITTLE_ENDIAN);
  view.setUint16(2, port);
  bytes.set(address.subarray(0, 16), 8);
  view.setUint32(24, scopeId, LITTLE_ENDIAN);
  return bytes;
}

/** The sockaddr of the family that the address has. */
export function sockaddrOf(address: Uint8Array, port = 0, scopeId = 0): Uint8Array {
  return address.length === 4 ? sockaddrIn(address, port) : sockaddrIn6(address, port, scopeId);
}

/**
 * struct sockaddr_ll: u16 family, u16 ethertype (network order), i32 ifindex, u16 hatype, u8 pkttype, u8 halen,
 * 8 bytes hardware address (longer ones run on: packet(7)).
 */
export function sockaddrLl(ifindex: number, etherType: number, hardwareAddress?: Uint8Array): Uint8Array {
  const length = hardwareAddress?.length ?? 0;
  const bytes = new Uint8Array(Math.max(SOCKADDR_LL_LENGTH, 12 + length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, LITTLE_ENDIAN);
  view.setUint16(2, etherType);
  view.setInt32(4, ifindex, LITTLE_ENDIAN);
  view.setUint8(11, length);
  if (hardwareAddress !== undefined) bytes.set(hardwareAddress, 12);
  return bytes;
}

/** struct sockaddr_nl: u16 family, u16 pad, u32 port id, u32 groups. */
export function sockaddrNl(portId = 0, groups = 0): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_NL_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
  view.setUint32(4, portId, LITTLE_ENDIAN);
  view.setUint32(8, groups, LITTLE_ENDIAN);
  return bytes;
}

/** Port id of a sockaddr_nl; undefined when the bytes are none. */
export function netlinkPortId(sockaddr: Uint8Array): number | undefined {
  if (sockaddr.length < SOCKADDR_NL_LENGTH) return undefined;
  const view = new DataView(sockaddr.buffer, sockaddr.byteOffset, sockaddr.length);
  return view.getUint16(0, LITTLE_ENDIAN) === AF_NETLINK ? view.getUint32(4, LITTLE_ENDIAN) : undefined;
}

/** Sender or destination of a datagram: the 4 or 16 address bytes of a sockaddr_in or sockaddr_in6. */
export function addressOfSockaddr(
  bytes: Uint8Array,
  offset = 0,
  length = bytes.length - offset,
): Uint8Array | undefined {
  if (length < SOCKADDR_IN_LENGTH || offset + length > bytes.length) return undefined;
  const family = readU16(bytes, offset);
  if (family === AF_INET) return bytes.subarray(offset + 4, offset + 8);
  if (family === AF_INET6 && length >= SOCKADDR_IN6_LENGTH) return bytes.subarray(offset + 8, offset + 24);
  return undefined;
}

/** Port of a sockaddr_in or sockaddr_in6, which have it at the same place. */
export function portOfSockaddr(bytes: Uint8Array): number {
  return ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
}
