/**
 * Two routers that both own the addresses (priority 255), seen from one of them: does the other give way?
 * keepalived only; RFC 9568 section 7.2 leaves two owners to their addresses, and so do we at first. Two own
 * adverts tell the rival about us; one that still advertises in the watch that follows is a rogue, and we yield
 * to it rather than fight.
 */

import { compareAddresses } from "../net/ip-address.js";
import type { Advert, InstanceEffect, Micros } from "./events.js";
import type { Standing } from "./standing.js";
import { rivalText, rogueText } from "./wording.js";

const OWN_ADVERTS = 2;

export class OwnerConflict {
  #phase: "none" | "telling" | "watching" = "none";
  #toSend = 0;
  #rivalInterval: Micros = 0;

  /** As MASTER. Lowers `standing` when the rival turns out to be a rogue. */
  onRivalAdvert(advert: Advert, standing: Standing, out: InstanceEffect[]): void {
    const weGiveWay = compareAddresses(advert.source, standing.source) >= 0;
    if (weGiveWay || this.#phase === "none")
      out.push({ kind: "log", level: "warning", text: rivalText(advert) });
    if (weGiveWay) return;
    if (this.#phase === "watching") {
      this.#phase = "none";
      standing.demoted = true;
      out.push({ kind: "cancelTimer", timer: "ownerConflict" });
      out.push({ kind: "log", level: "warning", text: rogueText(advert) });
      return;
    }
    if (this.#phase === "none") this.#toSend = OWN_ADVERTS;
    this.#phase = "telling";
    this.#rivalInterval = advert.intervalMicros;
  }

  /** @returns how long to watch for the rival from now on, 0 when there is nothing to watch yet. */
  onAdvertSent(ownIntervalMicros: Micros): Micros {
    if (this.#phase !== "telling" || --this.#toSend > 0) return 0;
    this.#phase = "watching";
    return Math.round(1.2 * Math.max(ownIntervalMicros, this.#rivalInterval));
  }

  /** The watch ended in silence, or MASTER was lost. */
  clear(): void {
    this.#phase = "none";
  }
}
