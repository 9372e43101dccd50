/**
 * What IPVS has as a whole: version, timeouts, synchronisation of connections. Pure.
 *
 *   GET_INFO:              1 VERSION u32 (major << 16 | minor << 8 | patch), 2 CONN_TAB_SIZE u32
 *   SET_CONFIG/GET_CONFIG: 4 TIMEOUT_TCP u32, 5 TIMEOUT_TCP_FIN u32, 6 TIMEOUT_UDP u32, in seconds; 0 leaves it alone
 *   DAEMON nest:           1 STATE u32 (1 master, 2 backup), 2 MCAST_IFN string, 3 SYNC_ID u32, [4 SYNC_MAXLEN u16],
 *                          [7 MCAST_PORT u16 in host order], [8 MCAST_TTL u8], [5 MCAST_GROUP 4 bytes | 6 MCAST_GROUP6 16 bytes]
 */
import { AttributeTable, HEADER_LENGTH, type Header, MessageWriter } from "./attributes.js";
import { NLM_F_DUMP } from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";
import { beginGeneric, GENERIC_HEADER } from "./generic.js";
import * as ipvs from "./ipvs-constants.js";
import { readNest } from "./ipvs-service.js";

/** In seconds; 0 in a request leaves that one alone. */
export interface TimeoutsMessage {
  tcp: number;
  tcpFin: number;
  udp: number;
}

export type SyncRole = "master" | "backup";

export interface SyncDaemonMessage {
  role: SyncRole;
  interface: string;
  syncId: number;
  /** Largest datagram; absent: by the MTU. */
  maxLength?: number;
  /** Absent: the kernel's 8848. */
  port?: number;
  /** Absent: the kernel's 1. */
  ttl?: number;
  /** 4 or 16 bytes; absent: the kernel's 224.0.0.81. */
  group?: Uint8Array;
}

const ROLES: Record<SyncRole, number> = { master: 1, backup: 2 };

const writer = new MessageWriter();
const top = new AttributeTable(ipvs.IPVS_CMD_ATTR_TIMEOUT_UDP);
const inner = new AttributeTable(ipvs.IPVS_DAEMON_ATTR_MCAST_TTL);

function begin(family: number, flags: number, command: number): MessageWriter {
  return beginGeneric(writer, family, flags, command, ipvs.IPVS_VERSION);
}

function readTop(bytes: Uint8Array, offset: number, header: Header): Decoded<never> | undefined {
  return top.read(bytes, offset + HEADER_LENGTH + GENERIC_HEADER, offset + header.length);
}

export function encodeGetInfo(family: number): Uint8Array {
  return begin(family, 0, ipvs.IPVS_CMD_GET_INFO).finish();
}

/** The version as the kernel's own messages write it: "1.2.1". */
export function decodeVersion(bytes: Uint8Array, offset: number, header: Header): Decoded<string> {
  const problem = readTop(bytes, offset, header);
  if (problem !== undefined) return problem;
  const version = top.u32(ipvs.IPVS_INFO_ATTR_VERSION);
  if (version === undefined) return malformed("badAttribute", "no version");
  return { ok: true, value: `${(version >>> 16) & 0xff}.${(version >>> 8) & 0xff}.${version & 0xff}` };
}

export function encodeGetTimeouts(family: number): Uint8Array {
  return begin(family, 0, ipvs.IPVS_CMD_GET_CONFIG).finish();
}

export function encodeSetTimeouts(family: number, { tcp, tcpFin, udp }: TimeoutsMessage): Uint8Array {
  return begin(family, 0, ipvs.IPVS_CMD_SET_CONFIG)
    .attributeU32(ipvs.IPVS_CMD_ATTR_TIMEOUT_TCP, tcp)
    .attributeU32(ipvs.IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, tcpFin)
    .attributeU32(ipvs.IPVS_CMD_ATTR_TIMEOUT_UDP, udp)
    .finish();
}

export function decodeTimeouts(bytes: Uint8Array, offset: number, header: Header): Decoded<TimeoutsMessage> {
  const problem = readTop(bytes, offset, header);
  if (problem !== undefined) return problem;
  const value = {
    tcp: top.u32(ipvs.IPVS_CMD_ATTR_TIMEOUT_TCP) ?? 0,
    tcpFin: top.u32(ipvs.IPVS_CMD_ATTR_TIMEOUT_TCP_FIN) ?? 0,
    udp: top.u32(ipvs.IPVS_CMD_ATTR_TIMEOUT_UDP) ?? 0,
  };
  return { ok: true, value };
}

