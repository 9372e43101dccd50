/** Interfaces of our own as plain data: VMACs (macvlan) and ipvlans on another interface. Pure. */
import { MACVLAN_MODE_PRIVATE } from "../netlink/constants.js";
import { formatMac } from "./mac-address.js";
import type { Link } from "./links.js";
import type { Family, Position } from "./settings.js";

interface Common {
  name: string;
  /** Name of the interface below. */
  base: string;
  /** Interface group; else the one of the base. */
  group?: number;
  /** The base is touched afterwards, so that listeners of netlink look at it again. */
  netlinkNotify: boolean;
  /** Families of the addresses that it carries. */
  families: readonly Family[];
  /** The instance it was made for, for messages. */
  instance: string;
  position: Position;
}

/** A macvlan in private mode with the hardware address of a virtual router. */
export interface Vmac extends Common {
  kind: "macvlan";
  /** Lower case, two digits per byte. */
  mac: string;
  /**
   * Sends IPv6 adverts: it needs a link-local address, the one given or else the one of its base. Undefined: none is
   * needed.
   */
  linkLocal: { given: string | undefined } | undefined;
}

/** An ipvlan of layer 2. */
interface Ipvlan extends Common {
  kind: "ipvlan";
  mode: "bridge" | "private" | "vepa";
  address?: { family: Family; text: string; prefixLength: number };
}

export type OwnLink = Vmac | Ipvlan;

/** What makes a link of the kernel usable for a wish, whatever its name. `nameOf` knows links by index. */
export function fitsWish(wish: OwnLink, link: Link, nameOf: (index: number) => string | undefined): boolean {
  if (link.kind !== wish.kind || link.parent === 0 || nameOf(link.parent) !== wish.base) return false;
  return wish.kind === "ipvlan" || (isPrivateMacvlan(link) && formatMac(link.mac) === wish.mac);
}

function isPrivateMacvlan(link: Link): boolean {
  return link.kind === "macvlan" && link.macvlanMode === MACVLAN_MODE_PRIVATE;
}

/** Two wishes for one link: their instances must share it. */
export function keyOfOwnLink(wish: OwnLink): string {
  return wish.kind === "macvlan" ? `macvlan ${wish.base} ${wish.mac}` : `ipvlan ${wish.name}`;
}
