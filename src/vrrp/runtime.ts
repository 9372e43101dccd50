/**
 * Feeds events in and carries effects out, in order; decides nothing. Owns the router, the timers, the advert
 * channels and the kernel's side of one vrrp process.
 */
import type { GlobalConfig, VrrpConfig } from "../config/model.js";
import type { Addon } from "../native/addon.js";
import type { AnnounceLimits } from "../net/announce-limits.js";
import type { Loop } from "../net/loop.js";
import { formatAddress } from "../net/ip-address.js";
import type { AddressSetting } from "../net/settings.js";
import type { ChildParts } from "../platform/child-entry.js";
import { type Accounts, loadAccounts } from "../platform/accounts.js";
import type { ChildLog } from "../platform/child-log.js";
import { createEventLoop, dueWorkDone } from "../platform/event-loop.js";
import { collectBeforeService } from "../platform/heap.js";
import { type ChildOptions, type Dump, linkJournalFile, packetFilterFile } from "../platform/messages.js";
import { Trackers } from "../track/effects/trackers.js";
import { Alarm } from "./effects/alarm.js";
import { Channels } from "./effects/channels.js";
import { Dumps } from "./effects/dumps.js";
import type { InstanceEvent, Micros } from "./events.js";
import type { VrrpInstance } from "./instance.js";
import { Kernel } from "./effects/kernel.js";
import { journalsOf, staticsOf } from "./effects/leftovers.js";
import { Lookout } from "./effects/lookout.js";
import { Notices } from "./effects/notices.js";
import { PacketFilter } from "./effects/packet-filter.js";
import { ownerOf, Performer } from "./effects/performer.js";
import { AdvertReceiver, type PacketView, type Remark } from "./receive.js";
import { isNotice, type RoutedEffect, Router } from "./router.js";
import { endOfStartupDelay } from "./startup-delay.js";
import { inSeconds } from "./timing.js";
import { SyncDaemon } from "./effects/sync-daemon.js";

/** Owner of the static addresses, routes and rules in the reconciler. */
const STATIC = "static";

/** garp_group holds for its interfaces, the global intervals for the others. */
function announceLimits({ global, garpGroups }: VrrpConfig): AnnounceLimits {
  const { garpIntervalMicros, gnaIntervalMicros } = global;
  return { garpIntervalMicros, gnaIntervalMicros, groups: garpGroups };
}

export class VrrpRuntime {
  readonly #addon: Addon;
  readonly #log: ChildLog;
  readonly #options: ChildOptions;
  readonly #kernel: Kernel;
  readonly #router: Router;
  readonly #alarm: Alarm;
  readonly #channels: Channels;
  readonly #trackers: Trackers;
  readonly #lookout: Lookout;
  readonly #notices: Notices;
  readonly #performer: Performer;
  readonly #dumps: Dumps;
  readonly #filter: PacketFilter;
  readonly #syncDaemon: SyncDaemon;
  /** Index is the id of the instance. Made anew with its settings. */
  readonly #receivers: Array<AdvertReceiver | undefined> = [];
  #config: VrrpConfig;
  /** Prepared, and not yet in force; with the accounts of that moment. */
  #offered: { config: VrrpConfig; accounts: Accounts } | undefined;
  /** Events that came while effects were being carried out: the effects come first. */
  readonly #queue: Array<() => readonly RoutedEffect[]> = [];
  #busy = false;
  /** Names of all owners there ever were. */
  readonly #names = new Map<string, string>();
  #stopping = false;
  /** When the instances were started first. */
  #startedAt: Micros | undefined;
  /** Settles when no configuration is being taken. */
  #work: Promise<void> = Promise.resolve();

