/** A policy rule of the configuration as the kernel knows rules: its identity, and the request's contents. Pure. */
import {
  AF_INET,
  AF_INET6,
  FR_ACT_BLACKHOLE,
  FR_ACT_GOTO,
  FR_ACT_NOP,
  FR_ACT_PROHIBIT,
  FR_ACT_TO_TBL,
  FR_ACT_UNREACHABLE,
} from "../netlink/constants.js";
import type { PrefixBytes } from "../netlink/route.js";
import type { RuleMessage } from "../netlink/rule.js";
import { bytesOf, formatAddress } from "./ip-address.js";
import { realmsNumber } from "./route-object.js";
import type { Prefix, RuleAction, RuleSetting } from "./settings.js";

const ACTIONS: Readonly<Record<RuleAction["kind"], number>> = {
  table: FR_ACT_TO_TBL,
  goto: FR_ACT_GOTO,
  nop: FR_ACT_NOP,
  blackhole: FR_ACT_BLACKHOLE,
  unreachable: FR_ACT_UNREACHABLE,
  prohibit: FR_ACT_PROHIBIT,
  l3mdev: FR_ACT_TO_TBL,
};

/** What is 0 or empty is left out, as the kernel does when it reports. */
export function ruleWish(setting: RuleSetting): RuleMessage {
  const { action, from, to, mark, realms, tunnelId, ipProtocol } = setting;
  return {
    family: setting.family === 4 ? AF_INET : AF_INET6,
    priority: setting.preference,
    action: ACTIONS[action.kind],
    table: action.kind === "table" ? action.table : 0,
    l3mdev: action.kind === "l3mdev",
    invert: setting.invert,
    tos: setting.tos ?? 0,
    protocol: setting.protocol,
    ...(action.kind === "goto" && { goto: action.preference }),
    ...(from !== undefined && from.prefixLength > 0 && { source: prefixBytes(from) }),
    ...(to !== undefined && to.prefixLength > 0 && { destination: prefixBytes(to) }),
    ...(mark !== undefined && mark.mask !== 0 && { mark }),
    ...(realms !== undefined && realmsNumber(realms) !== 0 && { realms: realmsNumber(realms) }),
    ...(tunnelId !== undefined && tunnelId !== "0" && { tunnelId: BigInt(tunnelId) }),
    ...(setting.suppressInterfaceGroup !== undefined && {
      suppressInterfaceGroup: setting.suppressInterfaceGroup,
    }),
    ...(setting.suppressPrefixLength !== undefined && {
      suppressPrefixLength: setting.suppressPrefixLength,
    }),
    ...(setting.inputInterface !== undefined && { inputInterface: setting.inputInterface }),
    ...(setting.outputInterface !== undefined && { outputInterface: setting.outputInterface }),
    ...(setting.userIds !== undefined && { userIds: setting.userIds }),
    ...(ipProtocol !== undefined && ipProtocol !== 0 && { ipProtocol }),
    ...(setting.sourcePorts !== undefined && { sourcePorts: setting.sourcePorts }),
    ...(setting.destinationPorts !== undefined && { destinationPorts: setting.destinationPorts }),
  };
}

function prefixBytes({ address, prefixLength }: Prefix): PrefixBytes {
  return { address: bytesOf(address), prefixLength };
}

/** The kernel has no two rules with the same key; what it reports of ours has the key of the wish. */
export function keyOfRule(rule: RuleMessage): string {
  const range = (value: { from: number; to: number } | undefined): string =>
    value === undefined ? "" : `${value.from}-${value.to}`;
  const prefix = (value: PrefixBytes | undefined): string =>
    value === undefined ? "" : `${formatAddress(value.address)}/${value.prefixLength}`;
  return [
    "rule",
    rule.family,
    rule.priority,
    rule.protocol,
    rule.action,
    rule.table,
    Number(rule.l3mdev),
    rule.goto ?? "",
    Number(rule.invert),
    prefix(rule.source),
    prefix(rule.destination),
    rule.tos,
    rule.mark === undefined ? "" : `${rule.mark.value}/${rule.mark.mask}`,
    rule.realms ?? "",
    rule.tunnelId ?? "",
    rule.suppressInterfaceGroup ?? "",
    rule.suppressPrefixLength ?? "",
    rule.inputInterface ?? "",
    rule.outputInterface ?? "",
    range(rule.userIds),
    rule.ipProtocol ?? "",
    range(rule.sourcePorts),
    range(rule.destinationPorts),
  ].join(",");
}
