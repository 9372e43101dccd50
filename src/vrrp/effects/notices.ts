/**
 * Telling the outside about transitions: the scripts of instances and sync groups, once the addresses are as the
 * new state wants them. Remembers when each instance last moved, for the dump.
 */
import type { NotifyScripts, ScriptSetting, VrrpConfig } from "../../config/model.js";
import type { Addon } from "../../native/addon.js";
import { type NotifyState, ScriptNotifier } from "../../notify/scripts.js";
import { Accounts, type Identity } from "../../platform/accounts.js";
import type { Log } from "../../platform/child-log.js";
import { ScriptRunner } from "../../platform/script-runner.js";
import type { GroupEffect, InstanceEffect, State } from "../events.js";
import type { VrrpInstance } from "../instance.js";
import type { Kernel } from "./kernel.js";

type InstanceNotice = Extract<InstanceEffect, { kind: "notify" }>;
type GroupNotice = Extract<GroupEffect, { kind: "notifyGroup" }>;

/** Upstream's default account for scripts, where it exists. */
const DEFAULT_SCRIPT_USER = "keepalived_script";
const ROOT: Identity = { uid: 0, gid: 0 };

/** "deleted" is told as FAULT, as long as nobody asked for more. */
function wordOf(to: State | "stop" | "deleted"): NotifyState | undefined {
  switch (to) {
    case "master":
      return "MASTER";
    case "backup":
      return "BACKUP";
    case "fault":
    case "deleted":
      return "FAULT";
    case "stop":
      return "STOP";
    case "init":
      return undefined;
  }
}

export class Notices {
  readonly #kernel: Kernel;
  readonly #notifier: ScriptNotifier;
  readonly #lastTransition = new WeakMap<VrrpInstance, number>();
  #groups = new Map<string, { scripts: NotifyScripts; members: string[] }>();
  #accounts = new Accounts("", "");
  #defaultIdentity: Identity | undefined = ROOT;

  constructor(addon: Addon, log: Log, kernel: Kernel) {
    this.#kernel = kernel;
    this.#notifier = new ScriptNotifier({
      runner: new ScriptRunner(addon),
      identityOf: (command) => this.#identityOf(command),
      warn: (text) => log.warning(text),
    });
  }

  /** Accounts are looked up now: the loop reads no files. */
  setConfig(config: VrrpConfig): void {
    this.#groups = new Map(
      config.syncGroups.map(({ name, notify, members }) => [name, { scripts: notify, members }]),
    );
    this.#accounts = new Accounts();
    const { scriptUser } = config.global;
    this.#defaultIdentity =
      scriptUser === undefined
        ? (this.#accounts.identity(DEFAULT_SCRIPT_USER) ?? ROOT)
        : this.#accounts.identity(scriptUser.user, scriptUser.group);
  }

  #identityOf(command: ScriptSetting): Identity | undefined {
    if (command.user === undefined) return this.#defaultIdentity;
    return this.#accounts.identity(command.user, command.group);
  }

  onInstance(machine: VrrpInstance, owner: string, notice: InstanceNotice): void {
    this.#lastTransition.set(machine, Date.now());
    const state = wordOf(notice.to);
    if (state === undefined) return;
    const { name, settings, effectivePriority: priority } = machine;
    this.#kernel.afterChange(owner, "notify", () => {
      this.#notifier.tell(settings.notify, { type: "INSTANCE", name, state, priority });
    });
  }

  /** @param ownerOf the reconciler's name of a member */
  onGroup(notice: GroupNotice, ownerOf: (member: string) => string | undefined): void {
    const state = wordOf(notice.to);
    const group = this.#groups.get(notice.group);
    if (state === undefined || group === undefined) return;
    const tell = (): void =>
      this.#notifier.tell(group.scripts, { type: "GROUP", name: notice.group, state, priority: 0 });
    // Behind the last member, which comes last in the kernel as well.
    const last = group.members.at(-1);
    const owner = last === undefined ? undefined : ownerOf(last);
    if (owner === undefined) tell();
    else this.#kernel.afterChange(owner, "notify", tell);
  }

  /** Wall clock in milliseconds; 0 before the first transition. */
  lastTransitionMillis(machine: VrrpInstance): number {
    return this.#lastTransition.get(machine) ?? 0;
  }

  /** Resolves when no script runs any more, at the latest after the limit. */
  drain(limitMillis: number): Promise<void> {
    return new Promise((resolve) => this.#notifier.drain(limitMillis, resolve));
  }
}