  constructor(config: VrrpConfig, { addon, log, options, alert, late }: ChildParts) {
    this.#addon = addon;
    this.#log = log;
    this.#options = options;
    this.#config = config;
    this.#router = new Router(config);
    const loop = createEventLoop(addon);
    this.#kernel = this.#createKernel(loop);
    const { links } = this.#kernel;
    this.#filter = new PacketFilter({ addon, loop, log, links, file: packetFilterFile(options) });
    this.#syncDaemon = new SyncDaemon(addon, log, config.global.daemon.ipvsNetNamespace);
    this.#alarm = this.#createAlarm(late);
    this.#channels = new Channels(addon, {
      received: (machine, packet, now) => this.#onPacket(machine, packet, now),
      afterwards: () => this.#channels.flush(),
      unknownRouter: ({ interfaceName, source }, vrid, sender) =>
        log.info(`Unknown VRID ${vrid} received on ${interfaceName ?? source} from ${formatAddress(sender)}`),
      mtuOf: (name) => links.byName(name)?.mtu,
      sendFailed: (machine, error) => this.#performer.onSendFailed(machine, error),
      pollFailed: (key, status) =>
        log.error(`socket on ${key.interfaceName ?? key.source}: poll error ${status}`),
    });
    this.#trackers = new Trackers({
      addon,
      loop,
      log,
      changed: (kind, name) => this.#lookout.onTracker(kind, name),
    });
    this.#lookout = this.#createLookout(loop);
    this.#notices = new Notices({ addon, log, kernel: this.#kernel, alert });
    this.#dumps = new Dumps({
      log,
      router: this.#router,
      links,
      channels: this.#channels,
      now: () => addon.monotonicMicros(),
      notices: this.#notices,
      trackers: this.#trackers,
      folder: options.temporaryDirectory,
    });
    this.#performer = new Performer({
      log,
      kernel: this.#kernel,
      alarm: this.#alarm,
      channels: this.#channels,
      notices: this.#notices,
      syncDaemon: this.#syncDaemon,
      checksumForm: (machine) => this.#receiverOf(machine).checksumForm,
      member: (name) => this.#router.instance(name),
      removed: ({ id }) => void (this.#receivers[id] = undefined),
    });
  }

  #createKernel(loop: Loop): Kernel {
    return new Kernel(
      {
        addon: this.#addon,
        loop,
        log: this.#log,
        links: {
          linkChanged: (before, after) => this.#lookout.onLink(before, after),
          addressAdded: (link, address) => this.#lookout.onAddress(link, address),
          addressRemoved: (link, address) => this.#lookout.onAddress(link, address),
          refreshed: () => this.#lookout.judgeAll(),
        },
        appeared: (owner, addresses) => this.#onAppeared(owner, addresses),
        guardVmacs: (vmacs) => this.#filter.setVmacs(vmacs),
        describe: (owner) => this.#describe(owner),
      },
      announceLimits(this.#config),
    );
  }

  #createAlarm(late: ChildParts["late"]): Alarm {
    return new Alarm(this.#addon, {
      fired: (machine, timer, now) => this.#post(machine, { kind: "timerFired", timer }, now),
      late,
      slept: (micros) => this.#onSlept(micros),
      beforeDecision: () => {
        this.#channels.drain();
        this.#kernel.drain();
      },
      afterwards: () => this.#channels.flush(),
    });
  }

  #createLookout(loop: Loop): Lookout {
    return new Lookout({
      addon: this.#addon,
      log: this.#log,
      loop,
      links: this.#kernel.links,
      trackers: this.#trackers,
      channels: this.#channels,
      instances: () => this.#router.instances,
      takeIn: () => this.#kernel.drain(),
      isUsable: (link) => this.#kernel.ownLinks.isUsable(link),
      post: (machine, event) => this.#post(machine, event),
      forgetPackets: (machine) => this.#performer.forgetPackets(machine),
      renewed: (link) => this.#filter.linkChanged(link),
    });
  }

  /** Learns links and addresses, clears what an earlier process left, and judges every instance. */
  configure(): Promise<void> {
    return (this.#work = this.#configure());
  }

  async #configure(): Promise<void> {
    this.#lookout.setConfig(this.#config);
    this.#tuneSockets(this.#config.global);
    const accounts = await loadAccounts();
    await this.#notices.setConfig(this.#config, accounts);
    await this.#trackers.setConfig(this.#config, accounts);
    await this.#kernel.open();
    this.#config = await this.#kernel.ownLinks.begin(linkJournalFile(this.#options), this.#config);
    this.#router.begin(this.#config);
    await this.#kernel.leftovers.takeOver(journalsOf(this.#options), this.#config);
    await this.#filter.setConfig(this.#config);
    if (this.#stopping) return;
    await this.#kernel.ownLinks.establish();
    this.#kernel.hold(STATIC, staticsOf(this.#config));
    await this.#kernel.idle();
    await this.#kernel.ownLinks.usable();
    if (this.#stopping) return;
    this.#meet(this.#router.instances);
    collectBeforeService();
  }

  #tuneSockets({ vrrp, buffers }: GlobalConfig): void {
    this.#channels.hearStrangers(vrrp.logUnknownRouterIds);
    this.#channels.setBuffers(buffers.adverts);
    this.#kernel.setBuffers(buffers);
  }

  /** Prepares for these instances, which are new or have new settings, and judges them by what the kernel has said. */
  #meet(renewed: readonly VrrpInstance[]): void {
    for (const machine of renewed) this.#names.set(ownerOf(machine), machine.name);
    this.#lookout.open(renewed);
    for (const machine of renewed) this.#performer.prepare(machine);
  }

  start(): void {
    if (this.#stopping) return;
    const now = this.#addon.monotonicMicros();
    this.#startedAt ??= now;
    const from = endOfStartupDelay(this.#config.global.vrrp, this.#startedAt);
    if (from > now)
      this.#log.info(`Delaying startup for ${inSeconds(from - now)}: adverts are ignored until then`);
    this.#syncDaemon.setConfig(this.#config, this.#router);
    this.#run(() => this.#router.start(now, from));
    this.#trackers.start();
  }

  /** Neither the kernel nor the journals learn of it: when others refuse it everything is as it was. */
  async prepare(config: VrrpConfig): Promise<string | undefined> {
    this.#offered = { config, accounts: await loadAccounts() };
    return this.#stopping ? "the process is stopping" : undefined;
  }

  /** What is in force already goes on; a stop that comes in between wins. */
  commit(): Promise<void> {
    return (this.#work = this.#commit());
  }

  async #commit(): Promise<void> {
    const offered = this.#offered;
    this.#offered = undefined;
    if (offered === undefined) return;
    const { leftovers, ownLinks } = this.#kernel;
    await leftovers.beginReload(journalsOf(this.#options), this.#config, ownLinks.preview(offered.config));
    if (this.#stopping) return;
    const config = await this.#placeLinks(offered.config);
    await this.#notices.setConfig(config, offered.accounts);
    await this.#filter.setConfig(config);
    await this.#trackers.setConfig(config, offered.accounts);
    if (this.#stopping) return;
    this.#adopt(config);
    await dueWorkDone();
    await this.#kernel.idle();
    this.#lookout.settle();
    if (this.#stopping) return;
    await ownLinks.finishReload();
    if (this.#stopping) return;
    await leftovers.write(journalsOf(this.#options), config);
  }

  /** Links of our own may change their names: nobody is judged by that until the new names are in force. */
  async #placeLinks(config: VrrpConfig): Promise<VrrpConfig> {
    const { ownLinks } = this.#kernel;
    if (ownLinks.wishes.length > 0) this.#lookout.pause();
    const placed = await ownLinks.prepareReload(config);
    if (ownLinks.wishes.length > 0) {
      this.#lookout.pause();
      await this.#kernel.idle();
    }
    await ownLinks.usable();
    return placed;
  }

  async abandon(): Promise<void> {
    this.#offered = undefined;
  }

  #adopt(config: VrrpConfig): void {
    this.#config = config;
    this.#kernel.setLimits(announceLimits(config));
    this.#lookout.setConfig(config);
    this.#tuneSockets(config.global);
    this.#kernel.hold(STATIC, staticsOf(config));
    const before = this.#notices.states(this.#router);
    this.#run(() => this.#router.reconfigure(config, this.#addon.monotonicMicros()));
    this.#meet(this.#router.renewed);
    this.start();
    this.#notices.onReloaded(this.#router, before);
  }

  /** Gives everything up and tells everybody. Comes at any time, also while a configuration is being taken. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const keep = this.#options.keepOnStop;
    this.#lookout.close();
    this.#trackers.close();
    this.#run(() =>
      this.#router.stop(this.#addon.monotonicMicros()).filter((routed) => !keep || isNotice(routed)),
    );
    if (!keep) this.#kernel.release(STATIC);
    // What is half done must not write down after us what it has made, and its failure is told by whoever asked for it.
    await this.#work.catch(() => undefined);
    await this.#kernel.idle();
    this.#channels.close();
    // Before scripts are waited for: another daemon may have started meanwhile and written its own.
    if (!keep) {
      await this.#kernel.leftovers.remove(journalsOf(this.#options));
      await this.#kernel.ownLinks.remove();
    }
    await this.#filter.close(keep);
    await Promise.all([this.#notices.drain(), this.#syncDaemon.close()]);
    this.#alarm.close();
    this.#kernel.close();
  }

  #post(machine: VrrpInstance, event: InstanceEvent, now = this.#addon.monotonicMicros()): void {
    if (this.#busy) this.#queue.push(() => this.#router.handle(machine, event, now));
    else this.#carryOut(this.#router.handle(machine, event, now));
  }

  #run(step: () => readonly RoutedEffect[]): void {
    if (this.#busy) return void this.#queue.push(step);
    this.#carryOut(step());
    this.#channels.flush();
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
    // The time of day matters to one kind of authentication only, and there are thousands of adverts a second.
    const wallMillis = machine.settings.hmac === undefined ? 0 : Date.now();
    const verdict = this.#receiverOf(machine).receive(packet, machine, wallMillis);
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
    const receiver = new AdvertReceiver(settings, machine.counters, machine.freshness);
    this.#receivers[id] = receiver;
    return receiver;
  }

  #onSlept(micros: number): void {
    this.#log.warning(`The host was suspended for ${inSeconds(micros)}`);
    for (const machine of this.#router.instances) this.#post(machine, { kind: "slept", micros });
  }

  /** An address is there (again): the neighbours must hear of it. */
  #onAppeared(owner: string, addresses: readonly AddressSetting[]): void {
    const machine = this.#router.instances.find((instance) => ownerOf(instance) === owner);
    if (machine?.state === "master")
      this.#kernel.announce(owner, addresses, machine.settings.announce.masterRepeat);
  }

  /** How messages name an owner; an instance that was just removed still has its name. */
  #describe(owner: string): string {
    return `(${this.#names.get(owner) ?? "static"})`;
  }

  onBfdState(session: string, up: boolean): void {
    this.#trackers.onBfd(session, up);
  }

  describe(): string {
    return this.#dumps.describe(this.#config);
  }

  /** Writes the state, the statistics or the JSON; what fails is logged. */
  dump(what: Dump): void {
    this.#dumps.write(what, this.#config);
  }
}
