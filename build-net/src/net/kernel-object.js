import { encodeDeleteAddress, encodeNewAddress } from "../netlink/address.js";
import { RTPROT_KEEPALIVED } from "../netlink/constants.js";
import { encodeDeleteRoute, encodeNewRoute } from "../netlink/route.js";
import { parseAddress } from "./ip-address.js";
import { addressKey } from "./links.js";
const IPV6_DEFAULT_METRIC = 1024;
function addressObject(setting) {
  return { kind: "address", key: keyOfAddress(setting.device, setting), setting };
}
function routeObject(setting) {
  const { gateway = "", device = "", type } = setting;
  return { kind: "route", key: `${keyOfRoute(setting)} ${type} ${gateway} ${device}`, setting };
}
function keyOfAddress(device, { address, prefixLength, peer }) {
  return `address ${device} ${addressKey(address, prefixLength, peer)}`;
}
function keyOfRoute(route) {
  const metric = route.metric || (route.family === 6 ? IPV6_DEFAULT_METRIC : 0);
  return `route ${route.destination}/${route.prefixLength} ${route.table} ${route.tos ?? 0} ${metric}`;
}
function matchesRoute(wish, route) {
  return wish.type === route.type && wish.protocol === route.protocol && (wish.gateway === void 0 || wish.gateway === route.gateway) && (wish.device === void 0 || wish.device === route.device);
}
function sameWish(a, b) {
  const bare = (setting) => {
    const { position: _position, noTrack: _noTrack, ...rest } = setting;
    return JSON.stringify(Object.entries(rest).sort(([x], [y]) => x < y ? -1 : 1));
  };
  return a === b || bare(a) === bare(b);
}
function describeSetting(setting) {
  if ("address" in setting) return `${setting.address}/${setting.prefixLength} on ${setting.device}`;
  const via = setting.gateway === void 0 ? "" : ` via ${setting.gateway}`;
  const dev = setting.device === void 0 ? "" : ` dev ${setting.device}`;
  return `route ${setting.destination}/${setting.prefixLength}${via}${dev}`;
}
function encodeAdd(object, index, options) {
  if (object.kind === "route") return encodeNewRoute(routeWish(object.setting, index));
  const { setting } = object;
  const optional = {
    ...setting.peer !== void 0 && { peer: bytesOf(setting.peer) },
    ...setting.broadcast !== void 0 && { broadcast: bytesOf(setting.broadcast) },
    ...setting.label !== void 0 && { label: setting.label },
    ...options.addressProtocol && { protocol: RTPROT_KEEPALIVED }
  };
  return encodeNewAddress({
    index: index ?? 0,
    address: bytesOf(setting.address),
    prefixLength: setting.prefixLength,
    scope: setting.scope,
    flags: setting.flags,
    preferredSeconds: setting.preferredSeconds,
    ...optional
  });
}
function encodeRemove(object, index) {
  if (object.kind === "route") return encodeDeleteRoute(routeWish(object.setting, index));
  const { setting } = object;
  return encodeDeleteAddress({
    index: index ?? 0,
    address: bytesOf(setting.address),
    prefixLength: setting.prefixLength,
    ...setting.peer !== void 0 && { peer: bytesOf(setting.peer) }
  });
}
function routeWish(setting, index) {
  return {
    type: setting.type,
    protocol: setting.protocol,
    table: setting.table,
    tos: setting.tos ?? 0,
    destination: bytesOf(setting.destination),
    prefixLength: setting.prefixLength,
    onlink: setting.onlink,
    ...setting.gateway !== void 0 && { gateway: bytesOf(setting.gateway) },
    ...index !== void 0 && { device: index },
    ...setting.source !== void 0 && { source: bytesOf(setting.source) },
    ...setting.metric !== void 0 && { metric: setting.metric },
    ...setting.scope !== void 0 && { scope: setting.scope },
    ...setting.mtu !== void 0 && { mtu: setting.mtu }
  };
}
function bytesOf(address) {
  const bytes = parseAddress(address);
  if (bytes === void 0) throw new Error(`no address: ${address}`);
  return bytes;
}
export {
  addressObject,
  describeSetting,
  encodeAdd,
  encodeRemove,
  keyOfAddress,
  keyOfRoute,
  matchesRoute,
  routeObject,
  sameWish
};
//# sourceMappingURL=kernel-object.js.map
