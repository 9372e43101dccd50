/**
 * One raw socket for adverts: shared by all instances of one family, interface and destination group (or
 * unicast source). Sends what is due in one sendmmsg, hands received datagrams over as views into its slab.
 * Decides nothing about VRRP; which vrids it lets through is told to the kernel as a filter.
 * Layout of one slot: reference section 6.1 (IPv4 with IP_HDRINCL) and 6.2 (IPv6, source by IPV6_PKTINFO).
 */
import { type Addon, META, META_FIELDS, SEND_FIELDS, type Socket } from "../../native/addon.js";
import { ADDRESS_DESTINATION, ADDRESS_SLOT } from "../../native/addon.js";
import { vrrpFilter } from "../../net/filter.js";
import * as linux from "../../net/constants.js";
import { parseAddress } from "../../net/ip-address.js";
import type { ChannelKey } from "../channel-key.js";
import type { PacketView } from "../receive.js";
import { SOCKADDR_IN6_LENGTH, sockaddrOf } from "../../net/socket-address.js";

const RECEIVE_SLOTS = 64;
/** The largest IPv4 advert has 255 addresses: 20 + 8 + 1020 + 8 bytes; IPv6 is limited by the MTU. */
const RECEIVE_SLOT_BYTES = 2048;
/** struct cmsghdr + struct in6_pktinfo, aligned to 8. */
const PKTINFO_CONTROL_BYTES = 40;
const NO_BYTES = new Uint8Array(0);

export interface ChannelPorts {
  /** Views that are valid only during the call. */
  onPacket(packet: PacketView): void;
  /** After the datagrams of one wake-up. */
  onDrained(): void;
  onSendError(owner: number, error: Error): void;
  onPollError(status: number): void;
}

/** What one owner sends: where it stands in the slab is worked out when the slab is laid out. */
interface Slot {
  packets: readonly Uint8Array[];
  destinations: readonly Uint8Array[];
  source: Uint8Array;
  /** One row of SEND_FIELDS numbers per destination. */
  rows: number[][];
}

function membership(group: Uint8Array, ifindex: number): Uint8Array {
  const bytes = new Uint8Array(group.length === 4 ? 12 : 20);
  bytes.set(group, 0);
  new DataView(bytes.buffer).setInt32(group.length === 4 ? 8 : 16, ifindex, true);
  return bytes;
}

/** A cmsg that sets source address and interface of one datagram (RFC 3542 section 6.1). */
function packetInfo(source: Uint8Array, ifindex: number): Uint8Array {
  const bytes = new Uint8Array(PKTINFO_CONTROL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 36n, true);
  view.setInt32(8, linux.IPPROTO_IPV6, true);
  view.setInt32(12, linux.IPV6_PKTINFO, true);
  bytes.set(source, 16);
  view.setInt32(32, ifindex, true);
  return bytes;
}

export class AdvertChannel {
  readonly key: ChannelKey;
  readonly #ports: ChannelPorts;
  readonly #socket: Socket;
  readonly #slab = new Uint8Array(RECEIVE_SLOTS * RECEIVE_SLOT_BYTES);
  readonly #meta = new Int32Array(RECEIVE_SLOTS * META_FIELDS);
  readonly #addresses = new Uint8Array(RECEIVE_SLOTS * ADDRESS_SLOT);
  readonly #slots = new Map<number, Slot>();
  /** Owners whose adverts leave with the next flush, and the IP identification of each. */
  readonly #due = new Map<number, number>();
  /** The owner of each row of the table, for errors. */
  readonly #owners: number[] = [];
  #sendSlab = new Uint8Array(0);
  #table = new Int32Array(0);
  /** The slab no longer says what the slots say. */
  #stale = false;
  #vrids = "";

