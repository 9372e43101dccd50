/**
 * Sends the adverts of all instances of one channel that are due, in one sendmmsg. The packets lie ready in a slab,
 * laid out anew when one of them changes; per send only the IP identification is written, and a packet of which no two
 * are alike (authentication) as a whole.
 * Reference section 6.1 (IPv4 with IP_HDRINCL) and 6.2 (IPv6, source by IPV6_PKTINFO).
 */
import { SEND_FIELDS, type Socket } from "../../native/addon.js";
import * as linux from "../../net/constants.js";
import { SOCKADDR_IN6_LENGTH, sockaddrOf } from "../../net/socket-address.js";
import type { ChannelKey } from "../channel-key.js";
import type { Outgoing } from "../outgoing.js";

/** struct cmsghdr (16 bytes), then the data; each message aligned to 8. */
const CMSG_HEADER_BYTES = 16;
const PKTINFO_BYTES = 20;
const HOP_LIMIT_BYTES = 4;
/** Room for both messages. */
const CONTROL_BYTES = 40 + 24;
const NO_BYTES = new Uint8Array(0);

/** What one owner sends: where it stands in the slab is worked out when the slab is laid out. */
interface Slot {
  packets: readonly Uint8Array[];
  destinations: readonly Uint8Array[];
  control: Uint8Array;
  /** One row of SEND_FIELDS numbers per destination. */
  rows: number[][];
}

/** One control message of level IPPROTO_IPV6, on a 64-bit little-endian host (see docs/architecture.md). */
function controlMessage(type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((CMSG_HEADER_BYTES + data.length) / 8) * 8);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(CMSG_HEADER_BYTES + data.length), true);
  view.setInt32(8, linux.IPPROTO_IPV6, true);
  view.setInt32(12, type, true);
  bytes.set(data, CMSG_HEADER_BYTES);
  return bytes;
}

/** Sets source address, interface and perhaps hop limit of one datagram (RFC 3542 sections 6.1 and 6.3). */
function controlFor(source: Uint8Array, ifindex: number, hopLimit: number | undefined): Uint8Array {
  const info = new Uint8Array(PKTINFO_BYTES);
  info.set(source, 0);
  new DataView(info.buffer).setInt32(16, ifindex, true);
  const packetInfo = controlMessage(linux.IPV6_PKTINFO, info);
  if (hopLimit === undefined) return packetInfo;
  const limit = new Uint8Array(HOP_LIMIT_BYTES);
  limit[0] = hopLimit;
  const both = new Uint8Array(CONTROL_BYTES);
  both.set(packetInfo, 0);
  both.set(controlMessage(linux.IPV6_HOPLIMIT, limit), packetInfo.length);
  return both;
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
  /** Owners whose last advert was refused: told once, until one leaves again. */
  readonly #failing = new Set<number>();
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
  setPackets(owner: number, { packets, destinations, hopLimit }: Outgoing, source: Uint8Array): void {
    if (this.#due.has(owner)) this.flush();
    const { family, ifindex } = this.#key;
    const control = family === 6 ? controlFor(source, ifindex, hopLimit) : NO_BYTES;
    this.#slots.set(owner, { packets, destinations, control, rows: [] });
    this.#stale = true;
  }

  removeOwner(owner: number): void {
    if (this.#due.has(owner)) this.flush();
    this.#slots.delete(owner);
    this.#stale = true;
  }

  /**
   * Puts the owner's adverts into the next flush, with this IP identification (IPv4).
   * @param packets instead of the known ones, each of the same length
   */
  enqueue(owner: number, identification: number, packets?: readonly Uint8Array[]): void {
    if (this.#due.has(owner)) this.flush();
    if (packets !== undefined) this.#replace(owner, packets);
    this.#due.set(owner, identification);
  }

  #replace(owner: number, packets: readonly Uint8Array[]): void {
    const slot = this.#slots.get(owner);
    if (slot === undefined) return;
    slot.packets = packets;
    if (this.#stale) return;
    for (const [i, packet] of packets.entries()) this.#slab.set(packet, slot.rows[i]?.[0]);
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
        if (count === 0) return this.#failed(sent, new Error("the socket's send buffer is full"));
        if (this.#failing.size > 0) {
          for (const owner of this.#owners.slice(sent, sent + count)) this.#failing.delete(owner);
        }
        sent += count;
      } catch (error) {
        this.#failed(sent, error as Error);
        sent++;
      }
    }
  }

  #failed(row: number, error: Error): void {
    const owner = this.#owners[row] ?? -1;
    if (this.#failing.has(owner)) return;
    this.#failing.add(owner);
    this.#onError(owner, error);
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
      size += slot.destinations.length * SOCKADDR_IN6_LENGTH + slot.control.length;
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
      const control = put(slot.control);
      const starts = slot.packets.map(put);
      slot.rows = slot.destinations.map((destination, i) => {
        const packet = slot.packets[i] ?? slot.packets[0] ?? NO_BYTES;
        const name = sockaddrOf(destination, 0, this.#key.ifindex);
        return [
          starts[i] ?? starts[0] ?? 0,
          packet.length,
          put(name),
          name.length,
          control,
          slot.control.length,
        ];
      });
    }
  }
}
