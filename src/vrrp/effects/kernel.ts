/**
 * The kernel's side of the vrrp process: links, the addresses and routes of each owner, gratuitous ARP and NA.
 * What must not happen before an owner's addresses are in place (or gone) waits here and keeps its order.
 */
import { readFile } from "node:fs/promises";
import type { Addon } from "../../native/addon.js";
import { Announcer } from "../../net/announcer.js";
import {
  type JournalEntries,
  readJournal,
  removeJournal,
  withdraw,
  writeJournal,
} from "../../net/journal.js";
import { type Link, Links, type LinksListener } from "../../net/links.js";
import type { Loop } from "../../net/loop.js";
import { Monitor } from "../../net/monitor.js";
import { type Channel, openChannel } from "../../net/netlink-channel.js";
import { Reconciler } from "../../net/reconciler.js";
import type { AddressSetting, RouteSetting, Setting } from "../../net/settings.js";
import { formatSystemError, type SystemError } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";

/** How long a read of the forwarding switch is believed (it sets the Router flag of neighbour advertisements). */
const FORWARDING_MAX_AGE_MICROS = 5_000_000;

export interface KernelPorts {
  addon: Addon;
  loop: Loop;
  log: Log;
  links: LinksListener;
  /** A wanted address or route that somebody removed is there again. */
  restored(owner: string, setting: Setting): void;
  describe(owner: string): string;
}

export interface AnnounceLimits {
  garpIntervalMicros: number;
  gnaIntervalMicros: number;
}

function isLimited(limits: AnnounceLimits): boolean {
  return limits.garpIntervalMicros > 0 || limits.gnaIntervalMicros > 0;
}

interface Waiting {
  /** A waiting announcement is dropped when its instance is no longer MASTER; a waiting notification is not. */
  kind: "announce" | "notify";
  readonly run: () => void;
}

/** A change of an owner's addresses that is under way. */
interface Work {
  until: "applied" | "cleared";
  waiting: Waiting[];
  /** Addresses that were announced as soon as they were there; undefined when nothing is to be announced yet. */
  early?: Set<AddressSetting>;
}

