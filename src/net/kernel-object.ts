/**
 * An address or a route as one object of the kernel: what identifies it, and the netlink requests that add and
 * remove it. Pure.
 */
import { encodeDeleteAddress, encodeNewAddress } from "../netlink/address.js";
import { RTPROT_KEEPALIVED } from "../netlink/constants.js";
import { encodeDeleteRoute, encodeNewRoute, type NewRoute } from "../netlink/route.js";
import { addressKey, parseAddress } from "./ip-address.js";
import type { ReportedRoute } from "./links.js";
import type { AddressSetting, RouteSetting, Setting } from "./settings.js";

/** IPv6 routes without a metric get this one (IP6_RT_PRIO_USER, net/ip6_route.h). */
const IPV6_DEFAULT_METRIC = 1024;

export type KernelObject =
  | { kind: "address"; key: string; setting: AddressSetting }
  | { kind: "route"; key: string; setting: RouteSetting };

export function addressObject(setting: AddressSetting): KernelObject {
  return { kind: "address", key: keyOfAddress(setting.device, setting), setting };
}

export function routeObject(setting: RouteSetting): KernelObject {
  const { gateway = "", device = "", type } = setting;
  return { kind: "route", key: `${keyOfRoute(setting)} ${type} ${gateway} ${device}`, setting };
}

/** Key of an address on a device; the device by its name, as that is what the configuration says. */
export function keyOfAddress(
  device: string,
  { address, prefixLength, peer }: Pick<AddressSetting, "address" | "prefixLength" | "peer">,
): string {
  return `address ${device} ${addressKey(address, prefixLength, peer)}`;
}

/** What routes of the kernel have in common that may stand for the same wish: all but type and next hop. */
export function keyOfRoute(
  route: Pick<RouteSetting, "family" | "destination" | "prefixLength" | "table" | "tos" | "metric">,
): string {
  const metric = route.metric || (route.family === 6 ? IPV6_DEFAULT_METRIC : 0);
  return `route ${route.destination}/${route.prefixLength} ${route.table} ${route.tos ?? 0} ${metric}`;
}

/** Is the reported route (of the same `keyOfRoute`) the one that was wished for? What the wish leaves open matches. */
export function matchesRoute(wish: RouteSetting, route: ReportedRoute): boolean {
  return (
    wish.type === route.type &&
    wish.protocol === route.protocol &&
    (wish.gateway === undefined || wish.gateway === route.gateway) &&
    (wish.device === undefined || wish.device === route.device)
  );
}

/** Do both ask for the same, beyond the key? Otherwise it has to be removed and added. */
export function sameWish(a: Setting, b: Setting): boolean {
  const bare = (setting: Setting): string => {
    const { position: _position, noTrack: _noTrack, ...rest } = setting;
    return JSON.stringify(Object.entries(rest).sort(([x], [y]) => (x < y ? -1 : 1)));
  };
  return a === b || bare(a) === bare(b);
}

/** "192.0.2.1/24 on eth0", "10.0.0.0/8 via 192.0.2.254": how messages name it. */
export function describeSetting(setting: Setting): string {
  if ("address" in setting) return `${setting.address}/${setting.prefixLength} on ${setting.device}`;
  const via = setting.gateway === undefined ? "" : ` via ${setting.gateway}`;
  const dev = setting.device === undefined ? "" : ` dev ${setting.device}`;
  return `route ${setting.destination}/${setting.prefixLength}${via}${dev}`;
}

export interface EncodeOptions {
  /** Mark addresses with IFA_PROTO (reference 12.2); off where the kernel refuses it. */
  addressProtocol: boolean;
}

/** The request that adds the object. `index` is its device's (undefined for a route without device). */
export function encodeAdd(
  object: KernelObject,
  index: number | undefined,
  options: EncodeOptions,
): Uint8Array {
  if (object.kind === "route") return encodeNewRoute(routeWish(object.setting, index));
  const { setting } = object;
  const optional = {
    ...(setting.peer !== undefined && { peer: bytesOf(setting.peer) }),
    ...(setting.broadcast !== undefined && { broadcast: bytesOf(setting.broadcast) }),
    ...(setting.label !== undefined && { label: setting.label }),
    ...(options.addressProtocol && { protocol: RTPROT_KEEPALIVED }),
  };
  return encodeNewAddress({
    index: index ?? 0,
    address: bytesOf(setting.address),
    prefixLength: setting.prefixLength,
    scope: setting.scope,
    flags: setting.flags,
    preferredSeconds: setting.preferredSeconds,
    ...optional,
  });
}

/** The request that removes the object. */
export function encodeRemove(object: KernelObject, index: number | undefined): Uint8Array {
  if (object.kind === "route") return encodeDeleteRoute(routeWish(object.setting, index));
  const { setting } = object;
  return encodeDeleteAddress({
    index: index ?? 0,
    address: bytesOf(setting.address),
    prefixLength: setting.prefixLength,
    ...(setting.peer !== undefined && { peer: bytesOf(setting.peer) }),
  });
}

function routeWish(setting: RouteSetting, index: number | undefined): NewRoute {
  return {
    type: setting.type,
    protocol: setting.protocol,
    table: setting.table,
    tos: setting.tos ?? 0,
    destination: bytesOf(setting.destination),
    prefixLength: setting.prefixLength,
    onlink: setting.onlink,
    ...(setting.gateway !== undefined && { gateway: bytesOf(setting.gateway) }),
    ...(index !== undefined && { device: index }),
    ...(setting.source !== undefined && { source: bytesOf(setting.source) }),
    ...(setting.metric !== undefined && { metric: setting.metric }),
    ...(setting.scope !== undefined && { scope: setting.scope }),
    ...(setting.mtu !== undefined && { mtu: setting.mtu }),
  };
}

/** Settings hold canonical addresses; the journal's parser checks them as well. */
function bytesOf(address: string): Uint8Array {
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new Error(`no address: ${address}`);
  return bytes;
}
