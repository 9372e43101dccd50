/**
 * When a MASTER tells its neighbours where the addresses live: the schedule of gratuitous ARP and unsolicited
 * neighbour advertisements (reference section 11; RFC 9568 section 6.4.1 asks for a single one). Pacing and
 * frames are the runtime's.
 */

import type { AnnounceSettings } from "../config/model.js";
import type { InstanceEffect, Micros } from "./events.js";
import { nextOnGrid } from "./timing.js";

export type AnnounceTimer = "announceDelay" | "announceRefresh" | "announceLowerPrio";

export class AnnounceSchedule {
  #settings: AnnounceSettings;
  /** Due times of second bursts, ascending. Several only when MASTER was lost and won again within the delay. */
  readonly #secondBursts: Micros[] = [];
  #refreshAt: Micros = 0;

  constructor(settings: AnnounceSettings) {
    this.#settings = settings;
  }

  /** First burst now, the second after the delay, refreshes after that. */
  onBecameMaster(now: Micros, out: InstanceEffect[]): void {
    this.onAddressesAdded(now, out);
    const { masterRefreshMicros, masterDelayMicros } = this.#settings;
    if (masterRefreshMicros > 0) this.#armRefresh(now + masterDelayMicros + masterRefreshMicros, out);
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
    out.push({ kind: "cancelTimer", timer: "announceRefresh" }, { kind: "cancelAnnouncements" });
  }

  onStopped(out: InstanceEffect[]): void {
    this.#secondBursts.length = 0;
    out.push(
      { kind: "cancelTimer", timer: "announceDelay" },
      { kind: "cancelTimer", timer: "announceLowerPrio" },
    );
  }

  onReconfigured(settings: AnnounceSettings, holding: boolean, now: Micros, out: InstanceEffect[]): void {
    const previous = this.#settings;
    this.#settings = settings;
    if (!holding || previous.masterRefreshMicros === settings.masterRefreshMicros) return;
    if (settings.masterRefreshMicros > 0) this.#armRefresh(now + settings.masterRefreshMicros, out);
    else out.push({ kind: "cancelTimer", timer: "announceRefresh" });
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