export function encodeNewDaemon(family: number, daemon: SyncDaemonMessage): Uint8Array {
  return begin(family, 0, ipvs.IPVS_CMD_NEW_DAEMON)
    .nested(ipvs.IPVS_CMD_ATTR_DAEMON, (nest) => {
      nest.attributeU32(ipvs.IPVS_DAEMON_ATTR_STATE, ROLES[daemon.role]);
      nest.attributeText(ipvs.IPVS_DAEMON_ATTR_MCAST_IFN, daemon.interface);
      nest.attributeU32(ipvs.IPVS_DAEMON_ATTR_SYNC_ID, daemon.syncId);
      const { maxLength, port, ttl, group } = daemon;
      if (maxLength !== undefined) nest.attributeU16(ipvs.IPVS_DAEMON_ATTR_SYNC_MAXLEN, maxLength);
      if (port !== undefined) nest.attributeU16(ipvs.IPVS_DAEMON_ATTR_MCAST_PORT, port);
      if (ttl !== undefined) nest.attributeU8(ipvs.IPVS_DAEMON_ATTR_MCAST_TTL, ttl);
      if (group?.length === 4) nest.attribute(ipvs.IPVS_DAEMON_ATTR_MCAST_GROUP, group);
      else if (group !== undefined) nest.attribute(ipvs.IPVS_DAEMON_ATTR_MCAST_GROUP6, group);
    })
    .finish();
}

export function encodeDeleteDaemon(family: number, role: SyncRole): Uint8Array {
  return begin(family, 0, ipvs.IPVS_CMD_DEL_DAEMON)
    .nested(ipvs.IPVS_CMD_ATTR_DAEMON, (nest) => {
      // The kernel wants an id and does not look at it.
      nest
        .attributeU32(ipvs.IPVS_DAEMON_ATTR_STATE, ROLES[role])
        .attributeU32(ipvs.IPVS_DAEMON_ATTR_SYNC_ID, 0);
    })
    .finish();
}

/** Answered by one message per running daemon, then NLMSG_DONE. */
export function encodeDumpDaemons(family: number): Uint8Array {
  return begin(family, NLM_F_DUMP, ipvs.IPVS_CMD_GET_DAEMON).finish();
}

export function decodeDaemon(bytes: Uint8Array, offset: number, header: Header): Decoded<SyncDaemonMessage> {
  const problem = readTop(bytes, offset, header) ?? readNest(bytes, top, ipvs.IPVS_CMD_ATTR_DAEMON, inner);
  if (problem !== undefined) return problem;
  const state = inner.u32(ipvs.IPVS_DAEMON_ATTR_STATE);
  if (state !== ROLES.master && state !== ROLES.backup)
    return malformed("badAttribute", `role ${state ?? "missing"} of a sync daemon`);
  const value: SyncDaemonMessage = {
    role: state === ROLES.master ? "master" : "backup",
    interface: inner.text(ipvs.IPVS_DAEMON_ATTR_MCAST_IFN) ?? "",
    syncId: inner.u32(ipvs.IPVS_DAEMON_ATTR_SYNC_ID) ?? 0,
  };
  const maxLength = inner.u16(ipvs.IPVS_DAEMON_ATTR_SYNC_MAXLEN);
  const port = inner.u16(ipvs.IPVS_DAEMON_ATTR_MCAST_PORT);
  const ttl = inner.bytes(ipvs.IPVS_DAEMON_ATTR_MCAST_TTL)?.[0];
  const group =
    inner.bytes(ipvs.IPVS_DAEMON_ATTR_MCAST_GROUP6) ?? inner.bytes(ipvs.IPVS_DAEMON_ATTR_MCAST_GROUP);
  if (maxLength !== undefined) value.maxLength = maxLength;
  if (port !== undefined) value.port = port;
  if (ttl !== undefined) value.ttl = ttl;
  if (group?.length === 4 || group?.length === 16) value.group = group;
  return { ok: true, value };
}
