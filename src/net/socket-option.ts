/** Socket options that may be refused without harm. */
import type { Socket } from "../native/addon.js";
import { SO_RCVBUF, SO_RCVBUFFORCE, SOL_SOCKET } from "./constants.js";
import { systemErrorOf } from "./system-error.js";

/** @returns whether the kernel took it. Only a bug of ours throws. */
export function tryOption(socket: Socket, level: number, name: number, value: number): boolean {
  try {
    socket.setOption(level, name, value);
    return true;
  } catch (error) {
    systemErrorOf(error, "socket option");
    return false;
  }
}

/** Room for `bytes` of packets that wait, beyond net.core.rmem_max where allowed; the kernel fills it only when it must. */
export function setReceiveBuffer(socket: Socket, bytes: number): void {
  if (!tryOption(socket, SOL_SOCKET, SO_RCVBUFFORCE, bytes)) tryOption(socket, SOL_SOCKET, SO_RCVBUF, bytes);
}

/** What the configuration says of a buffer: absent bytes leave it to us. */
export interface ReceiveBuffer {
  bytes?: number;
  /** Beyond net.core.rmem_max. */
  force: boolean;
}

/** As configured, else `byDefault` bytes. */
export function applyReceiveBuffer(socket: Socket, { bytes, force }: ReceiveBuffer, byDefault: number): void {
  if (bytes === undefined) setReceiveBuffer(socket, byDefault);
  else tryOption(socket, SOL_SOCKET, force ? SO_RCVBUFFORCE : SO_RCVBUF, bytes);
}
