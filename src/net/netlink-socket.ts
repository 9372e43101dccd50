/** Sockets of netlink. Effects only. */
import type { Addon, Socket } from "../native/addon.js";
import {
  AF_NETLINK,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  SOCK_RAW,
  SOL_NETLINK,
} from "./constants.js";
import { sockaddrNl } from "./socket-address.js";
import { setReceiveBuffer, tryOption } from "./socket-option.js";

/**
 * A bound socket of a netlink protocol (NETLINK_ROUTE) with extended ACK, strict checking and a receive buffer in bytes
 * beyond the limit if allowed.
 */
export function openNetlinkSocket(addon: Addon, protocol: number, receiveBuffer: number): Socket {
  const socket = new addon.Socket(AF_NETLINK, SOCK_RAW, protocol);
  // Old kernels lack some; none is needed for a right result.
  tryOption(socket, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  tryOption(socket, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  tryOption(socket, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  setReceiveBuffer(socket, receiveBuffer);
  socket.bind(sockaddrNl());
  return socket;
}
