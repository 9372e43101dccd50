/**
 * The packets that an instance sends, built when something in them changes: one per destination over IPv4 (its IP
 * header holds the destination), one for all over IPv6. What authentication adds to each advert has its room in them
 * (auth/sealing.ts). Pure.
 */
import type { VrrpInstanceConfig } from "../config/model.js";
import { parseAddress } from "../net/ip-address.js";
import { type AdvertFields, type ChecksumForm, encodeAdvert } from "./advert.js";
import { insertHeader } from "./auth/authentication-header.js";
import { sendsTrailer, usesHeader } from "./auth/sealing.js";
import { appendRoom } from "./auth/trailer.js";

export interface Outgoing {
  packets: Uint8Array[];
  destinations: Uint8Array[];
  /** IPv6 with unicast_ttl; otherwise the socket's 255. */
  hopLimit?: number;
}

const MULTICAST_TTL = 255;

/** Bytes of an address that the configuration has checked. */
export function addressBytes(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}

/** @param source own address, 4 or 16 bytes; @param priority 0 for "I stop" */
export function outgoing(
  settings: VrrpInstanceConfig,
  source: Uint8Array,
  priority: number,
  checksum: ChecksumForm = "pseudoHeader",
): Outgoing {
  const { family, unicastPeers, multicastGroup, auth, hmac } = settings;
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
    ...(auth.type === "pass" && hmac === undefined ? { password: auth.password } : {}),
    underHeader: usesHeader(settings),
  };
  const withTrailer = (packet: Uint8Array): Uint8Array =>
    sendsTrailer(settings) ? appendRoom(packet, family) : packet;
  if (family === 6) {
    const limited = unicast && settings.unicastTtl !== undefined ? { hopLimit: settings.unicastTtl } : {};
    return { packets: [withTrailer(encodeAdvert(fields).bytes)], destinations, ...limited };
  }
  const ttl = unicast ? (settings.unicastTtl ?? MULTICAST_TTL) : MULTICAST_TTL;
  const packets = destinations.map((destination) => {
    const { bytes } = encodeAdvert(fields, { source, destination, ttl, checksum, group });
    return withTrailer(usesHeader(settings) ? insertHeader(bytes) : bytes);
  });
  return { packets, destinations };
}
