/**
 * The election itself: RFC 9568 section 6.4 and RFC 3768 section 6.4 as keepalived runs them (reference sections
 * 8.3 to 8.6 and 9). Holds the state and the timers of one virtual router, judges adverts and makes transitions;
 * when to start, stop, fault or follow a group is its owner's business (instance.ts). Appends effects to a list.
 */

import type { VrrpInstanceConfig } from "../config/model.js";
import { AnnounceSchedule } from "./announce.js";
import { Counters } from "./counters.js";
import type { Advert, InstanceEffect, Micros, State } from "./events.js";
import { Learnt } from "./learnt.js";
import { OwnerConflict } from "./owner-conflict.js";
import { Preemption } from "./preemption.js";
import { judgeSilence, listeningMicros } from "./stall.js";
import { Standing } from "./standing.js";
import { masterDownMicros, nextOnGrid, OWNER, RESIGN, skewMicros } from "./timing.js";
import * as wording from "./wording.js";

type Effect<K extends InstanceEffect["kind"]> = Extract<InstanceEffect, { kind: K }>;

export class Election {
  settings: VrrpInstanceConfig;
  /** Whether the router would like to be MASTER on its own, its sync group aside. */
  wantsMaster: boolean;
  readonly counters = new Counters();
  readonly standing: Standing;
  readonly learnt: Learnt;
  readonly announce: AnnounceSchedule;
  readonly conflict = new OwnerConflict();
  readonly #preemption = new Preemption();
  #state: State = "init";
  #notified: State = "init";
  #toldOwnAddress = false;
  #downAt: Micros = 0;
  #advertAt: Micros = 0;
  /** A MASTER that was stalled listens until its next advert is due. */
  #listening = false;
  /** When the last advert out of turn was sent. */
  #assertedAt: Micros = -1;

  // Reused, effects and lists, so that neither a due advert nor a confirming one allocates.
  readonly #nextAdvert: Effect<"armTimer"> = { kind: "armTimer", timer: "advert", at: 0 };
  readonly #nextDown: Effect<"armTimer"> = { kind: "armTimer", timer: "masterDown", at: 0 };
  readonly #advert: Effect<"sendAdvert"> = { kind: "sendAdvert", priority: 0 };
  readonly #due: readonly InstanceEffect[] = [this.#advert, this.#nextAdvert];
  readonly #confirmed: readonly InstanceEffect[] = [this.#nextDown];

  constructor(settings: VrrpInstanceConfig) {
    this.settings = settings;
    this.wantsMaster = settings.initialState === "MASTER";
    this.standing = new Standing(settings.priority);
    this.learnt = new Learnt(settings.advertIntervalMicros);
    this.announce = new AnnounceSchedule(settings);
  }

  get state(): State {
    return this.#state;
  }
  get skewMicros(): Micros {
    return skewMicros(this.settings.version, this.standing.forSkew, this.learnt.intervalMicros);
  }
  get masterDownMicros(): Micros {
    const { version, downTimerAdverts } = this.settings;
    return masterDownMicros(version, this.standing.forSkew, this.learnt.intervalMicros, downTimerAdverts);
  }

