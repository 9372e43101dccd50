/** IPv4 adverts as RFC 9568 and RFC 3768 draw them, right or wrong in one thing; written without the product's codecs. */

export interface RawAdvert {
  source: string;
  vrid: number;
  priority: number;
  addresses: readonly string[];
  version?: 2 | 3;
  /** Centiseconds (version 3) or seconds (version 2). */
  interval?: number;
  ttl?: number;
  type?: number;
  /** What the count of addresses says, if not their number. */
  count?: number;
  /** Version 2: type of authentication, and its eight bytes as text. */
  authentication?: { type: number; data: string };
  badChecksum?: boolean;
  /** Bytes cut off at the end. */
  cut?: number;
}

const GROUP = "224.0.0.18";
const IP_HEADER = 20;
const PROTOCOL = 112;

const octets = (address: string): number[] => address.split(".").map(Number);

/** RFC 1071. */
function internetChecksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function message(advert: RawAdvert): number[] {
  const { vrid, priority, addresses, version = 3, type = 1, count = addresses.length, source } = advert;
  const interval = advert.interval ?? (version === 3 ? 50 : 1);
  const { type: authType, data } = advert.authentication ?? { type: 0, data: "" };
  const timing = version === 3 ? [(interval >> 8) & 0x0f, interval & 0xff] : [authType, interval];
  const trailer =
    version === 3 ? [] : [...Buffer.alloc(8, Buffer.concat([Buffer.from(data), Buffer.alloc(8)]))];
  const bytes = [
    (version << 4) | type,
    vrid,
    priority,
    count,
    ...timing,
    0,
    0,
    ...addresses.flatMap(octets),
    ...trailer,
  ];
  const pseudo = version === 3 ? [...octets(source), ...octets(GROUP), 0, PROTOCOL, 0, bytes.length] : [];
  const checksum = internetChecksum([...pseudo, ...bytes]) ^ (advert.badChecksum === true ? 1 : 0);
  bytes[6] = checksum >> 8;
  bytes[7] = checksum & 0xff;
  return bytes.slice(0, bytes.length - (advert.cut ?? 0));
}

/** The whole IP packet; the kernel fills the IP checksum in. */
export function rawAdvert(advert: RawAdvert): Uint8Array {
  const payload = message(advert);
  const length = IP_HEADER + payload.length;
  const header = [0x45, 0xc0, length >> 8, length & 0xff, 0, 1, 0, 0, advert.ttl ?? 255, PROTOCOL, 0, 0];
  return Uint8Array.from([...header, ...octets(advert.source), ...octets(GROUP), ...payload]);
}
