/**
 * Feeds events in and carries effects out, in order; decides nothing. Owns the router, the timers, the advert
 * channels and the kernel's side of one vrrp process.
 */
import { join } from "node:path";
import type { VrrpConfig } from "../config/model.js";
import type { Addon } from "../native/addon.js";
import type { JournalEntries } from "../net/journal.js";
import type { Link, LinkAddress } from "../net/links.js";
import { formatAddress } from "../net/ip-address.js";
import type { Setting } from "../net/settings.js";
import { formatSystemError, systemErrorOf } from "../net/system-error.js";
import type { ChildLog } from "../platform/child-log.js";
import { writeDump } from "../platform/dump-file.js";
import { createEventLoop } from "../platform/event-loop.js";
import type { ChildOptions } from "../platform/messages.js";
import { Alarm } from "./effects/alarm.js";
import { Channels } from "./effects/channels.js";
import { channelKey } from "./channel-key.js";
import type { InstanceEvent } from "./events.js";
import type { VrrpInstance } from "./instance.js";
import { Kernel } from "./effects/kernel.js";
import { Notices } from "./effects/notices.js";
import { ownerOf, Performer } from "./effects/performer.js";
import { AdvertReceiver, type PacketView, type Remark } from "./receive.js";
import { type RoutedEffect, Router } from "./router.js";
import { formatState, formatStatistics, type InterfaceView } from "./state-dump.js";
import { Surroundings } from "./effects/surroundings.js";

export interface RuntimeOptions {
  addon: Addon;
  log: ChildLog;
  options: ChildOptions;
}

/** Owner of the static addresses and routes in the reconciler. */
const STATIC = "static";
/** How long stop scripts may run before the process leaves all the same. */
const STOP_SCRIPTS_MILLIS = 1000;

function entriesOf(config: VrrpConfig): JournalEntries {
  const { instances } = config;
  return {
    addresses: [
      ...config.staticAddresses,
      ...instances.flatMap(({ addresses, excludedAddresses }) => [...addresses, ...excludedAddresses]),
    ],
    routes: [...config.staticRoutes, ...instances.flatMap(({ routes }) => routes)],
  };
}

function viewOfLink(link: Link): InterfaceView {
  return {
    name: link.name,
    index: link.index,
    mac: Buffer.from(link.mac)
      .toString("hex")
      .replace(/(..)(?=.)/g, "$1:"),
    mtu: link.mtu,
    up: link.up,
    addresses: [...link.addresses.values()].map(({ address }) => address),
  };
}

export class VrrpRuntime {
  readonly #addon: Addon;
  readonly #log: ChildLog;
  readonly #options: ChildOptions;
  readonly #kernel: Kernel;
  readonly #router: Router;
  readonly #alarm: Alarm;
  readonly #channels: Channels;
  readonly #surroundings: Surroundings;
  readonly #notices: Notices;
  readonly #performer: Performer;
  /** Index is the id of the instance. Made anew with its settings. */
  readonly #receivers: Array<AdvertReceiver | undefined> = [];
  #config: VrrpConfig;
  /** Events that came while effects were being carried out: the effects come first. */
  readonly #queue: Array<() => readonly RoutedEffect[]> = [];
  #busy = false;
  /** Until the first picture of the links is complete, nobody is judged by a part of it. */
  #sees = false;