  get deadline(): Micros | undefined {
    if (this.#state === "master") return this.#advertAt;
    return this.#state === "backup" ? this.#downAt : undefined;
  }

  /** The shortest way to MASTER is a BACKUP that times out at once; nobody is told of it. */
  becomeMasterSoon(at: Micros, out: InstanceEffect[]): void {
    this.#state = "backup";
    this.armDown(at, out);
  }

  /** @returns the effects: `out`, or a list of its own. */
  onAdvertTimer(now: Micros, out: InstanceEffect[]): readonly InstanceEffect[] {
    if (this.#state !== "master") return out;
    if (this.#listening) return this.#onNothingHeard(now, out);
    if (this.#isStalled(now, out)) return out;
    const next = nextOnGrid(this.#advertAt, this.settings.advertIntervalMicros, now);
    const watch = this.#prepareAdvert(next);
    if (watch === 0) return this.#due;
    out.push(...this.#due, { kind: "armTimer", timer: "ownerConflict", at: now + watch });
    return out;
  }

  /**
   * Whether the process slept for so long that somebody else must be MASTER by now: then it listens, or gives way as
   * timer_expired_backup wants it. The addresses stay meanwhile, as they did while it slept.
   */
  #isStalled(now: Micros, out: InstanceEffect[]): boolean {
    const silence = now - this.#advertAt + this.settings.advertIntervalMicros;
    const stall = judgeSilence(this.settings, silence);
    if (stall === "none") return false;
    if (stall === "expired") {
      this.becomeBackup(wording.expiredText(silence), now + this.masterDownMicros, 0, out);
      return true;
    }
    const wait = listeningMicros(this.settings);
    out.push({ kind: "log", level: "warning", text: wording.stalledText(silence, wait) });
    this.#listening = true;
    this.#advertAt = this.#nextAdvert.at = now + wait;
    out.push(this.#nextAdvert);
    return true;
  }

  #onNothingHeard(now: Micros, out: InstanceEffect[]): readonly InstanceEffect[] {
    out.push({ kind: "log", level: "info", text: "Nobody has taken over: going on as master" });
    this.#reassert(now, out);
    return out;
  }

  /** After a stall the neighbours may believe somebody else, so they are told anew. */
  #reassert(now: Micros, out: InstanceEffect[]): void {
    this.#listening = false;
    this.#advertise(now, out);
    this.announce.onAddressesAdded(now, out);
  }

  /** The host slept, and the clock of the timers with it. */
  slept(micros: Micros): void {
    this.#advertAt -= micros;
  }

  /** The wait of a BACKUP became longer or shorter by this much (reference 9). */
  moveDown(by: Micros, out: InstanceEffect[]): void {
    if (this.#state === "backup" && by !== 0) this.armDown(this.#downAt + by, out);
  }

  /** A shorter advert interval does not wait for the end of the longer one. */
  hastenAdvert(latest: Micros, out: InstanceEffect[]): void {
    if (this.#state !== "master" || this.#advertAt <= latest) return;
    this.#advertAt = this.#nextAdvert.at = latest;
    out.push(this.#nextAdvert);
  }

  /** Adverts count in BACKUP and MASTER only. @returns the effects: `out`, or a list of its own. */
  onAdvert(advert: Advert, now: Micros, out: InstanceEffect[]): readonly InstanceEffect[] {
    if (this.#state === "master" && !this.#listening) this.#isStalled(now, out);
    if (this.#state === "backup") return this.#onAdvertInBackup(advert, now, out);
    if (this.#state === "master") this.#onAdvertInMaster(advert, now, out);
    return out;
  }

  /** RFC 9568 section 6.4.2 (reference 8.4). */
  #onAdvertInBackup(advert: Advert, now: Micros, out: InstanceEffect[]): readonly InstanceEffect[] {
    const standing = this.standing;
    if (standing.demoted && (advert.priority !== OWNER || !this.learnt.isMaster(advert.source))) {
      standing.demoted = false;
    }
    if (advert.priority === RESIGN) {
      out.push({ kind: "log", level: "info", text: "Backup received priority 0 advertisement" });
      this.learnt.resigned(advert, now);
      this.armDown(now + this.skewMicros, out);
    } else if (this.#preemption.tolerates(advert.priority >= standing.effective, this.settings, now, out)) {
      this.#follow(advert, now, out);
      this.#downAt = this.#nextDown.at = now + this.masterDownMicros;
      if (out.length === 0) return this.#confirmed;
      out.push(this.#nextDown);
    } else {
      out.push({ kind: "log", level: "detail", text: wording.discardedText(advert) });
      this.learnt.discarded(advert, now);
    }
    return out;
  }

  /** RFC 9568 section 6.4.3 (reference 8.5). */
  #onAdvertInMaster(advert: Advert, now: Micros, out: InstanceEffect[]): void {
    if (advert.priority === RESIGN) {
      out.push({ kind: "log", level: "info", text: "Master received priority 0 message" });
      if (this.#listening) this.#reassert(now, out);
      else this.#advertise(now, out);
      return;
    }
    if (advert.priority === OWNER && this.standing.isOwner)
      this.conflict.onRivalAdvert(advert, this.standing, out);
    const rank = this.standing.compare(advert);
    if (rank > 0) this.#onHigher(advert, now, out);
    else if (rank < 0) this.#onLower(advert, now, out);
    else this.#onOwnAddress(advert, out);
  }

  /** A loop in the network, or somebody with our address: said once per term, it may come with every advert. */
  #onOwnAddress(advert: Advert, out: InstanceEffect[]): void {
    if (this.#toldOwnAddress) return;
    this.#toldOwnAddress = true;
    out.push({ kind: "log", level: "warning", text: wording.ownAddressText(advert) });
  }

  #onHigher(advert: Advert, now: Micros, out: InstanceEffect[]): void {
    if (this.settings.higherPrioSendAdvert) this.#send(this.standing.effective, out);
    const cause = wording.higherText(advert, this.standing.effective);
    this.#follow(advert, now, out);
    this.becomeBackup(cause, now + this.masterDownMicros, 0, out);
  }

  #onLower(advert: Advert, now: Micros, out: InstanceEffect[]): void {
    if (this.#listening) return this.#onSuccessor(advert, now, out);
    // Read in the same burst as the one that made us assert our role: its sender has not heard that yet.
    if (now === this.#assertedAt) return;
    const forced = !this.settings.lowerPrioNoAdvert;
    const text = wording.lowerText(advert, this.standing.effective, forced);
    out.push({ kind: "log", level: "info", text });
    if (forced) this.#advertise(now, out);
    this.announce.onHeardLower(now, out);
    out.push({ kind: "notifyLowerPriority", priority: advert.priority });
  }

  /** While we were stalled somebody of lower priority took over: who does not preempt now, does not preempt then. */
  #onSuccessor(advert: Advert, now: Micros, out: InstanceEffect[]): void {
    const { preempt, preemptDelayMicros } = this.settings;
    if (preempt && preemptDelayMicros === 0) {
      out.push({
        kind: "log",
        level: "info",
        text: wording.lowerText(advert, this.standing.effective, true),
      });
      this.#reassert(now, out);
      out.push({ kind: "notifyLowerPriority", priority: advert.priority });
      return;
    }
    const cause = wording.successorText(advert);
    this.#follow(advert, now, out);
    this.becomeBackup(cause, now + this.masterDownMicros, 0, out);
  }

  /** The master-down timer ran out and nobody objects: RFC 9568 section 6.4.2. */
  succeed(now: Micros, out: InstanceEffect[]): void {
    const { isOwner, effective } = this.standing;
    const first = this.#notified === "init";
    this.counters.masterReason =
      isOwner && this.learnt.reason === "noResponse" ? "priority" : this.learnt.reason;
    this.becomeMaster(first ? "owner of the addresses" : this.learnt.describe(effective, now), now, out);
  }

  /** Reference 8.3: the advert first, so that an old master lets go before neighbours hear of us. */
  becomeMaster(cause: string, now: Micros, out: InstanceEffect[]): void {
    const { advertIntervalMicros, version } = this.settings;
    this.#state = "master";
    this.wantsMaster = true;
    this.standing.demoted = false;
    this.#toldOwnAddress = false;
    this.counters.becameMaster++;
    if (this.counters.masterReason === "notMaster") this.counters.masterReason = "priority";
    out.push({ kind: "cancelTimer", timer: "masterDown" });
    this.#advertise(now, out);
    const learnt = this.learnt.intervalMicros;
    if (version === 3 && learnt !== advertIntervalMicros) {
      out.push({ kind: "log", level: "info", text: wording.ownIntervalText(learnt, advertIntervalMicros) });
    }
    this.learnt.forget(advertIntervalMicros);
    out.push(
      { kind: "log", level: "info", text: `Entering MASTER STATE (${cause})` },
      { kind: "addAddresses" },
    );
    this.announce.onBecameMaster(now, out);
    this.#notify("master", cause, out);
  }

  becomeBackup(cause: string, downAt: Micros, resigns: number, out: InstanceEffect[]): void {
    out.push({ kind: "log", level: "info", text: `Entering BACKUP STATE (${cause})` });
    if (this.#state === "master") this.#leaveMaster(resigns, out);
    this.#state = "backup";
    this.#preemption.reset();
    this.#notify("backup", cause, out);
    this.armDown(downAt, out);
  }

  becomeFault(cause: string, resigns: number, out: InstanceEffect[]): void {
    out.push({ kind: "log", level: "info", text: `Entering FAULT STATE (${cause})` });
    if (this.#state === "master") this.#leaveMaster(resigns, out);
    else out.push({ kind: "cancelTimer", timer: "masterDown" });
    this.#state = "fault";
    this.wantsMaster = false;
    this.#notify("fault", cause, out);
  }

  /** Reference 8.6: `resigns` priority-0 adverts while the addresses are still there, then they go. */
  #leaveMaster(resigns: number, out: InstanceEffect[]): void {
    for (let i = 0; i < resigns; i++) this.#send(RESIGN, out);
    this.#listening = false;
    this.conflict.clear();
    this.counters.releasedMaster++;
    this.counters.masterReason = "notMaster";
    out.push({ kind: "cancelTimer", timer: "advert" }, { kind: "cancelTimer", timer: "ownerConflict" });
    this.announce.onLostMaster(out);
    out.push({ kind: "removeAddresses" });
  }

  /** Releases everything without an heir in view; the last word is `to`. */
  becomeStopped(to: "stop" | "deleted", cause: string, out: InstanceEffect[]): void {
    if (this.#state === "master") this.#leaveMaster(1, out);
    if (this.#state !== "init") out.push({ kind: "cancelTimer", timer: "masterDown" });
    this.announce.onStopped(out);
    out.push({ kind: "notify", from: this.#notified, to, cause });
    this.#state = this.#notified = "init";
  }

  #notify(to: State, cause: string, out: InstanceEffect[]): void {
    out.push({ kind: "notify", from: this.#notified, to, cause });
    this.#notified = to;
  }

  /** Version 3 learns the interval of its master (RFC 9568 section 6.4.2), version 2 has only its own. */
  #follow(advert: Advert, now: Micros, out: InstanceEffect[]): void {
    const known = this.learnt.intervalMicros;
    if (this.settings.version === 3 && advert.intervalMicros !== known) {
      this.learnt.intervalMicros = advert.intervalMicros;
      out.push({
        kind: "log",
        level: "info",
        text: wording.learntIntervalText(known, advert.intervalMicros),
      });
    }
    this.learnt.accepted(advert, now);
    this.wantsMaster = false;
  }

  /** Out of turn: the period starts anew from now. */
  #advertise(now: Micros, out: InstanceEffect[]): void {
    this.#assertedAt = now;
    const watch = this.#prepareAdvert(now + this.settings.advertIntervalMicros);
    out.push(...this.#due);
    if (watch > 0) out.push({ kind: "armTimer", timer: "ownerConflict", at: now + watch });
  }

  /** @returns how long to watch a rival owner from now on, 0 as a rule. */
  #prepareAdvert(nextAt: Micros): Micros {
    this.counters.advertsSent++;
    this.#advert.priority = this.standing.effective;
    this.#advertAt = this.#nextAdvert.at = nextAt;
    return this.conflict.onAdvertSent(this.settings.advertIntervalMicros);
  }

  #send(priority: number, out: InstanceEffect[]): void {
    this.counters.advertsSent++;
    if (priority === RESIGN) this.counters.priorityZeroSent++;
    out.push({ kind: "sendAdvert", priority });
  }

  armDown(at: Micros, out: InstanceEffect[]): void {
    this.#downAt = this.#nextDown.at = at;
    out.push(this.#nextDown);
  }
}
