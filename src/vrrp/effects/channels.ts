/**
 * The advert channels of the process: instances that share family, interface and group (or unicast source) share
 * one socket. Finds the instances that a datagram is for, by vrid.
 */
import type { BufferSettings } from "../../config/global-model.js";
import type { VrrpInstanceConfig } from "../../config/model.js";
import type { Addon } from "../../native/addon.js";
import { IPPROTO_AH } from "../../net/constants.js";
import { addressee, senderOf } from "../addressee.js";
import { readRouterId } from "../advert.js";
import { isFreshOnly } from "../auth/sealing.js";
import { AdvertChannel } from "./advert-channel.js";
import { type ChannelKey, channelName } from "../channel-key.js";
import type { Micros } from "../events.js";
import type { VrrpInstance } from "../instance.js";
import type { PacketView } from "../receive.js";
import { receiveBufferBytes } from "../receive-buffer.js";
import type { SocketView } from "../state-dump.js";

export interface ChannelsPorts {
  received(machine: VrrpInstance, packet: PacketView, now: Micros): void;
  /** A socket was read empty. */
  afterwards(): void;
  /** A packet for a router that nobody here is; once per router and sender's channel, and only when it is asked for. */
  unknownRouter(key: ChannelKey, vrid: number, sender: Uint8Array): void;
  mtuOf(interfaceName: string): number | undefined;
  sendFailed(machine: VrrpInstance, error: Error): void;
  pollFailed(key: ChannelKey, status: number): void;
}

/** Below this interval every advert wakes us: a tick would be a good part of the interval. */
const LEISURELY_MICROS = 50_000;
/**
 * How long a confirmation may wait: this part of the interval, and never longer than that. A wait is read as lateness
 * of the advert, so it can put a take-over off by as much, never bring it forward; a lone instance's adverts never wait,
 * since the first after a quiet tick wakes us. A quarter of the interval would save a fifth of the CPU time on a busy
 * host, but version 3 separates two backups by 1/256 of the interval per point of priority: the worse could win then.
 */
const PATIENCE_PARTS = 20;
const LONGEST_PATIENCE_MILLIS = 20;

const VRIDS = 256;
/** Of an instance without interface. */
const USUAL_MTU = 1500;

interface Entry {
  channel: AdvertChannel;
  /** With the settings that buffer and filter were made for. */
  members: Map<VrrpInstance, VrrpInstanceConfig>;
  /** Index is the vrid. Several only for unicast, where the peer lists tell them apart. */
  byVrid: Array<VrrpInstance[] | undefined>;
  /** Ids of other routers that were told of. */
  strangers: Set<number>;
}

export class Channels {
  readonly #addon: Addon;
  readonly #ports: ChannelsPorts;
  readonly #entries = new Map<string, Entry>();
  readonly #ofMachine = new Map<VrrpInstance, Entry>();
  /** Entries whose filters no longer fit their members. */
  readonly #stale = new Set<Entry>();
  /** The same of their buffers. */
  readonly #cramped = new Set<Entry>();
  #hearsStrangers = false;
  #buffers: BufferSettings["adverts"] = { policy: "system", packets: 0 };

  constructor(addon: Addon, ports: ChannelsPorts) {
    this.#addon = addon;
    this.#ports = ports;
  }

  /** log_unknown_vrids: whether packets for other routers come in too. */
  hearStrangers(on: boolean): void {
    if (on === this.#hearsStrangers) return;
    this.#hearsStrangers = on;
    for (const entry of this.#entries.values()) this.#stale.add(entry);
  }

  /** vrrp_rx_bufs_policy. */
  setBuffers(buffers: BufferSettings["adverts"]): void {
    this.#buffers = buffers;
    for (const entry of this.#entries.values()) this.#makeRoom(entry);
  }

  /** The members share the socket, so their needs add up. */
  #makeRoom({ channel, members }: Entry): void {
    const { interfaceName } = channel.key;
    const mtu = (interfaceName === undefined ? undefined : this.#ports.mtuOf(interfaceName)) ?? USUAL_MTU;
    let bytes = 0;
    for (const { settings } of members.keys()) bytes += receiveBufferBytes(settings, this.#buffers, mtu);
    channel.setReceiveBuffer(bytes);
  }

  /** Puts an instance on the channel of this key; opens it when it is the first. Throws a NativeError. */
  assign(machine: VrrpInstance, key: ChannelKey): AdvertChannel {
    const name = channelName(key);
    const before = this.#ofMachine.get(machine);
    if (before !== undefined && channelName(before.channel.key) === name) {
      if (before.members.get(machine) === machine.settings) return before.channel;
      this.#remove(before, machine);
      this.#add(before, machine);
      return before.channel;
    }
    this.withdraw(machine);
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = this.#open(key);
      this.#entries.set(name, entry);
    }
    this.#add(entry, machine);
    return entry.channel;
  }

  #open(key: ChannelKey): Entry {
    const { family } = key;
    const members = new Map<VrrpInstance, VrrpInstanceConfig>();
    const byVrid = new Array<VrrpInstance[] | undefined>(VRIDS).fill(undefined);
    const strangers = new Set<number>();
    const channel = new AdvertChannel(this.#addon, key, {
      onPacket: (packet, now) => {
        const vrid = readRouterId(packet.bytes, family);
        const machines = byVrid[vrid];
        const machine = machines === undefined ? undefined : addressee(machines, packet, family);
        if (machine !== undefined) return this.#ports.received(machine, packet, now);
        // What waited in a socket for one that was here until now is from no stranger.
        if (!this.#hearsStrangers || vrid < 0 || strangers.has(vrid)) return;
        strangers.add(vrid);
        this.#ports.unknownRouter(key, vrid, senderOf(packet, family));
      },
      onDrained: () => this.#ports.afterwards(),
      onSendError: (owner, error) => {
        for (const machine of members.keys())
          if (machine.id === owner) this.#ports.sendFailed(machine, error);
      },
      onPollError: (status) => this.#ports.pollFailed(key, status),
    });
    return { channel, members, byVrid, strangers };
  }

  #add(entry: Entry, machine: VrrpInstance): void {
    const { settings } = machine;
    const list = entry.byVrid[settings.virtualRouterId];
    if (list === undefined) entry.byVrid[settings.virtualRouterId] = [machine];
    else list.push(machine);
    entry.members.set(machine, settings);
    this.#ofMachine.set(machine, entry);
    this.#stale.add(entry);
    this.#cramped.add(entry);
  }

  #remove(entry: Entry, machine: VrrpInstance): void {
    const vrid = entry.members.get(machine)?.virtualRouterId ?? machine.settings.virtualRouterId;
    const others = entry.byVrid[vrid]?.filter((other) => other !== machine) ?? [];
    entry.byVrid[vrid] = others.length > 0 ? others : undefined;
    entry.members.delete(machine);
    this.#ofMachine.delete(machine);
    this.#stale.add(entry);
    this.#cramped.add(entry);
  }

