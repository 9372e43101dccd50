/** Which address of a link adverts are sent from, and why there may be none. Works on the table of links, changes nothing. */
import { IFA_F_DADFAILED, IFA_F_SECONDARY, IFA_F_TENTATIVE } from "../netlink/constants.js";
import { isLinkLocal } from "./ip-address.js";
import type { Link, LinkAddress } from "./links.js";
import type { Family } from "./settings.js";

/** What is said of an address that another host has. */
export const DUPLICATE =
  "is in use on another host (duplicate address detection): give one of the two another address";

/**
 * Source address of adverts when none is configured (reference 6.3): IPv4 the first primary address, IPv6 the
 * link-local one, and never one of the virtual addresses (`exclude`, canonical text), which may be left over.
 * An address that is still being probed for duplicates cannot be sent from.
 */
export function chooseSource(
  link: Link,
  family: Family,
  exclude: ReadonlySet<string>,
): LinkAddress | undefined {
  let secondary: LinkAddress | undefined;
  for (const address of link.addresses.values()) {
    if (address.family !== family || exclude.has(address.address)) continue;
    if (family === 6) {
      const usable = (address.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) === 0;
      if (usable && isLinkLocal(address.bytes)) return address;
    } else {
      if ((address.flags & IFA_F_SECONDARY) === 0) return address;
      secondary ??= address;
    }
  }
  return secondary;
}

/** Why an IPv6 link that has a link-local address gives no source all the same (RFC 4862 section 5.4), in words. */
export function unusableSource(link: Link): string | undefined {
  for (const { address, bytes, flags, family } of link.addresses.values()) {
    if (family !== 6 || !isLinkLocal(bytes)) continue;
    if ((flags & IFA_F_DADFAILED) !== 0) return `${address} ${DUPLICATE}`;
    if ((flags & IFA_F_TENTATIVE) !== 0) return `the kernel still looks whether another host has ${address}`;
  }
  return undefined;
}
