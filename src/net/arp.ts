/**
 * Gratuitous ARP, request form (RFC 826, RFC 5227 section 1.1, RFC 9568 section 8.2.1). Pure.
 *
 *   Ethernet: destination (broadcast), source, type 0806
 *   ARP: u16 hardware type, u16 protocol type, u8 6, u8 4, u16 operation, sender MAC, sender IP, target MAC, target IP
 *
 * As keepalived does, the target MAC is the broadcast address (RFC 826 would leave it zero).
 */
import { ARPHRD_ETHER, ETH_P_ARP, ETH_P_IP } from "./constants.js";

const GARP_LENGTH = 42;
const OPERATION_REQUEST = 1;
const BROADCAST = new Uint8Array(6).fill(0xff);

/** The frame that tells all neighbours that `address` (4 bytes) is at `mac` (6 bytes). */
export function encodeGratuitousArp(address: Uint8Array, mac: Uint8Array): Uint8Array {
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
