/**
 * Sends the adverts of all instances of one channel that are due, in one sendmmsg. The packets lie ready in a slab,
 * laid out anew when one of them changes; per send only the IP identification is written.
 * Reference section 6.1 (IPv4 with IP_HDRINCL) and 6.2 (IPv6, source by IPV6_PKTINFO).
 */
import { SEND_FIELDS, type Socket } from "../../native/addon.js";
import * as linux from "../../net/constants.js";
import { SOCKADDR_IN6_LENGTH, sockaddrOf } from "../../net/socket-address.js";
import type { ChannelKey } from "../channel-key.js";

/** struct cmsghdr + struct in6_pktinfo, aligned to 8. */
const PKTINFO_CONTROL_BYTES = 40;
const PKTINFO_CMSG_LENGTH = 36n;
const NO_BYTES = new Uint8Array(0);

/** What one owner sends: where it stands in the slab is worked out when the slab is laid out. */
interface Slot {
  packets: readonly Uint8Array[];
  destinations: readonly Uint8Array[];
  source: Uint8Array;
  /** One row of SEND_FIELDS numbers per destination. */
  rows: number[][];
}

/** A cmsg that sets source address and interface of one datagram (RFC 3542 section 6.1). */
function packetInfo(source: Uint8Array, ifindex: number): Uint8Array {
  const bytes = new Uint8Array(PKTINFO_CONTROL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, PKTINFO_CMSG_LENGTH, true);
  view.setInt32(8, linux.IPPROTO_IPV6, true);
  view.setInt32(12, linux.IPV6_PKTINFO, true);
  bytes.set(source, 16);
  view.setInt32(32, ifindex, true);
  return bytes;
}

export class AdvertSender {
  readonly #key: ChannelKey;
  readonly #socket: Socket;
  readonly #onError: (owner: number, error: Error) => void;
  readonly #slots = new Map<number, Slot>();
  /** Owners whose adverts leave with the next flush, and the IP identification of each. */
  readonly #due = new Map<number, number>();
  /** The owner of each row of the table, for errors. */
  readonly #owners: number[] = [];
  #slab = new Uint8Array(0);
  #table = new Int32Array(0);
  /** The slab no longer says what the slots say. */
  #stale = false;

  constructor(key: ChannelKey, socket: Socket, onError: (owner: number, error: Error) => void) {
    this.#key = key;
    this.#socket = socket;
    this.#onError = onError;
  }

  /**
   * What `owner` sends from now on: one packet per destination (IPv4), or one message and several destinations
   * (IPv6: packets[0] goes to each). The bytes are copied at the next flush.
   */
  setPackets(
    owner: number,
    packets: readonly Uint8Array[],
    destinations: readonly Uint8Array[],
    source: Uint8Array,
  ): void {
    if (this.#due.has(owner)) this.flush();
    this.#slots.set(owner, { packets, destinations, source, rows: [] });
    this.#stale = true;
  }

  removeOwner(owner: number): void {
    if (this.#due.has(owner)) this.flush();
    this.#slots.delete(owner);
    this.#stale = true;
  }

  /** Puts the owner's adverts into the next flush, with this IP identification (IPv4). */
  enqueue(owner: number, identification: number): void {
    if (this.#due.has(owner)) this.flush();
    this.#due.set(owner, identification);
  }

  /** Sends everything enqueued: one system call as a rule. A refused packet is reported and skipped. */
  flush(): void {
    if (this.#due.size === 0) return;
    if (this.#stale) this.#layOut();
    const total = this.#fillTable();
    this.#due.clear();
    const flags = this.#key.group === undefined ? 0 : linux.MSG_DONTROUTE;
    let sent = 0;
    while (sent < total) {
      try {
        const count = this.#socket.sendBatch(this.#slab, this.#table, sent, total - sent, flags);
        if (count === 0) {
          this.#onError(this.#owners[sent] ?? -1, new Error("the socket's send buffer is full"));
          return;
        }
        sent += count;
      } catch (error) {
        this.#onError(this.#owners[sent] ?? -1, error as Error);
        sent++;
      }
    }
  }

  /** One row per packet that is due. @returns how many. */
  #fillTable(): number {
    let count = 0;
    for (const [owner, identification] of this.#due) {
      for (const row of this.#slots.get(owner)?.rows ?? []) {
        if (this.#key.family === 4) {
          const at = row[0] ?? 0;
          this.#slab[at + 4] = identification >>> 8;
          this.#slab[at + 5] = identification & 0xff;
        }
        for (let i = 0; i < SEND_FIELDS; i++) this.#table[count * SEND_FIELDS + i] = row[i] ?? 0;
        this.#owners[count++] = owner;
      }
    }
    return count;
  }

  /** Lays the packets of all owners out in one slab, with the rows that point into it. */
  #layOut(): void {
    this.#stale = false;
    let size = 0;
    let rows = 0;
    for (const slot of this.#slots.values()) {
      for (const packet of slot.packets) size += packet.length;
      size += slot.destinations.length * SOCKADDR_IN6_LENGTH + PKTINFO_CONTROL_BYTES;
      rows += slot.destinations.length;
    }
    this.#slab = new Uint8Array(size);
    this.#table = new Int32Array(rows * SEND_FIELDS);
    let at = 0;
    const put = (bytes: Uint8Array): number => {
      const start = at;
      this.#slab.set(bytes, start);
      at += bytes.length;
      return start;
    };
    for (const slot of this.#slots.values()) {
      const info = this.#key.family === 6 ? packetInfo(slot.source, this.#key.ifindex) : NO_BYTES;
      const control = put(info);
      const starts = slot.packets.map(put);
      slot.rows = slot.destinations.map((destination, i) => {
        const packet = slot.packets[i] ?? slot.packets[0] ?? NO_BYTES;
        const name = sockaddrOf(destination, 0, this.#key.ifindex);
        return [starts[i] ?? starts[0] ?? 0, packet.length, put(name), name.length, control, info.length];
      });
    }
  }
}
