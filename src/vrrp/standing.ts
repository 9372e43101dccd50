/**
 * How an instance ranks: its priority as trackers and a rogue owner leave it, and its address, by which equals
 * are told apart (RFC 9568 section 6.4.3; reference sections 8.5 and 10.1).
 */

import { compareAddresses } from "../net/ip-address.js";
import type { Advert } from "./events.js";
import { effectivePriority, OWNER } from "./timing.js";

export class Standing {
  /** Sum of the active tracker weights. */
  weight = 0;
  source: Uint8Array = new Uint8Array(0);
  /** An owner that met a rogue owner stands at 254. */
  demoted = false;
  #base: number;

  constructor(base: number) {
    this.#base = base;
  }

  get isOwner(): boolean {
    return this.#base === OWNER;
  }
  get effective(): number {
    return this.demoted ? OWNER - 1 : effectivePriority(this.#base, this.weight);
  }
  /** An owner keeps the skew of 255 even when demoted. */
  get forSkew(): number {
    return this.isOwner ? OWNER : this.effective;
  }

  setBase(base: number): void {
    this.#base = base;
    if (base !== OWNER) this.demoted = false;
  }

  /** Positive when the sender ranks above us, 0 when it has our priority and our address. */
  compare(advert: Advert): number {
    return advert.priority - this.effective || compareAddresses(advert.source, this.source);
  }
}
