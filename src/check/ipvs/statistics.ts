/** Counters of services and destinations, read from the kernel when somebody asks. */
import type { Family } from "../../net/settings.js";
import type { ServiceEntry } from "./entries.js";
import { idOfEndpoint } from "./kernel-form.js";
import type { KernelDestination, KernelTable } from "./kernel-table.js";
import type { DestinationStatistics, ServiceStatistics } from "./model.js";

/** Of the destinations only those that are ours; what is not in the kernel is left out. */
export async function statisticsOf(
  table: KernelTable,
  entries: Iterable<ServiceEntry>,
): Promise<ServiceStatistics[]> {
  const list: ServiceStatistics[] = [];
  for (const entry of entries) {
    const service = await table.service(entry.key, entry.identity);
    if (!service.ok || service.value === undefined) continue;
    const destinations = await table.destinations(entry.key, entry.identity);
    list.push({
      key: entry.key,
      traffic: service.value.traffic,
      destinations: destinations.ok ? ownOf(entry, destinations.value) : [],
    });
  }
  return list;
}

function ownOf(entry: ServiceEntry, found: readonly KernelDestination[]): DestinationStatistics[] {
  return found.flatMap(({ address, port, message }) => {
    if (entry.destinations.get(idOfEndpoint(address, port))?.wish === undefined) return [];
    const { weight, activeConnections, inactiveConnections, persistentConnections, traffic } = message;
    const family: Family = address.includes(":") ? 6 : 4;
    const connections = { activeConnections, inactiveConnections, persistentConnections };
    return [{ family, address, port, weight, ...connections, traffic }];
  });
}
