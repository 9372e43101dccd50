import { LITTLE_ENDIAN } from "../netlink/host-order.js";
import { readU16 } from "../netlink/attributes.js";
import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET } from "./constants.js";
const SOCKADDR_IN_LENGTH = 16;
const SOCKADDR_IN6_LENGTH = 28;
const SOCKADDR_LL_LENGTH = 20;
const SOCKADDR_NL_LENGTH = 12;
function sockaddrIn(address, port = 0) {
  const bytes = new Uint8Array(SOCKADDR_IN_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, LITTLE_ENDIAN);
  view.setUint16(2, port);
  bytes.set(address.subarray(0, 4), 4);
  return bytes;
}
function sockaddrIn6(address, port = 0, scopeId = 0) {
  const bytes = new Uint8Array(SOCKADDR_IN6_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, LITTLE_ENDIAN);
  view.setUint16(2, port);
  bytes.set(address.subarray(0, 16), 8);
  view.setUint32(24, scopeId, LITTLE_ENDIAN);
  return bytes;
}
function sockaddrOf(address, port = 0, scopeId = 0) {
  return address.length === 4 ? sockaddrIn(address, port) : sockaddrIn6(address, port, scopeId);
}
function sockaddrLl(ifindex, etherType, hardwareAddress) {
  const length = hardwareAddress?.length ?? 0;
  const bytes = new Uint8Array(Math.max(SOCKADDR_LL_LENGTH, 12 + length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, LITTLE_ENDIAN);
  view.setUint16(2, etherType);
  view.setInt32(4, ifindex, LITTLE_ENDIAN);
  view.setUint8(11, length);
  if (hardwareAddress !== void 0) bytes.set(hardwareAddress, 12);
  return bytes;
}
function sockaddrNl(portId = 0, groups = 0) {
  const bytes = new Uint8Array(SOCKADDR_NL_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
  view.setUint32(4, portId, LITTLE_ENDIAN);
  view.setUint32(8, groups, LITTLE_ENDIAN);
  return bytes;
}
function netlinkPortId(sockaddr) {
  if (sockaddr.length < SOCKADDR_NL_LENGTH) return void 0;
  const view = new DataView(sockaddr.buffer, sockaddr.byteOffset, sockaddr.length);
  return view.getUint16(0, LITTLE_ENDIAN) === AF_NETLINK ? view.getUint32(4, LITTLE_ENDIAN) : void 0;
}
function addressOfSockaddr(bytes, offset = 0, length = bytes.length - offset) {
  if (length < SOCKADDR_IN_LENGTH || offset + length > bytes.length) return void 0;
  const family = readU16(bytes, offset);
  if (family === AF_INET) return bytes.subarray(offset + 4, offset + 8);
  if (family === AF_INET6 && length >= SOCKADDR_IN6_LENGTH) return bytes.subarray(offset + 8, offset + 24);
  return void 0;
}
export {
  SOCKADDR_IN6_LENGTH,
  SOCKADDR_IN_LENGTH,
  SOCKADDR_LL_LENGTH,
  SOCKADDR_NL_LENGTH,
  addressOfSockaddr,
  netlinkPortId,
  sockaddrIn,
  sockaddrIn6,
  sockaddrLl,
  sockaddrNl,
  sockaddrOf
};
//# sourceMappingURL=socket-address.js.map
