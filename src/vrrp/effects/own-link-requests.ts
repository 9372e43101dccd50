/** What the interfaces of our own need, in requests and addresses: reference section 14.1. */
import type { VrrpConfig } from "../../config/model.js";
import { ARPHRD_ETHER, IFF_UP } from "../../net/constants.js";
import { formatAddress, isLinkLocal, parseAddress } from "../../net/ip-address.js";
import type { Link, Links } from "../../net/links.js";
import { chooseSource } from "../../net/source-address.js";
import { linkLocalOf, parseMac } from "../../net/mac-address.js";
import type { KernelRequest } from "../../net/netlink-channel.js";
import type { OwnLink, Vmac } from "../../net/own-link.js";
import type { AddressSetting } from "../../net/settings.js";
import {
  IFA_F_NODAD,
  IPV4_DEVCONF_ACCEPT_LOCAL,
  IPV4_DEVCONF_ARP_IGNORE,
  IPV4_DEVCONF_PROMOTE_SECONDARIES,
  IPV4_DEVCONF_RP_FILTER,
  LIFETIME_FOREVER,
} from "../../netlink/constants.js";
import { encodeChangeLink, encodeLinkSettings, encodeNewLink } from "../../netlink/own-link.js";

const VMAC_IPV4 = new Map([
  [IPV4_DEVCONF_ARP_IGNORE, 1],
  [IPV4_DEVCONF_ACCEPT_LOCAL, 1],
  [IPV4_DEVCONF_RP_FILTER, 0],
  [IPV4_DEVCONF_PROMOTE_SECONDARIES, 1],
]);
const VMAC_IPV6 = new Map([[IPV4_DEVCONF_ARP_IGNORE, 1]]);
/** IPVLAN_F_PRIVATE and IPVLAN_F_VEPA. */
const IPVLAN_FLAGS = { bridge: 0, private: 1, vepa: 2 } as const;

/** The VRF that a link belongs to, by index; 0 for none. */
function vrfOf(link: Link, links: Links): number {
  return links.byIndex(link.master)?.kind === "vrf" ? link.master : 0;
}

/** The request that makes it; its base has to be there. */
export function creationOf(wish: OwnLink, links: Links): KernelRequest[] {
  const base = links.byName(wish.base);
  if (base === undefined) return [];
  const message = encodeNewLink({
    name: wish.name,
    base: base.index,
    group: wish.group ?? base.group,
    master: vrfOf(base, links),
    kind: wish.kind === "macvlan" ? { macvlan: parseMac(wish.mac) } : { ipvlan: IPVLAN_FLAGS[wish.mode] },
  });
  return [{ message, call: "RTM_NEWLINK", subject: wish.name }];
}

/** What has to be done to a link that is there: settings when it is `fresh`, the VRF of its base, up. */
export function bringUp(wish: OwnLink, link: Link, links: Links, fresh: boolean): KernelRequest[] {
  const requests: Uint8Array[] = [];
  const base = links.byName(wish.base);
  const { name } = wish;
  if (fresh && wish.kind === "macvlan") {
    const ipv4 = wish.families.includes(4) ? VMAC_IPV4 : VMAC_IPV6;
    // Without IPv6 in the kernel the whole message would be refused.
    requests.push(encodeLinkSettings(name, { ipv4, noGeneratedAddress: false }));
    if (wish.families.includes(6))
      requests.push(encodeLinkSettings(name, { ipv4: new Map(), noGeneratedAddress: true }));
  }
  const master = base === undefined ? 0 : vrfOf(base, links);
  if (link.master !== master) requests.push(encodeChangeLink(name, { master }));
  if (fresh && (link.flags & IFF_UP) === 0)
    requests.push(encodeChangeLink(name, { flags: IFF_UP, mask: IFF_UP }));
  if (fresh && wish.netlinkNotify && base !== undefined)
    requests.push(encodeChangeLink(base.name, { group: base.group }));
  return requests.map((message) => ({ message, call: "RTM_NEWLINK", subject: name }));
}

/** Addresses that these links carry, whoever is MASTER: sources of adverts. */
export function addressesOfOwnLinks(
  wishes: readonly OwnLink[],
  links: Links,
  { instances }: VrrpConfig,
): AddressSetting[] {
  const virtual = new Set(
    instances.flatMap(({ addresses, excludedAddresses }) =>
      [...addresses, ...excludedAddresses].map(({ address }) => address),
    ),
  );
  return wishes.flatMap((wish) => {
    if (wish.kind === "ipvlan") {
      const { address } = wish;
      return address === undefined ? [] : [lasting(wish, address.family, address.text, address.prefixLength)];
    }
    const text = linkLocalFor(wish, links, virtual);
    return text === undefined ? [] : [{ ...lasting(wish, 6, text, 64), preferredSeconds: 0 }];
  });
}

function lasting(wish: OwnLink, family: 4 | 6, address: string, prefixLength: number): AddressSetting {
  return {
    family,
    address,
    prefixLength,
    device: wish.name,
    scope: 0,
    flags: family === 6 ? IFA_F_NODAD : 0,
    preferredSeconds: LIFETIME_FOREVER,
    noTrack: false,
    position: wish.position,
  };
}

/** The configured source, else the link-local address of the base, else the one that the kernel would give it. */
function linkLocalFor(
  { linkLocal, base: name }: Vmac,
  links: Links,
  virtual: ReadonlySet<string>,
): string | undefined {
  if (linkLocal === undefined) return undefined;
  const given = linkLocal.given === undefined ? undefined : parseAddress(linkLocal.given);
  if (given !== undefined && isLinkLocal(given)) return linkLocal.given;
  const base = links.byName(name);
  if (base === undefined) return undefined;
  const own = chooseSource(base, 6, virtual);
  if (own !== undefined) return own.address;
  return base.type === ARPHRD_ETHER ? formatAddress(linkLocalOf(base.mac)) : undefined;
}
