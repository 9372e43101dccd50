/** The settings of the kernel below /proc/sys/net that a configuration needs while it is in force: reference sections 12.2, 13, 14.1. */
import { readdir } from "node:fs/promises";
import type { VrrpConfig } from "../../config/model.js";
import type { KernelSettings, Wanted } from "../../net/kernel-settings.js";
import type { Links } from "../../net/links.js";
import type { OwnLink } from "../../net/own-link.js";

/** disable_local_igmp: the kernel reports no membership of link-local groups, 224.0.0.18 of VRRP among them. */
const LOCAL_IGMP = "ipv4/igmp_link_local_mcast_reports";

/** Where removing the primary address of a network shall make a secondary the primary, instead of removing them all. */
export function promotedInterfaces(config: VrrpConfig | undefined): string[] {
  return (config?.instances ?? []).flatMap(({ promoteSecondaries, interface: name }) =>
    promoteSecondaries && name !== undefined ? [name] : [],
  );
}

/**
 * What the configuration asks for itself, and what `wishes` need of others: the bases of VMACs answer ARP for their own
 * addresses alone, and the filter of all interfaces together becomes one of each.
 */
export async function wantedSettings(
  wishes: readonly OwnLink[],
  links: Links,
  settings: KernelSettings,
  config: VrrpConfig | undefined,
): Promise<Wanted> {
  const wanted = new Map<string, { value: string; link: number }>();
  const want = (device: string, name: string, value: string): void => {
    const link = links.byName(device)?.index;
    if (link !== undefined) wanted.set(`ipv4/conf/${device}/${name}`, { value, link });
  };
  if (config?.global.vrrp.disableLocalIgmp === true) wanted.set(LOCAL_IGMP, { value: "0", link: 0 });
  for (const name of promotedInterfaces(config)) want(name, "promote_secondaries", "1");
  const vmacs = wishes.filter(({ kind, families }) => kind === "macvlan" && families.includes(4));
  if (vmacs.length === 0) return wanted;
  for (const { base } of vmacs) {
    want(base, "arp_ignore", "1");
    want(base, "arp_filter", "1");
  }
  const all = await settings.original("ipv4/conf/all/rp_filter");
  if (all === undefined || Number(all) === 0) return wanted;
  for (const device of await readdir("/proc/sys/net/ipv4/conf")) {
    const path = `ipv4/conf/${device}/rp_filter`;
    const isOurs = wishes.some(({ name }) => name === device);
    if (device === "all" || isOurs || Number(await settings.original(path)) >= Number(all)) continue;
    wanted.set(path, { value: all, link: links.byName(device)?.index ?? 0 });
  }
  wanted.set("ipv4/conf/all/rp_filter", { value: "0", link: 0 });
  return wanted;
}
