/**
 * All instances and sync groups of one process, with the order that they act in: reference sections 8.2 (start),
 * 15 (groups), 16.3 (reload) and 16.4 (stop). Pure, like what it is made of. A returned list and its effects are
 * good until the next call.
 */

import type { SyncGroupConfig, VrrpInstanceConfig } from "../config/model.js";
import type { GroupEffect, InstanceEffect, InstanceEvent, Micros } from "./events.js";
import { VrrpInstance } from "./instance.js";
import { type GroupDriver, SyncGroup } from "./sync-group.js";

/** The part of the configuration that concerns the state machines; VrrpConfig fits. */
export interface RouterConfig {
  readonly instances: readonly VrrpInstanceConfig[];
  readonly syncGroups: readonly SyncGroupConfig[];
}

/** An order and whom it concerns: an instance, or a group by the name inside the effect. */
export type RoutedEffect =
  | { instance: VrrpInstance; effect: InstanceEffect }
  | { instance: undefined; effect: GroupEffect };
type OfInstance = Extract<RoutedEffect, { instance: VrrpInstance }>;

/** Of the effects of a stop, those that touch neither wire nor kernel. */
export function isNotice({ effect }: RoutedEffect): boolean {
  return effect.kind === "notify" || effect.kind === "notifyGroup" || effect.kind === "cancelTimer";
}

export class Router {
  #instances: VrrpInstance[] = [];
  #groups: SyncGroup[] = [];
  #byName = new Map<string, VrrpInstance>();
  #renewed: VrrpInstance[] = [];
  readonly #groupOf = new Map<VrrpInstance, SyncGroup>();
  #lastId = 0;
  #now: Micros = 0;
  readonly #out: RoutedEffect[] = [];
  /** Lists by length, reused for the effects of a single instance: a due or a confirming advert allocates nothing. */
  readonly #lists: OfInstance[][] = [];

