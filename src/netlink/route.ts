/**
 * RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE (rtnetlink(7), linux/rtnetlink.h). Pure.
 *
 *   struct rtmsg: u8 family, u8 destination length, u8 source length, u8 tos, u8 table, u8 protocol, u8 scope,
 *                 u8 type, u32 flags
 *   struct rtvia (RTA_VIA, a gateway of another family): u16 family, address
 *   struct rtnexthop (in RTA_MULTIPATH): u16 length, u8 flags, u8 weight - 1, i32 interface index, attributes
 */
import {
  AttributeTable,
  align4,
  HEADER_LENGTH,
  type Header,
  MessageWriter,
  readI32,
  readU16,
} from "./attributes.js";
import {
  AF_INET,
  AF_INET6,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RTA_DST,
  RTA_EXPIRES,
  RTA_FLOW,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PREF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_SRC,
  RTA_TABLE,
  RTA_TTL_PROPAGATE,
  RTA_VIA,
  RTAX_CC_ALGO,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTN_ANYCAST,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_NAT,
  RTN_UNICAST,
  RTNH_F_ONLINK,
} from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";
import { type Tunnel, writeTunnel } from "./encapsulation.js";

const FIXED = 12;
const HOP_FIXED = 8;

/** Where a route leads, as the kernel tells it. */
export interface HopMessage {
  /** Of either family. */
  gateway?: Uint8Array;
  /** Interface index. */
  device?: number;
}

export interface RouteMessage extends HopMessage {
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
  /** IPv6: packets from here only. */
  from?: PrefixBytes;
  metric: number;
  /** Several next hops; gateway and device are absent then. */
  hops?: HopMessage[];
}

export interface PrefixBytes {
  address: Uint8Array;
  prefixLength: number;
}

const attributes = new AttributeTable(RTA_TTL_PROPAGATE);
const hopAttributes = new AttributeTable(RTA_VIA);
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
  const from = attributes.bytes(RTA_SRC);
  if (from !== undefined && from.length !== size) return malformed("badAttribute", "source");
  if (from !== undefined) value.from = { address: from, prefixLength: bytes[start + 2] ?? 0 };
  const device = attributes.u32(RTA_OIF);
  if (device !== undefined) value.device = device;
  const gateway = gatewayOf(attributes, bytes);
  if (gateway === null) return malformed("badAttribute", "gateway");
  if (gateway !== undefined) value.gateway = gateway;
  return attributes.has(RTA_MULTIPATH) ? withHops(value, bytes) : { ok: true, value };
}

/** null: neither an IPv4 nor an IPv6 address. */
function gatewayOf(table: AttributeTable, bytes: Uint8Array): Uint8Array | undefined | null {
  const gateway = table.bytes(RTA_GATEWAY) ?? viaAddress(table, bytes);
  if (gateway === undefined) return undefined;
  return gateway.length === 4 || gateway.length === 16 ? gateway : null;
}

function viaAddress(table: AttributeTable, bytes: Uint8Array): Uint8Array | undefined {
  const length = table.length(RTA_VIA);
  if (length < 2) return undefined;
  const offset = table.offset(RTA_VIA);
  const family = readU16(bytes, offset);
  return family === AF_INET || family === AF_INET6 ? bytes.slice(offset + 2, offset + length) : undefined;
}

function withHops(value: RouteMessage, bytes: Uint8Array): Decoded<RouteMessage> {
  const start = attributes.offset(RTA_MULTIPATH);
  const end = start + attributes.length(RTA_MULTIPATH);
  const hops: HopMessage[] = [];
  for (let at = start; at + HOP_FIXED <= end; ) {
    const length = readU16(bytes, at);
    if (length < HOP_FIXED || at + length > end) return malformed("badLength", `next hop of ${length} bytes`);
    const problem = hopAttributes.read(bytes, at + HOP_FIXED, at + length);
    if (problem !== undefined) return problem;
    const hop: HopMessage = { device: readI32(bytes, at + 4) };
    const gateway = gatewayOf(hopAttributes, bytes);
    if (gateway === null) return malformed("badAttribute", "gateway");
    if (gateway !== undefined) hop.gateway = gateway;
    hops.push(hop);
    at += align4(length);
  }
  return { ok: true, value: { ...value, hops } };
}

/** What a route and each of its next hops may have. */
export interface Hop extends HopMessage {
  onlink: boolean;
  tunnel?: Tunnel;
  /** RTA_FLOW: source realm in the upper 16 bits. */
  realms?: number;
}

export interface WeightedHop extends Hop {
  /** 1..256. */
  weight: number;
}

/** RTAX_ metrics with numbers, and the only one with a name. */
export interface MetricsWish {
  /** Type and value, RTAX_LOCK among them. */
  numbers: readonly (readonly [type: number, value: number])[];
  congestionControl?: string;
}

