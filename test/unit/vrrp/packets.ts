/** Adverts without seal from settings, as a receiver's raw socket hands them over. */
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { parseAddress } from "../../../src/net/ip-address.js";
import { encodeAdvert } from "../../../src/vrrp/advert.js";

/** The datagram as the receiver's raw socket hands it over. */
export function packetOf(
  settings: VrrpInstanceConfig,
  source: string,
  priority: number,
  ttl = 255,
  destination: string = settings.multicastGroup,
): Uint8Array {
  const fields = {
    family: settings.family,
    version: settings.version,
    virtualRouterId: settings.virtualRouterId,
    priority,
    intervalMicros: settings.advertIntervalMicros,
    addresses: settings.addresses.map(({ address }) => bytesOf(address)),
    ...(settings.auth.type === "pass" ? { password: settings.auth.password } : {}),
  };
  if (settings.family === 6) return encodeAdvert(fields).bytes;
  const group = bytesOf(settings.multicastGroup);
  const route = {
    source: bytesOf(source),
    destination: bytesOf(destination),
    ttl,
    checksum: "pseudoHeader",
    group,
  } as const;
  return encodeAdvert(fields, route).bytes;
}

export function bytesOf(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}
