/**
 * The kernel's side of the vrrp process: links, the belongings of each owner, gratuitous ARP and NA.
 * What must not happen before an owner's addresses are in place (or gone) waits here and keeps its order.
 */
import { isDeepStrictEqual } from "node:util";
import type { BufferSettings } from "../../config/global-model.js";
import type { Addon } from "../../native/addon.js";
import { type AnnounceLimits, isLimited } from "../../net/announce-limits.js";
import { Announcer } from "../../net/announcer.js";
import { describeSetting } from "../../net/kernel-object.js";
import { isLinkLocal } from "../../net/ip-address.js";
import { type Link, type LinkAddress, Links, type LinksListener } from "../../net/links.js";
import { DUPLICATE } from "../../net/source-address.js";
import { IFA_F_DADFAILED } from "../../netlink/constants.js";
import type { Loop } from "../../net/loop.js";
import { Monitor } from "../../net/monitor.js";
import { type CommandSocket, openChannel } from "../../net/netlink-channel.js";
import type { PutBack } from "../../net/keeper.js";
import type { VmacLink } from "../../net/nft-script.js";
import { Reconciler } from "../../net/reconciler.js";
import type { AddressSetting, Belongings, Setting } from "../../net/settings.js";
import { formatSystemError, type SystemError } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";
import { Forwarding } from "./forwarding.js";
import { Leftovers } from "./leftovers.js";
import { OwnLinks } from "./own-links.js";

/** More than one batch: the echo of so many changes is read when they are done ... */
const MANY = 32;
/** ... or after so long, since a link that goes down must be heard of. */
const LONGEST_PAUSE_MICROS = 50_000;

/** Owner of the addresses that our own links carry, whoever is MASTER. */
const OWN_LINKS = "own links";

interface KernelPorts {
  addon: Addon;
  loop: Loop;
  log: Log;
  links: LinksListener;
  /** Addresses are there that nothing was asked for just now: somebody had removed them, or their link came. */
  appeared(owner: string, addresses: readonly AddressSetting[]): void;
  describe(owner: string): string;
  /** These VMACs are there: settles when nothing leaves them that should not. */
  guardVmacs(vmacs: readonly VmacLink[]): Promise<void>;
}

/** What becomes of what somebody else removed. */
const CONSEQUENCES: Readonly<Record<PutBack, string>> = {
  now: "putting it back",
  later: "this happens again and again, so it is put back every ten seconds only",
  never: "it stays away (no_track, or its time is over)",
};

interface Waiting {
  /** A waiting announcement is dropped when its instance is no longer MASTER; a waiting notification is not. */
  kind: "announce" | "notify";
  readonly run: () => void;
}

/** A change of an owner's addresses that is under way. */
interface Work {
  until: "applied" | "cleared";
  waiting: Waiting[];
  /** Addresses that were announced as soon as they were there; undefined when nothing is to be announced yet. */
  early?: Set<AddressSetting>;
}

export class Kernel {
  readonly links = new Links();
  readonly leftovers: Leftovers;
  readonly ownLinks: OwnLinks;
  readonly #ports: KernelPorts;
  readonly #channel: CommandSocket;
  readonly #monitor: Monitor;
  readonly #reconciler: Reconciler;
  readonly #announcer: Announcer;
  #limits: AnnounceLimits;
  #limited: boolean;
  /** Owners whose addresses are being added or removed, and what waits for that. */
  readonly #busy = new Map<string, Work>();
  /** By owner: what the kernel did not take, in words. */
  readonly #refused = new Map<string, Set<string>>();
  readonly #forwarding = new Forwarding();

