/**
 * The receiving side of auth_hmac (reference 5.4): its checks in their order, the cheap ones first, and nothing
 * remembered of an advert before its HMAC is known to be right. Pure; the wall clock is an argument.
 */
import type { HmacSetting, VrrpInstanceConfig } from "../../config/model.js";
import { canonicalAddress, formatAddress } from "../../net/ip-address.js";
import type { Decoded, ReceivedAdvert } from "../advert.js";
import { refuse } from "../drops.js";
import { MULTICAST_SENDERS, type ReplayMarks } from "./replay-marks.js";
import { secondsAhead, stampOf } from "./stamp.js";
import { isGenuine, readTrailer } from "./trailer.js";

export class TrailerCheck {
  readonly #settings: VrrpInstanceConfig;
  readonly #hmac: HmacSetting;
  readonly #marks: ReplayMarks;
  readonly #keys: ReadonlyMap<number, string>;
  /** Canonical texts; empty for multicast. */
  readonly #peers: ReadonlySet<string>;

  constructor(settings: VrrpInstanceConfig, hmac: HmacSetting, marks: ReplayMarks) {
    this.#settings = settings;
    this.#hmac = hmac;
    this.#marks = marks;
    this.#keys = new Map(hmac.keys.flatMap((key) => ("hex" in key ? [[key.id, key.hex] as const] : [])));
    this.#peers = new Set(settings.unicastPeers.map(({ address }) => canonicalAddress(address) ?? address));
  }

  /** @returns by how many seconds the sender's clock is ahead, 0 where that does not matter; or why not to hear it */
  check({ trailer, message }: ReceivedAdvert, source: Uint8Array, wallMillis: number): Decoded<number> {
    const { mode, antiReplay, timeWindowSeconds: windowSeconds } = this.#hmac;
    if (trailer.length === 0) {
      return mode === "enforce"
        ? refuse("hmacMissing", "missing authentication trailer")
        : { ok: true, value: 0 };
    }
    const sender = formatAddress(source);
    const unicast = this.#peers.size > 0;
    if (unicast && !this.#peers.has(sender)) {
      return refuse("source", `authenticated advert from ${sender}, which is no unicast peer of ours`);
    }
    const read = readTrailer(trailer);
    if (read === undefined) return refuse("hmacMalformed", "malformed authentication trailer");
    const { keyId, stamp } = read;
    const now = stampOf(wallMillis);
    const skew = antiReplay === "time" ? secondsAhead(stamp, now) : 0;
    if (Math.abs(skew) > windowSeconds) {
      return refuse("hmacStale", `stale advert from ${sender}: its clock differs by ${skew} s from ours`);
    }
    const hex = this.#keys.get(keyId);
    if (hex === undefined) return refuse("hmacUnknownKey", `unknown authentication key id ${keyId}`);
    const signed = { family: this.#settings.family, source, message };
    if (!isGenuine(signed, trailer, hex)) {
      return refuse("hmacInvalid", `invalid HMAC from ${sender} with key id ${keyId}`);
    }
    const limit = unicast ? this.#peers.size : MULTICAST_SENDERS;
    const clock = antiReplay === "time" ? { now, windowSeconds } : undefined;
    if (!this.#marks.accept(sender, stamp, limit, clock)) {
      return refuse("hmacReplay", `replayed advert from ${sender}`);
    }
    return { ok: true, value: skew };
  }

  /** Whether two clocks are so far apart that they will soon not understand each other. */
  isWorrying(skewSeconds: number): boolean {
    return Math.abs(skewSeconds) > Math.floor(this.#hmac.timeWindowSeconds / 2);
  }
}
