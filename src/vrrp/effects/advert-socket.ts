/** Opens the raw socket of a channel, as reference section 6.5 wants it: joined, bound, and deaf until it gets a filter. */
import type { Addon, Socket } from "../../native/addon.js";
import * as linux from "../../net/constants.js";
import { dropAllFilter } from "../../net/filter.js";
import { sockaddrOf } from "../../net/socket-address.js";
import { setReceiveBuffer } from "../../net/socket-option.js";
import type { ChannelKey } from "../channel-key.js";
import { addressBytes } from "../outgoing.js";

const TRAFFIC_CLASS = 0xc0;
const HOP_LIMIT = 255;
/** Where the checksum stands in a VRRP message: the kernel fills it in over IPv6. */
const CHECKSUM_AT = 6;

/**
 * All 255 routers of an interface may speak at the same moment, as when their master is stopped, and each packet takes
 * over a kilobyte of the kernel's accounting: of the usual 208 KiB some "I stop" would be lost, and with it two seconds.
 */
const RECEIVE_BUFFER = 1 << 20;

/** struct ip_mreqn or struct ipv6_mreq. */
function membership(group: Uint8Array, ifindex: number): Uint8Array {
  const bytes = new Uint8Array(group.length === 4 ? 12 : 20);
  bytes.set(group, 0);
  new DataView(bytes.buffer).setInt32(group.length === 4 ? 8 : 16, ifindex, true);
  return bytes;
}

/** Throws a NativeError when the kernel refuses; nothing is left open then. */
export function openAdvertSocket(addon: Addon, key: ChannelKey): Socket {
  const domain = key.family === 4 ? linux.AF_INET : linux.AF_INET6;
  const socket = new addon.Socket(domain, linux.SOCK_RAW, key.protocol);
  try {
    // Nothing may come in before a filter says what is ours.
    socket.attachFilter(dropAllFilter());
    setReceiveBuffer(socket, RECEIVE_BUFFER);
    configure(socket, key);
    if (key.group !== undefined) joinGroup(socket, key, addressBytes(key.group));
    else if (key.source !== undefined) bindSource(socket, key, addressBytes(key.source));
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function configure(socket: Socket, { family, interfaceName }: ChannelKey): void {
  if (interfaceName !== undefined) {
    const name = new TextEncoder().encode(`${interfaceName}\0`);
    socket.setOption(linux.SOL_SOCKET, linux.SO_BINDTODEVICE, name);
  }
  if (family === 4) {
    socket.setOption(linux.IPPROTO_IP, linux.IP_HDRINCL, 1);
    socket.setOption(linux.IPPROTO_IP, linux.IP_MULTICAST_ALL, 0);
  } else {
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_CHECKSUM, CHECKSUM_AT);
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_RECVPKTINFO, 1);
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_RECVHOPLIMIT, 1);
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_TCLASS, TRAFFIC_CLASS);
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_UNICAST_HOPS, HOP_LIMIT);
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_ALL, 0);
  }
}

function joinGroup(socket: Socket, { family, ifindex }: ChannelKey, group: Uint8Array): void {
  if (family === 4) {
    socket.setOption(linux.IPPROTO_IP, linux.IP_ADD_MEMBERSHIP, membership(group, ifindex));
    socket.setOption(linux.IPPROTO_IP, linux.IP_MULTICAST_IF, membership(new Uint8Array(4), ifindex));
    socket.setOption(linux.IPPROTO_IP, linux.IP_MULTICAST_LOOP, 0);
  } else {
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_ADD_MEMBERSHIP, membership(group, ifindex));
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_IF, ifindex);
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_LOOP, 0);
    socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_HOPS, HOP_LIMIT);
  }
  // Bound to the group, so that unicast is not received.
  socket.bind(sockaddrOf(group, 0, ifindex));
}

function bindSource(socket: Socket, { family, ifindex }: ChannelKey, source: Uint8Array): void {
  if (family === 4) socket.setOption(linux.IPPROTO_IP, linux.IP_FREEBIND, 1);
  else socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_FREEBIND, 1);
  socket.bind(sockaddrOf(source, 0, ifindex));
}