  /** The state of an instance changed: what must be heard at once may be another. */
  stateChanged(machine: VrrpInstance): void {
    const entry = this.#ofMachine.get(machine);
    if (entry !== undefined) this.#stale.add(entry);
  }

  /** A BACKUP with a leisurely master can wait for its confirmation. */
  #hear(entry: Entry): void {
    const urgent: number[] = [];
    const patient: number[] = [];
    let shortest = Number.POSITIVE_INFINITY;
    for (const [vrid, machines] of entry.byVrid.entries()) {
      if (machines === undefined) {
        if (this.#hearsStrangers) urgent.push(vrid);
        continue;
      }
      const interval = Math.min(
        ...machines.map(({ settings, masterIntervalMicros }) =>
          Math.min(settings.advertIntervalMicros, masterIntervalMicros),
        ),
      );
      // With two sockets an advert may come out of order, or twice: where that is an attack there is one only.
      const mayWait = ({ state, settings }: VrrpInstance): boolean =>
        state === "backup" && !isFreshOnly(settings);
      const calm = interval >= LEISURELY_MICROS && machines.every(mayWait);
      if (calm) shortest = Math.min(shortest, interval);
      (calm ? patient : urgent).push(vrid);
    }
    const patienceMillis = Math.min(LONGEST_PATIENCE_MILLIS, shortest / 1000 / PATIENCE_PARTS);
    entry.channel.hear({ urgent, patient, patienceMillis });
  }

  /** The channel of an instance; undefined while it has none. */
  of(machine: VrrpInstance): AdvertChannel | undefined {
    return this.#ofMachine.get(machine)?.channel;
  }

  /** Takes an instance off its channel; closes it when it was the last. */
  withdraw(machine: VrrpInstance): void {
    const entry = this.#ofMachine.get(machine);
    if (entry === undefined) return;
    this.#remove(entry, machine);
    entry.channel.sender.removeOwner(machine.id);
    if (entry.members.size > 0) return;
    this.#stale.delete(entry);
    this.#cramped.delete(entry);
    this.#entries.delete(channelName(entry.channel.key));
    entry.channel.close();
  }

  /** For the dump. */
  describe(): SocketView[] {
    return [...this.#entries.values()].map(({ channel, members }) => ({
      interface: channel.key.interfaceName,
      family: channel.key.family,
      protocol: channel.key.protocol === IPPROTO_AH ? "AH" : "VRRP",
      source: channel.key.source,
      receiveBufferBytes: channel.receiveBufferBytes,
      instances: [...members.keys()].map(({ name, settings }) => ({ name, vrid: settings.virtualRouterId })),
    }));
  }

  drain(): void {
    for (const { channel } of this.#entries.values()) channel.drain();
  }

  /** Sends what is enqueued. */
  send(): void {
    for (const { channel } of this.#entries.values()) channel.sender.flush();
  }

  /** Sends what is enqueued, and brings the buffers and filters up to date: once for all that has happened. */
  flush(): void {
    this.send();
    for (const entry of this.#cramped) this.#makeRoom(entry);
    this.#cramped.clear();
    if (this.#stale.size === 0) return;
    const stale = [...this.#stale];
    this.#stale.clear();
    for (const entry of stale) this.#hear(entry);
  }

  close(): void {
    for (const machine of [...this.#ofMachine.keys()]) this.withdraw(machine);
  }
}
