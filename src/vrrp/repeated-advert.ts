/**
 * The fast road for the advert that says what the last one said. Compares what the checks look at; the IPv4
 * identification and header checksum, which change with every advert, are the kernel's business.
 */

import type { Family } from "../config/model.js";
import { compareAddresses } from "../net/ip-address.js";
import type { Accepted, PacketView, StateView } from "./receive.js";

export class RepeatedAdvert {
  readonly #family: Family;
  #bytes: Uint8Array = new Uint8Array(0);
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
    this.#bytes = packet.bytes.slice();
    this.#source = packet.source.slice();
    this.#destination = packet.destination.slice();
    this.#hopLimit = packet.hopLimit;
    this.#verdict = verdict;
    this.#trusted = trusted;
  }

  /** @returns the verdict on the same bytes from the same sender, if that was the last one remembered. */
  recognise(packet: PacketView, view: StateView): Accepted | undefined {
    if (this.#trusted && !this.#isFollowed(view)) return undefined;
    const { bytes } = packet;
    const known = this.#bytes;
    if (bytes.length !== known.length) return undefined;
    if (this.#family === 4) {
      for (let i = 0; i < 4; i++) if (bytes[i] !== known[i]) return undefined;
      for (let i = 6; i < 10; i++) if (bytes[i] !== known[i]) return undefined;
      for (let i = 12; i < known.length; i++) if (bytes[i] !== known[i]) return undefined;
      return this.#verdict;
    }
    if (packet.hopLimit !== this.#hopLimit) return undefined;
    for (let i = 0; i < known.length; i++) if (bytes[i] !== known[i]) return undefined;
    for (let i = 0; i < 16; i++) if (packet.source[i] !== this.#source[i]) return undefined;
    for (let i = 0; i < 16; i++) if (packet.destination[i] !== this.#destination[i]) return undefined;
    return this.#verdict;
  }

  #isFollowed({ state, masterAddress }: StateView): boolean {
    const source = this.#verdict?.event.advert.source;
    if (state !== "backup" || source === undefined || masterAddress === undefined) return false;
    return source === masterAddress || compareAddresses(source, masterAddress) === 0;
  }
}