  constructor(ports: KernelPorts, limits: AnnounceLimits) {
    const { addon, loop, log } = ports;
    this.#ports = ports;
    this.#channel = openChannel(addon, loop);
    this.leftovers = new Leftovers(this.#channel, this.links, log);
    this.#monitor = new Monitor(addon, this.links, loop, {
      overrun: () => log.warning("Netlink: kernel messages were lost; links and addresses are read anew"),
      failed: (error) => log.error(`Netlink: ${formatSystemError(error)}`),
    });
    this.#reconciler = new Reconciler(this.#channel, this.links, loop, {
      added: (owner, addresses) => this.#onAdded(owner, addresses),
      applied: (owner) => this.#settled(owner, "applied"),
      cleared: (owner) => this.#settled(owner, "cleared"),
      failed: (owner, setting, error) => this.#onFailed(owner, setting, error),
      accepted: (owner, setting) => this.#onAccepted(owner, setting),
      lost: (owner, setting, putBack) =>
        log.warning(
          `${ports.describe(owner)} somebody removed ${describeSetting(setting)}: ${CONSEQUENCES[putBack]}`,
        ),
      usable: (owner, setting) => ports.appeared(owner, [setting]),
      duplicate: (owner, setting) =>
        log.error(
          `${ports.describe(owner)} ${describeSetting(setting)} is in use on another host (duplicate address ` +
            "detection): it is of no use here and is tried again every ten seconds; find the other one, " +
            "or leave out '-nodad' so that nobody looks",
        ),
      restored: (owner, setting) => {
        if ("address" in setting) ports.appeared(owner, [setting]);
      },
    });
    this.ownLinks = new OwnLinks({
      channel: this.#channel,
      links: this.links,
      log,
      drain: () => this.#monitor.drain(),
      guard: (vmacs) => ports.guardVmacs(vmacs),
      hold: (addresses) => this.hold(OWN_LINKS, { addresses, routes: [], rules: [] }),
    });
    this.links.addListener(ports.links);
    this.links.addListener({ addressAdded: (link, address) => this.#onAddress(link, address) });
    this.#announcer = this.#createAnnouncer(limits);
    this.#limits = limits;
    this.#limited = isLimited(limits);
  }

  #createAnnouncer(limits: AnnounceLimits): Announcer {
    return new Announcer(this.#ports.addon, this.#ports.loop, {
      limits,
      isRouter: (link) => this.#forwarding.isOn(link.name, this.#ports.loop.now()),
      failed: (owner, error) =>
        this.#ports.log.warning(`${this.#ports.describe(owner)} announcement: ${formatSystemError(error)}`),
    });
  }

  /** A reload may have changed the rate limits: what waits for them goes on by the new ones. */
  setLimits(limits: AnnounceLimits): void {
    if (isDeepStrictEqual(limits, this.#limits)) return;
    this.#limits = limits;
    this.#announcer.setLimits(limits);
    this.#limited = isLimited(limits);
  }

  /** vrrp_netlink_cmd_rcv_bufs and vrrp_netlink_monitor_rcv_bufs. */
  setBuffers({ vrrpCommands, vrrpMonitor }: BufferSettings): void {
    this.#channel.setReceiveBuffer(vrrpCommands);
    this.#monitor.setReceiveBuffer(vrrpMonitor);
  }

  /** Resolves when the table of links and addresses is complete. */
  open(): Promise<void> {
    return this.#monitor.start();
  }

  /** Takes in what the kernel has already said. */
  drain(): void {
    this.#monitor.drain();
  }

  /** The owner may come to hold these: what can be built before is built now. */
  prepare(owner: string, belongings: Belongings): void {
    this.#reconciler.prepare(belongings);
    for (const [link, list] of this.#byLink(belongings.addresses)) this.#announcer.prepare(owner, link, list);
  }

  /** From now on these are the owner's. */
  hold(owner: string, belongings: Belongings): void {
    this.#begin(owner, "applied");
    this.#refused.delete(owner);
    this.#reconciler.setDesired(owner, belongings);
    const { addresses, routes, rules } = belongings;
    if (addresses.length + routes.length + rules.length > MANY) this.#monitor.pause(LONGEST_PAUSE_MICROS);
  }

  /** The owner has none any more. */
  release(owner: string): void {
    this.#begin(owner, "cleared");
    this.#reconciler.clear(owner);
  }

  #begin(owner: string, until: "applied" | "cleared"): void {
    this.#busy.set(owner, { until, waiting: this.#busy.get(owner)?.waiting ?? [] });
  }

  #settled(owner: string, how: "applied" | "cleared"): void {
    const work = this.#busy.get(owner);
    if (work === undefined || work.until !== how) return;
    this.#busy.delete(owner);
    if (this.#busy.size === 0) this.#monitor.resume();
    for (const waiting of work.waiting) waiting.run();
  }

  /** Runs at once, or when the owner's addresses are as last asked for. */
  afterChange(owner: string, kind: Waiting["kind"], run: () => void): void {
    const work = this.#busy.get(owner);
    if (work === undefined) run();
    else work.waiting.push({ kind, run });
  }

  /** An interface whose link-local address another host has cannot serve IPv6: its instances wait for another one. */
  #onAddress(link: Link, { address, bytes, family, flags }: LinkAddress): void {
    if (family === 6 && (flags & IFA_F_DADFAILED) !== 0 && isLinkLocal(bytes))
      this.#ports.log.error(`${address} on ${link.name} ${DUPLICATE}`);
  }

  #onFailed(owner: string, setting: Setting, error: SystemError): void {
    const { log } = this.#ports;
    const refused = this.#refused.get(owner) ?? new Set();
    const what = describeSetting(setting);
    // It is tried again when a link or an address comes; the same answer need not be told again.
    const known = refused.has(what);
    this.#refused.set(owner, refused.add(what));
    if (known) log.detail(() => `${this.#ports.describe(owner)} still refused: ${formatSystemError(error)}`);
    else if (error.code === "ENODEV")
      log.warning(`${this.#ports.describe(owner)} ${what} waits: ${error.detail ?? error.code}`);
    else log.error(`${this.#ports.describe(owner)} ${formatSystemError(error)}`);
  }

  #onAccepted(owner: string, setting: Setting): void {
    const what = describeSetting(setting);
    if (this.#refused.get(owner)?.delete(what) === true)
      this.#ports.log.info(`${this.#ports.describe(owner)} ${what} is there now`);
  }

  /**
   * `rounds` frames per address. The first of an address leaves as soon as it is there, so that the neighbours need
   * not wait for a thousand others; the further rounds follow when all are there. (With a rate limit all wait for
   * that: its queue counts the frames of an address together.)
   */
  announce(owner: string, addresses: readonly AddressSetting[], rounds: number): void {
    const work = this.#busy.get(owner);
    if (work === undefined || work.until !== "applied" || work.early !== undefined || this.#limited) {
      this.afterChange(owner, "announce", () => this.#announceNow(owner, addresses, rounds));
      return;
    }
    const early = new Set<AddressSetting>();
    work.early = early;
    this.afterChange(owner, "announce", () => {
      const missing = addresses.filter((address) => !early.has(address));
      if (missing.length > 0) this.#announceNow(owner, missing, 1);
      if (rounds > 1) this.#announceNow(owner, addresses, rounds - 1);
    });
  }

  #onAdded(owner: string, addresses: readonly AddressSetting[]): void {
    const work = this.#busy.get(owner);
    if (work === undefined) return this.#ports.appeared(owner, addresses);
    if (work.early === undefined) return;
    for (const address of addresses) work.early.add(address);
    this.#announceNow(owner, addresses, 1);
  }

  #announceNow(owner: string, addresses: readonly AddressSetting[], rounds: number): void {
    const refused = this.#refused.get(owner);
    // What the kernel did not take is not ours to announce.
    const taken =
      refused === undefined
        ? addresses
        : addresses.filter((setting) => !refused.has(describeSetting(setting)));
    let who: string | undefined;
    for (const [link, list] of this.#byLink(taken)) {
      for (const address of list) {
        this.#ports.log.detail(() => {
          who ??= this.#ports.describe(owner);
          const what = address.includes(":") ? "Unsolicited Neighbour Adverts" : "gratuitous ARPs";
          return `${who} Sending/queueing ${what} on ${link.name} for ${address}`;
        });
      }
      this.#announcer.announce(owner, link, list, rounds);
    }
  }

  /** Sorted by their links, as far as these are there. */
  #byLink(addresses: readonly AddressSetting[]): Map<Link, string[]> {
    const sorted = new Map<Link, string[]>();
    for (const { device, address } of addresses) {
      const link = this.links.byName(device);
      if (link === undefined) continue;
      const list = sorted.get(link);
      if (list === undefined) sorted.set(link, [address]);
      else list.push(address);
    }
    return sorted;
  }

  /** One frame for an address of the link itself. */
  announceOwn(owner: string, link: Link, address: string): void {
    this.#announcer.announce(owner, link, [address], 1);
  }

  cancelAnnouncements(owner: string): void {
    this.#announcer.cancel(owner);
    const work = this.#busy.get(owner);
    if (work === undefined) return;
    work.waiting = work.waiting.filter(({ kind }) => kind !== "announce");
    delete work.early;
  }

  /** The owner is gone for good; what it had in the kernel goes as `release` has said. */
  forget(owner: string): void {
    this.#announcer.forget(owner);
    this.#refused.delete(owner);
  }

  /** Resolves when nothing is left to do. */
  idle(): Promise<void> {
    return this.#reconciler.idle();
  }

  close(): void {
    this.ownLinks.close();
    this.#announcer.close();
    this.#reconciler.close();
    this.#monitor.close();
    this.#channel.close();
  }
}
