/**
 * An address, a route or a rule as one object of the kernel: what identifies it, and the netlink requests that add
 * and remove it. Pure.
 */
import { encodeDeleteAddress, encodeNewAddress } from "../netlink/address.js";
import { RTPROT_KEEPALIVED } from "../netlink/constants.js";
import { encodeDeleteRoute, encodeNewRoute } from "../netlink/route.js";
import { encodeDeleteRule, encodeNewRule } from "../netlink/rule.js";
import { addressKey, bytesOf } from "./ip-address.js";
import { fullKeyOfRoute, linksOfRoute, routeWish } from "./route-object.js";
import { describeRoute } from "./route-text.js";
import { keyOfRule, ruleWish } from "./rule-object.js";
import { formatRule } from "./rule-text.js";
import type { AddressSetting, Belongings, RouteSetting, RuleSetting, Setting } from "./settings.js";

export type KernelObject =
  | { kind: "address"; key: string; setting: AddressSetting }
  | { kind: "route"; key: string; setting: RouteSetting }
  | { kind: "rule"; key: string; setting: RuleSetting };

/** The object that a setting asks for. */
export function objectOf(setting: Setting): KernelObject {
  if ("address" in setting) return { kind: "address", key: keyOfAddress(setting.device, setting), setting };
  if ("destination" in setting) return { kind: "route", key: fullKeyOfRoute(setting), setting };
  return { kind: "rule", key: keyOfRule(ruleWish(setting)), setting };
}

/** All in the order of adding. */
export function settingsOf({ addresses = [], routes = [], rules = [] }: Partial<Belongings>): Setting[] {
  return [...addresses, ...routes, ...rules];
}

/** Key of an address on a device; the device by its name, as that is what the configuration says. */
export function keyOfAddress(
  device: string,
  { address, prefixLength, peer }: Pick<AddressSetting, "address" | "prefixLength" | "peer">,
): string {
  return `address ${device} ${addressKey(address, prefixLength, peer)}`;
}

/**
 * Names of the links that must be there for the request: of the device, of each next hop, of the VRF. None for a
 * rule, which the kernel takes for interfaces that are not there yet.
 */
export function linksOf({ kind, setting }: KernelObject): readonly string[] {
  if (kind === "address") return [setting.device];
  return kind === "route" ? linksOfRoute(setting) : [];
}

/** Do both ask for the same, beyond the key? Otherwise it has to be removed and added. */
export function sameWish(a: Setting, b: Setting): boolean {
  return a === b || bare(a) === bare(b);
}

function bare(setting: Setting): string {
  const { position: _position, noTrack: _noTrack, trackGroup: _trackGroup, ...rest } = setting;
  return JSON.stringify(Object.entries(rest).sort(([x], [y]) => (x < y ? -1 : 1)));
}

/** "192.0.2.1/24 on eth0", "route 10.0.0.0/8 via 192.0.2.254", "rule inet preference 5 ...": how messages name it. */
export function describeSetting(setting: Setting): string {
  if ("address" in setting) return `${setting.address}/${setting.prefixLength} on ${setting.device}`;
  return "destination" in setting ? describeRoute(setting) : `rule ${formatRule(setting)}`;
}

interface EncodeOptions {
  /** Mark addresses with IFA_PROTO (reference 12.2); off where the kernel refuses it. */
  addressProtocol: boolean;
}

/** The last part of RTM_NEW... and RTM_DEL... */
export const NOUNS = { address: "ADDR", route: "ROUTE", rule: "RULE" } as const;

/** The request that adds the object. `numbers` are the indices of `linksOf`; a VRF's is its table. */
export function encodeAdd(
  { kind, setting }: KernelObject,
  numbers: readonly number[],
  options: EncodeOptions,
): Uint8Array {
  if (kind === "route") return encodeNewRoute(routeWish(setting, numbers), setting.insert);
  if (kind === "rule") return encodeNewRule(ruleWish(setting));
  const optional = {
    ...(setting.peer !== undefined && { peer: bytesOf(setting.peer) }),
    ...(setting.broadcast !== undefined && { broadcast: bytesOf(setting.broadcast) }),
    ...(setting.label !== undefined && { label: setting.label }),
    ...(options.addressProtocol && { protocol: RTPROT_KEEPALIVED }),
  };
  return encodeNewAddress({
    index: numbers[0] ?? 0,
    address: bytesOf(setting.address),
    prefixLength: setting.prefixLength,
    scope: setting.scope,
    flags: setting.flags,
    preferredSeconds: setting.preferredSeconds,
    ...optional,
  });
}

/** The request that removes the object; `numbers` as when it was added. */
export function encodeRemove({ kind, setting }: KernelObject, numbers: readonly number[]): Uint8Array {
  if (kind === "route") return encodeDeleteRoute(routeWish(setting, numbers));
  if (kind === "rule") return encodeDeleteRule(ruleWish(setting));
  return encodeDeleteAddress({
    index: numbers[0] ?? 0,
    address: bytesOf(setting.address),
    prefixLength: setting.prefixLength,
    ...(setting.peer !== undefined && { peer: bytesOf(setting.peer) }),
  });
}
