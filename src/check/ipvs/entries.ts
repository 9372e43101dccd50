/**
 * The services and destinations that somebody wants or that are ours in the kernel. Pure bookkeeping: what has to be done
 * follows in `steps.ts`, what came of it in `reconciler.ts`.
 */
import type { DestinationMessage } from "../../netlink/ipvs-destination.js";
import type { ServiceIdentity, ServiceMessage } from "../../netlink/ipvs-service.js";
import {
  destinationMessage,
  idOfDestination,
  idOfEndpoint,
  idOfService,
  identityOf,
  serviceMessage,
} from "./kernel-form.js";
import type { DestinationSetting, ServiceKey, ServiceSetting } from "./model.js";

/** What services and destinations have in common. */
interface Condition {
  /** An earlier run left it there and nobody wants it yet. */
  leftover: boolean;
  /** The kernel refused it: it is left alone until something gives reason to try again. */
  held: boolean;
  /** Code of the refusal that its owners know of. */
  told: string | undefined;
  /** It was there and is missing: if adding it works, somebody removed it. */
  missing: boolean;
  /** The journal has it, or soon will. */
  recorded: boolean;
}

export interface DestinationEntry extends Condition {
  /** `idOfEndpoint` */
  readonly id: string;
  /** `idOfDestination` */
  readonly journalId: string;
  readonly address: string;
  readonly port: number;
  /** Absent: it shall not be there. */
  wish: { setting: DestinationSetting; message: DestinationMessage } | undefined;
  /** What we believe is in the kernel. */
  present: DestinationMessage | undefined;
}

export interface ServiceEntry extends Condition {
  /** `idOfService` */
  readonly id: string;
  readonly key: ServiceKey;
  readonly identity: ServiceIdentity;
  /** By owner; of the service the first one counts. Empty: it shall not be there. */
  readonly wishes: Map<string, ServiceSetting>;
  wish: ServiceMessage | undefined;
  readonly destinations: Map<string, DestinationEntry>;
  present: ServiceMessage | undefined;
  /** Writes to the journal under way; until they are done nothing is added here. */
  recording: number;
}

export class EntryTable {
  readonly #services = new Map<string, ServiceEntry>();
  readonly #owners = new Map<string, Set<ServiceEntry>>();

  all(): IterableIterator<ServiceEntry> {
    return this.#services.values();
  }

  get(id: string): ServiceEntry | undefined {
    return this.#services.get(id);
  }

  ownedBy(owner: string): Iterable<ServiceEntry> {
    return this.#owners.get(owner) ?? [];
  }

  /** The entry of a service, made when there is none. */
  entryOf(key: ServiceKey): ServiceEntry {
    const id = idOfService(key);
    const known = this.#services.get(id);
    if (known !== undefined) return known;
    const entry: ServiceEntry = {
      id,
      key,
      identity: identityOf(key),
      wishes: new Map(),
      wish: undefined,
      destinations: new Map(),
      present: undefined,
      recording: 0,
      ...unmarked(),
    };
    this.#services.set(id, entry);
    return entry;
  }

  /** Replaces what an owner wants. @returns the entries of the owner, before and now. */
  want(owner: string, settings: readonly ServiceSetting[]): Set<ServiceEntry> {
    const before = this.#owners.get(owner) ?? new Set();
    const now = new Set<ServiceEntry>();
    for (const setting of settings) {
      const entry = this.entryOf(setting.key);
      now.add(entry);
      if (entry.wishes.get(owner) === setting) continue;
      entry.wishes.set(owner, setting);
      merge(entry);
    }
    for (const entry of before) if (!now.has(entry) && entry.wishes.delete(owner)) merge(entry);
    if (now.size > 0) this.#owners.set(owner, now);
    else this.#owners.delete(owner);
    return new Set([...before, ...now]);
  }

  /** Forgets what is neither wanted nor there. */
  tidy(entry: ServiceEntry): void {
    for (const [id, { wish, present }] of entry.destinations)
      if (wish === undefined && present === undefined) entry.destinations.delete(id);
    if (entry.wish === undefined && entry.present === undefined) this.#services.delete(entry.id);
  }
}

function unmarked(): Condition {
  return { leftover: false, held: false, told: undefined, missing: false, recorded: false };
}

/** The entry of a destination, made when there is none. */
export function destinationEntryOf(service: ServiceEntry, address: string, port: number): DestinationEntry {
  const id = idOfEndpoint(address, port);
  const known = service.destinations.get(id);
  if (known !== undefined) return known;
  const journalId = idOfDestination(service.id, address, port);
  const entry = { id, journalId, address, port, wish: undefined, present: undefined, ...unmarked() };
  service.destinations.set(id, entry);
  return entry;
}

/** Works out what all owners together want of a service. A changed wish is worth another try. */
function merge(entry: ServiceEntry): void {
  const [first] = entry.wishes.values();
  entry.wish = first && serviceMessage(entry.identity, first);
  entry.held = false;
  if (first !== undefined) entry.leftover = false;
  const wanted = new Set<DestinationEntry>();
  for (const { destinations } of entry.wishes.values()) {
    for (const setting of destinations) {
      const destination = destinationEntryOf(entry, setting.address, setting.port);
      if (wanted.has(destination)) continue;
      wanted.add(destination);
      destination.leftover = false;
      destination.held = false;
      if (destination.wish === undefined || !sameSetting(destination.wish.setting, setting))
        destination.wish = { setting, message: destinationMessage(setting) };
    }
  }
  for (const destination of entry.destinations.values())
    if (!wanted.has(destination)) destination.wish = undefined;
}

/** Of the same address and port. Servers that did not change keep their objects over most events. */
function sameSetting(a: DestinationSetting, b: DestinationSetting): boolean {
  return (
    a === b ||
    (a.weight === b.weight &&
      a.forwarding === b.forwarding &&
      a.upperThreshold === b.upperThreshold &&
      a.lowerThreshold === b.lowerThreshold)
  );
}

/** The service has gone from the kernel, with all its destinations. */
export function forgetPresent(entry: ServiceEntry, missing: boolean): void {
  if (entry.present !== undefined) entry.missing = missing;
  entry.present = undefined;
  for (const destination of entry.destinations.values()) {
    // It is the service that is missing: they are told of once, not one by one.
    destination.missing = false;
    destination.present = undefined;
  }
}
