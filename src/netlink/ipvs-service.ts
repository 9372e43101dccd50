/**
 * Virtual services of IPVS. Pure.
 *
 *   SERVICE nest: 1 AF u16; 2 PROTOCOL u16, 3 ADDR 16 bytes (IPv4 in the first 4), 4 PORT u16 in network order, or
 *                 instead of these 5 FWMARK u32; 6 SCHED_NAME string, [11 PE_NAME string], 7 FLAGS {u32 flags, u32 mask},
 *                 8 TIMEOUT u32, 9 NETMASK u32 (IPv4: mask in network order, IPv6: prefix length), [10 STATS], [12 STATS64]
 */
import { AttributeTable, HEADER_LENGTH, type Header, MessageWriter, readU32 } from "./attributes.js";
import { AF_INET, AF_INET6, NLM_F_DUMP } from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";
import { beginGeneric, GENERIC_HEADER } from "./generic.js";
import * as ipvs from "./ipvs-constants.js";
import { decodeTraffic, type Traffic } from "./ipvs-statistics.js";

/** What tells a service from all others; `family` is AF_INET or AF_INET6. */
export type ServiceIdentity =
  | { kind: "address"; family: number; protocol: number; address: Uint8Array; port: number }
  | { kind: "mark"; family: number; mark: number };

export interface ServiceMessage {
  identity: ServiceIdentity;
  scheduler: string;
  /** IP_VS_SVC_F_ bits, without the two that follow from the rest (persistent, hashed). */
  flags: number;
  /** Of persistence in seconds; 0: none. */
  timeoutSeconds: number;
  /** Persistence of IPv4: the mask in 4 bytes; of IPv6: the prefix length in one. Absent: single addresses. */
  granularity?: Uint8Array;
  /** Persistence engine. */
  engine?: string;
}

export interface ReportedService extends ServiceMessage {
  traffic: Traffic;
}

const writer = new MessageWriter();
const top = new AttributeTable(ipvs.IPVS_CMD_ATTR_TIMEOUT_UDP);
const inner = new AttributeTable(ipvs.IPVS_SVC_ATTR_STATS64);
const DERIVED = ipvs.IP_VS_SVC_F_PERSISTENT | ipvs.IP_VS_SVC_F_HASHED;

export function encodeNewService(family: number, service: ServiceMessage): Uint8Array {
  return encodeWhole(family, ipvs.IPVS_CMD_NEW_SERVICE, service);
}

/** Connections go on. */
export function encodeSetService(family: number, service: ServiceMessage): Uint8Array {
  return encodeWhole(family, ipvs.IPVS_CMD_SET_SERVICE, service);
}

/** With all its destinations. */
export function encodeDeleteService(family: number, identity: ServiceIdentity): Uint8Array {
  return begin(family, 0, ipvs.IPVS_CMD_DEL_SERVICE)
    .nested(ipvs.IPVS_CMD_ATTR_SERVICE, (nest) => writeIdentity(nest, identity))
    .finish();
}

/** Answered by one message per service, then NLMSG_DONE. */
export function encodeDumpServices(family: number): Uint8Array {
  return begin(family, NLM_F_DUMP, ipvs.IPVS_CMD_GET_SERVICE).finish();
}

/** Answered by one message (ESRCH when there is none). */
export function encodeGetService(family: number, identity: ServiceIdentity): Uint8Array {
  return begin(family, 0, ipvs.IPVS_CMD_GET_SERVICE)
    .nested(ipvs.IPVS_CMD_ATTR_SERVICE, (nest) => writeIdentity(nest, identity))
    .finish();
}

/** Removes all services of the kernel. */
export function encodeFlush(family: number): Uint8Array {
  return begin(family, 0, ipvs.IPVS_CMD_FLUSH).finish();
}

function begin(family: number, flags: number, command: number): MessageWriter {
  return beginGeneric(writer, family, flags, command, ipvs.IPVS_VERSION);
}

function encodeWhole(family: number, command: number, service: ServiceMessage): Uint8Array {
  const persistent = service.timeoutSeconds > 0 ? ipvs.IP_VS_SVC_F_PERSISTENT : 0;
  return begin(family, 0, command)
    .nested(ipvs.IPVS_CMD_ATTR_SERVICE, (nest) => {
      writeIdentity(nest, service.identity);
      nest.attributeText(ipvs.IPVS_SVC_ATTR_SCHED_NAME, service.scheduler);
      if (service.engine !== undefined) nest.attributeText(ipvs.IPVS_SVC_ATTR_PE_NAME, service.engine);
      nest.attribute(ipvs.IPVS_SVC_ATTR_FLAGS, pair((service.flags & ~DERIVED) | persistent, 0xffffffff));
      nest.attributeU32(ipvs.IPVS_SVC_ATTR_TIMEOUT, service.timeoutSeconds);
      writeGranularity(nest, service);
    })
    .finish();
}

function writeGranularity(nest: MessageWriter, { identity, granularity }: ServiceMessage): void {
  if (identity.family === AF_INET6) nest.attributeU32(ipvs.IPVS_SVC_ATTR_NETMASK, granularity?.[0] ?? 128);
  else nest.attribute(ipvs.IPVS_SVC_ATTR_NETMASK, granularity ?? Uint8Array.of(255, 255, 255, 255));
}

