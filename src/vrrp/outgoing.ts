/**
 * The packets that an instance sends, built when something in them changes: one per destination over IPv4 (its IP
 * header holds the destination), one for all over IPv6. Pure.
 */
import type { VrrpInstanceConfig } from "../config/model.js";
import { parseAddress } from "../net/ip-address.js";
import { type AdvertFields, encodeAdvert } from "./advert.js";

export interface Outgoing {
  packets: Uint8Array[];
  destinations: Uint8Array[];
}

const MULTICAST_TTL = 255;

/** Bytes of an address that the configuration has checked. */
export function addressBytes(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}

/** @param source own address, 4 or 16 bytes; @param priority 0 for "I stop" */
export function outgoing(settings: VrrpInstanceConfig, source: Uint8Array, priority: number): Outgoing {
  const { family, unicastPeers, multicastGroup, auth } = settings;
  const unicast = unicastPeers.length > 0;
  const group = addressBytes(multicastGroup);
  const destinations = unicast ? unicastPeers.map(({ address }) => addressBytes(address)) : [group];
  const fields: AdvertFields = {
    family,
    version: settings.version,
    virtualRouterId: settings.virtualRouterId,
    priority,
    intervalMicros: settings.advertIntervalMicros,
    addresses: settings.addresses.map(({ address }) => addressBytes(address)),
    ...(auth.type === "pass" ? { password: auth.password } : {}),
  };
  if (family === 6) return { packets: [encodeAdvert(fields).bytes], destinations };
  const ttl = unicast ? (settings.unicastTtl ?? MULTICAST_TTL) : MULTICAST_TTL;
  const packets = destinations.map(
    (destination) =>
      encodeAdvert(fields, { source, destination, ttl, checksum: "pseudoHeader", group }).bytes,
  );
  return { packets, destinations };
}
