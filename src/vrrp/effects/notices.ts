/**
 * Telling the outside about transitions: scripts, FIFOs and mails of instances and sync groups, once the addresses are
 * as the new state wants them, in the order in which things happened. Remembers when each instance last moved, for the
 * dump.
 */
import type { SyncGroupConfig, VrrpConfig } from "../../config/model.js";
import type { Addon } from "../../native/addon.js";
import { AlertFilter } from "../../notify/alert-filter.js";
import { type AlertText, transitionAlert } from "../../notify/alert-text.js";
import { type PriorityEvent, priorityLine, transitionLine } from "../../notify/fifo-lines.js";
import { Fifos } from "../../notify/fifos.js";
import { ScriptNotifier } from "../../notify/scripts.js";
import type { NotifyState, Transition } from "../../notify/transition.js";
import { Accounts, ownIdentity } from "../../platform/accounts.js";
import type { Log } from "../../platform/child-log.js";
import { ScriptRunner } from "../../platform/script-runner.js";
import type { GroupEffect, InstanceEffect, State } from "../events.js";
import type { VrrpInstance } from "../instance.js";
import type { Router } from "../router.js";
import type { Kernel } from "./kernel.js";

type InstanceNotice = Extract<InstanceEffect, { kind: "notify" }>;
type GroupNotice = Extract<GroupEffect, { kind: "notifyGroup" }>;

export interface NoticePorts {
  addon: Addon;
  log: Log;
  kernel: Pick<Kernel, "afterChange">;
  /** Hands a mail to core. */
  alert(text: AlertText): void;
}

/** Two masters have met anew when this many advert intervals have passed without an advert of lower priority. */
const MEETING_ADVERTS = 3;
/** At the stop: for a script that still runs, and then for each stop script. */
const STOP_LIMITS = { predecessor: 500, script: 1000 };

const WORDS: Record<State | "stop" | "deleted", NotifyState | undefined> = {
  init: undefined,
  backup: "BACKUP",
  master: "MASTER",
  fault: "FAULT",
  stop: "STOP",
  deleted: "DELETED",
};

/** Without notify_deleted a removed instance is told as FAULT, and not at all when that is what was told last. */
function wordOf({ settings }: VrrpInstance, { from, to }: InstanceNotice): NotifyState | undefined {
  if (to !== "deleted" || settings.notifyDeleted) return WORDS[to];
  return from === "fault" ? undefined : "FAULT";
}

export class Notices {
  readonly #ports: NoticePorts;
  readonly #notifier: ScriptNotifier;
  readonly #fifos: Fifos;
  readonly #mailed = new AlertFilter();
  readonly #lastTransition = new WeakMap<VrrpInstance, number>();
  /** When a MASTER last heard an advert of lower priority, in microseconds. */
  readonly #lastMeeting = new WeakMap<VrrpInstance, number>();
  /** What is to be told, in order; nothing overtakes what still waits for its addresses. */
  readonly #line: Array<{ ready: boolean; tell(): void }> = [];
  #config: VrrpConfig | undefined;
  #groups = new Map<string, SyncGroupConfig>();
  #accounts = new Accounts("", "");

