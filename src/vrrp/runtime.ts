/**
 * Feeds events in and carries effects out, in order; decides nothing. Owns the router, the timers, the advert
 * channels and the kernel's side of one vrrp process.
 */
import type { GlobalConfig, VrrpConfig } from "../config/model.js";
import type { Addon } from "../native/addon.js";
import type { AnnounceLimits } from "../net/announce-limits.js";
import type { Link, LinkAddress } from "../net/links.js";
import type { Loop } from "../net/loop.js";
import { formatAddress } from "../net/ip-address.js";
import type { AddressSetting } from "../net/settings.js";
import { formatSystemError, systemErrorOf } from "../net/system-error.js";
import type { AlertText } from "../notify/alert-text.js";
import type { ChildLog } from "../platform/child-log.js";
import { createEventLoop } from "../platform/event-loop.js";
import { collectBeforeService } from "../platform/heap.js";
import { type ChildOptions, type Dump, linkJournalFile, packetFilterFile } from "../platform/messages.js";
import { Trackers } from "../track/effects/trackers.js";
import type { TrackerKind } from "../track/tracked.js";
import { Alarm } from "./effects/alarm.js";
import { Channels } from "./effects/channels.js";
import { Dumps } from "./effects/dumps.js";
import { type ChannelKey, channelKey } from "./channel-key.js";
import type { InstanceEvent, Micros } from "./events.js";
import type { VrrpInstance } from "./instance.js";
import { Kernel } from "./effects/kernel.js";
import { entriesOf, journalsOf, staticsOf } from "./effects/leftovers.js";
import { LinkDebounce } from "./effects/link-debounce.js";
import { Notices } from "./effects/notices.js";
import { PacketFilter } from "./effects/packet-filter.js";
import { ownerOf, Performer } from "./effects/performer.js";
import { AdvertReceiver, type PacketView, type Remark } from "./receive.js";
import { isNotice, type RoutedEffect, Router } from "./router.js";
import { endOfStartupDelay } from "./startup-delay.js";
import { inSeconds } from "./timing.js";
import { Surroundings } from "./effects/surroundings.js";
import { SyncDaemon } from "./effects/sync-daemon.js";

export interface RuntimeOptions {
  addon: Addon;
  log: ChildLog;
  options: ChildOptions;
  /** Hands a mail to core. */
  alert: (text: AlertText) => void;
}

