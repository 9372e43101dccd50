/**
 * When a MASTER tells its neighbours where the addresses live: the schedule of gratuitous ARP and unsolicited
 * neighbour advertisements (reference section 11; RFC 9568 section 6.4.1 asks for a single one). Pacing and
 * frames are the runtime's.
 */

import type { AnnounceSettings, VrrpInstanceConfig } from "../config/model.js";
import { extraIntervalMicros } from "./announce-extra.js";
import type { InstanceEffect, Micros } from "./events.js";
import { nextOnGrid } from "./timing.js";

type AnnounceTimer = "announceDelay" | "announceRefresh" | "announceLowerPrio" | "announceExtra";

export class AnnounceSchedule {
  #settings: AnnounceSettings;
  /** Period of what is said on other interfaces; 0 for nothing. */
  #extraMicros: Micros;
  #extraAt: Micros = 0;
  /** Due times of second bursts, ascending. Several only when MASTER was lost and won again within the delay. */
  readonly #secondBursts: Micros[] = [];
  #refreshAt: Micros = 0;

  constructor(settings: VrrpInstanceConfig) {
    this.#settings = settings.announce;
    this.#extraMicros = extraIntervalMicros(settings);
  }

  /** First burst now, the second after the delay, refreshes after that. */
  onBecameMaster(now: Micros, out: InstanceEffect[]): void {
    this.onAddressesAdded(now, out);
    const { masterRefreshMicros, masterDelayMicros } = this.#settings;
    if (masterRefreshMicros > 0) this.#armRefresh(now + masterDelayMicros + masterRefreshMicros, out);
    if (this.#extraMicros > 0) this.#armExtra(now + masterDelayMicros + this.#extraMicros, out);
  }

  /** A burst now and one after the delay. */
  onAddressesAdded(now: Micros, out: InstanceEffect[]): void {
    const { masterRepeat, masterDelayMicros } = this.#settings;
    // keepalived treats a repeat of 0 as 1.
    out.push({ kind: "announceAddresses", repeat: Math.max(1, masterRepeat) });
    if (masterDelayMicros > 0) {
      this.#secondBursts.push(now + masterDelayMicros);
      this.#secondBursts.sort((a, b) => a - b);
      this.#armSecondBurst(out);
    }
  }

  /** Somebody worse advertised, so switches may have learnt its port: assert ours. */
  onHeardLower(now: Micros, out: InstanceEffect[]): void {
    const { lowerPrioRepeat, lowerPrioDelayMicros } = this.#settings;
    if (lowerPrioRepeat <= 0) return;
    out.push({ kind: "announceAddresses", repeat: lowerPrioRepeat });
    if (lowerPrioDelayMicros > 0) {
      out.push({ kind: "armTimer", timer: "announceLowerPrio", at: now + lowerPrioDelayMicros });
    }
  }

  /** @param holding whether the addresses are ours now: a burst scheduled before MASTER was lost says nothing. */
  onTimer(timer: AnnounceTimer, holding: boolean, now: Micros, out: InstanceEffect[]): void {
    const settings = this.#settings;
    if (timer === "announceRefresh") {
      if (!holding || settings.masterRefreshMicros === 0) return;
      out.push({ kind: "announceAddresses", repeat: Math.max(1, settings.masterRefreshRepeat) });
      this.#armRefresh(nextOnGrid(this.#refreshAt, settings.masterRefreshMicros, now), out);
    } else if (timer === "announceExtra") {
      if (!holding || this.#extraMicros === 0) return;
      out.push({ kind: "announceExtra" });
      this.#armExtra(nextOnGrid(this.#extraAt, this.#extraMicros, now), out);
    } else if (timer === "announceLowerPrio") {
      if (holding) out.push({ kind: "announceAddresses", repeat: settings.lowerPrioRepeat });
    } else {
      const pending = this.#secondBursts;
      while (pending.length > 0 && (pending[0] ?? 0) <= now) pending.shift();
      if (holding) out.push({ kind: "announceAddresses", repeat: Math.max(1, settings.masterRepeat) });
      this.#armSecondBurst(out);
    }
  }

  /** As upstream: second bursts already scheduled are not cancelled; they fire if MASTER was won again by then. */
  onLostMaster(out: InstanceEffect[]): void {
    out.push(
      { kind: "cancelTimer", timer: "announceRefresh" },
      { kind: "cancelTimer", timer: "announceExtra" },
      { kind: "cancelAnnouncements" },
    );
  }

  onStopped(out: InstanceEffect[]): void {
    this.#secondBursts.length = 0;
    out.push(
      { kind: "cancelTimer", timer: "announceDelay" },
      { kind: "cancelTimer", timer: "announceLowerPrio" },
    );
  }

  onReconfigured(next: VrrpInstanceConfig, holding: boolean, now: Micros, out: InstanceEffect[]): void {
    const { masterRefreshMicros: refreshBefore } = this.#settings;
    const extraBefore = this.#extraMicros;
    this.#settings = next.announce;
    this.#extraMicros = extraIntervalMicros(next);
    if (!holding) return;
    const { masterRefreshMicros } = next.announce;
    if (masterRefreshMicros !== refreshBefore) {
      if (masterRefreshMicros > 0) this.#armRefresh(now + masterRefreshMicros, out);
      else out.push({ kind: "cancelTimer", timer: "announceRefresh" });
    }
    if (this.#extraMicros !== extraBefore) {
      if (this.#extraMicros > 0) this.#armExtra(now + this.#extraMicros, out);
      else out.push({ kind: "cancelTimer", timer: "announceExtra" });
    }
  }

  #armExtra(at: Micros, out: InstanceEffect[]): void {
    this.#extraAt = at;
    out.push({ kind: "armTimer", timer: "announceExtra", at });
  }

  #armRefresh(at: Micros, out: InstanceEffect[]): void {
    this.#refreshAt = at;
    out.push({ kind: "armTimer", timer: "announceRefresh", at });
  }

  #armSecondBurst(out: InstanceEffect[]): void {
    const at = this.#secondBursts[0];
    if (at !== undefined) out.push({ kind: "armTimer", timer: "announceDelay", at });
  }
}
