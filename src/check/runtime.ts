/**
 * Feeds results and times in and carries effects out, in order; decides nothing. Owns the director, the checks with
 * their timers, and the ways to the kernel and to the outside of one check process.
 */
import type { CheckConfig, VirtualServerGroupConfig } from "../config/check-model.js";
import type { Addon } from "../native/addon.js";
import { formatSystemError, type SystemError } from "../net/system-error.js";
import type { ChildParts, ChildRuntime } from "../platform/child-entry.js";
import type { ChildLog } from "../platform/child-log.js";
import { writeDump } from "../platform/dump-file.js";
import { stateDumpPath } from "../platform/dump-path.js";
import { collectBeforeService } from "../platform/heap.js";
import { type ChildOptions, type Dump, packetFilterFile } from "../platform/messages.js";
import { BfdSessions } from "./bfd-sessions.js";
import { CHECKERS, type CheckerTable } from "./checkers/table.js";
import { Director } from "./director.js";
import { Connections } from "./effects/connections.js";
import { FollowedFiles } from "./effects/followed-files.js";
import { GroupTable } from "./effects/group-table.js";
import { Notices } from "./effects/notices.js";
import { raiseDescriptorLimit } from "./effects/descriptors.js";
import { OwnAddresses } from "./effects/own-addresses.js";
import { PingPermission } from "./effects/ping-permission.js";
import { Probes } from "./effects/probes.js";
import { Timers } from "./effects/timers.js";
import { TlsContext } from "./effects/tls-context.js";
import type { CheckEffect } from "./events.js";
import type { Availability, Ipvs, IpvsListener } from "./ipvs/model.js";
import { countKinds } from "./kinds.js";
import { servicesOf } from "./services.js";
import { formatCheckState } from "./state-dump.js";
import type { VirtualServer } from "./virtual-server.js";

/** What an earlier run left in the kernel goes at the latest now, although a first check is still out. */
const LEFTOVERS_MILLIS = 60_000;
const STOPPING = "the process is stopping";

interface CheckRuntimeOptions extends ChildParts {
  ipvs(listener: IpvsListener): Ipvs;
  /** From 0 to 1: unlike that of other hosts that check the same servers. */
  offset: number;
  table?: CheckerTable;
}

export class CheckRuntime implements ChildRuntime<CheckConfig> {
  readonly #addon: Addon;
  readonly #log: ChildLog;
  readonly #options: ChildOptions;
  readonly #table: CheckerTable;
  readonly #director: Director;
  readonly #ipvs: Ipvs;
  readonly #groupTable: GroupTable;
  readonly #notices: Notices;
  readonly #timers: Timers;
  readonly #connections: Connections;
  readonly #files: FollowedFiles;
  readonly #bfd = new BfdSessions();
  readonly #probes: Probes;
  readonly #tls = new TlsContext();
  readonly #ownAddresses: OwnAddresses;
  readonly #pingPermission: PingPermission;
  #config: CheckConfig;
  /** Prepared, and not yet in force. */
  #offered: CheckConfig | undefined;
  #groups: ReadonlyMap<string, VirtualServerGroupConfig>;
  #availability: Availability | undefined;
  /** Effects that came while others were being carried out. */
  readonly #queue: Array<readonly CheckEffect[]> = [];
  #busy = false;
  #leftovers: NodeJS.Timeout | undefined;
  #stopping = false;
  /** The configuration that is being taken. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(config: CheckConfig, options: CheckRuntimeOptions) {
    const { addon, log, alert, late, table = CHECKERS } = options;
    this.#addon = addon;
    this.#log = log;
    this.#options = options.options;
    this.#table = table;
    this.#config = config;
    this.#groups = groupsOf(config);
    this.#director = new Director(config, (kind) => table[kind], options.offset);
    this.#ipvs = options.ipvs({
      availability: (now) => this.#onAvailability(now),
      refused: (owner, error) => log.error(`${nameOf(owner)}IPVS refused ${formatSystemError(error)}`),
      lost: (owner, subject) =>
        log.warning(`${nameOf(owner)}somebody had removed ${subject} from IPVS: it is back`),
    });
    const file = packetFilterFile(this.#options);
    this.#groupTable = new GroupTable({ addon, log, file, changed: () => this.#applyGroups() });
    this.#notices = new Notices({ addon, log, alert });
    this.#timers = new Timers(addon, () => this.#connections.flush(), late);
    this.#connections = new Connections(addon);
    this.#files = new FollowedFiles(addon, log);
    this.#pingPermission = new PingPermission(log);
    this.#probes = this.#createProbes();
    this.#ownAddresses = new OwnAddresses({
      addon,
      log,
      changed: (service, count) =>
        this.#carryOut(this.#director.setAddressCount(service, count, addon.monotonicMicros())),
    });
  }

  #createProbes(): Probes {
    const { runner } = this.#notices;
    return new Probes({
      timers: this.#timers,
      table: this.#table,
      checkers: {
        addon: this.#addon,
        now: () => this.#addon.monotonicMicros(),
        timers: this.#timers,
        connections: this.#connections,
        tls: () => this.#tls.current,
        scripts: runner,
        identityOf: (script) => this.#notices.identityOf(script),
        files: this.#files,
        bfd: this.#bfd,
        warn: (text) => this.#log.warning(text),
      },
      due: (checker, now) => this.#director.due(checker, now),
      finished: (checker, result) =>
        this.#carryOut(this.#director.finish(checker, result, this.#addon.monotonicMicros())),
      subjectOf: (checker) => `${this.#director.serviceOf(checker).name} -> ${checker.server.name}`,
    });
  }

  /** Programs the kernel as the servers are assumed to be; nothing is checked yet. */
  configure(): Promise<void> {
    const work = this.#configure();
    this.#work = work;
    return work;
  }