export function describeSetting(setting: Setting): string {
  if ("address" in setting) return `${setting.address}/${setting.prefixLength} on ${setting.device}`;
  return `route ${setting.destination}/${setting.prefixLength}`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class Kernel {
  readonly links = new Links();
  readonly #ports: KernelPorts;
  readonly #channel: Channel;
  readonly #monitor: Monitor;
  readonly #reconciler: Reconciler;
  #announcer: Announcer;
  #limited: boolean;
  /** Owners whose addresses are being added or removed, and what waits for that. */
  readonly #busy = new Map<string, Work>();
  readonly #forwarding = new Map<string, { value: boolean; at: number }>();

  constructor(ports: KernelPorts, limits: AnnounceLimits) {
    const { addon, loop, log } = ports;
    this.#ports = ports;
    this.#channel = openChannel(addon, loop);
    this.#monitor = new Monitor(addon, this.links, loop, {
      overrun: () => log.warning("Netlink: kernel messages were lost; links and addresses are read anew"),
      failed: (error) => log.error(`Netlink: ${formatSystemError(error)}`),
    });
    this.#reconciler = new Reconciler(this.#channel, this.links, loop, {
      added: (owner, addresses) => this.#onAdded(owner, addresses),
      applied: (owner) => this.#settled(owner, "applied"),
      cleared: (owner) => this.#settled(owner, "cleared"),
      failed: (owner, setting, error) => this.#onFailed(owner, setting, error),
      lost: (owner, setting) =>
        log.warning(`${ports.describe(owner)} somebody removed ${describeSetting(setting)}: putting it back`),
      restored: (owner, setting) => ports.restored(owner, setting),
    });
    this.links.addListener(ports.links);
    this.#announcer = this.#createAnnouncer(limits);
    this.#limited = isLimited(limits);
  }

  #createAnnouncer(limits: AnnounceLimits): Announcer {
    return new Announcer(this.#ports.addon, this.#ports.loop, {
      ...limits,
      isRouter: (link) => this.#isRouter(link),
      failed: (owner, error) =>
        this.#ports.log.warning(`${this.#ports.describe(owner)} announcement: ${formatSystemError(error)}`),
    });
  }

  /** A reload changed the rate limits. */
  setLimits(limits: AnnounceLimits): void {
    this.#announcer.close();
    this.#announcer = this.#createAnnouncer(limits);
    this.#limited = isLimited(limits);
  }

  /** Resolves when the table of links and addresses is complete. */
  open(): Promise<void> {
    return this.#monitor.start();
  }

  /** Takes in what the kernel has already said. */
  drain(): void {
    this.#monitor.drain();
  }

  /**
   * Removes what an earlier process left: everything in its journal, and of what we are about to manage whatever is
   * there. Then writes the journal of ours.
   */
  async takeOver(journalPath: string, ours: JournalEntries): Promise<void> {
    const journal = await readJournal(journalPath);
    const left = [...journal.addresses, ...ours.addresses].filter((setting) => this.#isPresent(setting));
    const routes = [...journal.routes, ...ours.routes];
    const unique = [...new Map(left.map((setting) => [describeSetting(setting), setting])).values()];
    for (const setting of unique) {
      this.#ports.log.info(`Removing ${describeSetting(setting)}, left by an earlier process`);
    }
    for (const error of await withdraw(this.#channel, { addresses: unique, routes }, (name) =>
      this.#indexOf(name),
    )) {
      this.#ports.log.warning(`Cannot remove a leftover: ${formatSystemError(error)}`);
    }
    await this.writeJournal(journalPath, ours);
  }

  /**
   * Writes the journal: before anything new is added, and after the old is gone. Service comes before accounts: when
   * the file cannot be written that is said, and the addresses are managed all the same.
   */
  async writeJournal(journalPath: string, entries: JournalEntries): Promise<void> {
    try {
      await writeJournal(journalPath, entries);
    } catch (error) {
      this.#ports.log.error(
        `Cannot write ${journalPath}: ${reason(error)}; after a crash, addresses may stay until the next start`,
      );
    }
  }

  /** Nothing of ours is left. */
  async removeJournal(journalPath: string): Promise<void> {
    try {
      await removeJournal(journalPath);
    } catch (error) {
      this.#ports.log.warning(`Cannot remove ${journalPath}: ${reason(error)}`);
    }
  }

  #indexOf(name: string): number {
    return this.links.byName(name)?.index ?? 0;
  }

  #isPresent(setting: AddressSetting): boolean {
    const link = this.links.byName(setting.device);
    if (link === undefined) return false;
    for (const address of link.addresses.values()) {
      if (address.address === setting.address && address.prefixLength === setting.prefixLength) return true;
    }
    return false;
  }

  /** From now on these are the owner's addresses and routes. */
  hold(owner: string, addresses: readonly AddressSetting[], routes: readonly RouteSetting[]): void {
    this.#begin(owner, "applied");
    this.#reconciler.setDesired(owner, addresses, routes);
  }

  /** The owner has none any more. */
  release(owner: string): void {
    this.#begin(owner, "cleared");
    this.#reconciler.clear(owner);
  }

  #begin(owner: string, until: "applied" | "cleared"): void {
    this.#busy.set(owner, { until, waiting: this.#busy.get(owner)?.waiting ?? [] });
  }

  #settled(owner: string, how: "applied" | "cleared"): void {
    const work = this.#busy.get(owner);
    if (work === undefined || work.until !== how) return;
    this.#busy.delete(owner);
    for (const waiting of work.waiting) waiting.run();
  }

  /** Runs at once, or when the owner's addresses are as last asked for. */
  afterChange(owner: string, kind: Waiting["kind"], run: () => void): void {
    const work = this.#busy.get(owner);
    if (work === undefined) run();
    else work.waiting.push({ kind, run });
  }

  #onFailed(owner: string, setting: Setting, error: SystemError): void {
    this.#ports.log.error(
      `${this.#ports.describe(owner)} ${describeSetting(setting)}: ${formatSystemError(error)}`,
    );
  }

  /**
   * `rounds` frames per address. The first of an address leaves as soon as it is there, so that the neighbours need
   * not wait for a thousand others; the further rounds follow when all are there. (With a rate limit all wait for
   * that: its queue counts the frames of an address together.)
   */
  announce(owner: string, addresses: readonly AddressSetting[], rounds: number): void {
    const work = this.#busy.get(owner);
    if (work === undefined || work.until !== "applied" || work.early !== undefined || this.#limited) {
      this.afterChange(owner, "announce", () => this.#announceNow(owner, addresses, rounds));
      return;
    }
    const early = new Set<AddressSetting>();
    work.early = early;
    this.afterChange(owner, "announce", () => {
      const missing = addresses.filter((address) => !early.has(address));
      if (missing.length > 0) this.#announceNow(owner, missing, 1);
      if (rounds > 1) this.#announceNow(owner, addresses, rounds - 1);
    });
  }

  #onAdded(owner: string, addresses: readonly AddressSetting[]): void {
    const early = this.#busy.get(owner)?.early;
    if (early === undefined) return;
    for (const address of addresses) early.add(address);
    this.#announceNow(owner, addresses, 1);
  }

  #announceNow(owner: string, addresses: readonly AddressSetting[], rounds: number): void {
    const byDevice = new Map<string, string[]>();
    for (const { device, address } of addresses) {
      const list = byDevice.get(device);
      if (list === undefined) byDevice.set(device, [address]);
      else list.push(address);
    }
    for (const [device, list] of byDevice) {
      const link = this.links.byName(device);
      if (link === undefined) continue;
      for (const address of list) {
        const what = address.includes(":") ? "Unsolicited Neighbour Adverts" : "gratuitous ARPs";
        this.#ports.log.detail(
          () => `${this.#ports.describe(owner)} Sending/queueing ${what} on ${device} for ${address}`,
        );
      }
      this.#announcer.announce(owner, link, list, rounds);
    }
  }

  /** One frame for an address of the link itself. */
  announceOwn(owner: string, link: Link, address: string): void {
    this.#announcer.announce(owner, link, [address], 1);
  }

  cancelAnnouncements(owner: string): void {
    this.#announcer.cancel(owner);
    const work = this.#busy.get(owner);
    if (work === undefined) return;
    work.waiting = work.waiting.filter(({ kind }) => kind !== "announce");
    delete work.early;
  }

  #isRouter(link: Link): boolean {
    const known = this.#forwarding.get(link.name);
    const now = this.#ports.loop.now();
    if (known === undefined || now - known.at > FORWARDING_MAX_AGE_MICROS) {
      this.#forwarding.set(link.name, { value: known?.value ?? false, at: now });
      void this.readForwarding(link.name);
    }
    return known?.value ?? false;
  }

  /** Reads whether the host routes IPv6 on this link: for the Router flag (RFC 4861 section 4.4). */
  async readForwarding(name: string): Promise<void> {
    const text = await readFile(`/proc/sys/net/ipv6/conf/${name}/forwarding`, "latin1").catch(() => "0");
    this.#forwarding.set(name, { value: text.trim() !== "0", at: this.#ports.loop.now() });
  }

  /** Resolves when nothing is left to do. */
  idle(): Promise<void> {
    return this.#reconciler.idle();
  }

  close(): void {
    this.#announcer.close();
    this.#reconciler.close();
    this.#monitor.close();
    this.#channel.close();
  }
}
