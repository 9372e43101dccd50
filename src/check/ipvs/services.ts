/**
 * From a virtual server and its pool as it is now to services of the kernel: one for an address or a mark, as many as
 * a group has addresses and marks (check reference, 8.1). Pure.
 */
import type {
  Forwarding,
  GroupEntry,
  VirtualServerConfig,
  VirtualServerGroupConfig,
} from "../../config/check-model.js";
import { addressesOf } from "../../net/address-range.js";
import type { Family } from "../../net/settings.js";
import type { DestinationSetting, ServiceKey, ServiceSetting } from "./model.js";

/** A real server or sorry server that is in the kernel's table now, also with weight 0. */
export interface PoolMember {
  server: {
    family: Family;
    address: string;
    port: number;
    forwarding: Forwarding;
    upperThreshold?: number;
    lowerThreshold?: number;
  };
  /** Effective weight, of any size: the kernel's limits are kept here. */
  weight: number;
}

const LARGEST_WEIGHT = 2_147_483_647;

/** `group` is that of the virtual server when its service is one. Order: as configured. */
export function servicesOf(
  virtualServer: VirtualServerConfig,
  group: VirtualServerGroupConfig | undefined,
  pool: readonly PoolMember[],
): ServiceSetting[] {
  const { scheduler, flags, persistence } = virtualServer;
  // Destinations of services on the same port are the same objects: a group of 256 addresses has them once.
  const byPort = new Map<number | undefined, readonly DestinationSetting[]>();
  return keysOf(virtualServer, group).map(({ key, entryPort }) => {
    let destinations = byPort.get(entryPort);
    if (destinations === undefined) {
      destinations = pool.map((member) => destinationOf(member, entryPort));
      byPort.set(entryPort, destinations);
    }
    return { key, scheduler, flags, persistence, destinations };
  });
}

interface PlacedKey {
  key: ServiceKey;
  /** Of the entry of a group, 0 for a mark: where destinations without NAT listen. Absent: the server's own port counts. */
  entryPort?: number;
}

function keysOf(
  virtualServer: VirtualServerConfig,
  group: VirtualServerGroupConfig | undefined,
): PlacedKey[] {
  const { service, family, protocol = "TCP" } = virtualServer;
  switch (service.kind) {
    case "address":
      return [{ key: { ...service, protocol } }];
    case "mark":
      return [{ key: { ...service, family: family ?? 4 } }];
    case "group":
      return (group?.entries ?? []).flatMap((entry) => keysOfEntry(entry, family, protocol));
  }
}

function keysOfEntry(
  entry: GroupEntry,
  family: Family | undefined,
  protocol: "TCP" | "UDP" | "SCTP",
): PlacedKey[] {
  if (entry.kind === "mark") {
    const key: ServiceKey = { kind: "mark", family: entry.family ?? family ?? 4, mark: entry.mark };
    return [{ key, entryPort: 0 }];
  }
  const { port } = entry;
  return addressesOf(entry.first, entry.last).map((address) => ({
    key: { kind: "address", family: entry.family, protocol, address, port },
    entryPort: port,
  }));
}

function destinationOf({ server, weight }: PoolMember, entryPort: number | undefined): DestinationSetting {
  const { family, address, port, forwarding, upperThreshold = 0, lowerThreshold = 0 } = server;
  return {
    family,
    address,
    port: entryPort === undefined || forwarding.method === "NAT" ? port : entryPort,
    weight: Math.min(Math.max(weight, 0), LARGEST_WEIGHT),
    forwarding,
    upperThreshold,
    lowerThreshold,
  };
}
