/**
 * Rules that give packets to the addresses of a group its firewall mark, as a script for nft(8) (check-ipvs reference,
 * 8.2): before IPVS sees them, as its service for that mark. Pure.
 */
import type { GroupEntry, TransportProtocol } from "../config/check-model.js";
import { chain, replacementOf } from "../net/nft-table.js";
import type { Family } from "../net/settings.js";

/** Addresses of a group, with the mark of packets of this protocol to them; port 0: to all ports. */
export type MarkedRange = Extract<GroupEntry, { kind: "range" }> & {
  protocol: TransportProtocol;
  mark: number;
};

interface MarkRules {
  table: string;
  /** Of the base chains. */
  priority: number;
  counters: boolean;
  /** They must not overlap. */
  ranges: readonly MarkedRange[];
}

const ALL_PORTS = "0-65535";
const PROTOCOLS: readonly TransportProtocol[] = ["TCP", "UDP", "SCTP"];

function element({ first, last, port, mark }: MarkedRange): string {
  const addresses = first === last ? first : `${first}-${last}`;
  return `${addresses} . ${port === 0 ? ALL_PORTS : port} : ${mark}`;
}

function tableOf({ table, priority, counters, ranges }: MarkRules, family: Family): string[] {
  const [word, type] = family === 4 ? ["ip", "ipv4_addr"] : ["ip6", "ipv6_addr"];
  const maps: string[] = [];
  const rules: string[] = [];
  for (const protocol of PROTOCOLS) {
    const own = ranges.filter((range) => range.protocol === protocol && range.family === family);
    if (own.length === 0) continue;
    const name = protocol.toLowerCase();
    const elements = own.map(element).join(", ");
    const counter = counters ? " counter;" : "";
    maps.push(
      `  map ${name}_map { type ${type} . inet_service : mark; flags interval;${counter} elements = { ${elements} }; }`,
    );
    const match = `meta l4proto ${name} meta mark set ${word} daddr . ${name} dport map @${name}_map`;
    rules.push(`${match}${counters ? " counter" : ""} return`);
  }
  if (maps.length === 0) return [];
  return [`table ${word} ${table} {`, ...maps, ...chain("in", "input", priority, rules), "}"];
}

/** Makes these the only rules in the table. */
export function markScript(rules: MarkRules): string {
  return replacementOf(rules.table, [...tableOf(rules, 4), ...tableOf(rules, 6)]);
}
