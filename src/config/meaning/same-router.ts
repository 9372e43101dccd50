/** Two instances that would be one router, or hold one address. */
import type { AddressSetting, VrrpInstanceConfig } from "../model.js";
import type { Word } from "../text.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";

/** Who uses a virtual_router_id towards whom, and where it says so. */
export type Routers = Map<string, { name: string; at: Word | undefined }>;

/** One virtual_router_id twice on an interface, family and group, or towards the same peer. */
export function refuseSameRouter(
  instance: VrrpInstanceConfig,
  block: InstanceBlock | undefined,
  routers: Routers,
  judge: Judge,
): void {
  const { family, virtualRouterId, unicastPeers, multicastGroup } = instance;
  const towards = unicastPeers.length > 0 ? unicastPeers.map((peer) => peer.address) : [multicastGroup];
  const { name } = instance;
  const at = block?.where("virtual_router_id");
  const own = `${instance.interface ?? ""} ${family} ${virtualRouterId}`;
  let complained = false;
  for (let i = 0; i < towards.length; i++) {
    const key = `${own} ${towards[i] ?? ""}`;
    const other = routers.get(key);
    if (other === undefined) routers.set(key, { name, at });
    else if (!complained) {
      complained = true;
      if (at === undefined || other.at === undefined) judge.isDoubtful = true;
      const notes = other.at ? [{ message: `'${other.name}' uses it here`, at: other.at }] : [];
      const where = instance.interface === undefined ? "" : ` on ${instance.interface}`;
      const message = `virtual_router_id ${virtualRouterId} is used by '${other.name}' and '${name}'${where}`;
      judge.refuse(at, message, { notes });
    }
  }
}

/** Which instance holds an address. */
export type Holders = Map<string, VrrpInstanceConfig>;

/** Upstream puts up with one address in two instances, but only one of them can be right. */
export function mentionSharedAddresses(
  instance: VrrpInstanceConfig,
  block: InstanceBlock | undefined,
  holders: Holders,
  judge: Judge,
): void {
  const { addresses, excludedAddresses } = instance;
  for (const list of [addresses, excludedAddresses]) {
    for (let i = 0; i < list.length; i++) {
      const setting = list[i];
      if (setting === undefined) continue;
      const other = holders.get(setting.address);
      if (other === undefined) holders.set(setting.address, instance);
      else if (other !== instance) mentionShared(setting, other, block, judge);
    }
  }
}

function mentionShared(
  { address, device, prefixLength }: AddressSetting,
  other: VrrpInstanceConfig,
  block: InstanceBlock | undefined,
  judge: Judge,
): void {
  const isSame = (known: AddressSetting): boolean => known.address === address && known.device === device;
  if (!other.addresses.some(isSame) && !other.excludedAddresses.some(isSame)) return;
  if (block === undefined) judge.isDoubtful = true;
  const entries = [
    ...(block?.value("virtual_ipaddress") ?? []),
    ...(block?.value("virtual_ipaddress_excluded") ?? []),
  ];
  const message = `the address ${address}/${prefixLength} on ${device} belongs to '${other.name}' too; both hold it while master`;
  judge.mention(entries.find((entry) => entry.text === address)?.at, message);
}