export interface NewRoute extends Hop {
  type: number;
  protocol: number;
  table: number;
  tos: number;
  destination: Uint8Array;
  prefixLength: number;
  from?: PrefixBytes;
  source?: Uint8Array;
  metric?: number;
  /** Default as iproute2: host for local, link for what needs no gateway, else universe. */
  scope?: number;
  metrics?: MetricsWish;
  expiresSeconds?: number;
  /** ICMPV6_ROUTER_PREF_. */
  preference?: number;
  ttlPropagate?: boolean;
  /** Instead of gateway and device of the route. */
  hops?: readonly WeightedHop[];
}

/**
 * How it is placed among routes that are equal but for where they lead: only if there is none, behind them, or
 * (default) before them. EEXIST when it is there already.
 */
export type Placement = "add" | "append";

const PLACEMENT_FLAGS = { add: NLM_F_EXCL, append: NLM_F_APPEND } as const;

export function encodeNewRoute(wish: NewRoute, placement?: Placement): Uint8Array {
  const flags = NLM_F_REQUEST | NLM_F_CREATE | (placement === undefined ? 0 : PLACEMENT_FLAGS[placement]);
  fixed(RTM_NEWROUTE, flags, wish, wish.scope ?? defaultScope(wish), wish.onlink ? RTNH_F_ONLINK : 0);
  if (wish.tunnel !== undefined) writeTunnel(writer, wish.tunnel);
  writeHops(wish);
  if (wish.source !== undefined) writer.attribute(RTA_PREFSRC, wish.source);
  if (wish.realms !== undefined) writer.attributeU32(RTA_FLOW, wish.realms);
  if (wish.metrics !== undefined) writeMetrics(wish.metrics);
  if (wish.expiresSeconds !== undefined) writer.attributeU32(RTA_EXPIRES, wish.expiresSeconds);
  if (wish.preference !== undefined) writer.attributeU8(RTA_PREF, wish.preference);
  if (wish.ttlPropagate !== undefined) writer.attributeU8(RTA_TTL_PROPAGATE, Number(wish.ttlPropagate));
  return writer.finish();
}

/** Removes the route that has all of these; any scope will do. */
export function encodeDeleteRoute(wish: NewRoute): Uint8Array {
  fixed(RTM_DELROUTE, NLM_F_REQUEST, wish, RT_SCOPE_NOWHERE, 0);
  writeHops(wish);
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
  if (wish.type === RTN_LOCAL || wish.type === RTN_NAT) return RT_SCOPE_HOST;
  if (wish.type === RTN_BROADCAST || wish.type === RTN_MULTICAST || wish.type === RTN_ANYCAST)
    return RT_SCOPE_LINK;
  const direct = wish.gateway === undefined && wish.hops === undefined;
  return wish.type === RTN_UNICAST && direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

function fixed(type: number, messageFlags: number, wish: NewRoute, scope: number, flags: number): void {
  const { from, table } = wish;
  const family = wish.destination.length === 4 ? AF_INET : AF_INET6;
  const short = table < 256 ? table : 0;
  writer
    .begin(type, messageFlags)
    .u8(family, wish.prefixLength, from?.prefixLength ?? 0, wish.tos, short, wish.protocol, scope, wish.type)
    .u32(flags);
  if (wish.prefixLength > 0) writer.attribute(RTA_DST, wish.destination);
  if (from !== undefined) writer.attribute(RTA_SRC, from.address);
  writer.attributeU32(RTA_TABLE, table);
}

function writeHops(wish: NewRoute): void {
  writeGateway(wish, wish.destination.length);
  if (wish.device !== undefined) writer.attributeU32(RTA_OIF, wish.device);
  if (wish.metric !== undefined) writer.attributeU32(RTA_PRIORITY, wish.metric);
  if (wish.hops !== undefined) writeMultipath(wish.hops, wish.destination.length);
}

function writeGateway({ gateway }: Hop, size: number): void {
  if (gateway !== undefined && gateway.length === size) {
    writer.attribute(RTA_GATEWAY, gateway);
  } else if (gateway !== undefined) {
    const via = new Uint8Array(2 + gateway.length);
    new Uint16Array(via.buffer, 0, 1)[0] = gateway.length === 4 ? AF_INET : AF_INET6;
    via.set(gateway, 2);
    writer.attribute(RTA_VIA, via);
  }
}

function writeMultipath(hops: readonly WeightedHop[], size: number): void {
  writer.nested(RTA_MULTIPATH, (list) => {
    for (const hop of hops) {
      list.sized((inner) => {
        inner.u8(hop.onlink ? RTNH_F_ONLINK : 0, hop.weight - 1).u32(hop.device ?? 0);
        if (hop.tunnel !== undefined) writeTunnel(inner, hop.tunnel);
        writeGateway(hop, size);
        if (hop.realms !== undefined) inner.attributeU32(RTA_FLOW, hop.realms);
      });
    }
  });
}

function writeMetrics({ numbers, congestionControl }: MetricsWish): void {
  writer.nested(RTA_METRICS, (inner) => {
    for (const [type, value] of numbers) inner.attributeU32(type, value);
    // Without its NUL, as iproute2 sends it.
    if (congestionControl !== undefined)
      inner.attribute(RTAX_CC_ALGO, Buffer.from(congestionControl, "latin1"));
  });
}
