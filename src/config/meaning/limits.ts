/** What fits into an advert, and which trackers make sense. */
import type { TrackEntry } from "../blocks/tracking.js";
import type { AddressSetting, Family, TrackedInterface, VrrpVersion } from "../model.js";
import { decodeBytes, type Word } from "../text.js";
import type { Judge } from "./judge.js";

const MOST_ADDRESSES = 255;
const USUAL_MTU = 1500;
const ETHERNET_HEADER = 14;

interface Packet {
  family: Family;
  version: VrrpVersion;
  interface: string | undefined;
  at: Word | undefined;
}

/** Moves what does not fit from the end of one list to the other (VRRP reference, 12.3). */
export function limitAddresses(
  addresses: AddressSetting[],
  excluded: AddressSetting[],
  packet: Packet,
  judge: Judge,
): void {
  const mtu = (packet.interface !== undefined && judge.host.interfaceMtu?.(packet.interface)) || USUAL_MTU;
  const ipHeader = packet.family === 4 ? 20 : 40;
  const authentication = packet.version === 2 && packet.family === 4 ? 8 : 0;
  const room = mtu - ETHERNET_HEADER - ipHeader - 8 - authentication;
  const most = Math.max(0, Math.min(MOST_ADDRESSES, Math.floor(room / (packet.family === 4 ? 4 : 16))));
  if (addresses.length <= most) return;
  const moved = addresses.splice(most);
  excluded.unshift(...moved);
  judge.repair(
    packet.at,
    `${moved.length + most} addresses do not fit into an advert; the last ${moved.length} are treated as virtual_ipaddress_excluded`,
  );
}

/** Leaves out trackers that have no effect. */
export function readTrackedInterfaces(
  entries: readonly TrackEntry[],
  instance: { own: string | undefined; owner: boolean },
  judge: Judge,
): TrackedInterface[] {
  const list: TrackedInterface[] = [];
  for (const entry of entries) {
    const name = decodeBytes(entry.name.text);
    judge.needInterface(entry.name);
    if (name === instance.own) {
      judge.repair(
        entry.name,
        `'${name}' is the interface of the instance and tracked anyway; this entry is ignored`,
      );
    } else if (list.some((tracked) => tracked.name === name)) {
      judge.repair(entry.name, `'${name}' is tracked already; this entry is ignored`);
    } else if (entry.weight !== 0 && instance.owner) {
      judge.repair(entry.name, "a weight cannot change priority 255; this entry is ignored");
    } else {
      list.push({ name, weight: entry.weight, reverse: entry.reverse });
    }
  }
  return list;
}
