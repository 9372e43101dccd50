/**
 * A sync group: instances that are MASTER together or not at all (reference section 15; no RFC knows it). It only
 * watches what its members did and says what the others must do; the router carries that out, in group order.
 */

import type { SyncGroupConfig } from "../config/model.js";
import type { GroupEffect, InstanceEffect, InstanceEvent, State } from "./events.js";
import { type Partners, type Readiness, type VrrpInstance, worse } from "./instance.js";

/** How the router carries out what a group decides. */
export interface GroupDriver {
  run(member: VrrpInstance, event: InstanceEvent): void;
  tell(effect: GroupEffect): void;
}

export class SyncGroup implements Partners {
  readonly settings: SyncGroupConfig;
  readonly members: readonly VrrpInstance[];
  #state: State;

  /** @param state of the group of the same name before a reload. */
  constructor(settings: SyncGroupConfig, members: readonly VrrpInstance[], state: State = "init") {
    this.settings = settings;
    this.members = members;
    this.#state = state;
    for (const member of members) member.partners = this;
  }

  get name(): string {
    return this.settings.name;
  }
  get state(): State {
    return this.#state;
  }
  get ownersOnly(): boolean {
    return this.members.every(
      ({ settings }) => settings.priority === 255 && settings.initialState === "MASTER",
    );
  }

  permitMaster(asking: VrrpInstance): boolean {
    return (
      this.#state === "master" || this.members.every((member) => member === asking || member.wantsMaster)
    );
  }

  readiness(asking?: VrrpInstance): Readiness {
    let worst: Readiness = "ready";
    for (const member of this.members) if (member !== asking) worst = worse(worst, member.readiness);
    return worst;
  }

  /** Called with everything that an event made a member do. */
  onMemberActed(
    member: VrrpInstance,
    effects: readonly { effect: InstanceEffect }[],
    driver: GroupDriver,
  ): void {
    for (const { effect } of effects) {
      if (effect.kind === "notify") this.#onTransition(member, effect.to, effect.cause, driver);
      else if (effect.kind === "notifyLowerPriority")
        this.#runOthers(member, { kind: "partnerHeardLower" }, driver);
    }
    if (this.#state === "master" && member.state === "backup" && member.masterAddress !== undefined) {
      // A member that a reload added to a MASTER group has found a better master than us.
      this.#follow(member, "backup", `${member.name} follows another master`, false, driver);
    }
  }

  #onTransition(
    leader: VrrpInstance,
    to: State | "stop" | "deleted",
    cause: string,
    driver: GroupDriver,
  ): void {
    if (to === "master" || to === "backup" || to === "fault") {
      if (this.#state !== to || to === "backup")
        this.#follow(leader, to, `${leader.name}: ${cause}`, to === "fault", driver);
    }
  }

  #follow(
    leader: VrrpInstance,
    to: "master" | "backup" | "fault",
    cause: string,
    release: boolean,
    driver: GroupDriver,
  ): void {
    driver.tell({
      kind: "logGroup",
      group: this.name,
      text: `Syncing instances to ${to.toUpperCase()} state`,
    });
    this.#runOthers(leader, { kind: "groupMoved", to, release, cause }, driver);
    this.#become(to, cause, driver);
  }

  #runOthers(leader: VrrpInstance, event: InstanceEvent, driver: GroupDriver): void {
    for (const member of this.members) if (member !== leader) driver.run(member, event);
  }

  #become(to: State, cause: string, driver: GroupDriver): void {
    if (this.#state === to) return;
    this.#state = to;
    driver.tell({ kind: "notifyGroup", group: this.name, to, cause });
  }

  /** Before members are started: the group is notified first, then they (reference 8.2). */
  onStarting(driver: GroupDriver): void {
    if (this.members.every((member) => member.running)) return;
    if (this.members.some(({ settings }) => settings.priority === 255) && !this.ownersOnly) {
      for (const member of this.members) member.renounceMaster();
    }
    const readiness = this.readiness();
    if (readiness === "faulted") this.#fault("init", driver);
    else if (readiness === "ready" && this.#state === "init" && !this.ownersOnly)
      this.#become("backup", "init", driver);
  }

  /** After a reload: members that came from elsewhere must agree with each other again. */
  settle(cause: string, driver: GroupDriver): void {
    const running = this.members.filter((member) => member.running);
    if (running.length === 0) return;
    const readiness = this.readiness();
    if (readiness === "faulted") return this.#fault(cause, driver);
    if (running.every(({ state }) => state === "master")) return this.#become("master", cause, driver);
    if (readiness === "undecided" && running.every(({ state }) => state === "init")) return;
    // Agreed already: a wait for the last member to want MASTER goes on undisturbed.
    if (this.#state === "backup" && running.every(({ state }) => state === "backup")) return;
    for (const member of running)
      driver.run(member, { kind: "groupMoved", to: "backup", release: true, cause });
    this.#become("backup", cause, driver);
  }

  #fault(cause: string, driver: GroupDriver): void {
    for (const member of this.members) {
      if (member.running) driver.run(member, { kind: "groupMoved", to: "fault", release: true, cause });
    }
    this.#become("fault", cause, driver);
  }

  onStopped(driver: GroupDriver): void {
    this.#state = "init";
    driver.tell({ kind: "notifyGroup", group: this.name, to: "stop", cause: "stopped" });
  }
}
