/** Addresses, routes and rules as dumps show them: the words of ip(8), as upstream writes them. Pure. */
import { formatRoute, scopeName } from "../net/route-text.js";
import type { AddressSetting, NumberRange, Prefix, RouteSetting, RuleSetting } from "../net/settings.js";

/** INFINITY_LIFE_TIME of the kernel. */
const FOR_EVER = 0xffffffff;

/** Nothing after an address means all its bits. */
function withLength(address: string, length: number): string {
  return length === (address.includes(":") ? 128 : 32) ? address : `${address}/${length}`;
}

/** The flags of IPv6 addresses that are options in the configuration. */
const ADDRESS_FLAGS: ReadonlyArray<readonly [bit: number, word: string]> = [
  [0x10, "home"],
  [0x100, "mngtmpaddr"],
  [0x200, "noprefixroute"],
  [0x400, "autojoin"],
];

function lifetimeWords({ family, preferredSeconds }: AddressSetting): string[] {
  if (preferredSeconds === 0) return ["deprecated"];
  if (preferredSeconds !== FOR_EVER) return [`preferred_lft ${preferredSeconds}`];
  return family === 6 ? ["preferred_lft forever"] : [];
}

/** `192.0.2.100/24 brd 192.0.2.255 dev eth0 scope global label eth0:1 set`; a VMAC as `vrrp.51@eth0`. */
export function formatAddressSetting(address: AddressSetting, set: boolean): string {
  const { peer, prefixLength, flags } = address;
  const words = [peer === undefined ? withLength(address.address, prefixLength) : address.address];
  if (address.broadcast !== undefined) words.push("brd", address.broadcast);
  const device = address.base === undefined ? address.device : `${address.device}@${address.base}`;
  words.push("dev", device, "scope", scopeName(address.scope));
  if (address.label !== undefined) words.push("label", address.label);
  if (peer !== undefined) words.push("peer", withLength(peer, prefixLength));
  for (const [bit, word] of ADDRESS_FLAGS) if ((flags & bit) !== 0) words.push(word);
  words.push(...lifetimeWords(address));
  if (address.noTrack) words.push("no_track");
  if (set) words.push("set");
  return words.join(" ");
}

/** `198.51.100.0/24 via inet 192.0.2.9 dev eth0 proto 18 set` */
export function formatRouteSetting(route: RouteSetting, set: boolean): string {
  const words = [formatRoute(route)];
  if (route.noTrack) words.push("no_track");
  if (set) words.push("set");
  return words.join(" ");
}

function prefix({ address, prefixLength }: Prefix): string {
  return withLength(address, prefixLength);
}

function range({ from, to }: NumberRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function actionText({ action }: RuleSetting): string {
  switch (action.kind) {
    case "table":
      return `lookup ${action.table}`;
    case "goto":
      return `goto ${action.preference}`;
    default:
      return action.kind;
  }
}

/** `from 192.0.2.100 priority 300 protocol 18 lookup 100` */
export function formatRuleSetting(rule: RuleSetting): string {
  const { mark, realms } = rule;
  const words: Array<string | undefined> = [
    rule.invert ? "not" : undefined,
    rule.from && `from ${prefix(rule.from)}`,
    rule.to && `to ${prefix(rule.to)}`,
    `priority ${rule.preference}`,
    rule.tos === undefined ? undefined : `tos 0x${rule.tos.toString(16)}`,
    mark && `fwmark 0x${mark.value.toString(16)}/0x${mark.mask.toString(16)}`,
    rule.inputInterface && `iif ${rule.inputInterface}`,
    rule.outputInterface && `oif ${rule.outputInterface}`,
    rule.tunnelId && `tun_id ${rule.tunnelId}`,
    rule.userIds && `uidrange ${rule.userIds.from}-${rule.userIds.to}`,
    rule.ipProtocol === undefined ? undefined : `ipproto ${rule.ipProtocol}`,
    rule.sourcePorts && `sport ${range(rule.sourcePorts)}`,
    rule.destinationPorts && `dport ${range(rule.destinationPorts)}`,
    rule.suppressPrefixLength === undefined
      ? undefined
      : `suppress_prefixlength ${rule.suppressPrefixLength}`,
    rule.suppressInterfaceGroup === undefined ? undefined : `suppress_ifgroup ${rule.suppressInterfaceGroup}`,
    realms && `realms ${realms.from}/${realms.to}`,
    `protocol ${rule.protocol}`,
    rule.noTrack ? "no_track" : undefined,
    actionText(rule),
  ];
  return words.filter((word) => word !== undefined && word !== "").join(" ");
}