function pair(flags: number, mask: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(flags, mask).buffer);
}

/** The attributes that name a service, inside a SERVICE nest. */
export function writeIdentity(nest: MessageWriter, identity: ServiceIdentity): void {
  nest.attributeU16(ipvs.IPVS_SVC_ATTR_AF, identity.family);
  if (identity.kind === "mark") {
    nest.attributeU32(ipvs.IPVS_SVC_ATTR_FWMARK, identity.mark);
    return;
  }
  nest.attributeU16(ipvs.IPVS_SVC_ATTR_PROTOCOL, identity.protocol);
  nest.attribute(ipvs.IPVS_SVC_ATTR_ADDR, inSixteen(identity.address));
  nest.attributePort(ipvs.IPVS_SVC_ATTR_PORT, identity.port);
}

/** union nf_inet_addr: IPv4 takes the first 4 bytes. */
export function inSixteen(address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(address.subarray(0, 16));
  return bytes;
}

/** The address in a union nf_inet_addr; undefined when it is too short for its family. */
export function outOfSixteen(table: AttributeTable, type: number, family: number): Uint8Array | undefined {
  const length = family === AF_INET6 ? 16 : 4;
  const bytes = table.bytes(type);
  return bytes !== undefined && bytes.length >= length ? bytes.slice(0, length) : undefined;
}

/** Decodes one message of a dump of services, or the answer to `encodeGetService`. */
export function decodeService(bytes: Uint8Array, offset: number, header: Header): Decoded<ReportedService> {
  const problem =
    top.read(bytes, offset + HEADER_LENGTH + GENERIC_HEADER, offset + header.length) ??
    readNest(bytes, top, ipvs.IPVS_CMD_ATTR_SERVICE, inner);
  if (problem !== undefined) return problem;
  const identity = decodeIdentity();
  if (identity === undefined) return malformed("badAttribute", "the service has no identity");
  const scheduler = inner.text(ipvs.IPVS_SVC_ATTR_SCHED_NAME) ?? "";
  const flags =
    inner.length(ipvs.IPVS_SVC_ATTR_FLAGS) >= 4 ? readU32(bytes, inner.offset(ipvs.IPVS_SVC_ATTR_FLAGS)) : 0;
  const timeoutSeconds = inner.u32(ipvs.IPVS_SVC_ATTR_TIMEOUT) ?? 0;
  const engine = inner.text(ipvs.IPVS_SVC_ATTR_PE_NAME);
  const granularity = decodeGranularity(identity.family);
  const traffic = decodeTraffic(bytes, inner, ipvs.IPVS_SVC_ATTR_STATS64, ipvs.IPVS_SVC_ATTR_STATS);
  if (!traffic.ok) return traffic;
  const value: ReportedService = {
    identity,
    scheduler,
    flags: flags & ~DERIVED,
    // Without the flag the kernel may still hold an old number.
    timeoutSeconds: (flags & ipvs.IP_VS_SVC_F_PERSISTENT) === 0 ? 0 : timeoutSeconds,
    traffic: traffic.value,
  };
  if (granularity !== undefined) value.granularity = granularity;
  if (engine !== undefined && engine !== "") value.engine = engine;
  return { ok: true, value };
}

/** Indexes the attributes inside the attribute `type` of `outer`. */
export function readNest(
  bytes: Uint8Array,
  outer: AttributeTable,
  type: number,
  into: AttributeTable,
): Decoded<never> | undefined {
  if (!outer.has(type)) return malformed("badAttribute", `no attribute ${type}`);
  return into.read(bytes, outer.offset(type), outer.offset(type) + outer.length(type));
}

function decodeIdentity(): ServiceIdentity | undefined {
  const family = inner.u16(ipvs.IPVS_SVC_ATTR_AF);
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const mark = inner.u32(ipvs.IPVS_SVC_ATTR_FWMARK);
  if (mark !== undefined && mark !== 0) return { kind: "mark", family, mark };
  const protocol = inner.u16(ipvs.IPVS_SVC_ATTR_PROTOCOL);
  const address = outOfSixteen(inner, ipvs.IPVS_SVC_ATTR_ADDR, family);
  const port = inner.port(ipvs.IPVS_SVC_ATTR_PORT);
  if (protocol === undefined || address === undefined || port === undefined) return undefined;
  return { kind: "address", family, protocol, address, port };
}

/** Undefined for single addresses, as in `ServiceMessage`. */
function decodeGranularity(family: number): Uint8Array | undefined {
  if (family === AF_INET6) {
    const length = inner.u32(ipvs.IPVS_SVC_ATTR_NETMASK) ?? 128;
    return length >= 128 ? undefined : Uint8Array.of(length);
  }
  const mask = inner.bytes(ipvs.IPVS_SVC_ATTR_NETMASK);
  return mask === undefined || mask.length < 4 || mask.every((byte) => byte === 255)
    ? undefined
    : mask.slice(0, 4);
}
