/**
 * RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE (rtnetlink(7), linux/rtnetlink.h). Pure.
 *
 *   struct rtmsg: u8 family, u8 destination length, u8 source length, u8 tos, u8 table, u8 protocol, u8 scope,
 *                 u8 type, u32 flags
 *   struct rtvia (RTA_VIA, a gateway of another family): u16 family, address
 *
 * Several next hops (RTA_MULTIPATH) are not written, and read as a route without gateway and device.
 */
import { AttributeTable, HEADER_LENGTH, type Header, MessageWriter, readU16 } from "./attributes.js";
import {
  AF_INET,
  AF_INET6,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RTA_DST,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_TABLE,
  RTA_VIA,
  RTAX_MTU,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTN_LOCAL,
  RTN_UNICAST,
  RTNH_F_ONLINK,
} from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";

const FIXED = 12;

export interface RouteMessage {
  /** AF_INET or AF_INET6. */
  family: number;
  /** RTN_ number. */
  type: number;
  protocol: number;
  table: number;
  tos: number;
  /** 4 or 16 bytes, all zero for a default route. */
  destination: Uint8Array;
  prefixLength: number;
  /** Of either family. */
  gateway?: Uint8Array;
  /** Interface index. */
  device?: number;
  metric: number;
}

const attributes = new AttributeTable(RTA_VIA);
const writer = new MessageWriter();

export function decodeRoute(bytes: Uint8Array, offset: number, header: Header): Decoded<RouteMessage> {
  const start = offset + HEADER_LENGTH;
  const end = offset + header.length;
  if (start + FIXED > end) return malformed("tooShort", `${header.length} bytes of route`);
  const problem = attributes.read(bytes, start + FIXED, end);
  if (problem !== undefined) return problem;
  const family = bytes[start] ?? 0;
  const size = family === AF_INET ? 4 : family === AF_INET6 ? 16 : -1;
  const destination = attributes.bytes(RTA_DST) ?? new Uint8Array(Math.max(size, 0));
  if (destination.length !== size) return malformed("badAttribute", `destination of family ${family}`);
  const value: RouteMessage = {
    family,
    type: bytes[start + 7] ?? 0,
    protocol: bytes[start + 5] ?? 0,
    table: attributes.u32(RTA_TABLE) ?? bytes[start + 4] ?? 0,
    tos: bytes[start + 3] ?? 0,
    destination,
    prefixLength: bytes[start + 1] ?? 0,
    metric: attributes.u32(RTA_PRIORITY) ?? 0,
  };
  const gateway = attributes.bytes(RTA_GATEWAY) ?? viaAddress(bytes);
  const device = attributes.u32(RTA_OIF);
  if (gateway !== undefined) {
    if (gateway.length !== 4 && gateway.length !== 16) return malformed("badAttribute", "gateway");
    value.gateway = gateway;
  }
  if (device !== undefined) value.device = device;
  return { ok: true, value };
}

function viaAddress(bytes: Uint8Array): Uint8Array | undefined {
  const length = attributes.length(RTA_VIA);
  if (length < 2) return undefined;
  const offset = attributes.offset(RTA_VIA);
  const family = readU16(bytes, offset);
  return family === AF_INET || family === AF_INET6 ? bytes.slice(offset + 2, offset + length) : undefined;
}

export interface NewRoute {
  type: number;
  protocol: number;
  table: number;
  tos: number;
  destination: Uint8Array;
  prefixLength: number;
  gateway?: Uint8Array;
  device?: number;
  source?: Uint8Array;
  metric?: number;
  /** Default as iproute2: link without gateway, universe with one, host for a local route. */
  scope?: number;
  onlink: boolean;
  mtu?: number;
}

/** Adds; EEXIST when it is there already. */
export function encodeNewRoute(wish: NewRoute): Uint8Array {
  const scope = wish.scope ?? defaultScope(wish);
  fixed(RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_CREATE, wish, scope, wish.onlink ? RTNH_F_ONLINK : 0);
  writeNextHop(wish);
  if (wish.source !== undefined) writer.attribute(RTA_PREFSRC, wish.source);
  const { mtu } = wish;
  if (mtu !== undefined) writer.nested(RTA_METRICS, (inner) => inner.attributeU32(RTAX_MTU, mtu));
  return writer.finish();
}

/** Removes the route that has all of these; any scope will do. */
export function encodeDeleteRoute(wish: NewRoute): Uint8Array {
  fixed(RTM_DELROUTE, NLM_F_REQUEST, wish, RT_SCOPE_NOWHERE, 0);
  writeNextHop(wish);
  return writer.finish();
}

/** Dump of the routes of one family and protocol (NETLINK_GET_STRICT_CHK makes the kernel filter). */
export function encodeDumpRoutes(family: number, protocol: number): Uint8Array {
  return writer
    .begin(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP)
    .u8(family, 0, 0, 0, 0, protocol, 0, 0)
    .u32(0)
    .finish();
}

function defaultScope(wish: NewRoute): number {
  if (wish.destination.length !== 4) return RT_SCOPE_UNIVERSE;
  if (wish.type === RTN_LOCAL) return RT_SCOPE_HOST;
  return wish.type === RTN_UNICAST && wish.gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

function fixed(type: number, messageFlags: number, wish: NewRoute, scope: number, flags: number): void {
  const family = wish.destination.length === 4 ? AF_INET : AF_INET6;
  writer
    .begin(type, messageFlags)
    .u8(
      family,
      wish.prefixLength,
      0,
      wish.tos,
      wish.table < 256 ? wish.table : 0,
      wish.protocol,
      scope,
      wish.type,
    )
    .u32(flags);
  if (wish.prefixLength > 0) writer.attribute(RTA_DST, wish.destination);
  writer.attributeU32(RTA_TABLE, wish.table);
}

function writeNextHop(wish: NewRoute): void {
  const { gateway } = wish;
  if (gateway !== undefined && gateway.length === wish.destination.length) {
    writer.attribute(RTA_GATEWAY, gateway);
  } else if (gateway !== undefined) {
    const via = new Uint8Array(2 + gateway.length);
    new Uint16Array(via.buffer, 0, 1)[0] = gateway.length === 4 ? AF_INET : AF_INET6;
    via.set(gateway, 2);
    writer.attribute(RTA_VIA, via);
  }
  if (wish.device !== undefined) writer.attributeU32(RTA_OIF, wish.device);
  if (wish.metric !== undefined) writer.attributeU32(RTA_PRIORITY, wish.metric);
}
