/**
 * What an instance knows of the router that is MASTER: who, since when silent, and its interval
 * (RFC 9568 section 6.1, Active_Adver_Interval; version 2 knows only its own). Tells why a takeover happened.
 */

import { formatAddress } from "../net/ip-address.js";
import type { MasterReason } from "./counters.js";
import type { Advert, Micros } from "./events.js";
import { inSeconds } from "./timing.js";

export class Learnt {
  /** The last accepted master. */
  source: Uint8Array | undefined;
  /** Priority in the last advert handled, whoever sent it. */
  priority = 0;
  intervalMicros: Micros;
  #word: "nothing" | "accepted" | "resigned" | "discarded" = "nothing";
  #since: Micros = 0;
  #speaker: Uint8Array | undefined;

  constructor(ownIntervalMicros: Micros) {
    this.intervalMicros = ownIntervalMicros;
  }

  accepted(advert: Advert, now: Micros): void {
    this.source = advert.source;
    this.#note("accepted", advert, now);
  }

  resigned(advert: Advert, now: Micros): void {
    this.#note("resigned", advert, now);
  }

  discarded(advert: Advert, now: Micros): void {
    this.#note("discarded", advert, now);
  }

  /** A new term begins: nobody was heard in it. */
  forget(ownIntervalMicros: Micros): void {
    this.source = undefined;
    this.intervalMicros = ownIntervalMicros;
    this.#word = "nothing";
    this.#speaker = undefined;
  }

  isMaster(source: Uint8Array): boolean {
    const known = this.source;
    return (
      known !== undefined && known.length === source.length && known.every((byte, i) => byte === source[i])
    );
  }

  /** Why the master-down timer ran out, as a sentence. */
  describe(ours: number, now: Micros): string {
    const who = this.#speaker === undefined ? "" : formatAddress(this.#speaker);
    switch (this.#word) {
      case "resigned":
        return `${who} resigned with priority 0`;
      case "discarded":
        return `our priority ${ours} is higher than ${this.priority} of ${who}`;
      case "accepted":
        return `no advert from ${who} for ${inSeconds(now - this.#since)}`;
      default:
        return "no advert from anybody";
    }
  }

  get reason(): MasterReason {
    if (this.#word === "discarded") return "preempted";
    return this.#word === "resigned" ? "priority" : "noResponse";
  }

  #note(word: "accepted" | "resigned" | "discarded", advert: Advert, now: Micros): void {
    this.#word = word;
    this.#since = now;
    this.#speaker = advert.source;
    this.priority = advert.priority;
  }
}
