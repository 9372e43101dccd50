/**
 * Looks whether what we have put into the kernel is still there, as IPVS tells nobody of changes. A look at all services
 * is one dump; the destinations of some services are looked at in each round, of all in turn, so that the cost of a round
 * does not grow with the table. What others changed in our entries stays as it is: an operator may drain a server by hand.
 */
import type { Loop } from "../../net/loop.js";
import type { ServiceEntry } from "./entries.js";
import { idOfEndpoint, idOfService } from "./kernel-form.js";
import type { KernelTable } from "./kernel-table.js";
import type { Reconciler } from "./reconciler.js";

const INTERVAL_MICROS = 5_000_000;
/** Services whose destinations are looked at in one round. */
const SERVICES_PER_ROUND = 64;

export class Comparison {
  readonly #table: KernelTable;
  readonly #reconciler: Reconciler;
  readonly #loop: Loop;
  /** Services that this pass has not looked at. */
  #left: ServiceEntry[] = [];
  readonly #gone: () => void;
  #cancel: (() => void) | undefined;
  #closed = false;

  /** `gone` is called when the kernel does not know IPVS any more. */
  constructor(table: KernelTable, reconciler: Reconciler, loop: Loop, gone: () => void) {
    this.#gone = gone;
    this.#table = table;
    this.#reconciler = reconciler;
    this.#loop = loop;
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #arm(): void {
    if (this.#closed) return;
    this.#cancel = this.#loop.at(this.#loop.now() + INTERVAL_MICROS, () => {
      void this.#round().then(() => {
        this.#arm();
      });
    });
  }

  async #round(): Promise<void> {
    this.#reconciler.retry();
    await this.#lookAtServices();
    if (this.#left.length === 0) this.#left = [...this.#reconciler.entries.all()];
    for (const entry of this.#left.splice(0, SERVICES_PER_ROUND)) await this.#lookAt(entry);
  }

  async #lookAtServices(): Promise<void> {
    // What is added while we look may be in no answer: only what was there before can be missing.
    const before = [...this.#reconciler.entries.all()].filter(({ present }) => present !== undefined);
    if (before.length === 0) return;
    const read = await this.#table.services();
    if (this.#closed) return;
    if (!read.ok) {
      // The number of the family means nothing any more.
      if (read.error.code === "ENOENT") this.#gone();
      return;
    }
    const there = new Set(read.value.map(({ key }) => idOfService(key)));
    for (const entry of before)
      if (entry.present !== undefined && !there.has(entry.id)) this.#reconciler.missing(entry);
  }

  async #lookAt(entry: ServiceEntry): Promise<void> {
    const before = [...entry.destinations.values()].filter(({ present }) => present !== undefined);
    if (before.length === 0 || entry.present === undefined || this.#closed) return;
    const read = await this.#table.destinations(entry.key, entry.identity);
    if (!read.ok || this.#closed || entry.present === undefined) return;
    const there = new Set(read.value.map(({ address, port }) => idOfEndpoint(address, port)));
    for (const destination of before)
      if (destination.present !== undefined && !there.has(destination.id))
        this.#reconciler.missing(entry, destination);
  }
}
