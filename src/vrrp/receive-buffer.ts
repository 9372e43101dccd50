/**
 * Room for adverts that wait in a socket: kernel_rx_buf_size of its instances, else vrrp_rx_bufs_policy (reference
 * section 6.5). Pure.
 */
import type { BufferSettings } from "../config/global-model.js";
import type { VrrpInstanceConfig } from "../config/model.js";
import { sendsTrailer, usesHeader } from "./auth/sealing.js";

const IPV4_HEADER = 20;
const VRRP_HEADER = 8;
const AUTHENTICATION_DATA = 8;
const AUTHENTICATION_HEADER = 24;
const TRAILER = 28;

/** As a raw socket receives it: over IPv4 with its IP header. */
function advertBytes(settings: VrrpInstanceConfig): number {
  const { family, version, addresses } = settings;
  const message = VRRP_HEADER + addresses.length * (family === 4 ? 4 : 16);
  const authentication =
    (version === 2 && family === 4 ? AUTHENTICATION_DATA : 0) +
    (usesHeader(settings) ? AUTHENTICATION_HEADER : 0) +
    (sendsTrailer(settings) ? TRAILER : 0);
  return (family === 4 ? IPV4_HEADER : 0) + message + authentication;
}

/** What the socket needs for this instance; 0: nothing is said about it. */
export function receiveBufferBytes(
  settings: VrrpInstanceConfig,
  { policy, bytes = 0, packets }: BufferSettings["adverts"],
  mtuBytes: number,
): number {
  if (settings.receiveBufferBytes !== undefined) return settings.receiveBufferBytes;
  switch (policy) {
    case "system":
      return 0;
    case "bytes":
      return bytes;
    case "mtu":
      return packets * mtuBytes;
    case "advert":
      return packets * advertBytes(settings);
  }
}
