/**
 * Destinations behind the services of IPVS. Pure.
 *
 *   SERVICE nest: the attributes that name the service (ipvs-service.ts)
 *   DEST nest:    11 ADDR_FAMILY u16, 1 ADDR 16 bytes, 2 PORT u16 in network order, 3 FWD_METHOD u32, 4 WEIGHT u32,
 *                 [13 TUN_TYPE u8, [14 TUN_PORT u16 in network order], [15 TUN_FLAGS u16]], 5 U_THRESH u32, 6 L_THRESH u32;
 *                 in replies 7 ACTIVE_CONNS, 8 INACT_CONNS, 9 PERSIST_CONNS u32, [10 STATS], [12 STATS64]
 */
import { AttributeTable, HEADER_LENGTH, type Header, MessageWriter } from "./attributes.js";
import { AF_INET, AF_INET6, NLM_F_DUMP } from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";
import { beginGeneric, GENERIC_HEADER } from "./generic.js";
import * as ipvs from "./ipvs-constants.js";
import { inSixteen, outOfSixteen, readNest, type ServiceIdentity, writeIdentity } from "./ipvs-service.js";
import { decodeTraffic, type Traffic } from "./ipvs-statistics.js";

export const METHOD_NAT = 0;
export const METHOD_TUNNEL = 2;
export const METHOD_DIRECT = 3;
export const TUNNEL_IPIP = 0;
export const TUNNEL_GUE = 1;
export const TUNNEL_GRE = 2;

/** Of a METHOD_TUNNEL destination. */
export interface Tunnel {
  /** TUNNEL_ constant. */
  type: number;
  /** Of gue; 0 otherwise. */
  port: number;
  /** 0 none, 1 csum, 2 remcsum; of gue and gre. */
  flags: number;
}

export interface DestinationMessage {
  /** AF_INET or AF_INET6; may differ from the service's in a tunnel. */
  family: number;
  address: Uint8Array;
  port: number;
  /** METHOD_ constant. */
  method: number;
  weight: number;
  tunnel?: Tunnel;
  upperThreshold: number;
  lowerThreshold: number;
}

export interface ReportedDestination extends DestinationMessage {
  activeConnections: number;
  inactiveConnections: number;
  persistentConnections: number;
  traffic: Traffic;
}

const writer = new MessageWriter();
const top = new AttributeTable(ipvs.IPVS_CMD_ATTR_TIMEOUT_UDP);
const inner = new AttributeTable(ipvs.IPVS_DEST_ATTR_TUN_FLAGS);

export function encodeNewDestination(
  family: number,
  service: ServiceIdentity,
  destination: DestinationMessage,
): Uint8Array {
  return encode(family, ipvs.IPVS_CMD_NEW_DEST, service, destination);
}

/** Connections go on. */
export function encodeSetDestination(
  family: number,
  service: ServiceIdentity,
  destination: DestinationMessage,
): Uint8Array {
  return encode(family, ipvs.IPVS_CMD_SET_DEST, service, destination);
}

export function encodeDeleteDestination(
  family: number,
  service: ServiceIdentity,
  destination: DestinationMessage,
): Uint8Array {
  return encode(family, ipvs.IPVS_CMD_DEL_DEST, service, destination);
}

/** Answered by one message per destination of the service, then NLMSG_DONE. */
export function encodeDumpDestinations(family: number, service: ServiceIdentity): Uint8Array {
  return beginGeneric(writer, family, NLM_F_DUMP, ipvs.IPVS_CMD_GET_DEST, ipvs.IPVS_VERSION)
    .nested(ipvs.IPVS_CMD_ATTR_SERVICE, (nest) => writeIdentity(nest, service))
    .finish();
}

