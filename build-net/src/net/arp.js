import { ARPHRD_ETHER, ETH_P_ARP, ETH_P_IP } from "./constants.js";
const GARP_LENGTH = 42;
const OPERATION_REQUEST = 1;
const BROADCAST = new Uint8Array(6).fill(255);
function encodeGratuitousArp(address, mac) {
  const frame = new Uint8Array(GARP_LENGTH);
  const view = new DataView(frame.buffer);
  frame.set(BROADCAST, 0);
  frame.set(mac, 6);
  view.setUint16(12, ETH_P_ARP);
  view.setUint16(14, ARPHRD_ETHER);
  view.setUint16(16, ETH_P_IP);
  view.setUint8(18, 6);
  view.setUint8(19, 4);
  view.setUint16(20, OPERATION_REQUEST);
  frame.set(mac, 22);
  frame.set(address, 28);
  frame.set(BROADCAST, 32);
  frame.set(address, 38);
  return frame;
}
export {
  GARP_LENGTH,
  encodeGratuitousArp
};
//# sourceMappingURL=arp.js.map
