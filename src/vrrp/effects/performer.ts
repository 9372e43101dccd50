/**
 * Carries out one effect after the other, in their order: an advert that an effect put into a channel leaves before
 * the kernel is changed for the next. Builds an instance's packets when something in them changed.
 */
import type { AddressSetting } from "../../config/model.js";
import type { Belongings } from "../../net/settings.js";
import { formatAddress } from "../../net/ip-address.js";
import type { Log } from "../../platform/child-log.js";
import type { AdvertChannel } from "./advert-channel.js";
import type { Alarm } from "./alarm.js";
import type { Channels } from "./channels.js";
import type { GroupEffect, InstanceEffect } from "../events.js";
import type { VrrpInstance } from "../instance.js";
import type { Kernel } from "./kernel.js";
import type { Notices } from "./notices.js";
import type { SyncDaemon } from "./sync-daemon.js";
import { extraAddresses } from "../announce-extra.js";
import type { ChecksumForm } from "../advert.js";
import { needsSeal, seal } from "../auth/sealing.js";
import { outgoing } from "../outgoing.js";
import type { RoutedEffect } from "../router.js";

interface PerformerPorts {
  log: Log;
  kernel: Kernel;
  alarm: Alarm;
  channels: Channels;
  notices: Notices;
  syncDaemon: SyncDaemon;
  /** How the checksums of an instance's version 3 adverts over IPv4 are made: its peers may be old. */
  checksumForm(machine: VrrpInstance): ChecksumForm;
  /** The member of a sync group. */
  member(name: string): VrrpInstance | undefined;
  /** It is not in the configuration any more. */
  removed(machine: VrrpInstance): void;
}

/** What was last put into a channel for an instance. */
interface Sending {
  channel: AdvertChannel | undefined;
  priority: number;
  packets: readonly Uint8Array[];
  /** IPv4 identification of the last advert; never 0, which would leave the choice to the kernel. */
  identification: number;
}

/** The name of an instance as an owner of addresses: it outlives a change of its configured name. */
export function ownerOf(machine: VrrpInstance): string {
  return `instance ${machine.id}`;
}

function addressesOf(machine: VrrpInstance): AddressSetting[] {
  return [...machine.settings.addresses, ...machine.settings.excludedAddresses];
}

function belongingsOf(machine: VrrpInstance): Belongings {
  const { routes, rules } = machine.settings;
  return { addresses: addressesOf(machine), routes, rules };
}

/** The packets as they leave now, when no two adverts may be alike. The wall clock is read here: it may be stepped. */
function sealed(machine: VrrpInstance, { packets, identification }: Sending): Uint8Array[] | undefined {
  const { settings, sourceAddress: source, state, freshness } = machine;
  if (!needsSeal(settings)) return undefined;
  return seal(settings, packets, { source, identification, state, wallMillis: Date.now() }, freshness);
}

export class Performer {
  readonly #ports: PerformerPorts;
  readonly #sending = new Map<VrrpInstance, Sending>();

  constructor(ports: PerformerPorts) {
    this.#ports = ports;
  }

  /** Whatever a MASTER needs in a hurry is built before it is one. */
  prepare(machine: VrrpInstance): void {
    this.#ports.kernel.prepare(ownerOf(machine), belongingsOf(machine));
  }

  perform(routed: RoutedEffect): void {
    if (routed.instance === undefined) this.#performGroup(routed.effect);
    else this.#performInstance(routed.instance, routed.effect);
  }

