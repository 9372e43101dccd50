/**
 * One virtual router as its driver sees it: the election (election.ts) and what keepalived wraps around it, that
 * is start and stop, faults, sync groups, weights and reload (reference sections 8.2, 8.7, 10, 15, 16). Pure:
 * events in, effects out, in the order to be kept. Which adverts are worth hearing is decided before (receive.ts).
 * The array and the effects that `handle` returns are good until the next call.
 */

import type { VrrpInstanceConfig } from "../config/model.js";
import { Freshness } from "./auth/freshness.js";
import type { Counters } from "./counters.js";
import { Election } from "./election.js";
import type {
  Advert,
  FaultReason,
  InstanceEffect,
  InstanceEvent,
  Micros,
  State,
  TimerName,
} from "./events.js";
import { addsAddress, holdingsDiffer, sameSettings } from "./settings-diff.js";
import { OWNER, skewMicros } from "./timing.js";

/** "ready" when nothing hinders; "undecided" while a tracker has not spoken yet. */
export type Readiness = "ready" | "undecided" | "faulted";

/** What an instance asks its sync group. */
export interface Partners {
  /** Whether the group is MASTER or every other member wants to be. */
  permitMaster(asking: VrrpInstance): boolean;
  /** The worst of the other members. */
  readiness(asking: VrrpInstance): Readiness;
  /** Whether every member owns its addresses and wants to be MASTER. */
  readonly ownersOnly: boolean;
}

export class VrrpInstance {
  /** Set by the router; undefined without a sync group. */
  partners: Partners | undefined;
  /** Kept for whoever authenticates its adverts, since it has to live as long. */
  readonly freshness = new Freshness();

  readonly #election: Election;
  readonly #out: InstanceEffect[] = [];
  #running = false;
  #faults: readonly FaultReason[] = [];
  /** Adverts are ignored before this time (startup delay). */
  #timersFrom: Micros = 0;

  /** @param id a number that the driver may index its own tables with; never reused by one router. */
  constructor(
    settings: VrrpInstanceConfig,
    readonly id = 0,
  ) {
    this.#election = new Election(settings);
  }

  get name(): string {
    return this.settings.name;
  }
  get settings(): VrrpInstanceConfig {
    return this.#election.settings;
  }
  get counters(): Counters {
    return this.#election.counters;
  }
  get state(): State {
    return this.#election.state;
  }
  /** False before `started` and after `stopped`. */
  get running(): boolean {
    return this.#running;
  }
  /** Started, and the startup delay is over. */
  isUnderWay(now: Micros): boolean {
    return this.#running && now >= this.#timersFrom;
  }
  /** Whether it would like to be MASTER on its own, its group aside. */
  get wantsMaster(): boolean {
    return this.#election.wantsMaster;
  }
  get effectivePriority(): number {
    return this.#election.standing.effective;
  }
  /** Base priority and weights, unlimited. */
  get totalPriority(): number {
    return this.settings.priority + this.#election.standing.weight;
  }
  /** When it acts next if nothing happens; undefined when it waits for something else than time. */
  get deadline(): Micros | undefined {
    return this.#election.deadline;
  }
  get sourceAddress(): Uint8Array {
    return this.#election.standing.source;
  }
  /** The last accepted master; undefined when none was heard in this term. */
  get masterAddress(): Uint8Array | undefined {
    return this.#election.learnt.source;
  }
  /** Priority in the last advert handled. */
  get masterPriority(): number {
    return this.#election.learnt.priority;
  }
  /** Active_Adver_Interval of RFC 9568 section 6.1. */
  get masterIntervalMicros(): Micros {
    return this.#election.learnt.intervalMicros;
  }
  get skewMicros(): Micros {
    return this.#election.skewMicros;
  }
  get masterDownMicros(): Micros {
    return this.#election.masterDownMicros;
  }
  /** Whether the addresses are to be on the interface now. */
  get holdsAddresses(): boolean {
    return this.state === "master";
  }
  get faults(): readonly FaultReason[] {
    return this.#faults;
  }
  /** Its own, the group's aside. */
  get readiness(): Readiness {
    if (this.#faults.length === 0) return "ready";
    return this.#faults.every((fault) => fault === "undecided") ? "undecided" : "faulted";
  }
  get #readinessWithPartners(): Readiness {
    return worse(this.readiness, this.partners?.readiness(this) ?? "ready");
  }