  constructor(ports: NoticePorts) {
    const { addon, log } = ports;
    this.#ports = ports;
    this.#fifos = new Fifos(log);
    this.#notifier = new ScriptNotifier({
      runner: new ScriptRunner(addon),
      identityOf: (command) => this.#accounts.resolve(command, ownIdentity()),
      info: (text) => log.info(text),
      warn: (text) => log.warning(text),
    });
  }

  /** Takes a configuration, and the accounts that its scripts and FIFOs may name: the loop reads no files. */
  async setConfig(config: VrrpConfig, accounts: Accounts): Promise<void> {
    const { all, vrrp } = config.global.fifos;
    await this.#fifos.setTargets(
      [all, vrrp].flatMap((fifo) => {
        if (fifo === undefined) return [];
        const uid = accounts.resolve(fifo, undefined)?.uid;
        return [{ path: fifo.path, ...(uid !== undefined && { uid }) }];
      }),
    );
    this.#accounts = accounts;
    this.#config = config;
    this.#groups = new Map(config.syncGroups.map((group) => [group.name, group]));
  }

  onInstance(machine: VrrpInstance, owner: string, notice: InstanceNotice): void {
    this.#lastTransition.set(machine, Date.now());
    const state = wordOf(machine, notice);
    if (state === undefined) return;
    const { name, settings, effectivePriority: priority } = machine;
    const removed = notice.to === "deleted";
    const transition: Transition = { type: "INSTANCE", name, state, priority, removed };
    this.#inOrder(owner, () => this.#tell(transition, settings));
  }

  /** @param ownerOf the reconciler's name of a member */
  onGroup(notice: GroupNotice, ownerOf: (member: string) => string | undefined): void {
    const state = WORDS[notice.to];
    const group = this.#groups.get(notice.group);
    if (state === undefined || group === undefined) return;
    const last = group.members.at(-1);
    const owner = last === undefined ? undefined : ownerOf(last);
    this.#inOrder(owner, () => this.#tell({ type: "GROUP", name: notice.group, state, priority: 0 }, group));
  }

  /**
   * A MASTER heard an advert of lower priority: two masters have met, and this is the winner. Who has no script for
   * that is told MASTER again, once per meeting, as the loser's scripts have spoken last.
   */
  onLowerPriority(machine: VrrpInstance, owner: string): void {
    const { name, settings, effectivePriority: priority } = machine;
    const now = this.#ports.addon.monotonicMicros();
    const quiet = now - (this.#lastMeeting.get(machine) ?? Number.NEGATIVE_INFINITY);
    const anew = quiet > MEETING_ADVERTS * settings.advertIntervalMicros;
    this.#lastMeeting.set(machine, now);
    const script = settings.notify.masterReceivesLowerPriority;
    this.#inOrder(owner, () => {
      if (script !== undefined) this.#notifier.tellLowerPriority(name, script);
      else if (anew)
        this.#notifier.tell(settings.notify, { type: "INSTANCE", name, state: "MASTER", priority });
      this.#fifos.write(priorityLine(name, "MASTER_RX_LOWER_PRI", priority));
    });
  }

  /** For FIFOs only. */
  onPriority({ name, settings }: VrrpInstance, owner: string, state: State, priority: number): void {
    if (!settings.notifyPriorityChanges) return;
    const event: PriorityEvent = state === "master" ? "MASTER_PRIORITY" : "BACKUP_PRIORITY";
    this.#inOrder(owner, () => this.#fifos.write(priorityLine(name, event, priority)));
  }

  /** What a reload may leave as it is: to be compared with later. */
  states({ instances, groups }: Router): ReadonlyMap<VrrpInstance | string, State> {
    return new Map<VrrpInstance | string, State>([
      ...instances.map((machine): [VrrpInstance, State] => [machine, machine.state]),
      ...groups.map((group): [string, State] => [group.name, group.state]),
    ]);
  }

  /** fifo_write_vrrp_states_on_reload: the states of what the reload has left as it was. */
  onReloaded({ instances, groups }: Router, before: ReadonlyMap<VrrpInstance | string, State>): void {
    if (this.#config?.global.fifos.statesOnReload !== true) return;
    const write = (type: Transition["type"], name: string, state: State, priority: number): void => {
      const word = WORDS[state];
      if (word === undefined) return;
      const line = transitionLine({ type, name, state: word, priority });
      this.#inOrder(undefined, () => this.#fifos.write(line));
    };
    for (const machine of instances) {
      if (before.get(machine) === machine.state)
        write("INSTANCE", machine.name, machine.state, machine.effectivePriority);
    }
    for (const { name, state } of groups) if (before.get(name) === state) write("GROUP", name, state, 0);
  }

  #tell(transition: Transition, settings: Pick<SyncGroupConfig, "notify" | "smtpAlert">): void {
    this.#notifier.tell(settings.notify, transition);
    this.#fifos.write(transitionLine(transition));
    if (settings.smtpAlert) this.#mail(transition);
  }

  #mail(transition: Transition): void {
    const global = this.#config?.global;
    if (global === undefined || !this.#mailed.takes(transition, global.mail.noFaultMails)) return;
    this.#ports.alert(transitionAlert(global.routerId, transition));
  }

  /** Tells when the owner's addresses are as last asked for, and what happened before has been told. */
  #inOrder(owner: string | undefined, tell: () => void): void {
    const entry = { ready: owner === undefined, tell };
    this.#line.push(entry);
    if (owner === undefined) return this.#advance();
    this.#ports.kernel.afterChange(owner, "notify", () => {
      entry.ready = true;
      this.#advance();
    });
  }

  #advance(): void {
    while (this.#line[0]?.ready === true) this.#line.shift()?.tell();
  }

  /** Wall clock in milliseconds; 0 before the first transition. */
  lastTransitionMillis(machine: VrrpInstance): number {
    return this.#lastTransition.get(machine) ?? 0;
  }

  /** Resolves when the stop scripts have run or their limits have passed. The last thing that is asked. */
  async drain(): Promise<void> {
    await new Promise<void>((resolve) => this.#notifier.drain(STOP_LIMITS, resolve));
    await this.#fifos.close();
  }
}