  #performGroup(effect: GroupEffect): void {
    if (effect.kind === "logGroup") {
      this.#ports.log.info(`VRRP_Group(${effect.group}) ${effect.text}`);
      return;
    }
    this.#ports.notices.onGroup(effect, (name) => {
      const machine = this.#ports.member(name);
      return machine === undefined ? undefined : ownerOf(machine);
    });
  }

  #performInstance(machine: VrrpInstance, effect: InstanceEffect): void {
    const { alarm, log } = this.#ports;
    switch (effect.kind) {
      case "sendAdvert":
        this.#send(machine, effect.priority);
        break;
      case "armTimer":
        alarm.arm(machine, effect.timer, effect.at);
        break;
      case "cancelTimer":
        alarm.cancel(machine, effect.timer);
        break;
      case "log":
        if (effect.level === "detail") log.detail(() => `(${machine.name}) ${effect.text}`);
        else log[effect.level](`(${machine.name}) ${effect.text}`);
        break;
      case "notify":
        this.#ports.channels.stateChanged(machine);
        if (effect.to !== "stop") this.#ports.syncDaemon.stateChanged(machine);
        this.#ports.notices.onInstance(machine, ownerOf(machine), effect);
        break;
      case "settingsChanged":
        this.forgetPackets(machine);
        break;
      case "removed":
        this.#forget(machine);
        break;
      case "notifyPriority":
        this.#ports.notices.onPriority(machine, ownerOf(machine), effect.state, effect.priority);
        break;
      case "notifyLowerPriority":
        this.#ports.notices.onLowerPriority(machine, ownerOf(machine));
        break;
      default:
        this.#performKernel(machine, effect);
    }
  }

  #performKernel(
    machine: VrrpInstance,
    effect: Extract<
      InstanceEffect,
      {
        kind:
          | "addAddresses"
          | "removeAddresses"
          | "replaceAddresses"
          | "announceAddresses"
          | "announceSource"
          | "announceExtra"
          | "cancelAnnouncements";
      }
    >,
  ): void {
    const { kernel, log, channels } = this.#ports;
    const owner = ownerOf(machine);
    channels.send();
    switch (effect.kind) {
      case "addAddresses":
        log.detail(() => `(${machine.name}) setting VIPs.`);
        kernel.hold(owner, belongingsOf(machine));
        break;
      case "removeAddresses":
        log.detail(() => `(${machine.name}) removing VIPs.`);
        kernel.release(owner);
        break;
      case "replaceAddresses":
        log.info(`(${machine.name}) virtual addresses, routes or rules changed`);
        kernel.hold(owner, belongingsOf(machine));
        break;
      case "announceAddresses":
        kernel.announce(owner, addressesOf(machine), effect.repeat);
        break;
      case "announceExtra":
        kernel.announce(owner, extraAddresses(machine.settings), 1);
        break;
      case "announceSource":
        this.#announceSource(machine, owner);
        break;
      case "cancelAnnouncements":
        kernel.cancelAnnouncements(owner);
        break;
      default:
        effect satisfies never;
    }
  }

  #announceSource(machine: VrrpInstance, owner: string): void {
    const { kernel, log } = this.#ports;
    const { interface: name } = machine.settings;
    const link = name === undefined ? undefined : kernel.links.byName(name);
    if (link === undefined || machine.sourceAddress.length === 0) return;
    const address = formatAddress(machine.sourceAddress);
    log.detail(() => `${machine.name}: sending gratuitous ARP for ${address}`);
    kernel.announceOwn(owner, link, address);
  }

  #send(machine: VrrpInstance, priority: number): void {
    const channel = this.#ports.channels.of(machine);
    if (channel === undefined || machine.sourceAddress.length === 0) return;
    const sending = this.#sendingOf(machine);
    if (sending.channel !== channel || sending.priority !== priority) {
      const form = this.#ports.checksumForm(machine);
      const packets = outgoing(machine.settings, machine.sourceAddress, priority, form);
      channel.sender.setPackets(machine.id, packets, machine.sourceAddress);
      sending.packets = packets.packets;
      sending.channel = channel;
      sending.priority = priority;
    }
    sending.identification = (sending.identification % 0xffff) + 1;
    channel.sender.enqueue(machine.id, sending.identification, sealed(machine, sending));
    if (priority === 0) this.#ports.log.detail(() => `(${machine.name}) sent 0 priority`);
  }

  #sendingOf(machine: VrrpInstance): Sending {
    let sending = this.#sending.get(machine);
    if (sending === undefined) {
      sending = { channel: undefined, priority: -1, packets: [], identification: 0 };
      this.#sending.set(machine, sending);
    }
    return sending;
  }

  /** Settings or source address changed: the next advert is built anew. */
  forgetPackets(machine: VrrpInstance): void {
    const sending = this.#sending.get(machine);
    if (sending !== undefined) sending.channel = undefined;
  }

  #forget(machine: VrrpInstance): void {
    this.#ports.channels.withdraw(machine);
    this.#ports.alarm.forget(machine);
    this.#ports.kernel.forget(ownerOf(machine));
    this.#sending.delete(machine);
    this.#ports.removed(machine);
  }

  /** Told once until an advert leaves again; a state never changes because of one. */
  onSendFailed(machine: VrrpInstance, error: Error): void {
    const sending = this.#sendingOf(machine);
    // "I stop" on a link that is down or gone cannot leave: that is why it is sent.
    if (sending.priority === 0) {
      this.#ports.log.detail(() => `(${machine.name}) priority 0 could not be sent: ${error.message}`);
      return;
    }
    this.#ports.log.warning(`(${machine.name}) send advert error: ${error.message}`);
  }
}
