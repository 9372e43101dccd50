/**
 * IPVS of this host behind the port of `model.ts`: connects, hands wishes to the reconciler, and looks after a kernel that
 * gets its IPVS later or loses it.
 */
import { fileURLToPath } from "node:url";
import type { BufferSetting, LvsSettings, SyncDaemonSetting } from "../../config/global-model.js";
import type { Addon } from "../../native/addon.js";
import type { Loop } from "../../net/loop.js";
import { SyncProgram } from "../../net/ipvs-sync.js";
import { SyncDaemons, syncDaemon } from "../../net/sync-daemons.js";
import type { SystemError } from "../../net/system-error.js";
import type { SyncDaemonMessage, SyncRole } from "../../netlink/ipvs-settings.js";
import type { Log } from "../../platform/child-log.js";
import { Comparison } from "./comparison.js";
import { connectIpvs, type IpvsConnection } from "../../net/ipvs-connection.js";
import { Journal } from "./journal.js";
import { KernelTable } from "./kernel-table.js";
import { loadIpvsModule } from "./load-module.js";
import type { Availability, Ipvs, IpvsListener, ServiceSetting, ServiceStatistics } from "./model.js";
import { Reconciler } from "./reconciler.js";
import { statisticsOf } from "./statistics.js";
import { Timeouts } from "./timeouts.js";

interface KernelIpvsOptions {
  /** Path of the journal; absent: what an earlier run left counts as somebody else's. */
  journal?: string | undefined;
  /** net_namespace_ipvs as a path; absent: that of this process. */
  namespace?: string | undefined;
  /** Path of the program that drives sync daemons; absent: beside this bundle. */
  syncProgram?: string | undefined;
}

/** How often a kernel without IPVS is looked at again. */
const LOOK_AGAIN_MICROS = 30_000_000;

export class KernelIpvs implements Ipvs {
  readonly #addon: Addon;
  readonly #loop: Loop;
  readonly #log: Log;
  readonly #listener: IpvsListener;
  readonly #namespace: string | undefined;
  readonly #journal: Journal;
  readonly #reconciler: Reconciler;
  readonly #timeouts = new Timeouts();
  readonly #syncDaemons: SyncDaemons;
  #connection: IpvsConnection | undefined;
  #receiveBuffer: BufferSetting | undefined;
  #table: KernelTable | undefined;
  #comparison: Comparison | undefined;
  #cancel: (() => void) | undefined;
  #adopted = false;
  /** A sync daemon of ours runs. */
  #syncs = false;
  #closed = false;