  /** What the groups act through: effects go to the end of the list. */
  readonly #driver: GroupDriver = {
    run: (member, event) => this.#run(member, event),
    tell: (effect) => this.#out.push({ instance: undefined, effect }),
  };

  constructor(config: RouterConfig) {
    this.begin(config);
  }

  /** Before anything runs: these settings instead of those it was made with. */
  begin(config: RouterConfig): void {
    this.#instances = [];
    this.#byName = new Map();
    for (const settings of config.instances) this.#add(this.#create(settings));
    this.#regroup(config.syncGroups);
  }

  /** In configuration order. */
  get instances(): readonly VrrpInstance[] {
    return this.#instances;
  }
  /** Those that the last `reconfigure` has made, or given settings that may be others. */
  get renewed(): readonly VrrpInstance[] {
    return this.#renewed;
  }
  get groups(): readonly SyncGroup[] {
    return this.#groups;
  }
  instance(name: string): VrrpInstance | undefined {
    return this.#byName.get(name);
  }
  groupOf(instance: VrrpInstance): SyncGroup | undefined {
    return this.#groupOf.get(instance);
  }

  /**
   * Starts every instance that does not run yet: all at first, the new ones after `reconfigure`. Tell them their
   * faults, weights and source addresses before. Who still waits for the end of the startup delay hears of `timersFrom`, the
   * new one.
   */
  start(now: Micros, timersFrom: Micros = now): readonly RoutedEffect[] {
    this.#begin(now);
    const starting = this.#instances.filter((instance) => !instance.isUnderWay(now));
    for (const instance of starting) {
      const { running, state, effectivePriority: priority, settings } = instance;
      // What trackers have changed before the start is told first, as upstream does.
      if (!running && priority !== settings.priority)
        this.#out.push({ instance, effect: { kind: "notifyPriority", state, priority } });
    }
    for (const group of this.#groups) group.onStarting(this.#driver);
    for (const instance of starting) this.#run(instance, { kind: "started", timersFrom });
    return this.#out;
  }

  /** An event of one instance, and everything that its group does because of it. */
  handle(instance: VrrpInstance, event: InstanceEvent, now: Micros): readonly RoutedEffect[] {
    const effects = this.#address(instance, instance.handle(event, now));
    if (instance.partners === undefined || !instance.running) return effects;
    this.#begin(now);
    this.#groupOf.get(instance)?.onMemberActed(instance, effects, this.#driver);
    return this.#out.length === 0 ? effects : [...effects, ...this.#out];
  }

  /** Everything is released before anybody is notified: instances first, then groups. */
  stop(now: Micros): readonly RoutedEffect[] {
    this.#begin(now);
    const notices: RoutedEffect[] = [];
    for (const instance of this.#instances) {
      for (const effect of instance.handle({ kind: "stopped" }, now)) {
        if (effect.kind === "notify") notices.push({ instance, effect });
        else this.#out.push({ instance, effect });
      }
    }
    this.#out.push(...notices);
    for (const group of this.#groups) group.onStopped(this.#driver);
    return this.#out;
  }

  /**
   * Takes over a new configuration. An instance goes on when VRID, family, interface and way of sending are the
   * same, whatever its name: with its state, timers and addresses, and without a word on the wire (upstream sends
   * two adverts and restarts every wait). One whose settings are the very same object is not even looked at. New instances
   * stay in INIT until `start`.
   */
  reconfigure(config: RouterConfig, now: Micros): readonly RoutedEffect[] {
    this.#begin(now);
    const { kept, removed } = matchInstances(this.#instances, config.instances);
    for (const instance of removed) this.#run(instance, { kind: "removed" });
    this.#instances = [];
    this.#byName = new Map();
    this.#renewed = [];
    for (const settings of config.instances) {
      const known = kept.get(settings);
      const instance = known ?? this.#create(settings);
      if (known?.settings !== settings) {
        if (known !== undefined) this.#run(known, { kind: "reconfigured", settings });
        this.#renewed.push(instance);
      }
      this.#add(instance);
    }
    this.#regroup(config.syncGroups);
    for (const group of this.#groups) group.settle("reloaded", this.#driver);
    for (const instance of this.#instances) {
      // Out of a faulted group, a sound instance takes part again.
      const stranded =
        instance.partners === undefined && instance.state === "fault" && instance.readiness === "ready";
      if (stranded)
        this.#run(instance, { kind: "groupMoved", to: "backup", release: false, cause: "reloaded" });
    }
    return this.#out;
  }

  #run(member: VrrpInstance, event: InstanceEvent): void {
    // Copied, since an instance may act twice within one call and reuses its effects.
    for (const effect of member.handle(event, this.#now))
      this.#out.push({ instance: member, effect: { ...effect } });
  }

  #begin(now: Micros): void {
    this.#now = now;
    this.#out.length = 0;
  }

  #address(instance: VrrpInstance, effects: readonly InstanceEffect[]): readonly OfInstance[] {
    const { length } = effects;
    while (this.#lists.length <= length) this.#lists.push([]);
    const list = this.#lists[length] as OfInstance[];
    for (let i = 0; i < length; i++) {
      const effect = effects[i] as InstanceEffect;
      const entry = list[i];
      if (entry === undefined) {
        list.push({ instance, effect });
      } else {
        entry.instance = instance;
        entry.effect = effect;
      }
    }
    return list;
  }

  #create(settings: VrrpInstanceConfig): VrrpInstance {
    return new VrrpInstance(settings, this.#lastId++);
  }

  #add(instance: VrrpInstance): void {
    this.#instances.push(instance);
    this.#byName.set(instance.name, instance);
  }

  #regroup(configs: readonly SyncGroupConfig[]): void {
    const before = new Map(this.#groups.map((group) => [group.name, group.state]));
    this.#groupOf.clear();
    for (const instance of this.#instances) instance.partners = undefined;
    this.#groups = configs.map((settings) => {
      const members = settings.members.flatMap((name) => this.#byName.get(name) ?? []);
      const group = new SyncGroup(settings, members, before.get(settings.name));
      for (const member of members) this.#groupOf.set(member, group);
      return group;
    });
  }
}

/**
 * Which instance goes on as which of the new settings. Two unicast instances may share everything but their peers
 * (reference 14.4), so those with the same peers find each other first.
 */
function matchInstances(
  instances: readonly VrrpInstance[],
  wanted: readonly VrrpInstanceConfig[],
): { kept: ReadonlyMap<VrrpInstanceConfig, VrrpInstance>; removed: ReadonlySet<VrrpInstance> } {
  const kept = new Map<VrrpInstanceConfig, VrrpInstance>();
  const left = new Set(instances);
  const keep = (settings: VrrpInstanceConfig, instance: VrrpInstance | undefined): boolean => {
    const found = instance !== undefined && left.delete(instance);
    if (found) kept.set(settings, instance);
    return found;
  };
  const bySettings = new Map<VrrpInstanceConfig, VrrpInstance>();
  for (const instance of instances) bySettings.set(instance.settings, instance);
  let others = wanted.filter((settings) => !keep(settings, bySettings.get(settings)));
  for (const sameness of [identityWithPeers, identity]) {
    const byKey = new Map<string, VrrpInstance>();
    for (const instance of left) byKey.set(sameness(instance.settings), instance);
    others = others.filter((settings) => !keep(settings, byKey.get(sameness(settings))));
  }
  return { kept, removed: left };
}

function identityWithPeers(settings: VrrpInstanceConfig): string {
  const peers = settings.unicastPeers.map(({ address }) => address).sort();
  return `${identity(settings)} ${peers.join(" ")}`;
}

/** What makes two settings the same virtual router (reference 16.3): never the name. */
function identity(settings: VrrpInstanceConfig): string {
  const {
    virtualRouterId,
    family,
    interface: device,
    unicastPeers,
    sourceAddress,
    multicastGroup,
  } = settings;
  const way = unicastPeers.length > 0 ? `unicast ${sourceAddress ?? ""}` : multicastGroup;
  return `${virtualRouterId} ${family} ${device ?? ""} ${way}`;
}
