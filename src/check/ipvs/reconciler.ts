/**
 * What owners want in the kernel's table of virtual servers, and the work to get it there and keep it there.
 *
 * Work is not queued: whenever the channel has a turn free, the next steps follow from the entries as they are then. What
 * we believe is in the kernel follows from the answers here, and from looking at it now and then (`comparison.ts`), as
 * IPVS tells nobody of changes.
 *
 * An entry that somebody else had added before us is shared: it counts as being as we want it, until what we want changes.
 */
import type { Channel, KernelRequest, RequestSource, Result } from "../../net/netlink-channel.js";
import { adopt } from "./adoption.js";
import { onAnswer, type Told } from "./answers.js";
import { type DestinationEntry, EntryTable, forgetPresent, type ServiceEntry } from "./entries.js";
import type { Journal } from "./journal.js";
import type { KernelService } from "./kernel-table.js";
import type { IpvsListener, ServiceSetting } from "./model.js";
import { flushRequest, isAddition, requestOf, type Step, stepsOf } from "./steps.js";

/** Where requests go. */
interface Connection {
  channel: Channel;
  /** Of IPVS in generic netlink. */
  family: number;
}

export class Reconciler implements RequestSource {
  readonly #table = new EntryTable();
  readonly #journal: Journal;
  readonly #listener: Pick<IpvsListener, "refused" | "lost">;
  /** Absent while there is no IPVS. */
  #connection: Connection | undefined;
  /** Entries that may need a step. */
  readonly #dirty = new Set<ServiceEntry>();
  #flights: Step[] = [];
  #flush: "no" | "wanted" | "sent" = "no";
  #idle: (() => void)[] = [];

  constructor(journal: Journal, listener: Pick<IpvsListener, "refused" | "lost">) {
    this.#journal = journal;
    this.#listener = listener;
  }

  get entries(): EntryTable {
    return this.#table;
  }

  /** From now on requests go here. */
  connect(channel: Channel, family: number): void {
    this.#connection = { channel, family };
    channel.serve(this);
    channel.wake();
  }

  /** There is no IPVS any more, and nothing of ours in it. Wishes stay. */
  disconnect(): void {
    this.#connection = undefined;
    for (const entry of this.#table.all()) this.#forget(entry, false);
    this.#settleIdle();
  }

  want(owner: string, settings: readonly ServiceSetting[]): void {
    for (const entry of this.#table.want(owner, settings)) {
      this.#record(entry);
      this.#touch(entry);
    }
  }

  /** What is in the kernel and in the journal of an earlier run is ours. */
  adopt(services: readonly KernelService[]): void {
    const ours = adopt(this.#table, services, (id) => this.#journal.isFromEarlier(id));
    for (const entry of ours) this.#touch(entry);
  }

  /** What an earlier run left and nobody wants goes. */
  removeLeftovers(): void {
    for (const entry of this.#table.all()) {
      entry.leftover = false;
      for (const destination of entry.destinations.values()) destination.leftover = false;
      this.#touch(entry);
    }
  }

  /** Empties the kernel's table before anything else is done. */
  flush(): void {
    this.#flush = "wanted";
    this.#connection?.channel.wake();
  }

  /** Everything of ours that is in the kernel or shall be, as the journal calls it. */
  journalIds(): Set<string> {
    const ids = new Set<string>();
    for (const entry of this.#table.all()) {
      ids.add(entry.id);
      for (const { journalId } of entry.destinations.values()) ids.add(journalId);
    }
    return ids;
  }

  /** Looked for in the kernel and not found there. */
  missing(entry: ServiceEntry, destination?: DestinationEntry): void {
    if (destination === undefined) this.#forget(entry, true);
    else if (destination.present !== undefined) {
      destination.present = undefined;
      destination.missing = true;
      this.#touch(entry);
    }
  }

  /** What was refused is tried again. */
  retry(): void {
    for (const entry of this.#table.all()) {
      let held = entry.held;
      entry.held = false;
      for (const destination of entry.destinations.values()) {
        held ||= destination.held;
        destination.held = false;
      }
      if (held) this.#touch(entry);
    }
  }

  /** Resolves when no step is left or in flight; at once when none can be done. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      if (this.#connection === undefined) this.#settleIdle();
      else this.#connection.channel.wake();
    });
  }

  take(max: number): KernelRequest[] {
    const requests: KernelRequest[] = [];
    const connection = this.#connection;
    let waiting = false;
    this.#flights = [];
    if (connection === undefined) return requests;
    if (this.#flush !== "no") {
      this.#flush = "sent";
      return [flushRequest(connection.family)];
    }
    for (const entry of this.#dirty) {
      if (requests.length >= max) break;
      const steps = stepsOf(entry);
      const ready = entry.recording === 0 ? steps : steps.filter((step) => !isAddition(step));
      if (ready.length < steps.length) waiting = true;
      else if (steps.length === 0) this.#settle(entry);
      for (const step of ready.slice(0, max - requests.length)) {
        this.#flights.push(step);
        requests.push(requestOf(step, connection.family));
      }
    }
    if (requests.length === 0 && !waiting) this.#settleIdle();
    return requests;
  }

  finished(results: Result[]): void {
    if (this.#flush === "sent") this.#onFlushed(results[0]);
    const flights = this.#flights;
    this.#flights = [];
    for (const [i, step] of flights.entries()) {
      const result = results[i];
      if (result === undefined) continue;
      for (const told of onAnswer(step, result)) this.#tell(step.service, told);
    }
  }

  #onFlushed(result: Result | undefined): void {
    this.#flush = "no";
    if (result?.ok === false) this.#listener.refused(undefined, result.error);
    else for (const entry of this.#table.all()) this.#forget(entry, false);
  }

  #touch(entry: ServiceEntry): void {
    this.#dirty.add(entry);
    if (this.#connection !== undefined) return this.#connection.channel.wake();
    this.#table.tidy(entry);
    if (entry.wish === undefined) this.#dirty.delete(entry);
  }

  #settle(entry: ServiceEntry): void {
    this.#dirty.delete(entry);
    this.#table.tidy(entry);
  }

  #settleIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #forget(entry: ServiceEntry, missing: boolean): void {
    forgetPresent(entry, missing);
    this.#touch(entry);
  }

  /** Additions wait until the journal has them, so that a next run knows them as ours. */
  #record(entry: ServiceEntry): void {
    if (entry.wish === undefined) return;
    const fresh: string[] = [];
    const note = (condition: { recorded: boolean }, id: string): void => {
      if (!condition.recorded) fresh.push(id);
      condition.recorded = true;
    };
    note(entry, entry.id);
    for (const destination of entry.destinations.values())
      if (destination.wish !== undefined) note(destination, destination.journalId);
    if (fresh.length === 0) return;
    entry.recording++;
    void this.#journal.add(fresh).then(() => {
      entry.recording--;
      this.#touch(entry);
    });
    if (this.#journal.isLarge) void this.#journal.keepOnly(this.journalIds());
  }

  #tell(entry: ServiceEntry, told: Told): void {
    const owners = entry.wishes.size > 0 ? entry.wishes.keys() : [undefined];
    for (const owner of owners) {
      if (told.kind === "refused") this.#listener.refused(owner, told.error);
      else this.#listener.lost(owner, told.subject);
    }
  }
}