  constructor(addon: Addon, loop: Loop, log: Log, listener: IpvsListener, options: KernelIpvsOptions = {}) {
    this.#addon = addon;
    this.#loop = loop;
    this.#log = log;
    this.#listener = listener;
    this.#namespace = options.namespace;
    this.#journal = new Journal(options.journal, (reason) => {
      const consequence = "after a crash, entries of this run will not be known as ours";
      log.error(`Cannot use ${options.journal}: ${reason}; ${consequence}`);
    });
    this.#reconciler = new Reconciler(this.#journal, listener);
    const program = options.syncProgram ?? fileURLToPath(new URL("./ipvs-sync.js", import.meta.url));
    this.#syncDaemons = new SyncDaemons(new SyncProgram(addon, program, options.namespace));
  }

  async open(): Promise<Availability> {
    await this.#journal.load();
    const found = await this.#connect(() => loadIpvsModule(this.#addon, this.#log));
    if (!found.available) this.#lookAgain();
    return found;
  }

  want(owner: string, services: readonly ServiceSetting[]): void {
    this.#reconciler.want(owner, services);
  }

  remove(owner: string): void {
    this.#reconciler.want(owner, []);
  }

  removeLeftovers(): void {
    this.#reconciler.removeLeftovers();
    void this.#journal.keepOnly(this.#reconciler.journalIds());
  }

  flush(): void {
    this.#reconciler.flush();
  }

  setReceiveBuffer(buffer: BufferSetting): void {
    this.#receiveBuffer = buffer;
    this.#connection?.channel.setReceiveBuffer(buffer);
    this.#connection?.reader.setReceiveBuffer(buffer);
  }

  setTimeouts(timeouts: LvsSettings["timeouts"]): Promise<SystemError | undefined> {
    return this.#timeouts.set(timeouts);
  }

  async setSyncDaemon(setting: SyncDaemonSetting | undefined): Promise<SystemError[]> {
    if (setting === undefined) {
      if (!this.#syncs) return [];
      this.#syncs = false;
      return this.#syncDaemons.want([]);
    }
    this.#syncs = true;
    const daemonOf = (role: SyncRole): SyncDaemonMessage => syncDaemon(setting, role, setting.syncId ?? 0);
    return this.#syncDaemons.want([daemonOf("master"), daemonOf("backup")]);
  }

  statistics(owner: string): Promise<ServiceStatistics[]> {
    if (this.#table === undefined) return Promise.resolve([]);
    return statisticsOf(this.#table, this.#reconciler.entries.ownedBy(owner));
  }

  idle(): Promise<void> {
    return this.#reconciler.idle();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.#disconnect();
    await this.#journal.keepOnly(this.#reconciler.journalIds());
  }

  async #connect(loadModule?: () => Promise<void>): Promise<Availability> {
    const ports = { addon: this.#addon, loop: this.#loop, namespace: this.#namespace };
    const found = await connectIpvs(ports, loadModule);
    if (!found.ok) return { available: false, missing: found.missing };
    const { connection } = found;
    if (this.#closed) {
      closeBoth(connection);
      return { available: false, missing: "It was closed meanwhile" };
    }
    this.#connection = connection;
    if (this.#receiveBuffer !== undefined) this.setReceiveBuffer(this.#receiveBuffer);
    this.#table = new KernelTable(connection.reader, connection.family);
    if (!this.#adopted) await this.#adopt(this.#table);
    await this.#setTimeoutsAgain(connection);
    this.#reconciler.connect(connection.channel, connection.family);
    this.#comparison = new Comparison(this.#table, this.#reconciler, this.#loop, () => {
      this.#onGone();
    });
    return { available: true, version: connection.version };
  }

  /** Only what is in the journal of an earlier run: of the rest nobody knows whose it is. */
  async #adopt(table: KernelTable): Promise<void> {
    this.#adopted = true;
    if (!this.#journal.hasEarlier) return;
    const isOurs = (id: string): boolean => this.#journal.isFromEarlier(id);
    const read = await table.wholeServices(isOurs);
    if (read.ok) this.#reconciler.adopt(read.value);
    else this.#listener.refused(undefined, read.error);
  }

  async #setTimeoutsAgain(connection: IpvsConnection): Promise<void> {
    const error = await this.#timeouts.connect(connection);
    if (error !== undefined) this.#listener.refused(undefined, error);
  }

  #lookAgain(): void {
    if (this.#closed) return;
    this.#cancel = this.#loop.at(this.#loop.now() + LOOK_AGAIN_MICROS, () => {
      void this.#connect().then((found) => {
        if (this.#closed) return;
        if (found.available) this.#listener.availability(found);
        else this.#lookAgain();
      });
    });
  }

  /** The module was unloaded under us. */
  #onGone(): void {
    if (this.#connection === undefined) return;
    this.#disconnect();
    this.#reconciler.disconnect();
    const missing = "IPVS has gone from this kernel: load its module again with 'modprobe ip_vs'";
    this.#listener.availability({ available: false, missing });
    this.#lookAgain();
  }

  #disconnect(): void {
    this.#comparison?.close();
    if (this.#connection !== undefined) closeBoth(this.#connection);
    void this.#timeouts.connect(undefined);
    this.#connection = undefined;
    this.#table = undefined;
  }
}

function closeBoth({ channel, reader }: IpvsConnection): void {
  channel.close();
  reader.close();
}
