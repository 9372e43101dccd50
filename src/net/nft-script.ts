/**
 * Rules of the packet filter as a script for nft(8) (reference section 13): packets to and from addresses that are not
 * accepted are dropped, but for neighbour discovery; what joins multicast groups leaves a VMAC by its base interface.
 * Pure.
 */
import { chain, replacementOf } from "./nft-table.js";

/** An address that packets are dropped for while it is here. */
export interface ClosedAddress {
  address: string;
  /** Interface that holds it: link-local addresses are only closed there. */
  device: string;
}

/** A VMAC: switches must not learn its MAC address from a router that is BACKUP. */
export interface VmacLink {
  name: string;
  base: string;
}

export interface FirewallRules {
  table: string;
  /** Of the base chains. */
  priority: number;
  counters: boolean;
  /** Sets hold indices of interfaces instead of names; all of them must exist then. */
  byIndex: boolean;
  closed: readonly ClosedAddress[];
  vmacs: readonly VmacLink[];
  /** IGMP reports need no rule: the kernel sends none for the groups of VRRP (disable_local_igmp). */
  withoutIgmp: boolean;
}

interface Parts {
  /** A set, or a map. */
  set: (name: string, type: string, elements: readonly string[]) => string[];
  drop: string;
}

function isLinkLocal({ address }: ClosedAddress): boolean {
  return /^fe[89ab]/i.test(address);
}

function partsOf({ counters }: FirewallRules): Parts {
  return {
    set: (name, type, elements) => [
      `  ${type.includes(" : ") ? "map" : "set"} ${name} { type ${type}; elements = { ${elements.join(", ")} }; }`,
    ],
    drop: counters ? "counter drop" : "drop",
  };
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}

function table4(rules: FirewallRules, closed: readonly ClosedAddress[]): string[] {
  const { set, drop } = partsOf(rules);
  const vmacs = rules.withoutIgmp ? [] : rules.vmacs;
  const lines: string[] = [];
  const out: string[] = [];
  const into: string[] = [];
  if (closed.length > 0) {
    lines.push(...set("vips", "ipv4_addr", unique(closed.map(({ address }) => address))));
    out.push(`ip saddr @vips ${drop}`);
    into.push(`ip daddr @vips ${drop}`);
  }
  if (vmacs.length > 0) {
    lines.push(...vmacMap(rules, vmacs));
    out.push('ip protocol igmp meta oifkind "macvlan" dup to ip daddr device oif map @vmac_map drop');
  }
  if (lines.length === 0) return [];
  const chains = [
    ...chain("out", "output", rules.priority, out),
    ...chain("in", "input", rules.priority, into),
  ];
  return [`table ip ${rules.table} {`, ...lines, ...chains, "}"];
}

function vmacMap(rules: FirewallRules, vmacs: readonly VmacLink[]): string[] {
  const pairs = unique(vmacs.map(({ name, base }) => `"${name}" : "${base}"`));
  return partsOf(rules).set("vmac_map", "iface_index : iface_index", pairs);
}

/** Link-local addresses are closed on their interface only: elsewhere they may be somebody else's. */
function linkLocal(rules: FirewallRules, local: readonly ClosedAddress[]): string[] {
  const { set, drop } = partsOf(rules);
  const [type, input, output] = rules.byIndex
    ? ["iface_index", "iif", "oif"]
    : ["ifname", "iifname", "oifname"];
  const elements = unique(local.map(({ address, device }) => `${address} . "${device}"`));
  return [
    ...set("vips_link_local", `ipv6_addr . ${type}`, elements),
    ...chain("in_link_local", undefined, 0, [`ip6 daddr . ${input} @vips_link_local ${drop}`]),
    ...chain("out_link_local", undefined, 0, [`ip6 saddr . ${output} @vips_link_local ${drop}`]),
  ];
}

function table6(rules: FirewallRules, closed: readonly ClosedAddress[]): string[] {
  const { set, drop } = partsOf(rules);
  const { vmacs } = rules;
  const local = closed.filter(isLinkLocal);
  const wide = closed.filter((entry) => !isLinkLocal(entry));
  if (closed.length + vmacs.length === 0) return [];
  const lines: string[] = [];
  const out: string[] = [];
  const into: string[] = [];
  if (vmacs.length > 0) {
    lines.push(...vmacMap(rules, vmacs));
    lines.push(...set("vmac_set", "iface_index", unique(vmacs.map(({ name }) => `"${name}"`))));
    out.push(
      'icmpv6 type mld2-listener-report meta oifkind "macvlan" dup to ip6 daddr device oif map @vmac_map drop',
      'icmpv6 type nd-router-solicit meta oifkind "macvlan" oif @vmac_set drop',
    );
  }
  if (closed.length > 0) {
    const neighbours = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept";
    out.push(neighbours);
    into.push(neighbours);
  }
  if (local.length > 0) {
    lines.push(...linkLocal(rules, local));
    out.push("ip6 saddr fe80::/10 goto out_link_local");
    into.push("ip6 daddr fe80::/10 goto in_link_local");
  }
  if (wide.length > 0) {
    lines.push(...set("vips", "ipv6_addr", unique(wide.map(({ address }) => address))));
    out.push(`ip6 saddr @vips ${drop}`);
    into.push(`ip6 daddr @vips ${drop}`);
  }
  const chains = [
    ...chain("out", "output", rules.priority, out),
    ...chain("in", "input", rules.priority, into),
  ];
  return [`table ip6 ${rules.table} {`, ...lines, ...chains, "}"];
}

/** Makes the rules the only ones in the table. */
export function replacementScript(rules: FirewallRules): string {
  const { table, closed } = rules;
  const isV6 = ({ address }: ClosedAddress): boolean => address.includes(":");
  const lines = [
    ...table4(
      rules,
      closed.filter((entry) => !isV6(entry)),
    ),
    ...table6(rules, closed.filter(isV6)),
  ];
  return replacementOf(table, lines);
}
