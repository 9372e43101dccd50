/**
 * The fast road for the advert that says what the last one said. Compares what the checks look at; the IPv4
 * identification and header checksum, which change with every advert, are the kernel's business. A router hears
 * thousands of these in a second, so words are compared, not bytes.
 */

import type { Family } from "../config/model.js";
import { compareAddresses } from "../net/ip-address.js";
import type { Accepted, PacketView, StateView } from "./receive.js";

/** What counts in the first three words of an IPv4 header, in the byte order of the host. */
const [, FLAGS_AND_OFFSET = 0, TTL_AND_PROTOCOL = 0] = new Int32Array(
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0).buffer,
);

/** Whom we follow. */
export type Followed = Pick<StateView, "state" | "masterAddress">;

/** A copy in words; the last is filled up with zeros. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const words = new Int32Array((bytes.length + 3) >> 2);
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

export class RepeatedAdvert {
  readonly #family: Family;
  #length = -1;
  #words: Int32Array = new Int32Array(0);
  #source: Uint8Array = new Uint8Array(0);
  #destination: Uint8Array = new Uint8Array(0);
  #hopLimit = 0;
  #verdict: Accepted | undefined;
  /** The addresses were not looked at (skip_check_adv_addr), which is right for the master that is followed only. */
  #trusted = false;

  constructor(family: Family) {
    this.#family = family;
  }

  remember(packet: PacketView, verdict: Accepted, trusted: boolean): void {
    this.#length = packet.bytes.length;
    this.#words = wordsOf(packet.bytes);
    this.#source = packet.source.slice();
    this.#destination = packet.destination.slice();
    this.#hopLimit = packet.hopLimit;
    this.#verdict = verdict;
    this.#trusted = trusted;
  }

  /** @returns the verdict on the same bytes from the same sender, if that was the last one remembered. */
  recognise(packet: PacketView, view: Followed): Accepted | undefined {
    if (packet.bytes.length !== this.#length || !this.#isSame(packet)) return undefined;
    return this.#trusted && !this.#isFollowed(view) ? undefined : this.#verdict;
  }

  #isSame(packet: PacketView): boolean {
    const known = this.#words;
    // Behind an end within a word stand bytes of an older packet: only a copy is clean there.
    const aligned = (this.#length & 3) === 0 ? packet.words : undefined;
    const words = aligned ?? wordsOf(packet.bytes);
    const first = aligned === undefined ? 0 : (packet.firstWord ?? 0);
    let i = 0;
    if (this.#family === 4) {
      if (words[first] !== known[0]) return false;
      if ((((words[first + 1] ?? 0) ^ (known[1] ?? 0)) & FLAGS_AND_OFFSET) !== 0) return false;
      if ((((words[first + 2] ?? 0) ^ (known[2] ?? 0)) & TTL_AND_PROTOCOL) !== 0) return false;
      i = 3;
    } else if (!this.#isSameWay(packet)) {
      return false;
    }
    for (; i < known.length; i++) if (words[first + i] !== known[i]) return false;
    return true;
  }

  /** IPv6: what the header would say. */
  #isSameWay({ hopLimit, source, destination }: PacketView): boolean {
    if (hopLimit !== this.#hopLimit) return false;
    for (let i = 0; i < 16; i++) {
      if (source[i] !== this.#source[i] || destination[i] !== this.#destination[i]) return false;
    }
    return true;
  }

  #isFollowed({ state, masterAddress }: Followed): boolean {
    const source = this.#verdict?.event.advert.source;
    if (state !== "backup" || source === undefined || masterAddress === undefined) return false;
    return source === masterAddress || compareAddresses(source, masterAddress) === 0;
  }
}