  async #configure(): Promise<void> {
    await this.#notices.setConfig(this.#config);
    await this.#files.setConfigs(this.#config.trackFiles);
    await this.#pingPermission.adopt(this.#config);
    this.#warnOfMissingKinds(this.#config);
    this.#readTlsFiles();
    raiseDescriptorLimit(this.#addon, this.#config.virtualServers, this.#table, this.#log);
    this.#onAvailability(await this.#ipvs.open());
    await this.#setGlobals();
    await this.#ownAddresses.watch(this.#director.services, this.#groups);
    if (this.#stopping) return;
    if (this.#config.global.lvs.flushAtStart) this.#ipvs.flush();
    const now = this.#addon.monotonicMicros();
    for (const checker of this.#director.checkers()) this.#probes.prepare(checker, now);
    await this.#groupTable.adopt(this.#config);
    if (this.#stopping) return;
    this.#carryOut(this.#director.start());
    await this.#ipvs.idle();
    await this.#groupTable.settle();
    this.#leftovers = setTimeout(() => this.#removeLeftovers(), LEFTOVERS_MILLIS);
    this.#judgeLeftovers();
    collectBeforeService();
  }

  start(): void {
    if (this.#stopping) return;
    this.#carryOut(this.#director.begin(this.#addon.monotonicMicros()));
  }

  /** Nothing has to be prepared: whatever a new configuration says can be taken. */
  async prepare(config: CheckConfig): Promise<string | undefined> {
    this.#offered = config;
    return this.#stopping ? STOPPING : undefined;
  }

  commit(): Promise<void> {
    const config = this.#offered;
    this.#offered = undefined;
    if (config === undefined || this.#stopping) return Promise.resolve();
    const work = this.#reload(config);
    this.#work = work;
    return work;
  }

  async abandon(): Promise<void> {
    this.#offered = undefined;
  }

  async #reload(config: CheckConfig): Promise<void> {
    await this.#notices.setConfig(config);
    await this.#files.setConfigs(config.trackFiles);
    await this.#pingPermission.adopt(config);
    if (this.#stopping) return;
    this.#config = config;
    this.#groups = groupsOf(config);
    this.#warnOfMissingKinds(config);
    this.#readTlsFiles();
    await this.#setGlobals();
    await this.#groupTable.adopt(config);
    if (this.#stopping) return;
    this.#carryOut(this.#director.reconfigure(config, this.#addon.monotonicMicros()));
    raiseDescriptorLimit(this.#addon, this.#config.virtualServers, this.#table, this.#log);
    await this.#ownAddresses.watch(this.#director.services, this.#groups);
    await this.#ipvs.idle();
    await this.#groupTable.settle();
  }

  #readTlsFiles(): void {
    const problem = this.#tls.adopt(this.#config.ssl);
    if (problem !== undefined) this.#log.error(`${problem}; SSL_GET goes on without it`);
  }

  async #setGlobals(): Promise<void> {
    const { lvs, buffers } = this.#config.global;
    const { timeouts, syncDaemon } = lvs;
    this.#ipvs.setReceiveBuffer(buffers.checkerCommands);
    this.#ownAddresses.setReceiveBuffer(buffers.checkerMonitor);
    this.#complain("lvs_timeouts", [await this.#ipvs.setTimeouts(timeouts)]);
    // With an instance it follows that one, in the vrrp process.
    const ours = syncDaemon?.vrrpInstance === undefined ? syncDaemon : undefined;
    this.#complain("lvs_sync_daemon", await this.#ipvs.setSyncDaemon(ours));
  }

  #complain(what: string, errors: ReadonlyArray<SystemError | undefined>): void {
    for (const error of errors)
      if (error !== undefined) this.#log.error(`${what}: ${formatSystemError(error)}`);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#leftovers);
    this.#notices.beginStop();
    this.#carryOut(this.#director.stop());
    this.#probes.close();
    this.#files.close();
    this.#connections.close();
    this.#ownAddresses.close();
    await this.#work;
    await this.#pingPermission.restore();
    if (!this.#options.keepIpvsOnStop) await this.#clearKernel();
    await this.#groupTable.close(this.#options.keepIpvsOnStop);
    await this.#ipvs.close();
    await this.#notices.drain();
    this.#timers.close();
  }

  async #clearKernel(): Promise<void> {
    if (this.#config.global.lvs.flushOnStop === "all") this.#ipvs.flush();
    for (const { key } of this.#director.services) this.#ipvs.remove(key);
    this.#complain("lvs_timeouts", [await this.#ipvs.setTimeouts({})]);
    this.#complain("lvs_sync_daemon", await this.#ipvs.setSyncDaemon(undefined));
    await this.#ipvs.idle();
  }

  /** The effects of one event are carried out before those of the next. */
  #carryOut(effects: readonly CheckEffect[]): void {
    if (effects.length === 0) return;
    this.#queue.push(effects);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const effect of next) this.#perform(effect);
      }
    } finally {
      this.#busy = false;
    }
    if (this.#leftovers !== undefined) this.#judgeLeftovers();
  }

  #perform(effect: CheckEffect): void {
    switch (effect.kind) {
      case "apply":
        this.#apply(effect.service);
        break;
      case "withdraw":
        this.#ipvs.remove(effect.service.key);
        break;
      case "notifyServer":
        this.#notices.onServer(effect);
        break;
      case "notifyQuorum":
        this.#notices.onQuorum(effect);
        break;
      case "alert":
        this.#notices.onAlert(effect.alert);
        break;
      case "prepare":
        this.#probes.prepare(effect.checker, this.#addon.monotonicMicros());
        break;
      case "discard":
        this.#probes.discard(effect.checker);
        break;
      case "arm":
        this.#probes.arm(effect.checker);
        break;
      case "log":
        this.#log[effect.level](effect.text);
        break;
      default:
        effect satisfies never;
    }
  }

  #apply(service: VirtualServer): void {
    const marked = this.#groupTable.markOf(service.key);
    this.#ipvs.want(service.key, servicesOf(service, this.#groups, marked));
  }

  #applyGroups(): void {
    if (this.#stopping) return;
    for (const service of this.#director.services)
      if (service.config.service.kind === "group") this.#apply(service);
  }

  #onAvailability(now: Availability): void {
    const before = this.#availability;
    this.#availability = now;
    if (now.available) {
      if (before?.available !== true) this.#log.info(`IPVS ${now.version} of the kernel is used`);
    } else if (before === undefined || before.available || before.missing !== now.missing) {
      this.#log.error(
        `${now.missing}. Virtual servers are not programmed into the kernel; checks and notifications go on`,
      );
    }
  }

  /** Once something is known of the servers of every service, what an earlier run left and nobody wants is not needed. */
  #judgeLeftovers(): void {
    if (this.#director.services.every(({ unjudged }) => !unjudged)) this.#removeLeftovers();
  }

  #removeLeftovers(): void {
    clearTimeout(this.#leftovers);
    this.#leftovers = undefined;
    this.#ipvs.removeLeftovers();
  }

  #warnOfMissingKinds({ virtualServers }: CheckConfig): void {
    for (const kind of countKinds(virtualServers).keys()) {
      if (this.#table[kind] !== undefined) continue;
      this.#log.warning(
        `This version has no checker ${kind.toUpperCase()}: servers are used as if that check always succeeded`,
      );
    }
  }

  onBfdState(session: string, up: boolean): void {
    this.#bfd.set(session, up);
  }

  describe(): string {
    return formatCheckState(this.#config, this.#director, this.#availability);
  }

  /** Writes the state; what fails is logged. */
  dump(what: Dump): void {
    if (what !== "data") return;
    const path = stateDumpPath(this.#options.temporaryDirectory, this.#config.global, "check");
    writeDump(path, this.describe()).catch((error: Error) =>
      this.#log.error(`Cannot write ${path}: ${error.message}`),
    );
  }
}

/** Of an owner in a log line; nobody has what is only being removed. */
function nameOf(owner: string | undefined): string {
  return owner === undefined ? "" : `VS ${owner}: `;
}

function groupsOf({ groups }: CheckConfig): ReadonlyMap<string, VirtualServerGroupConfig> {
  return new Map(groups.map((group) => [group.name, group]));
}
