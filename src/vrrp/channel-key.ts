/** Which advert channel an instance belongs to: reference section 6.5. Pure. */
import type { Family, VrrpInstanceConfig } from "../config/model.js";
import { IPPROTO_AH, IPPROTO_VRRP } from "../net/constants.js";
import { formatAddress } from "../net/ip-address.js";
import { usesHeader } from "./auth/sealing.js";
import { advertInterface } from "./own-links.js";

/** What the instances of one channel have in common. */
export interface ChannelKey {
  family: Family;
  /** IP protocol of the sockets. */
  protocol: typeof IPPROTO_VRRP | typeof IPPROTO_AH;
  interfaceName: string | undefined;
  ifindex: number;
  /** Multicast group to join; undefined for unicast. */
  group: string | undefined;
  /** Local address that a unicast channel is bound to. */
  source: string | undefined;
}

/** Same name, same channel. */
export function channelName(key: ChannelKey): string {
  return `${key.family} ${key.protocol} ${key.ifindex} ${key.group ?? `unicast ${key.source}`}`;
}

/**
 * The channel of an instance on its link.
 * @returns undefined while it can have none: its interface is missing, or unicast has no address to bind to
 */
export function channelKey(
  settings: VrrpInstanceConfig,
  link: { name: string; index: number } | undefined,
  source: Uint8Array,
): ChannelKey | undefined {
  const { family, unicastPeers, multicastGroup } = settings;
  const interfaceName = advertInterface(settings);
  if (interfaceName !== undefined && link === undefined) return undefined;
  const protocol = usesHeader(settings) ? IPPROTO_AH : IPPROTO_VRRP;
  const common = { family, protocol, interfaceName, ifindex: link?.index ?? 0 } as const;
  if (unicastPeers.length === 0) return { ...common, group: multicastGroup, source: undefined };
  if (source.length === 0) return undefined;
  return { ...common, group: undefined, source: formatAddress(source) };
}
