/**
 * How services and servers are called in logs, FIFO lines and mails (check-ipvs reference, 1.3), and by what a reload
 * recognises them (7.2).
 */
import type {
  CheckConfig,
  RealServerConfig,
  TransportProtocol,
  VirtualServerConfig,
} from "../config/check-model.js";

function protocolWord(protocol: TransportProtocol | undefined): string {
  return protocol === undefined ? "none" : protocol.toLowerCase();
}

/** `[192.0.2.1]:tcp:80`; a server has the protocol of its service. */
export function endpointName(address: string, port: number, protocol: TransportProtocol | undefined): string {
  return `[${address}]:${protocolWord(protocol)}:${port}`;
}

export function serverName(
  { address, port }: Pick<RealServerConfig, "address" | "port">,
  service: VirtualServerConfig,
): string {
  return endpointName(address, port, service.protocol);
}

/** A virtual server with its names. */
export interface NamedService {
  config: VirtualServerConfig;
  /** As the outside knows it: `[192.0.2.1]:tcp:80`, `FWM 7`, `[web]:0`. */
  name: string;
  /** Unlike that of every other: what a reload goes by. */
  key: string;
}

/**
 * Names every virtual server. Those of one group are numbered in the order of the configuration; two of the same
 * service, which upstream does not tell apart either, differ in their keys at least.
 */
export function nameServices({ virtualServers }: Pick<CheckConfig, "virtualServers">): NamedService[] {
  const ordinals = new Map<string, number>();
  const next = (of: string): number => {
    const ordinal = ordinals.get(of) ?? 0;
    ordinals.set(of, ordinal + 1);
    return ordinal;
  };
  return virtualServers.map((config) => {
    const { service, protocol, family } = config;
    switch (service.kind) {
      case "group": {
        const name = `[${service.name}]:${next(`group ${service.name}`)}`;
        return { config, name, key: name };
      }
      case "mark": {
        const name = `FWM ${service.mark}`;
        const key = `${name} ${family ?? 4}`;
        return { config, name, key: unlike(key, next(key)) };
      }
      case "address": {
        const name = endpointName(service.address, service.port, protocol);
        return { config, name, key: unlike(name, next(name)) };
      }
    }
  });
}

function unlike(key: string, ordinal: number): string {
  return ordinal === 0 ? key : `${key} #${ordinal}`;
}
