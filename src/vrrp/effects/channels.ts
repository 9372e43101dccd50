/**
 * The advert channels of the process: instances that share family, interface and group (or unicast source) share
 * one socket. Finds the instances that a datagram is for, by vrid.
 */
import type { Addon } from "../../native/addon.js";
import { AdvertChannel } from "./advert-channel.js";
import { type ChannelKey, channelName } from "../channel-key.js";
import type { VrrpInstance } from "../instance.js";
import type { PacketView } from "../receive.js";

export interface ChannelsPorts {
  received(machine: VrrpInstance, packet: PacketView): void;
  /** A socket was read empty. */
  afterwards(): void;
  sendFailed(machine: VrrpInstance, error: Error): void;
  pollFailed(key: ChannelKey, status: number): void;
}

interface Entry {
  channel: AdvertChannel;
  members: Set<VrrpInstance>;
  /** Several only for unicast, where the peer lists tell them apart. */
  byVrid: Map<number, VrrpInstance[]>;
}

/** Where the vrid stands: after the IP header (IPv4), or second byte (IPv6). */
function vridOf(packet: PacketView, family: 4 | 6): number {
  const { bytes } = packet;
  if (family === 6) return bytes[1] ?? 0;
  return bytes[((bytes[0] ?? 0) & 0x0f) * 4 + 1] ?? 0;
}

export class Channels {
  readonly #addon: Addon;
  readonly #ports: ChannelsPorts;
  readonly #entries = new Map<string, Entry>();
  readonly #ofMachine = new Map<VrrpInstance, Entry>();

  constructor(addon: Addon, ports: ChannelsPorts) {
    this.#addon = addon;
    this.#ports = ports;
  }

  /** Puts an instance on the channel of this key; opens it when it is the first. Throws a NativeError. */
  assign(machine: VrrpInstance, key: ChannelKey): AdvertChannel {
    const name = channelName(key);
    const before = this.#ofMachine.get(machine);
    if (before !== undefined && channelName(before.channel.key) === name) {
      this.#index(before);
      return before.channel;
    }
    this.withdraw(machine);
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { channel: this.#open(key), members: new Set(), byVrid: new Map() };
      this.#entries.set(name, entry);
    }
    entry.members.add(machine);
    this.#ofMachine.set(machine, entry);
    this.#index(entry);
    return entry.channel;
  }

  #open(key: ChannelKey): AdvertChannel {
    return new AdvertChannel(this.#addon, key, {
      onPacket: (packet) => this.#onPacket(channelName(key), packet),
      onDrained: () => this.#ports.afterwards(),
      onSendError: (owner, error) => {
        for (const machine of this.#entries.get(channelName(key))?.members ?? []) {
          if (machine.id === owner) this.#ports.sendFailed(machine, error);
        }
      },
      onPollError: (status) => this.#ports.pollFailed(key, status),
    });
  }

  #index(entry: Entry): void {
    entry.byVrid.clear();
    for (const machine of entry.members) {
      const vrid = machine.settings.virtualRouterId;
      const list = entry.byVrid.get(vrid);
      if (list === undefined) entry.byVrid.set(vrid, [machine]);
      else list.push(machine);
    }
    entry.channel.setVrids([...entry.byVrid.keys()]);
  }

  /** The channel of an instance; undefined while it has none. */
  of(machine: VrrpInstance): AdvertChannel | undefined {
    return this.#ofMachine.get(machine)?.channel;
  }

  /** Takes an instance off its channel; closes it when it was the last. */
  withdraw(machine: VrrpInstance): void {
    const entry = this.#ofMachine.get(machine);
    if (entry === undefined) return;
    this.#ofMachine.delete(machine);
    entry.members.delete(machine);
    entry.channel.removeOwner(machine.id);
    if (entry.members.size > 0) return this.#index(entry);
    this.#entries.delete(channelName(entry.channel.key));
    entry.channel.close();
  }

  #onPacket(name: string, packet: PacketView): void {
    const entry = this.#entries.get(name);
    const machines = entry?.byVrid.get(vridOf(packet, entry.channel.key.family));
    if (machines === undefined) return;
    for (const machine of machines) this.#ports.received(machine, packet);
  }

  drain(): void {
    for (const { channel } of this.#entries.values()) channel.drain();
  }

  flush(): void {
    for (const { channel } of this.#entries.values()) channel.flush();
  }

  close(): void {
    for (const machine of [...this.#ofMachine.keys()]) this.withdraw(machine);
  }
}