  /** Whether the sender of this ranks below us. */
  outranks(advert: Advert): boolean {
    return this.#election.standing.compare(advert) < 0;
  }

  /** A member that owns its addresses in a group where others do not may not hurry (reference section 15). */
  renounceMaster(): void {
    if (!this.#running) this.#election.wantsMaster = false;
  }

  /** The whole behaviour: same history, event and time always give the same effects. */
  handle(event: InstanceEvent, now: Micros): readonly InstanceEffect[] {
    const out = this.#out;
    if (out.length > 0) out.length = 0; // dear even when it changes nothing
    switch (event.kind) {
      case "timerFired":
        return this.#running ? this.#onTimer(event.timer, now, out) : out;
      case "advertReceived":
        if (!this.#running || now < this.#timersFrom) return out;
        return this.#election.onAdvert(event.advert, now, out);
      case "started":
        this.#onStarted(Math.max(now, event.timersFrom ?? now), now, out);
        break;
      case "stopped":
        this.#onStopped("stop", "stopped", out);
        break;
      case "removed":
        this.#onStopped("deleted", "removed from the configuration", out);
        break;
      case "faultsChanged":
        this.#onFaults(event.faults, event.cause, now, out);
        break;
      case "weightChanged":
        this.#retime(() => (this.#election.standing.weight = event.weight), out, event.cause);
        break;
      case "sourceChanged":
        this.#election.standing.source = event.source;
        break;
      case "slept":
        this.#election.slept(event.micros);
        break;
      case "groupMoved":
        if (this.#running) this.#onGroupMoved(event.to, event.release ? 1 : 0, event.cause, now, out);
        break;
      case "partnerHeardLower":
        if (this.state === "master") this.#election.announce.onHeardLower(now, out);
        break;
      case "reconfigured":
        this.#onReconfigured(event.settings, now, out);
        break;
      default:
        event satisfies never;
    }
    return out;
  }

  /** Reference 8.2, RFC 9568 section 6.4.1. `state MASTER` hurries nobody but an owner. */
  #onStarted(base: Micros, now: Micros, out: InstanceEffect[]): void {
    const election = this.#election;
    if (this.#running) return this.#onDelayMoved(base, now, out);
    this.#running = true;
    this.#timersFrom = base;
    out.push({ kind: "removeAddresses" });
    const readiness = this.#readinessWithPartners;
    if (readiness === "faulted") return election.becomeFault("init", 0, out);
    if (readiness === "undecided") return; // waits in INIT, unannounced
    if (this.settings.priority === OWNER && this.wantsMaster && (this.partners?.ownersOnly ?? true)) {
      election.becomeMasterSoon(base + 1, out);
    } else {
      election.becomeBackup("init", base + this.#firstWait(), 0, out);
    }
  }

  /** A reload made the startup delay longer or shorter: one that is over stays over. */
  #onDelayMoved(base: Micros, now: Micros, out: InstanceEffect[]): void {
    if (now >= this.#timersFrom) return;
    this.#election.moveDown(base - this.#timersFrom, out);
    this.#timersFrom = base;
  }

  /** A member that wants to be MASTER in a group that starts as BACKUP waits for one advert only. */
  #firstWait(): Micros {
    const { version, advertIntervalMicros } = this.settings;
    if (this.partners === undefined || !this.wantsMaster) return this.masterDownMicros;
    return advertIntervalMicros + skewMicros(version, OWNER, advertIntervalMicros);
  }

  #onStopped(to: "stop" | "deleted", cause: string, out: InstanceEffect[]): void {
    this.#running = false;
    this.#election.becomeStopped(to, cause, out);
    if (to === "deleted") out.push({ kind: "removed" });
  }

  #onTimer(timer: TimerName, now: Micros, out: InstanceEffect[]): readonly InstanceEffect[] {
    switch (timer) {
      case "advert":
        return this.#election.onAdvertTimer(now, out);
      case "masterDown":
        if (this.state === "backup") this.#onMasterDown(now, out);
        break;
      case "ownerConflict":
        this.#election.conflict.clear();
        break;
      default:
        this.#election.announce.onTimer(timer, this.state === "master", now, out);
    }
    return out;
  }

  #onMasterDown(now: Micros, out: InstanceEffect[]): void {
    out.push({ kind: "log", level: "detail", text: "Receive advertisement timeout" });
    this.#election.wantsMaster = true;
    if (this.partners?.permitMaster(this) ?? true) this.#election.succeed(now, out);
    else this.#election.armDown(now + this.masterDownMicros, out);
  }

