/**
 * RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR (rtnetlink(7), linux/if_addr.h). Pure.
 *
 *   struct ifaddrmsg: u8 family, u8 prefix length, u8 low bits of the flags, u8 scope, u32 interface index
 *
 * IFA_LOCAL is the address itself, IFA_ADDRESS the peer's on a point-to-point address, else the same. IPv6 sends
 * IFA_ADDRESS alone when there is no peer.
 */
import { AttributeTable, HEADER_LENGTH, type Header, MessageWriter, readU32 } from "./attributes.js";
import {
  AF_INET,
  AF_INET6,
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_FLAGS,
  IFA_LABEL,
  IFA_LOCAL,
  IFA_PROTO,
  LIFETIME_FOREVER,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_NEWADDR,
} from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";

const FIXED = 8;

export interface AddressMessage {
  /** AF_INET or AF_INET6. */
  family: number;
  prefixLength: number;
  scope: number;
  index: number;
  /** IFA_F_ bits, all 32. */
  flags: number;
  /** 4 or 16 bytes. */
  local: Uint8Array;
  /** Only when it differs from `local`. */
  peer?: Uint8Array;
  label?: string;
}

const attributes = new AttributeTable(IFA_PROTO);
const writer = new MessageWriter();

export function decodeAddress(bytes: Uint8Array, offset: number, header: Header): Decoded<AddressMessage> {
  const start = offset + HEADER_LENGTH;
  const end = offset + header.length;
  if (start + FIXED > end) return malformed("tooShort", `${header.length} bytes of address`);
  const problem = attributes.read(bytes, start + FIXED, end);
  if (problem !== undefined) return problem;
  const family = bytes[start] ?? 0;
  const size = family === AF_INET ? 4 : family === AF_INET6 ? 16 : -1;
  const other = attributes.bytes(IFA_ADDRESS);
  const local = attributes.bytes(IFA_LOCAL) ?? other;
  if (local === undefined || local.length !== size)
    return malformed("badAttribute", `address of family ${family}`);
  if (other !== undefined && other.length !== size)
    return malformed("badAttribute", `peer of family ${family}`);
  const value: AddressMessage = {
    family,
    prefixLength: bytes[start + 1] ?? 0,
    scope: bytes[start + 3] ?? 0,
    index: readU32(bytes, start + 4),
    flags: attributes.u32(IFA_FLAGS) ?? bytes[start + 2] ?? 0,
    local,
  };
  if (other !== undefined && !other.every((byte, i) => byte === local[i])) value.peer = other;
  const label = attributes.text(IFA_LABEL);
  if (label !== undefined) value.label = label;
  return { ok: true, value };
}

interface NewAddress {
  index: number;
  address: Uint8Array;
  prefixLength: number;
  scope: number;
  flags: number;
  peer?: Uint8Array;
  broadcast?: Uint8Array;
  label?: string;
  /** Seconds; LIFETIME_FOREVER leaves the attribute out. The valid lifetime is always for ever. */
  preferredSeconds: number;
  /** IFA_PROTO; kernels before 5.18 do not know it. */
  protocol?: number;
}

/** Adds; EEXIST when it is there already. */
export function encodeNewAddress(wish: NewAddress): Uint8Array {
  fixed(RTM_NEWADDR, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL, wish, wish.scope, wish.flags);
  writer.attribute(IFA_LOCAL, wish.address);
  if (wish.peer !== undefined) writer.attribute(IFA_ADDRESS, wish.peer);
  if (wish.broadcast !== undefined) writer.attribute(IFA_BROADCAST, wish.broadcast);
  if (wish.label !== undefined) writer.attributeText(IFA_LABEL, wish.label);
  if (wish.flags !== 0) writer.attributeU32(IFA_FLAGS, wish.flags);
  if (wish.preferredSeconds !== LIFETIME_FOREVER) {
    // struct ifa_cacheinfo: u32 preferred, u32 valid, u32 created, u32 updated.
    const info = new Uint8Array(16);
    new Uint32Array(info.buffer).set([wish.preferredSeconds, LIFETIME_FOREVER]);
    writer.attribute(IFA_CACHEINFO, info);
  }
  if (wish.protocol !== undefined) writer.attributeU8(IFA_PROTO, wish.protocol);
  return writer.finish();
}

type OldAddress = Pick<NewAddress, "index" | "address" | "prefixLength" | "peer">;

/** Removes; IPv4 is matched by prefix as well, so IFA_ADDRESS goes with it. */
export function encodeDeleteAddress(wish: OldAddress): Uint8Array {
  fixed(RTM_DELADDR, NLM_F_REQUEST, wish, 0, 0);
  writer.attribute(IFA_LOCAL, wish.address);
  if (wish.address.length === 4) writer.attribute(IFA_ADDRESS, wish.peer ?? wish.address);
  return writer.finish();
}

/** Dump of all addresses of both families. */
export function encodeDumpAddresses(): Uint8Array {
  return writer
    .begin(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP)
    .u8(0, 0, 0, 0)
    .u32(0)
    .finish();
}

function fixed(type: number, messageFlags: number, wish: OldAddress, scope: number, flags: number): void {
  const family = wish.address.length === 4 ? AF_INET : AF_INET6;
  writer
    .begin(type, messageFlags)
    .u8(family, wish.prefixLength, flags & 0xff, scope)
    .u32(wish.index);
}