  constructor(config: VrrpConfig, { addon, log, options }: RuntimeOptions) {
    this.#addon = addon;
    this.#log = log;
    this.#options = options;
    this.#config = config;
    this.#router = new Router(config);
    this.#kernel = new Kernel(
      {
        addon,
        loop: createEventLoop(addon),
        log,
        links: {
          linkChanged: (before, after) => this.#onLink(before, after),
          addressAdded: (link, address) => this.#onAddress(link, address),
          addressRemoved: (link, address) => this.#onAddress(link, address),
          refreshed: () => this.#judgeAll(),
        },
        restored: (owner, setting) => this.#onRestored(owner, setting),
        describe: (owner) => this.#describe(owner),
      },
      config.global,
    );
    this.#alarm = new Alarm(addon, {
      fired: (machine, timer, now) => this.#post(machine, { kind: "timerFired", timer }, now),
      beforeMasterDown: () => {
        this.#channels.drain();
        this.#kernel.drain();
      },
      afterwards: () => this.#channels.flush(),
    });
    this.#channels = new Channels(addon, {
      received: (machine, packet, now) => this.#onPacket(machine, packet, now),
      afterwards: () => this.#channels.flush(),
      sendFailed: (machine, error) => this.#performer.onSendFailed(machine, error),
      pollFailed: (key, status) =>
        log.error(`socket on ${key.interfaceName ?? key.source}: poll error ${status}`),
    });
    this.#surroundings = new Surroundings(this.#kernel.links);
    this.#notices = new Notices(addon, log, this.#kernel);
    this.#performer = new Performer({
      log,
      kernel: this.#kernel,
      alarm: this.#alarm,
      channels: this.#channels,
      notices: this.#notices,
      member: (name) => this.#router.instance(name),
    });
  }

  get #journal(): string {
    return this.#options.journalFile;
  }

  /** Learns links and addresses, clears what an earlier process left, and judges every instance. */
  async configure(): Promise<void> {
    await this.#kernel.open();
    await this.#kernel.takeOver(this.#journal, entriesOf(this.#config));
    this.#surroundings.setConfig(this.#config);
    this.#notices.setConfig(this.#config);
    this.#kernel.hold(STATIC, this.#config.staticAddresses, this.#config.staticRoutes);
    await this.#kernel.idle();
    for (const { interface: name } of this.#config.instances) {
      if (name !== undefined) await this.#kernel.readForwarding(name);
    }
    this.#sees = true;
    this.#judgeAll();
  }

  start(): void {
    this.#run(() => this.#router.start(this.#addon.monotonicMicros()));
  }

  /**
   * Takes a new configuration in force.
   * @returns why it cannot be; nothing has changed then.
   */
  async reload(config: VrrpConfig): Promise<string | undefined> {
    const union = entriesOf(this.#config);
    const next = entriesOf(config);
    union.addresses.push(...next.addresses);
    union.routes.push(...next.routes);
    await this.#kernel.writeJournal(this.#journal, union);
    const limitsDiffer =
      config.global.garpIntervalMicros !== this.#config.global.garpIntervalMicros ||
      config.global.gnaIntervalMicros !== this.#config.global.gnaIntervalMicros;
    this.#config = config;
    this.#receivers.length = 0;
    if (limitsDiffer) this.#kernel.setLimits(config.global);
    this.#surroundings.setConfig(config);
    this.#notices.setConfig(config);
    this.#kernel.hold(STATIC, config.staticAddresses, config.staticRoutes);
    this.#run(() => this.#router.reconfigure(config, this.#addon.monotonicMicros()));
    this.#judgeAll();
    this.#run(() => this.#router.start(this.#addon.monotonicMicros()));
    await this.#kernel.idle();
    await this.#kernel.writeJournal(this.#journal, next);
    return undefined;
  }

  /** Gives everything up, tells everybody, then calls back. */
  stop(done: () => void): void {
    if (!this.#options.keepOnStop) {
      this.#run(() => this.#router.stop(this.#addon.monotonicMicros()));
      this.#kernel.release(STATIC);
    }
    void this.#finish().then(done);
  }

  async #finish(): Promise<void> {
    await this.#kernel.idle();
    await this.#notices.drain(STOP_SCRIPTS_MILLIS);
    if (!this.#options.keepOnStop) await this.#kernel.removeJournal(this.#journal);
    this.#alarm.close();
    this.#channels.close();
    this.#kernel.close();
  }

  #post(machine: VrrpInstance, event: InstanceEvent, now = this.#addon.monotonicMicros()): void {
    if (this.#busy) this.#queue.push(() => this.#router.handle(machine, event, now));
    else this.#carryOut(this.#router.handle(machine, event, now));
  }

  #run(step: () => readonly RoutedEffect[]): void {
    if (this.#busy) this.#queue.push(step);
    else this.#carryOut(step());
  }

  /** The effects of one event are carried out before the next event is looked at. */
  #carryOut(first: readonly RoutedEffect[]): void {
    this.#busy = true;
    try {
      for (const routed of first) this.#performer.perform(routed);
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const routed of next()) this.#performer.perform(routed);
      }
    } finally {
      this.#busy = false;
    }
  }

  #onPacket(machine: VrrpInstance, packet: PacketView, now: number): void {
    if (machine.state !== "backup" && machine.state !== "master") return;
    const verdict = this.#receiverOf(machine).receive(packet, machine);
    if (verdict.accepted) {
      if (verdict.remarks.length > 0) this.#onRemarks(machine, verdict.remarks);
      this.#post(machine, verdict.event, now);
    } else if (verdict.log) {
      this.#log.info(`(${machine.name}) ${verdict.detail}`);
    }
  }

  #onRemarks(machine: VrrpInstance, remarks: readonly Remark[]): void {
    for (const { kind, text } of remarks) {
      this.#log.warning(`(${machine.name}) ${text}`);
      if (kind === "oldChecksum") this.#performer.forgetPackets(machine);
    }
  }

  #receiverOf(machine: VrrpInstance): AdvertReceiver {
    const { id, settings } = machine;
    const known = this.#receivers[id];
    if (known?.settings === settings) return known;
    const receiver = new AdvertReceiver(settings, machine.counters);
    this.#receivers[id] = receiver;
    return receiver;
  }

  #onLink(before: Link | undefined, after: Link | undefined): void {
    const name = after?.name ?? before?.name;
    if (!this.#sees) return;
    if (before?.index === after?.index && before?.up === after?.up && before?.name === after?.name) return;
    const now = after === undefined ? "gone" : after.up ? "up" : "down";
    this.#log.detail(`Netlink reports ${name} ${now}`);
    if (before !== undefined && before.name !== name) this.#judgeAll(before.name);
    this.#judgeAll(name);
  }

  #onAddress(link: Link, address: LinkAddress): void {
    if (this.#sees && !this.#surroundings.isVirtual(address)) this.#judgeAll(link.name);
  }

  /** Tells the instances (those that care for `link`, when given) what their surroundings are now. */
  #judgeAll(link?: string): void {
    for (const machine of this.#router.instances) {
      if (link === undefined || this.#surroundings.concerns(machine, link)) this.#judge(machine);
    }
    this.#channels.flush();
  }

  #judge(machine: VrrpInstance): void {
    const { link, source, sourceChanged } = this.#surroundings.look(machine);
    if (sourceChanged) {
      this.#performer.forgetPackets(machine);
      this.#post(machine, { kind: "sourceChanged", source });
    }
    const refused = this.#openChannel(machine, link, source);
    const { verdict, faultsChanged, weightChanged } = this.#surroundings.judge(machine, source, refused);
    const { faults, weight, cause } = verdict;
    if (weightChanged) this.#post(machine, { kind: "weightChanged", weight, cause });
    if (!faultsChanged) return;
    if (!machine.running) this.#log.warning(`(${machine.name}) ${cause}`);
    this.#post(machine, { kind: "faultsChanged", faults, cause });
  }

  /** @returns why the kernel gives no socket; undefined when there is one, or none is possible yet. */
  #openChannel(machine: VrrpInstance, link: Link | undefined, source: Uint8Array): string | undefined {
    const key = channelKey(machine.settings, link, source);
    if (key === undefined) {
      this.#channels.withdraw(machine);
      return undefined;
    }
    try {
      this.#channels.assign(machine, key);
      return undefined;
    } catch (error) {
      return formatSystemError(systemErrorOf(error, `VRRP socket on ${key.interfaceName ?? key.source}`));
    }
  }

  /** A lost address is back: the neighbours must hear of it. */
  #onRestored(owner: string, setting: Setting): void {
    const machine = this.#router.instances.find((instance) => ownerOf(instance) === owner);
    if (machine === undefined || !("address" in setting)) return;
    this.#kernel.announce(owner, [setting], machine.settings.announce.masterRepeat);
  }

  #describe(owner: string): string {
    const machine = this.#router.instances.find((instance) => ownerOf(instance) === owner);
    return machine === undefined ? "(static)" : `(${machine.name})`;
  }

  /** Writes the state or the statistics; what fails is logged. */
  dump(what: "data" | "stats" | "statsClear"): void {
    const views = this.#router.instances.map((machine) => ({
      machine,
      source: machine.sourceAddress.length === 0 ? undefined : formatAddress(machine.sourceAddress),
      lastTransitionMillis: this.#notices.lastTransitionMillis(machine),
      group: this.#router.groupOf(machine)?.name,
    }));
    const folder = this.#options.temporaryDirectory;
    const [file, text] =
      what === "data"
        ? ["keepalived.data", formatState(this.#config, views, [...this.#kernel.links.all()].map(viewOfLink))]
        : ["keepalived.stats", formatStatistics(views)];
    this.#log.info(
      `Printing VRRP ${what === "data" ? "data" : "stats"} for process(${process.pid}) on signal`,
    );
    if (what === "statsClear") for (const { machine } of views) machine.counters.clear();
    writeDump(join(folder, file), text).catch((error: unknown) => {
      this.#log.error(`Cannot write ${join(folder, file)}: ${String(error)}`);
    });
  }
}
