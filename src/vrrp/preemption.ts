/**
 * Whether a BACKUP bows to an advert: RFC 9568 section 6.4.2 with Preempt_Mode, and keepalived's preempt_delay,
 * during which a lower-priority master is tolerated (reference section 8.4).
 */

import type { InstanceEffect, Micros } from "./events.js";

interface PreemptSettings {
  preempt: boolean;
  preemptDelayMicros: Micros;
}

export class Preemption {
  /** End of the delay; 0 while it does not run. */
  #until: Micros = 0;

  /** @param better whether the advert's priority is at least ours: equal never preempts, whatever the address. */
  tolerates(better: boolean, settings: PreemptSettings, now: Micros, out: InstanceEffect[]): boolean {
    if (better) {
      if (this.#until !== 0) out.push({ kind: "log", level: "info", text: "stop preempt delay" });
      this.#until = 0;
      return true;
    }
    const { preempt, preemptDelayMicros } = settings;
    if (!preempt) return true;
    if (preemptDelayMicros === 0) return false;
    if (this.#until === 0) {
      this.#until = now + preemptDelayMicros;
      const seconds = (preemptDelayMicros / 1e6).toFixed(6);
      out.push({ kind: "log", level: "info", text: `start preempt delay (${seconds})` });
    }
    return now < this.#until;
  }

  /** BACKUP was entered: the delay begins anew with the next lower advert. */
  reset(): void {
    this.#until = 0;
  }
}
