import { AttributeTable, HEADER_LENGTH, MessageWriter, readU16 } from "./attributes.js";
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
  RTNH_F_ONLINK
} from "./constants.js";
import { malformed } from "./decoded.js";
const FIXED = 12;
const attributes = new AttributeTable(RTA_VIA);
const writer = new MessageWriter();
function decodeRoute(bytes, offset, header) {
  const start = offset + HEADER_LENGTH;
  const end = offset + header.length;
  if (start + FIXED > end) return malformed("tooShort", `${header.length} bytes of route`);
  const problem = attributes.read(bytes, start + FIXED, end);
  if (problem !== void 0) return problem;
  const family = bytes[start] ?? 0;
  const size = family === AF_INET ? 4 : family === AF_INET6 ? 16 : -1;
  const destination = attributes.bytes(RTA_DST) ?? new Uint8Array(Math.max(size, 0));
  if (destination.length !== size) return malformed("badAttribute", `destination of family ${family}`);
  const value = {
    family,
    type: bytes[start + 7] ?? 0,
    protocol: bytes[start + 5] ?? 0,
    table: attributes.u32(RTA_TABLE) ?? bytes[start + 4] ?? 0,
    tos: bytes[start + 3] ?? 0,
    destination,
    prefixLength: bytes[start + 1] ?? 0,
    metric: attributes.u32(RTA_PRIORITY) ?? 0
  };
  const gateway = attributes.bytes(RTA_GATEWAY) ?? viaAddress(bytes);
  const device = attributes.u32(RTA_OIF);
  if (gateway !== void 0) {
    if (gateway.length !== 4 && gateway.length !== 16) return malformed("badAttribute", "gateway");
    value.gateway = gateway;
  }
  if (device !== void 0) value.device = device;
  return { ok: true, value };
}
function viaAddress(bytes) {
  const length = attributes.length(RTA_VIA);
  if (length < 2) return void 0;
  const offset = attributes.offset(RTA_VIA);
  const family = readU16(bytes, offset);
  return family === AF_INET || family === AF_INET6 ? bytes.slice(offset + 2, offset + length) : void 0;
}
function encodeNewRoute(wish) {
  const scope = wish.scope ?? defaultScope(wish);
  fixed(RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_CREATE, wish, scope, wish.onlink ? RTNH_F_ONLINK : 0);
  writeNextHop(wish);
  if (wish.source !== void 0) writer.attribute(RTA_PREFSRC, wish.source);
  const { mtu } = wish;
  if (mtu !== void 0) writer.nested(RTA_METRICS, (inner) => inner.attributeU32(RTAX_MTU, mtu));
  return writer.finish();
}
function encodeDeleteRoute(wish) {
  fixed(RTM_DELROUTE, NLM_F_REQUEST, wish, RT_SCOPE_NOWHERE, 0);
  writeNextHop(wish);
  return writer.finish();
}
function encodeDumpRoutes(family, protocol) {
  return writer.begin(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP).u8(family, 0, 0, 0, 0, protocol, 0, 0).u32(0).finish();
}
function defaultScope(wish) {
  if (wish.destination.length !== 4) return RT_SCOPE_UNIVERSE;
  if (wish.type === RTN_LOCAL) return RT_SCOPE_HOST;
  return wish.type === RTN_UNICAST && wish.gateway === void 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}
function fixed(type, messageFlags, wish, scope, flags) {
  const family = wish.destination.length === 4 ? AF_INET : AF_INET6;
  writer.begin(type, messageFlags).u8(family, wish.prefixLength, 0, wish.tos, wish.table < 256 ? wish.table : 0, wish.protocol, scope, wish.type).u32(flags);
  if (wish.prefixLength > 0) writer.attribute(RTA_DST, wish.destination);
  writer.attributeU32(RTA_TABLE, wish.table);
}
function writeNextHop(wish) {
  const { gateway } = wish;
  if (gateway !== void 0 && gateway.length === wish.destination.length) {
    writer.attribute(RTA_GATEWAY, gateway);
  } else if (gateway !== void 0) {
    const via = new Uint8Array(2 + gateway.length);
    new Uint16Array(via.buffer, 0, 1)[0] = gateway.length === 4 ? AF_INET : AF_INET6;
    via.set(gateway, 2);
    writer.attribute(RTA_VIA, via);
  }
  if (wish.device !== void 0) writer.attributeU32(RTA_OIF, wish.device);
  if (wish.metric !== void 0) writer.attributeU32(RTA_PRIORITY, wish.metric);
}
export {
  decodeRoute,
  encodeDeleteRoute,
  encodeDumpRoutes,
  encodeNewRoute
};
//# sourceMappingURL=route.js.map
