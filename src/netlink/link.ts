/**
 * RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK (rtnetlink(7), linux/if_link.h). Pure.
 *
 *   struct ifinfomsg: u8 family, u8 pad, u16 ARPHRD type, i32 index, u32 IFF_ flags, u32 mask of changed flags
 */
import {
  AttributeTable,
  HEADER_LENGTH,
  type Header,
  MessageWriter,
  readI32,
  readU16,
  readU32,
} from "./attributes.js";
import {
  AF_UNSPEC,
  IFLA_ADDRESS,
  IFLA_EXT_MASK,
  IFLA_GROUP,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINK_NETNSID,
  IFLA_LINKINFO,
  IFLA_MACVLAN_MODE,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_VRF_TABLE,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  RTEXT_FILTER_SKIP_STATS,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
} from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";

const FIXED = 16;

export interface LinkMessage {
  /** AF_UNSPEC for the link itself; a bridge reports its ports with AF_BRIDGE on the same group. */
  family: number;
  type: number;
  index: number;
  flags: number;
  name?: string;
  /** Hardware address; absent when the message does not say. */
  mac?: Uint8Array;
  mtu?: number;
  /** Index of the device it is enslaved to; 0 for none. */
  master: number;
  /** Routing table of a VRF. */
  vrfTable?: number;
  /** Index of the device below it (of a VLAN, macvlan, ipvlan ...); 0 for none, and for one in another network namespace. */
  parent: number;
  /** Interface group. */
  group: number;
  /** "macvlan", "vrf" ...; absent for a physical one, or when the message does not say. */
  kind?: string;
  /** MACVLAN_MODE_ of a macvlan. */
  macvlanMode?: number;
}

const attributes = new AttributeTable(IFLA_LINK_NETNSID);
const info = new AttributeTable(IFLA_INFO_DATA);
/** The first attribute of each kind that we know is all that matters. */
const data = new AttributeTable(Math.max(IFLA_MACVLAN_MODE, IFLA_VRF_TABLE));
const writer = new MessageWriter();

export function decodeLink(bytes: Uint8Array, offset: number, header: Header): Decoded<LinkMessage> {
  const start = offset + HEADER_LENGTH;
  const end = offset + header.length;
  if (start + FIXED > end) return malformed("tooShort", `${header.length} bytes of link`);
  const problem = attributes.read(bytes, start + FIXED, end);
  if (problem !== undefined) return problem;
  const value: LinkMessage = {
    family: bytes[start] ?? 0,
    type: readU16(bytes, start + 2),
    index: readI32(bytes, start + 4),
    flags: readU32(bytes, start + 8),
    master: attributes.u32(IFLA_MASTER) ?? 0,
    parent: attributes.has(IFLA_LINK_NETNSID) ? 0 : (attributes.u32(IFLA_LINK) ?? 0),
    group: attributes.u32(IFLA_GROUP) ?? 0,
  };
  const name = attributes.text(IFLA_IFNAME);
  const mac = attributes.bytes(IFLA_ADDRESS);
  const mtu = attributes.u32(IFLA_MTU);
  if (name !== undefined) value.name = name;
  if (mac !== undefined) value.mac = mac;
  if (mtu !== undefined) value.mtu = mtu;
  return readKind(bytes, value) ?? { ok: true, value };
}

/** IFLA_LINKINFO: the kind of a virtual link as text, and attributes of the kind. */
function readKind(bytes: Uint8Array, value: LinkMessage): Decoded<never> | undefined {
  if (!attributes.has(IFLA_LINKINFO)) return undefined;
  const start = attributes.offset(IFLA_LINKINFO);
  const problem = info.read(bytes, start, start + attributes.length(IFLA_LINKINFO));
  if (problem !== undefined) return problem;
  const kind = info.text(IFLA_INFO_KIND);
  if (kind === undefined) return undefined;
  value.kind = kind;
  if ((kind !== "macvlan" && kind !== "vrf") || !info.has(IFLA_INFO_DATA)) return undefined;
  const at = info.offset(IFLA_INFO_DATA);
  const wrong = data.read(bytes, at, at + info.length(IFLA_INFO_DATA));
  const first = data.u32(kind === "vrf" ? IFLA_VRF_TABLE : IFLA_MACVLAN_MODE);
  if (first !== undefined) value[kind === "vrf" ? "vrfTable" : "macvlanMode"] = first;
  return wrong;
}

/** Dump of all links, without their statistics. */
export function encodeDumpLinks(): Uint8Array {
  return fixed(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 0, 0, 0)
    .attributeU32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
    .finish();
}

interface LinkChange {
  index: number;
  /** IFF_ bits to set to the given values: only those in `mask` change. */
  flags?: number;
  mask?: number;
  mtu?: number;
  mac?: Uint8Array;
}

/** Changes an existing link. */
export function encodeSetLink(change: LinkChange): Uint8Array {
  fixed(RTM_NEWLINK, NLM_F_REQUEST, change.index, change.flags ?? 0, change.mask ?? 0);
  if (change.mtu !== undefined) writer.attributeU32(IFLA_MTU, change.mtu);
  if (change.mac !== undefined) writer.attribute(IFLA_ADDRESS, change.mac);
  return writer.finish();
}

export function encodeDeleteLink(index: number): Uint8Array {
  return fixed(RTM_DELLINK, NLM_F_REQUEST, index, 0, 0).finish();
}

function fixed(
  type: number,
  messageFlags: number,
  index: number,
  flags: number,
  mask: number,
): MessageWriter {
  return writer.begin(type, messageFlags).u8(AF_UNSPEC, 0).u16(0).u32(index).u32(flags).u32(mask);
}
