/**
 * From a virtual server to the services of the kernel: one for an address or a mark, one for each address and mark of a
 * group (check-ipvs reference, 8.1), or one for each family of a group whose packets are marked (8.2). Pure.
 */
import type { GroupEntry, VirtualServerConfig, VirtualServerGroupConfig } from "../config/check-model.js";
import { compareAddresses, formatAddress, parseAddress } from "../net/ip-address.js";
import type { Family } from "../net/settings.js";
import type { DestinationSetting, ServiceKey, ServiceSetting } from "./ipvs/model.js";
import type { VirtualServer } from "./virtual-server.js";

const UNKNOWN_FAMILY: Family = 4;

/** What marks do for a group. */
export interface GroupMark {
  /** That its packets have. */
  mark: number;
  /** They do have it. Otherwise its service only stays for the connections that it has, beside one for each address. */
  reliable: boolean;
}

/** Everything that the service wants in the kernel now; nothing before something is known of its servers. */
export function servicesOf(
  service: VirtualServer,
  groups: ReadonlyMap<string, VirtualServerGroupConfig>,
  marked?: GroupMark,
): ServiceSetting[] {
  const { config } = service;
  const destinations = service.destinations();
  if (destinations.length === 0 && service.unjudged) return [];
  const common = { scheduler: config.scheduler, flags: config.flags, persistence: config.persistence };
  if (config.service.kind !== "group") {
    const [key] = keysOf(config, groups);
    return key === undefined ? [] : [{ key, ...common, destinations }];
  }
  const byPort = new Map<number, DestinationSetting[]>();
  return keysOf(config, groups, marked).map((key) => {
    const port = key.kind === "mark" ? 0 : key.port;
    const ported = byPort.get(port) ?? destinations.map((entry) => withPort(entry, port));
    byPort.set(port, ported);
    return { key, ...common, destinations: ported };
  });
}

/** With DR and TUN packets reach the server as they are: its port is that of the service. */
function withPort(entry: DestinationSetting, port: number): DestinationSetting {
  return entry.forwarding.method === "NAT" || entry.port === port ? entry : { ...entry, port };
}

/** The services of the kernel that a virtual server stands for. */
export function keysOf(
  { service, protocol, family }: VirtualServerConfig,
  groups: ReadonlyMap<string, VirtualServerGroupConfig>,
  marked?: GroupMark,
): ServiceKey[] {
  switch (service.kind) {
    case "mark":
      return [{ kind: "mark", family: family ?? UNKNOWN_FAMILY, mark: service.mark }];
    case "address":
      return [addressKey(service.family, protocol, service.address, service.port)];
    case "group": {
      const entries = groups.get(service.name)?.entries ?? [];
      const byMark = marked === undefined ? [] : markKeysOf(entries, marked.mark);
      if (marked?.reliable === true) return byMark;
      const byAddress = entries.flatMap((entry): ServiceKey[] => {
        if (entry.kind === "mark")
          return [{ kind: "mark", family: entry.family ?? family ?? UNKNOWN_FAMILY, mark: entry.mark }];
        return addressesOf(entry).map((address) => addressKey(entry.family, protocol, address, entry.port));
      });
      return [...byMark, ...byAddress];
    }
  }
}

/** One service for each family of the addresses. */
function markKeysOf(entries: readonly GroupEntry[], mark: number): ServiceKey[] {
  const families = new Set(entries.flatMap((entry) => (entry.kind === "range" ? [entry.family] : [])));
  return [...families].map((family) => ({ kind: "mark", family, mark }));
}

function addressKey(
  family: Family,
  protocol: VirtualServerConfig["protocol"],
  address: string,
  port: number,
): ServiceKey {
  return { kind: "address", family, protocol: protocol ?? "UDP", address, port };
}

/** Every address of a range, both ends included. */
export function addressesOf({ first, last }: Extract<GroupEntry, { kind: "range" }>): string[] {
  const at = parseAddress(first);
  const end = parseAddress(last);
  if (at === undefined || end === undefined || at.length !== end.length) return [];
  const list: string[] = [];
  while (compareAddresses(at, end) <= 0) {
    list.push(formatAddress(at));
    if (!increment(at)) break;
  }
  return list;
}

/** @returns false when there is no higher address. */
function increment(bytes: Uint8Array): boolean {
  for (let i = bytes.length - 1; i >= 0; i--) {
    const value = (bytes[i] ?? 0) + 1;
    bytes[i] = value & 0xff;
    if (value <= 0xff) return true;
  }
  return false;
}

/** The addresses of this host on which a suspended service depends (ha_suspend), as first and last of each range. */
export function rangesOf(
  { service }: VirtualServerConfig,
  groups: ReadonlyMap<string, VirtualServerGroupConfig>,
): Array<{ first: string; last: string }> {
  if (service.kind === "address") return [{ first: service.address, last: service.address }];
  if (service.kind === "mark") return [];
  return (groups.get(service.name)?.entries ?? []).flatMap((entry) =>
    entry.kind === "range" ? [{ first: entry.first, last: entry.last }] : [],
  );
}