  #onFaults(faults: readonly FaultReason[], cause: string, now: Micros, out: InstanceEffect[]): void {
    this.#faults = faults;
    if (!this.#running) return;
    if (this.readiness === "faulted") {
      if (this.state !== "fault") this.#election.becomeFault(cause, 2, out);
    } else if (this.#readinessWithPartners === "ready") {
      this.#recover(cause, now, out);
    }
  }

  #onGroupMoved(to: State, resigns: number, cause: string, now: Micros, out: InstanceEffect[]): void {
    const election = this.#election;
    if (to === "fault") {
      if (this.state !== "fault") election.becomeFault(cause, resigns, out);
    } else if (to === "master") {
      if (this.state === "backup") election.becomeMaster(cause, now, out);
    } else {
      election.wantsMaster = false;
      if (this.state === "master") election.becomeBackup(cause, now + this.masterDownMicros, resigns, out);
      else this.#recover(cause, now, out);
    }
  }

  /** Nothing hinders any more; an owner too returns by way of a full wait (reference 8.7). */
  #recover(cause: string, now: Micros, out: InstanceEffect[]): void {
    if (this.state !== "fault" && this.state !== "init") return;
    const wasFault = this.state === "fault";
    this.#election.learnt.forget(this.settings.advertIntervalMicros);
    this.#election.becomeBackup(cause, Math.max(now, this.#timersFrom) + this.masterDownMicros, 0, out);
    if (wasFault && this.settings.unicastPeers.length > 0) out.push({ kind: "announceSource" });
  }

  /** Unchanged settings change nothing, timers included; others count from the next advert (reference 16.3). */
  #onReconfigured(next: VrrpInstanceConfig, now: Micros, out: InstanceEffect[]): void {
    const { settings: previous, announce } = this.#election;
    if (sameSettings(previous, next)) {
      this.#election.settings = next;
      return;
    }
    out.push({ kind: "settingsChanged", previous, next });
    this.#retime(() => this.#adopt(next), out);
    const master = this.state === "master";
    if (master && holdingsDiffer(previous, next)) out.push({ kind: "replaceAddresses", previous, next });
    this.#election.hastenAdvert(now + next.advertIntervalMicros, out);
    announce.onReconfigured(next, master, now, out);
    if (master && addsAddress(previous, next)) announce.onAddressesAdded(now, out);
  }

  #adopt(next: VrrpInstanceConfig): void {
    const { standing, learnt } = this.#election;
    this.#election.settings = next;
    standing.setBase(next.priority);
    // A version 3 BACKUP keeps the interval that its master told it.
    const told = next.version === 3 && learnt.source !== undefined;
    if (!told) learnt.intervalMicros = next.advertIntervalMicros;
  }

  /** Carries out a change on which the timers depend: a pending expiry moves by the difference (reference 9). */
  #retime(change: () => void, out: InstanceEffect[], cause = ""): void {
    const priority = this.effectivePriority;
    const wait = this.masterDownMicros;
    change();
    const changed = this.effectivePriority;
    if (!this.#running) return;
    if (changed !== priority) {
      const why = cause === "" ? "" : ` (${cause})`;
      const text = `Changing effective priority from ${priority} to ${changed}${why}`;
      out.push({ kind: "log", level: "info", text });
      out.push({ kind: "notifyPriority", state: this.state, priority: changed });
    }
    this.#election.moveDown(this.masterDownMicros - wait, out);
  }
}

/** The worse of two. */
export function worse(a: Readiness, b: Readiness): Readiness {
  if (a === "faulted" || b === "faulted") return "faulted";
  return a === "undecided" || b === "undecided" ? "undecided" : "ready";
}