  /** Opens the socket. Throws a NativeError when the kernel refuses. */
  constructor(addon: Addon, key: ChannelKey, ports: ChannelPorts) {
    this.key = key;
    this.#ports = ports;
    this.#socket = new addon.Socket(
      key.family === 4 ? linux.AF_INET : linux.AF_INET6,
      linux.SOCK_RAW,
      linux.IPPROTO_VRRP,
    );
    try {
      this.#configure();
    } catch (error) {
      this.#socket.close();
      throw error;
    }
    this.#socket.startReading((status) => {
      if (status < 0) this.#ports.onPollError(status);
      else {
        this.drain();
        this.#ports.onDrained();
      }
    });
  }

  #configure(): void {
    const { family, interfaceName, ifindex, group, source } = this.key;
    const socket = this.#socket;
    // Nothing may come in before the filter says what is ours.
    this.setVrids([]);
    if (interfaceName !== undefined) {
      socket.setOption(
        linux.SOL_SOCKET,
        linux.SO_BINDTODEVICE,
        new TextEncoder().encode(`${interfaceName}\0`),
      );
    }
    if (family === 4) {
      socket.setOption(linux.IPPROTO_IP, linux.IP_HDRINCL, 1);
      socket.setOption(linux.IPPROTO_IP, linux.IP_MULTICAST_ALL, 0);
    } else {
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_CHECKSUM, 6);
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_RECVPKTINFO, 1);
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_RECVHOPLIMIT, 1);
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_TCLASS, 0xc0);
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_UNICAST_HOPS, 255);
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_ALL, 0);
    }
    if (group !== undefined) this.#joinGroup(group, ifindex);
    else if (source !== undefined) this.#bindSource(source);
  }

  #joinGroup(group: string, ifindex: number): void {
    const bytes = parseAddress(group);
    if (bytes === undefined) throw new Error(`not an address: ${group}`);
    const socket = this.#socket;
    if (this.key.family === 4) {
      socket.setOption(linux.IPPROTO_IP, linux.IP_ADD_MEMBERSHIP, membership(bytes, ifindex));
      socket.setOption(linux.IPPROTO_IP, linux.IP_MULTICAST_IF, membership(new Uint8Array(4), ifindex));
      socket.setOption(linux.IPPROTO_IP, linux.IP_MULTICAST_LOOP, 0);
    } else {
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_ADD_MEMBERSHIP, membership(bytes, ifindex));
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_IF, ifindex);
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_LOOP, 0);
      socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_HOPS, 255);
    }
    socket.bind(sockaddrOf(bytes, 0, ifindex));
  }

  #bindSource(source: string): void {
    const bytes = parseAddress(source);
    if (bytes === undefined) throw new Error(`not an address: ${source}`);
    if (this.key.family === 4) this.#socket.setOption(linux.IPPROTO_IP, linux.IP_FREEBIND, 1);
    else this.#socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_FREEBIND, 1);
    this.#socket.bind(sockaddrOf(bytes, 0, this.key.ifindex));
  }

  /** Lets only these vrids through. */
  setVrids(vrids: readonly number[]): void {
    const sorted = [...vrids].sort((a, b) => a - b);
    const text = sorted.join();
    if (text === this.#vrids && text !== "") return;
    this.#vrids = text;
    this.#socket.attachFilter(
      vrrpFilter({ family: this.key.family, protocol: linux.IPPROTO_VRRP, vrids: sorted }),
    );
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
    const flags = this.key.group === undefined ? 0 : linux.MSG_DONTROUTE;
    let sent = 0;
    while (sent < total) {
      try {
        const count = this.#socket.sendBatch(this.#sendSlab, this.#table, sent, total - sent, flags);
        if (count === 0) {
          this.#ports.onSendError(this.#owners[sent] ?? -1, new Error("the socket's send buffer is full"));
          return;
        }
        sent += count;
      } catch (error) {
        this.#ports.onSendError(this.#owners[sent] ?? -1, error as Error);
        sent++;
      }
    }
  }

  /** One row per packet that is due. @returns how many. */
  #fillTable(): number {
    let count = 0;
    for (const [owner, identification] of this.#due) {
      for (const row of this.#slots.get(owner)?.rows ?? []) {
        if (this.key.family === 4) {
          const at = row[0] ?? 0;
          this.#sendSlab[at + 4] = identification >>> 8;
          this.#sendSlab[at + 5] = identification & 0xff;
        }
        for (let i = 0; i < SEND_FIELDS; i++) this.#table[count * SEND_FIELDS + i] = row[i] ?? 0;
        this.#owners[count++] = owner;
      }
    }
    return count;
  }

  /** Reads until nothing waits. */
  drain(): void {
    for (;;) {
      const count = this.#socket.receiveBatch(this.#slab, RECEIVE_SLOT_BYTES, this.#meta, this.#addresses);
      for (let i = 0; i < count; i++) this.#deliver(i);
      if (count < RECEIVE_SLOTS) return;
    }
  }

  #deliver(i: number): void {
    const meta = i * META_FIELDS;
    const length = this.#meta[meta + META.length] ?? 0;
    if (((this.#meta[meta + META.flags] ?? 0) & linux.MSG_TRUNC) !== 0) return;
    const start = i * RECEIVE_SLOT_BYTES;
    const address = i * ADDRESS_SLOT;
    // sockaddr_in6: the address stands at byte 8.
    const source = this.#addresses.subarray(address + 8, address + 24);
    const destination = this.#addresses.subarray(
      address + ADDRESS_DESTINATION,
      address + ADDRESS_DESTINATION + 16,
    );
    this.#ports.onPacket({
      bytes: this.#slab.subarray(start, start + length),
      source,
      destination,
      hopLimit: this.#meta[meta + META.hopLimit] ?? -1,
    });
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
    this.#sendSlab = new Uint8Array(size);
    this.#table = new Int32Array(rows * SEND_FIELDS);
    let at = 0;
    const put = (bytes: Uint8Array): number => {
      const start = at;
      this.#sendSlab.set(bytes, start);
      at += bytes.length;
      return start;
    };
    for (const slot of this.#slots.values()) {
      const info = this.key.family === 6 ? packetInfo(slot.source, this.key.ifindex) : NO_BYTES;
      const control = put(info);
      const starts = slot.packets.map(put);
      slot.rows = slot.destinations.map((destination, i) => {
        const packet = slot.packets[i] ?? slot.packets[0] ?? NO_BYTES;
        const name = sockaddrOf(destination, 0, this.key.ifindex);
        return [starts[i] ?? starts[0] ?? 0, packet.length, put(name), name.length, control, info.length];
      });
    }
  }

  close(): void {
    this.#socket.close();
  }
}
