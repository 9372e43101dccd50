/** What fits into an advert. */
import type { AddressSetting, Family, VrrpVersion } from "../model.js";
import type { Word } from "../text.js";
import type { Judge } from "./judge.js";

const MOST_ADDRESSES = 255;
const USUAL_MTU = 1500;
const ETHERNET_HEADER = 14;
const VRRP_HEADER = 8;
const AUTHENTICATION_DATA = 8;
const AUTHENTICATION_HEADER = 24;
const SIGNATURE = 28;

interface Packet {
  family: Family;
  version: VrrpVersion;
  interface: string | undefined;
  authentication: "none" | "pass" | "ah";
  /** Adverts carry a signature. */
  signed: boolean;
  at: Word | undefined;
}

/** Moves what does not fit from the end of one list to the other (VRRP reference, 12.3). */
export function limitAddresses(
  addresses: AddressSetting[],
  excluded: AddressSetting[],
  packet: Packet,
  judge: Judge,
): void {
  const mtu = (packet.interface !== undefined && judge.mtuOf(packet.interface)) || USUAL_MTU;
  const ipHeader = packet.family === 4 ? 20 : 40;
  const data = packet.version === 2 && packet.family === 4 ? AUTHENTICATION_DATA : 0;
  const header = packet.authentication === "ah" ? AUTHENTICATION_HEADER : 0;
  const trailer = packet.signed ? SIGNATURE : 0;
  const room = mtu - ETHERNET_HEADER - ipHeader - VRRP_HEADER - data - header - trailer;
  const most = Math.max(0, Math.min(MOST_ADDRESSES, Math.floor(room / (packet.family === 4 ? 4 : 16))));
  if (addresses.length <= most) return;
  const moved = addresses.splice(most);
  excluded.unshift(...moved);
  judge.repair(
    packet.at,
    `${moved.length + most} addresses do not fit into an advert; the last ${moved.length} are treated as virtual_ipaddress_excluded`,
  );
}
