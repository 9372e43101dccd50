/**
 * Unsolicited neighbour advertisement (RFC 4861 sections 4.4 and 7.2.6, RFC 9568 section 8.2.2). Pure.
 *
 *   Ethernet: destination 33:33:00:00:00:01, source, type 86dd
 *   IPv6: version, class, flow (0), u16 payload length 32, u8 next header 58, u8 hop limit 255, source, ff02::1
 *   ICMPv6: u8 type 136, u8 code 0, u16 checksum, u8 flags, 3 bytes reserved, target,
 *           option target link-layer address: u8 2, u8 1 (in units of 8 bytes), MAC
 */
import { internetChecksum, partialSum } from "./checksum.js";
import { ETH_P_IPV6, IPPROTO_ICMPV6 } from "./constants.js";

const NEIGHBOUR_ADVERT_LENGTH = 86;
const IPV6_AT = 14;
const ICMP_AT = 54;
const PAYLOAD_LENGTH = NEIGHBOUR_ADVERT_LENGTH - ICMP_AT;
const TYPE_NEIGHBOUR_ADVERT = 136;
const FLAG_ROUTER = 0x80;
const FLAG_OVERRIDE = 0x20;
const OPTION_TARGET_ADDRESS = 2;

/** The frame that tells all nodes of the link that `address` (16 bytes) is at `mac` (6 bytes). */
export function encodeNeighbourAdvert(address: Uint8Array, mac: Uint8Array, router: boolean): Uint8Array {
  const frame = new Uint8Array(NEIGHBOUR_ADVERT_LENGTH);
  const view = new DataView(frame.buffer);
  frame.set([0x33, 0x33, 0, 0, 0, 1], 0);
  frame.set(mac, 6);
  view.setUint16(12, ETH_P_IPV6);
  view.setUint8(IPV6_AT, 0x60);
  view.setUint16(IPV6_AT + 4, PAYLOAD_LENGTH);
  view.setUint8(IPV6_AT + 6, IPPROTO_ICMPV6);
  view.setUint8(IPV6_AT + 7, 255);
  frame.set(address, IPV6_AT + 8);
  frame.set([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], IPV6_AT + 24);
  view.setUint8(ICMP_AT, TYPE_NEIGHBOUR_ADVERT);
  view.setUint8(ICMP_AT + 4, FLAG_OVERRIDE | (router ? FLAG_ROUTER : 0));
  frame.set(address, ICMP_AT + 8);
  view.setUint8(ICMP_AT + 24, OPTION_TARGET_ADDRESS);
  view.setUint8(ICMP_AT + 25, 1);
  frame.set(mac, ICMP_AT + 26);
  // Pseudo header (RFC 8200 section 8.1): both addresses, payload length, next header.
  const pseudo = partialSum(frame, IPV6_AT + 8, ICMP_AT, PAYLOAD_LENGTH + IPPROTO_ICMPV6);
  view.setUint16(ICMP_AT + 2, internetChecksum(frame, ICMP_AT, NEIGHBOUR_ADVERT_LENGTH, pseudo));
  return frame;
}
