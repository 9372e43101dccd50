/** What an earlier run of ours left in the kernel, taken over as it is. Pure. */
import { destinationEntryOf, type EntryTable, type ServiceEntry } from "./entries.js";
import { idOfDestination, idOfService } from "./kernel-form.js";
import type { KernelService } from "./kernel-table.js";

/** `isOurs` answers by the ids of the journal. @returns the entries that are ours. */
export function adopt(
  table: EntryTable,
  services: readonly KernelService[],
  isOurs: (id: string) => boolean,
): ServiceEntry[] {
  const ours: ServiceEntry[] = [];
  for (const { key, message, destinations } of services) {
    if (!isOurs(idOfService(key))) continue;
    const entry = table.entryOf(key);
    entry.present = message;
    entry.leftover = entry.wish === undefined;
    for (const { address, port, message: present } of destinations) {
      if (!isOurs(idOfDestination(entry.id, address, port))) continue;
      const destination = destinationEntryOf(entry, address, port);
      destination.present = present;
      destination.leftover = destination.wish === undefined;
    }
    ours.push(entry);
  }
  return ours;
}
