/** Reads whole bursts of datagrams from a raw VRRP socket and shows each as a view into its own slab. */
import {
  type Addon,
  ADDRESS_DESTINATION,
  ADDRESS_SLOT,
  META,
  META_FIELDS,
  type Socket,
} from "../../native/addon.js";
import { MSG_TRUNC } from "../../net/constants.js";
import type { Micros } from "../events.js";
import type { PacketView } from "../receive.js";

const SLOTS = 64;
/** The largest IPv4 advert has 255 addresses: 20 + 8 + 1020 + 8 bytes; IPv6 is limited by the MTU. */
const SLOT_BYTES = 2048;
/** Where sockaddr_in6 holds the address. */
const SOURCE_AT = 8;

/** A view that is made once per slot: only its bytes differ, and their length seldom. */
interface Slot extends PacketView {
  bytes: Uint8Array;
  hopLimit: number;
}

/** Gets a view that is valid only during the call, and the time at which it was read. */
export type OnPacket = (packet: PacketView, now: Micros) => void;

export class PacketReader {
  readonly #slab = new Uint8Array(SLOTS * SLOT_BYTES);
  readonly #meta = new Int32Array(SLOTS * META_FIELDS);
  readonly #addresses = new Uint8Array(SLOTS * ADDRESS_SLOT);
  readonly #slots: readonly Slot[];
  readonly #addon: Addon;
  readonly #onPacket: OnPacket;

  constructor(addon: Addon, onPacket: OnPacket) {
    this.#addon = addon;
    this.#onPacket = onPacket;
    const words = new Int32Array(this.#slab.buffer);
    this.#slots = Array.from({ length: SLOTS }, (_, i) => {
      const source = i * ADDRESS_SLOT + SOURCE_AT;
      const destination = i * ADDRESS_SLOT + ADDRESS_DESTINATION;
      return {
        bytes: this.#slab.subarray(i * SLOT_BYTES, i * SLOT_BYTES),
        source: this.#addresses.subarray(source, source + 16),
        destination: this.#addresses.subarray(destination, destination + 16),
        hopLimit: -1,
        words,
        firstWord: (i * SLOT_BYTES) / words.BYTES_PER_ELEMENT,
      };
    });
  }

  /** Reads until nothing waits. @returns how many datagrams there were. */
  drain(socket: Socket): number {
    let total = 0;
    for (;;) {
      const count = socket.receiveBatch(this.#slab, SLOT_BYTES, this.#meta, this.#addresses);
      // One look at the clock per call: the packets of a burst have all arrived before it.
      const now = count > 0 ? this.#addon.monotonicMicros() : 0;
      for (let i = 0; i < count; i++) this.#deliver(i, now);
      total += count;
      if (count < SLOTS) return total;
    }
  }

  #deliver(i: number, now: Micros): void {
    const meta = i * META_FIELDS;
    const slot = this.#slots[i];
    if (slot === undefined || ((this.#meta[meta + META.flags] ?? 0) & MSG_TRUNC) !== 0) return;
    const length = this.#meta[meta + META.length] ?? 0;
    if (slot.bytes.length !== length) {
      slot.bytes = this.#slab.subarray(i * SLOT_BYTES, i * SLOT_BYTES + length);
    }
    slot.hopLimit = this.#meta[meta + META.hopLimit] ?? -1;
    this.#onPacket(slot, now);
  }
}
