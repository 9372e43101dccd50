/**
 * Services and destinations in the form that the kernel knows, their identities as text, and when two are the same. Pure.
 */
import type { Forwarding, SchedulerFlags, TransportProtocol } from "../../config/check-model.js";
import { formatAddress, parseAddress, sameBytes } from "../../net/ip-address.js";
import type { Family } from "../../net/settings.js";
import { AF_INET, AF_INET6 } from "../../netlink/constants.js";
import {
  IP_VS_SVC_F_ONEPACKET,
  IP_VS_SVC_F_SCHED1,
  IP_VS_SVC_F_SCHED2,
  IP_VS_SVC_F_SCHED3,
} from "../../netlink/ipvs-constants.js";
import {
  type DestinationMessage,
  METHOD_DIRECT,
  METHOD_NAT,
  METHOD_TUNNEL,
  type Tunnel,
  TUNNEL_GRE,
  TUNNEL_GUE,
  TUNNEL_IPIP,
} from "../../netlink/ipvs-destination.js";
import type { ServiceIdentity, ServiceMessage } from "../../netlink/ipvs-service.js";
import { endpointName } from "../names.js";
import type { DestinationSetting, ServiceKey, ServiceSetting } from "./model.js";

const PROTOCOLS: Record<TransportProtocol, number> = { TCP: 6, UDP: 17, SCTP: 132 };
const METHODS: Record<Forwarding["method"], number> = {
  NAT: METHOD_NAT,
  DR: METHOD_DIRECT,
  TUN: METHOD_TUNNEL,
};
const TUNNELS = { ipip: TUNNEL_IPIP, gue: TUNNEL_GUE, gre: TUNNEL_GRE } as const;
const CHECKSUMS = { nocsum: 0, csum: 1, remcsum: 2 } as const;
const EVERY_ADDRESS = Uint8Array.of(255, 255, 255, 255);

/** `tcp 192.0.2.1:80`, `mark 100 inet6`: the same text for the same service. */
export function idOfService(key: ServiceKey): string {
  if (key.kind === "mark") return `mark ${key.mark} ${key.family === 6 ? "inet6" : "inet"}`;
  return `${key.protocol.toLowerCase()} ${idOfEndpoint(key.address, key.port)}`;
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`: tells a destination from the others of its service. */
export function idOfEndpoint(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** How the journal calls a destination of the service with `serviceId`. */
export function idOfDestination(serviceId: string, address: string, port: number): string {
  return `${serviceId} > ${idOfEndpoint(address, port)}`;
}

/** As logs call it (check reference, 1.3). */
export function nameOfService(key: ServiceKey): string {
  return key.kind === "mark" ? `FWM ${key.mark}` : endpointName(key.address, key.port, key.protocol);
}

/** A destination and its service, as logs call them. */
export function nameOfDestination(address: string, port: number, key: ServiceKey): string {
  const protocol = key.kind === "mark" ? undefined : key.protocol;
  return `${endpointName(address, port, protocol)} of ${nameOfService(key)}`;
}

const numberOf = (family: Family): number => (family === 6 ? AF_INET6 : AF_INET);
const familyOf = (number: number): Family => (number === AF_INET6 ? 6 : 4);

/** The configuration has good addresses only: anything else is a bug of ours. */
function bytesOf(address: string): Uint8Array {
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new Error(`'${address}' is no address`);
  return bytes;
}

export function identityOf(key: ServiceKey): ServiceIdentity {
  const family = numberOf(key.family);
  if (key.kind === "mark") return { kind: "mark", family, mark: key.mark };
  const { protocol, address, port } = key;
  return { kind: "address", family, protocol: PROTOCOLS[protocol], address: bytesOf(address), port };
}

/** Undefined for a protocol that no virtual server of ours can have. */
export function keyOfIdentity(identity: ServiceIdentity): ServiceKey | undefined {
  const family = familyOf(identity.family);
  if (identity.kind === "mark") return { kind: "mark", family, mark: identity.mark };
  const names = Object.keys(PROTOCOLS) as TransportProtocol[];
  const protocol = names.find((name) => PROTOCOLS[name] === identity.protocol);
  if (protocol === undefined) return undefined;
  return { kind: "address", family, protocol, address: formatAddress(identity.address), port: identity.port };
}

function flagBits({ onePacket, flag1, flag2, flag3 }: SchedulerFlags): number {
  return (
    (onePacket ? IP_VS_SVC_F_ONEPACKET : 0) |
    (flag1 ? IP_VS_SVC_F_SCHED1 : 0) |
    (flag2 ? IP_VS_SVC_F_SCHED2 : 0) |
    (flag3 ? IP_VS_SVC_F_SCHED3 : 0)
  );
}

export function serviceMessage(identity: ServiceIdentity, setting: ServiceSetting): ServiceMessage {
  const { timeoutSeconds, mask, prefixLength, engine } = setting.persistence;
  const message: ServiceMessage = {
    identity,
    scheduler: setting.scheduler,
    flags: flagBits(setting.flags),
    timeoutSeconds,
  };
  if (mask !== undefined) message.granularity = bytesOf(mask);
  if (prefixLength !== undefined) message.granularity = Uint8Array.of(prefixLength);
  if (engine !== undefined) message.engine = engine;
  return message;
}

export function destinationMessage(setting: DestinationSetting): DestinationMessage {
  const { family, address, port, weight, forwarding, upperThreshold, lowerThreshold } = setting;
  const message: DestinationMessage = {
    family: numberOf(family),
    address: bytesOf(address),
    port,
    method: METHODS[forwarding.method],
    weight,
    upperThreshold,
    lowerThreshold,
  };
  if (forwarding.method === "TUN") message.tunnel = tunnelOf(forwarding);
  return message;
}

function tunnelOf({ tunnel, port = 0, checksum }: Extract<Forwarding, { method: "TUN" }>): Tunnel {
  return { type: TUNNELS[tunnel], port, flags: CHECKSUMS[checksum] };
}

/** Whether a SET_SERVICE would change nothing; both are of one identity. */
export function sameService(a: ServiceMessage, b: ServiceMessage): boolean {
  const single = a.identity.family === AF_INET6 ? Uint8Array.of(128) : EVERY_ADDRESS;
  return (
    a.scheduler === b.scheduler &&
    a.flags === b.flags &&
    a.timeoutSeconds === b.timeoutSeconds &&
    a.engine === b.engine &&
    sameBytes(a.granularity ?? single, b.granularity ?? single)
  );
}

/** Whether a SET_DEST would change nothing; both have the same address and port. */
export function sameDestination(a: DestinationMessage, b: DestinationMessage): boolean {
  return (
    a.method === b.method &&
    a.weight === b.weight &&
    a.upperThreshold === b.upperThreshold &&
    a.lowerThreshold === b.lowerThreshold &&
    a.tunnel?.type === b.tunnel?.type &&
    a.tunnel?.port === b.tunnel?.port &&
    a.tunnel?.flags === b.tunnel?.flags
  );
}
