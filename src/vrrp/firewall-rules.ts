/**
 * Which packets the configuration wants dropped: those to and from the addresses of instances that do not accept them
 * (RFC 9568 section 6.4.3, Accept_Mode). The rules stand as long as the process runs, not only while MASTER: a packet
 * that comes for an address that is not here meets none of them, and no take-over has to wait for nft. Pure.
 */
import type { VrrpConfig, VrrpInstanceConfig } from "../config/model.js";
import type { ClosedAddress, FirewallRules, VmacLink } from "../net/nft-script.js";
import { OWNER } from "./timing.js";

const DEFAULT_TABLE = "keepalived";

/** An owner accepts whatever it says. */
export function refusesPackets({ accept, priority }: VrrpInstanceConfig): boolean {
  return !accept && priority !== OWNER;
}

/** @returns undefined when no table is needed. */
export function firewallRules(
  { instances, global }: VrrpConfig,
  vmacs: readonly VmacLink[],
): FirewallRules | undefined {
  const { firewall, vrrp } = global;
  const closed: ClosedAddress[] = instances
    .filter(refusesPackets)
    .flatMap(({ addresses, excludedAddresses }) => [...addresses, ...excludedAddresses])
    .map(({ address, device }) => ({ address, device }));
  if (closed.length + vmacs.length === 0) return undefined;
  return {
    table: firewall.nftables?.table ?? DEFAULT_TABLE,
    priority: firewall.nftablesPriority,
    counters: firewall.nftablesCounters,
    byIndex: firewall.nftablesByIndex,
    closed,
    vmacs,
    withoutIgmp: vrrp.disableLocalIgmp,
  };
}
