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
  /** Of the datagrams that were read together: how many, the next one to deliver, and when they were read. */
  #count = 0;
  #next = 0;
  #now: Micros = 0;

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

  /** When the last datagrams were read. */
  get readAt(): Micros {
    return this.#now;
  }

  /** Reads until nothing waits. @returns how many datagrams there were. */
  drain(socket: Socket): number {
    let total = 0;
    for (;;) {
      const count = this.#read(socket);
      for (let i = 0; i < count; i++) this.#deliver(i);
      total += count;
      if (count < SLOTS) return total;
    }
  }

  /**
   * Reads until nothing waits in either socket, and delivers in the order of arrival as the kernel's time stamps tell it
   * (SO_TIMESTAMPNS; without them, what `other` reads counts as the older). `socket` is looked at first: what came before
   * the last datagram from there is then there to be put before it. The stamps are of the wall clock: one from the future
   * is of the time before that clock was set back.
   */
  drainBoth(socket: Socket, other: PacketReader, otherSocket: Socket): void {
    this.#read(socket);
    other.#read(otherSocket);
    for (;;) {
      const mine = this.#isPending(socket);
      const others = other.#isPending(otherSocket);
      if (!mine && !others) return;
      const next = mine && (!others || this.#cameBefore(other)) ? this : other;
      next.#deliver(next.#next++);
    }
  }

  /** After a full batch there may be more. */
  #isPending(socket: Socket): boolean {
    if (this.#next === SLOTS) this.#read(socket);
    return this.#next < this.#count;
  }

  #cameBefore(other: PacketReader): boolean {
    const now = Date.now();
    const early = this.#isFromFuture(now);
    if (early !== other.#isFromFuture(now)) return early;
    const seconds = this.#nextField(META.seconds) >>> 0;
    const others = other.#nextField(META.seconds) >>> 0;
    if (seconds !== others) return seconds < others;
    return this.#nextField(META.nanoseconds) < other.#nextField(META.nanoseconds);
  }

  /** Of a clock that counts whole milliseconds. */
  #isFromFuture(nowMillis: number): boolean {
    const seconds = (this.#nextField(META.seconds) - Math.floor(nowMillis / 1000)) | 0;
    return seconds * 1000 + this.#nextField(META.nanoseconds) / 1e6 - (nowMillis % 1000) > 1;
  }

  #nextField(field: number): number {
    return this.#meta[this.#next * META_FIELDS + field] ?? 0;
  }

  #read(socket: Socket): number {
    this.#next = 0;
    this.#count = socket.receiveBatch(this.#slab, SLOT_BYTES, this.#meta, this.#addresses);
    // One look at the clock per call: the packets of a burst have all arrived before it.
    if (this.#count > 0) this.#now = this.#addon.monotonicMicros();
    return this.#count;
  }

  #deliver(i: number): void {
    const meta = i * META_FIELDS;
    const slot = this.#slots[i];
    if (slot === undefined || ((this.#meta[meta + META.flags] ?? 0) & MSG_TRUNC) !== 0) return;
    const length = this.#meta[meta + META.length] ?? 0;
    if (slot.bytes.length !== length) {
      slot.bytes = this.#slab.subarray(i * SLOT_BYTES, i * SLOT_BYTES + length);
    }
    slot.hopLimit = this.#meta[meta + META.hopLimit] ?? -1;
    this.#onPacket(slot, this.#now);
  }
}
