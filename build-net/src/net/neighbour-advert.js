import { internetChecksum, partialSum } from "./checksum.js";
import { ETH_P_IPV6, IPPROTO_ICMPV6 } from "./constants.js";
const NEIGHBOUR_ADVERT_LENGTH = 86;
const IPV6_AT = 14;
const ICMP_AT = 54;
const PAYLOAD_LENGTH = NEIGHBOUR_ADVERT_LENGTH - ICMP_AT;
const TYPE_NEIGHBOUR_ADVERT = 136;
const FLAG_ROUTER = 128;
const FLAG_OVERRIDE = 32;
const OPTION_TARGET_ADDRESS = 2;
function encodeNeighbourAdvert(address, mac, router) {
  const frame = new Uint8Array(NEIGHBOUR_ADVERT_LENGTH);
  const view = new DataView(frame.buffer);
  frame.set([51, 51, 0, 0, 0, 1], 0);
  frame.set(mac, 6);
  view.setUint16(12, ETH_P_IPV6);
  view.setUint8(IPV6_AT, 96);
  view.setUint16(IPV6_AT + 4, PAYLOAD_LENGTH);
  view.setUint8(IPV6_AT + 6, IPPROTO_ICMPV6);
  view.setUint8(IPV6_AT + 7, 255);
  frame.set(address, IPV6_AT + 8);
  frame.set([255, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], IPV6_AT + 24);
  view.setUint8(ICMP_AT, TYPE_NEIGHBOUR_ADVERT);
  view.setUint8(ICMP_AT + 4, FLAG_OVERRIDE | (router ? FLAG_ROUTER : 0));
  frame.set(address, ICMP_AT + 8);
  view.setUint8(ICMP_AT + 24, OPTION_TARGET_ADDRESS);
  view.setUint8(ICMP_AT + 25, 1);
  frame.set(mac, ICMP_AT + 26);
  const pseudo = partialSum(frame, IPV6_AT + 8, ICMP_AT, PAYLOAD_LENGTH + IPPROTO_ICMPV6);
  view.setUint16(ICMP_AT + 2, internetChecksum(frame, ICMP_AT, NEIGHBOUR_ADVERT_LENGTH, pseudo));
  return frame;
}
export {
  NEIGHBOUR_ADVERT_LENGTH,
  encodeNeighbourAdvert
};
//# sourceMappingURL=neighbour-advert.js.map