/** Owner of the static addresses, routes and rules in the reconciler. */
const STATIC = "static";
/** When the kernel refused a socket (no memory, no descriptors): try again after this. */
const SOCKET_RETRY_MILLIS = 1000;
const STOPPING = "the process is stopping";

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
  readonly #surroundings: Surroundings;
  readonly #debounce: LinkDebounce;
  readonly #notices: Notices;
  readonly #performer: Performer;
  readonly #dumps: Dumps;
  readonly #filter: PacketFilter;
  readonly #syncDaemon: SyncDaemon;
  /** Index is the id of the instance. Made anew with its settings. */
  readonly #receivers: Array<AdvertReceiver | undefined> = [];
  #config: VrrpConfig;
  /** Prepared, and not yet in force. */
  #offered: VrrpConfig | undefined;
  /** Events that came while effects were being carried out: the effects come first. */
  readonly #queue: Array<() => readonly RoutedEffect[]> = [];
  #busy = false;
  /** Until the first picture of the links is complete, nobody is judged by a part of it. */
  #sees = false;
  /** Names of all owners there ever were. */
  readonly #names = new Map<string, string>();
  #stopping = false;
  /** When the instances were started first. */
  #startedAt: Micros | undefined;
  /** The first configuration while it is being taken. */
  #work: Promise<void> = Promise.resolve();
  /** Runs while the kernel refuses somebody a socket. */
  #retry: NodeJS.Timeout | undefined;

  constructor(config: VrrpConfig, { addon, log, options, alert }: RuntimeOptions) {
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
    this.#alarm = this.#createAlarm();
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
    this.#trackers = this.#createTrackers(loop);
    this.#debounce = new LinkDebounce({
      loop,
      log,
      concerned: (link) => this.#router.instances.filter((it) => this.#surroundings.concerns(it, link)),
      counts: (link) => this.#judgeAll(link),
    });
    this.#surroundings = new Surroundings(links, this.#trackers, {
      isUsable: (link) => this.#kernel.ownLinks.isUsable(link),
      countsAsUp: (name, up) => this.#debounce.isUp(name, up),
    });
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
    });
  }

  #createKernel(loop: Loop): Kernel {
    return new Kernel(
      {
        addon: this.#addon,
        loop,
        log: this.#log,
        links: {
          linkChanged: (before, after) => this.#onLink(before, after),
          addressAdded: (link, address) => this.#onAddress(link, address),
          addressRemoved: (link, address) => this.#onAddress(link, address),
          refreshed: () => this.#onRefreshed(),
        },
        appeared: (owner, addresses) => this.#onAppeared(owner, addresses),
        guardVmacs: (vmacs) => this.#filter.setVmacs(vmacs),
        describe: (owner) => this.#describe(owner),
      },
      announceLimits(this.#config),
    );
  }

  #createAlarm(): Alarm {
    return new Alarm(this.#addon, {
      fired: (machine, timer, now) => this.#post(machine, { kind: "timerFired", timer }, now),
      slept: (micros) => this.#onSlept(micros),
      beforeDecision: () => {
        this.#channels.drain();
        this.#kernel.drain();
      },
      afterwards: () => this.#channels.flush(),
    });
  }

  #createTrackers(loop: Loop): Trackers {
    const changed = (kind: TrackerKind, name: string): void =>
      this.#judgeWhere((machine) => this.#surroundings.tracks(machine, kind, name));
    return new Trackers({ addon: this.#addon, loop, log: this.#log, changed });
  }

  /** Learns links and addresses, clears what an earlier process left, and judges every instance. */
  configure(): Promise<void> {
    this.#work = this.#configure();
    return this.#work;
  }

  async #configure(): Promise<void> {
    this.#surroundings.setConfig(this.#config);
    this.#debounce.setConfig(this.#config);
    this.#tuneSockets(this.#config.global);
    await this.#notices.setConfig(this.#config);
    await this.#trackers.setConfig(this.#config);
    await this.#kernel.open();
    this.#config = await this.#kernel.ownLinks.begin(linkJournalFile(this.#options), this.#config);
    this.#router.begin(this.#config);
    await this.#kernel.leftovers.takeOver(journalsOf(this.#options), entriesOf(this.#config));
    await this.#filter.setConfig(this.#config);
    if (this.#stopping) return;
    await this.#kernel.ownLinks.establish();
    this.#kernel.promotion.setInstances(this.#config.instances);
    this.#kernel.hold(STATIC, staticsOf(this.#config));
    await this.#kernel.idle();
    await this.#kernel.ownLinks.usable();
    if (this.#stopping) return;
    this.#see();
    for (const machine of this.#router.instances) this.#performer.prepare(machine);
    collectBeforeService();
  }

  #tuneSockets({ vrrp, buffers }: GlobalConfig): void {
    this.#channels.hearStrangers(vrrp.logUnknownRouterIds);
    this.#channels.setBuffers(buffers.adverts);
    this.#kernel.setBuffers(buffers);
  }

  /** Judges every instance by what the kernel has said up to now, and from now on. */
  #see(): void {
    this.#sees = true;
    this.#kernel.drain();
    this.#judgeAll();
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

  /** Writes down what a new configuration may add to the kernel; everything else is done when it comes into force. */
  async prepare(config: VrrpConfig): Promise<string | undefined> {
    this.#offered = config;
    const before = entriesOf(this.#config);
    const next = entriesOf(this.#kernel.ownLinks.preview(config));
    await this.#kernel.leftovers.prepareReload(journalsOf(this.#options), before, next);
    return this.#stopping ? STOPPING : undefined;
  }

  /** What is in force already goes on; a stop that comes in between wins. */
  async commit(): Promise<void> {
    const offered = this.#offered;
    this.#offered = undefined;
    if (offered === undefined) return;
    const config = await this.#placeLinks(offered);
    await this.#notices.setConfig(config);
    await this.#filter.setConfig(config);
    await this.#trackers.setConfig(config);
    if (this.#stopping) return;
    this.#adopt(config);
    await this.#kernel.idle();
    if (this.#stopping) return;
    await this.#kernel.ownLinks.finishReload();
    await this.#kernel.leftovers.write(journalsOf(this.#options), entriesOf(config));
  }

  /** Links of our own may change their names: nobody is judged by that until the new names are in force. */
  async #placeLinks(config: VrrpConfig): Promise<VrrpConfig> {
    const { ownLinks } = this.#kernel;
    this.#sees = ownLinks.wishes.length === 0;
    const placed = await ownLinks.prepareReload(config);
    if (ownLinks.wishes.length > 0) await this.#kernel.idle();
    await ownLinks.usable();
    return placed;
  }

  async abandon(): Promise<void> {
    this.#offered = undefined;
    if (!this.#stopping)
      await this.#kernel.leftovers.write(journalsOf(this.#options), entriesOf(this.#config));
  }

  #adopt(config: VrrpConfig): void {
    this.#config = config;
    this.#receivers.length = 0;
    this.#kernel.setLimits(announceLimits(config));
    this.#surroundings.setConfig(config);
    this.#debounce.setConfig(config);
    this.#tuneSockets(config.global);
    this.#kernel.promotion.setInstances(config.instances);
    this.#kernel.hold(STATIC, staticsOf(config));
    const before = this.#notices.states(this.#router);
    this.#run(() => this.#router.reconfigure(config, this.#addon.monotonicMicros()));
    for (const machine of this.#router.instances) this.#performer.prepare(machine);
    this.#see();
    this.start();
    this.#notices.onReloaded(this.#router, before);
  }

  /** Gives everything up and tells everybody. Comes at any time, also while a configuration is being taken. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const keep = this.#options.keepOnStop;
    clearTimeout(this.#retry);
    this.#debounce.close();
    this.#trackers.close();
    this.#run(() =>
      this.#router.stop(this.#addon.monotonicMicros()).filter((routed) => !keep || isNotice(routed)),
    );
    this.#sees = false;
    if (!keep) this.#kernel.release(STATIC);
    await this.#work;
    await this.#kernel.idle();
    this.#channels.close();
    // Before scripts are waited for: another daemon may have started meanwhile and written its own.
    if (!keep) {
      await this.#kernel.leftovers.remove(journalsOf(this.#options));
      this.#kernel.promotion.release();
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
    const verdict = this.#receiverOf(machine).receive(packet, machine, Date.now());
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

  #onLink(before: Link | undefined, after: Link | undefined): void {
    const name = after?.name ?? before?.name;
    if (!this.#sees) return;
    if (before?.index === after?.index && before?.up === after?.up && before?.name === after?.name) return;
    const now = after === undefined ? "gone" : after.up ? "up" : "down";
    this.#log.detail(`Netlink reports ${name} ${now}`);
    if (name !== undefined && before?.index !== after?.index) this.#filter.linkChanged(name);
    this.#debounce.onLink(before, after);
    if (before !== undefined && before.name !== name) this.#judgeAll(before.name);
    this.#judgeAll(name);
  }

  #onRefreshed(): void {
    if (this.#sees) this.#judgeAll();
  }

  #onAddress(link: Link, address: LinkAddress): void {
    if (this.#sees && !this.#surroundings.isVirtual(address)) this.#judgeAll(link.name);
  }

  /** Tells the instances (those that care for `link`, when given) what their surroundings are now. */
  #judgeAll(link?: string): void {
    this.#judgeWhere((machine) => link === undefined || this.#surroundings.concerns(machine, link));
  }

  #judgeWhere(concerned: (machine: VrrpInstance) => boolean): void {
    if (!this.#sees || this.#stopping) return;
    for (const machine of this.#router.instances) if (concerned(machine)) this.#judge(machine);
    this.#channels.flush();
  }

  /**
   * A source address or link that went is told as a fault first: the priority 0 that goes with it still needs them.
   */
  #judge(machine: VrrpInstance): void {
    const { link, source, sourceChanged } = this.#surroundings.look(machine);
    if (sourceChanged && source.length > 0) {
      this.#performer.forgetPackets(machine);
      this.#post(machine, { kind: "sourceChanged", source });
    }
    const key = channelKey(machine.settings, link, source);
    const refused = key === undefined ? undefined : this.#openChannel(machine, key);
    const news = this.#surroundings.judge(machine, source, refused);
    const { faults, weight, cause } = news.verdict;
    if (news.weightChanged) this.#post(machine, { kind: "weightChanged", weight, cause: news.weightCause });
    if (news.faultsChanged) {
      if (!machine.running)
        this.#log[faults.join() === "undecided" ? "info" : "warning"](`(${machine.name}) ${cause}`);
      this.#post(machine, { kind: "faultsChanged", faults, cause });
    }
    if (key === undefined) this.#channels.withdraw(machine);
  }

  /** @returns why the kernel gives no socket; it is asked again after a while. */
  #openChannel(machine: VrrpInstance, key: ChannelKey): string | undefined {
    try {
      this.#channels.assign(machine, key);
      return undefined;
    } catch (error) {
      const subject = `VRRP socket on ${key.interfaceName ?? key.source}`;
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        this.#judgeAll();
      }, SOCKET_RETRY_MILLIS);
      return formatSystemError(systemErrorOf(error, subject));
    }
  }

  /** An address is there (again): the neighbours must hear of it. */
  #onAppeared(owner: string, addresses: readonly AddressSetting[]): void {
    const machine = this.#router.instances.find((instance) => ownerOf(instance) === owner);
    if (machine?.state === "master") {
      this.#kernel.announce(owner, addresses, machine.settings.announce.masterRepeat);
    }
  }

  /** How messages name an owner; an instance that was just removed still has its name. */
  #describe(owner: string): string {
    for (const machine of this.#router.instances) this.#names.set(ownerOf(machine), machine.name);
    return `(${this.#names.get(owner) ?? "static"})`;
  }

  onBfdState(session: string, up: boolean): void {
    this.#trackers.onBfd(session, up);
  }

  /** Writes the state, the statistics or the JSON; what fails is logged. */
  dump(what: Dump): void {
    this.#dumps.write(what, this.#config);
  }
}
