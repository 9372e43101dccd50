/**
 * Process events of the kernel's connector (linux/cn_proc.h), in host order. Pure.
 *
 *   struct nlmsghdr (16) · struct cn_msg { u32 idx, val, seq, ack; u16 len, flags } (20) ·
 *   struct proc_event { u32 what, cpu; u64 timestamp } (16) · what differs by event:
 *   fork: u32 parent pid, parent tgid, child pid, child tgid · exec, exit: u32 pid, tgid · comm: u32 pid, tgid, char[16]
 */
import { LITTLE_ENDIAN } from "./host-order.js";

/** socket(AF_NETLINK, SOCK_DGRAM, ...). */
export const NETLINK_CONNECTOR = 11;
/** Also the bit of its multicast group. */
export const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const NLMSG_DONE = 3;
const PROC_CN_MCAST_LISTEN = 1;

const CONNECTOR_AT = 16;
const WHAT_AT = 36;
const DATA_AT = 52;
const COMM_BYTES = 16;

export const PROCESS_EVENT = { answer: 0, fork: 1, exec: 2, comm: 0x200, exit: 0x80000000 } as const;
/** Where `what` stands: for a filter. */
export const PROCESS_EVENT_AT = WHAT_AT;

/** What happened to a process; threads are left out. */
export type ProcessEvent =
  /** Of the request to listen: errno, 0 when it is done. */
  | { kind: "answer"; errno: number }
  | { kind: "fork"; parent: number; child: number }
  | { kind: "exec" | "exit"; pid: number }
  | { kind: "comm"; pid: number; comm: string };

/** The request for events. */
export function encodeListen(): Uint8Array {
  const bytes = new Uint8Array(CONNECTOR_AT + 20 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, LITTLE_ENDIAN);
  view.setUint16(4, NLMSG_DONE, LITTLE_ENDIAN);
  view.setUint32(CONNECTOR_AT, CN_IDX_PROC, LITTLE_ENDIAN);
  view.setUint32(CONNECTOR_AT + 4, CN_VAL_PROC, LITTLE_ENDIAN);
  view.setUint16(CONNECTOR_AT + 16, 4, LITTLE_ENDIAN);
  view.setUint32(WHAT_AT, PROC_CN_MCAST_LISTEN, LITTLE_ENDIAN);
  return bytes;
}

/** One datagram, which is one event; undefined when it is something else, about a thread, or cut off. */
export function decodeProcessEvent(bytes: Uint8Array, start: number, end: number): ProcessEvent | undefined {
  if (end - start < DATA_AT + 8 || end > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  const word = (at: number): number => view.getUint32(at, LITTLE_ENDIAN);
  if (word(CONNECTOR_AT) !== CN_IDX_PROC || word(CONNECTOR_AT + 4) !== CN_VAL_PROC) return undefined;
  const what = word(WHAT_AT);
  if (what === PROCESS_EVENT.answer) return { kind: "answer", errno: word(DATA_AT) };
  if (what === PROCESS_EVENT.fork) {
    if (end - start < DATA_AT + 16) return undefined;
    const child = word(DATA_AT + 8);
    return child === word(DATA_AT + 12) ? { kind: "fork", parent: word(DATA_AT + 4), child } : undefined;
  }
  const pid = word(DATA_AT + 4);
  if (what === PROCESS_EVENT.exec) return { kind: "exec", pid };
  if (word(DATA_AT) !== pid) return undefined;
  if (what === PROCESS_EVENT.exit) return { kind: "exit", pid };
  if (what !== PROCESS_EVENT.comm || end - start < DATA_AT + 8 + COMM_BYTES) return undefined;
  const name = Buffer.from(bytes.buffer, bytes.byteOffset + start + DATA_AT + 8, COMM_BYTES);
  const nul = name.indexOf(0);
  return { kind: "comm", pid, comm: name.toString("utf8", 0, nul < 0 ? COMM_BYTES : nul) };
}