function encode(
  family: number,
  command: number,
  service: ServiceIdentity,
  destination: DestinationMessage,
): Uint8Array {
  return beginGeneric(writer, family, 0, command, ipvs.IPVS_VERSION)
    .nested(ipvs.IPVS_CMD_ATTR_SERVICE, (nest) => writeIdentity(nest, service))
    .nested(ipvs.IPVS_CMD_ATTR_DEST, (nest) => {
      nest.attributeU16(ipvs.IPVS_DEST_ATTR_ADDR_FAMILY, destination.family);
      nest.attribute(ipvs.IPVS_DEST_ATTR_ADDR, inSixteen(destination.address));
      nest.attributePort(ipvs.IPVS_DEST_ATTR_PORT, destination.port);
      nest.attributeU32(ipvs.IPVS_DEST_ATTR_FWD_METHOD, destination.method);
      nest.attributeU32(ipvs.IPVS_DEST_ATTR_WEIGHT, destination.weight);
      if (destination.tunnel !== undefined) writeTunnel(nest, destination.tunnel);
      nest.attributeU32(ipvs.IPVS_DEST_ATTR_U_THRESH, destination.upperThreshold);
      nest.attributeU32(ipvs.IPVS_DEST_ATTR_L_THRESH, destination.lowerThreshold);
    })
    .finish();
}

function writeTunnel(nest: MessageWriter, { type, port, flags }: Tunnel): void {
  nest.attributeU8(ipvs.IPVS_DEST_ATTR_TUN_TYPE, type);
  if (type === TUNNEL_GUE) nest.attributePort(ipvs.IPVS_DEST_ATTR_TUN_PORT, port);
  if (type !== TUNNEL_IPIP) nest.attributeU16(ipvs.IPVS_DEST_ATTR_TUN_FLAGS, flags);
}

/** Decodes one message of a dump; the answer does not repeat the service. `family` is the service's, for kernels before 3.18. */
export function decodeDestination(
  bytes: Uint8Array,
  offset: number,
  header: Header,
  family: number,
): Decoded<ReportedDestination> {
  const problem =
    top.read(bytes, offset + HEADER_LENGTH + GENERIC_HEADER, offset + header.length) ??
    readNest(bytes, top, ipvs.IPVS_CMD_ATTR_DEST, inner);
  if (problem !== undefined) return problem;
  const own = inner.u16(ipvs.IPVS_DEST_ATTR_ADDR_FAMILY) ?? family;
  if (own !== AF_INET && own !== AF_INET6) return malformed("badAttribute", `family ${own} of a destination`);
  const address = outOfSixteen(inner, ipvs.IPVS_DEST_ATTR_ADDR, own);
  const port = inner.port(ipvs.IPVS_DEST_ATTR_PORT);
  if (address === undefined || port === undefined)
    return malformed("badAttribute", "the destination has no address or port");
  const traffic = decodeTraffic(bytes, inner, ipvs.IPVS_DEST_ATTR_STATS64, ipvs.IPVS_DEST_ATTR_STATS);
  if (!traffic.ok) return traffic;
  const method = (inner.u32(ipvs.IPVS_DEST_ATTR_FWD_METHOD) ?? 0) & ipvs.IP_VS_CONN_F_FWD_MASK;
  const value: ReportedDestination = {
    family: own,
    address,
    port,
    method,
    weight: inner.u32(ipvs.IPVS_DEST_ATTR_WEIGHT) ?? 0,
    upperThreshold: inner.u32(ipvs.IPVS_DEST_ATTR_U_THRESH) ?? 0,
    lowerThreshold: inner.u32(ipvs.IPVS_DEST_ATTR_L_THRESH) ?? 0,
    activeConnections: inner.u32(ipvs.IPVS_DEST_ATTR_ACTIVE_CONNS) ?? 0,
    inactiveConnections: inner.u32(ipvs.IPVS_DEST_ATTR_INACT_CONNS) ?? 0,
    persistentConnections: inner.u32(ipvs.IPVS_DEST_ATTR_PERSIST_CONNS) ?? 0,
    traffic: traffic.value,
  };
  if (method === METHOD_TUNNEL) value.tunnel = decodeTunnel(bytes);
  return { ok: true, value };
}

function decodeTunnel(bytes: Uint8Array): Tunnel {
  const type = ipvs.IPVS_DEST_ATTR_TUN_TYPE;
  return {
    type: inner.length(type) >= 1 ? (bytes[inner.offset(type)] ?? 0) : TUNNEL_IPIP,
    port: inner.port(ipvs.IPVS_DEST_ATTR_TUN_PORT) ?? 0,
    flags: inner.u16(ipvs.IPVS_DEST_ATTR_TUN_FLAGS) ?? 0,
  };
}
