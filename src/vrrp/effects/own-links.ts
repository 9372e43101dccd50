/**
 * The interfaces of our own (VMACs, ipvlans) in the kernel: made at start, taken over from an earlier process, made
 * again when somebody removes them or their base comes back, removed at the end. Reference section 14.
 * One piece of work after the other; which interfaces there are to be is decided in `own-links.ts` of the room.
 */
import type { VrrpConfig, VrrpInstanceConfig } from "../../config/model.js";
import { addressKey } from "../../net/ip-address.js";
import { restoreSettings, writeSetting } from "../../net/kernel-settings.js";
import { recordOf } from "../../net/link-journal.js";
import { deleteLinks } from "../../net/own-link-removal.js";
import type { Link, LinkAddress, Links, LinksListener } from "../../net/links.js";
import type { Channel, KernelRequest } from "../../net/netlink-channel.js";
import type { VmacLink } from "../../net/nft-script.js";
import { fitsWish, type OwnLink } from "../../net/own-link.js";
import type { AddressSetting } from "../../net/settings.js";
import { formatSystemError, type SystemError } from "../../net/system-error.js";
import { IFA_F_TENTATIVE } from "../../netlink/constants.js";
import { encodeDeleteLink } from "../../netlink/link.js";
import { encodeRenameLink } from "../../netlink/own-link.js";
import type { Log } from "../../platform/child-log.js";
import { type Placement, placeOwnLinks } from "../own-links.js";
import { addressesOfOwnLinks, bringUp, creationOf } from "./own-link-requests.js";
import { OwnRecords } from "./own-records.js";
import { promotedInterfaces, wantedSettings } from "./wanted-settings.js";

interface OwnLinksPorts {
  channel: Channel;
  links: Links;
  log: Log;
  /** Takes in what the kernel has said about links. */
  drain: () => void;
  /** These VMACs are there, not yet up: settles when nothing leaves them that should not. */
  guard: (vmacs: readonly VmacLink[]) => Promise<void>;
  /** These addresses are to be on our links, whoever is MASTER. */
  hold: (addresses: readonly AddressSetting[]) => void;
}

/** What the kernel refused is tried again after this. */
const RETRY_MILLIS = 5000;
const USABLE_PAUSE_MILLIS = 5;
const USABLE_ATTEMPTS = 40;

const WORDS = { macvlan: "VMAC", ipvlan: "ipvlan" } as const;

export class OwnLinks implements LinksListener {
  readonly #ports: OwnLinksPorts;
  readonly #records: OwnRecords;
  /** Indexes of links that have their settings from this process. */
  readonly #completed = new Set<number>();
  /** What the kernel refused at the last attempt, by link, and at the one before. */
  #refused = new Map<string, string>();
  #saidBefore = new Map<string, string>();
  #config: VrrpConfig | undefined;
  #wishes: ReadonlyMap<string, OwnLink> = new Map();
  readonly #placed = new WeakMap<VrrpInstanceConfig, VrrpInstanceConfig>();
  #held: readonly AddressSetting[] = [];
  #guarded = "[]";
  #work: Promise<void> = Promise.resolve();
  #repairing = false;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(ports: OwnLinksPorts) {
    this.#ports = ports;
    this.#records = new OwnRecords(ports.log);
    ports.links.addListener(this);
  }

  /** Whether a link is what it is called for: one of ours on another base, or with another address, is as good as none. */
  isUsable(link: Link): boolean {
    const wish = this.#wishes.get(link.name);
    return wish === undefined || this.#fits(wish, link);
  }

  /** The interfaces that should be there now. */
  get wishes(): readonly OwnLink[] {
    return [...this.#wishes.values()];
  }

  /**
   * Before anything is made: reads the journal at `path` and settles the names.
   * @returns the configuration with these names in it
   */
  async begin(path: string, config: VrrpConfig): Promise<VrrpConfig> {
    await this.#records.read(path, this.#ports.links);
    return this.#place(config);
  }

  /** Removes what an earlier process left and nobody wants any more, makes the rest. */
  establish(): Promise<void> {
    return this.#serially(async () => {
      await this.#removeUnwanted();
      await this.#bring();
    });
  }

  /** The configuration with the names that it would get now; changes nothing. */
  preview(config: VrrpConfig): VrrpConfig {
    return this.#placement(config).config;
  }

  /**
   * First half of a reload: renames, and makes what does not stand in the way of what is there.
   * @returns the configuration with the names in it
   */
  async prepareReload(config: VrrpConfig): Promise<VrrpConfig> {
    let placed = config;
    await this.#serially(async () => {
      placed = this.#place(config);
      await this.#rename();
      await this.#bring({ replacing: false });
    });
    return placed;
  }

  /** Second half, when the new configuration is in force: what nobody needs any more goes, the rest is made. */
  finishReload(): Promise<void> {
    return this.establish();
  }

  /**
   * Settles when the addresses of our links can be sent from: the kernel takes an IPv6 address into use some time after
   * it has said yes. Waits no longer than a moment, as the link may be down.
   */
  async usable(): Promise<void> {
    for (let attempt = 0; attempt < USABLE_ATTEMPTS && !this.#held.every((a) => this.#isUsed(a)); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, USABLE_PAUSE_MILLIS));
      this.#ports.drain();
    }
  }

  #isUsed({ device, address, prefixLength }: AddressSetting): boolean {
    const known = this.#ports.links
      .byName(device)
      ?.addresses.get(addressKey(address, prefixLength, undefined));
    return known !== undefined && (known.flags & IFA_F_TENTATIVE) === 0;
  }

  /** Removes all of it and puts the settings back. */
  async remove(): Promise<void> {
    this.close();
    await this.#work;
    this.#wishes = new Map();
    await this.#removeUnwanted();
    for (const error of await restoreSettings(this.#records.settings.held)) this.#complain(error);
    await this.#records.clear();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  linkChanged(before: Link | undefined, after: Link | undefined): void {
    if (before !== undefined && after === undefined) this.#completed.delete(before.index);
    if (this.#closed || this.#config === undefined) return;
    const names = new Set([before?.name, after?.name]);
    const concerned =
      this.wishes.some(({ name, base }) => names.has(name) || names.has(base)) ||
      promotedInterfaces(this.#config).some((name) => names.has(name));
    const changed =
      before?.index !== after?.index || before?.name !== after?.name || this.#differs(before, after);
    if (changed && (concerned || this.#records.settings.held.length > 0)) this.#repairSoon();
  }

  /** A base got or lost the link-local address that its VMAC takes after. */
  addressAdded(link: Link, address: LinkAddress): void {
    this.#onBaseAddress(link, address);
  }

  addressRemoved(link: Link, address: LinkAddress): void {
    this.#onBaseAddress(link, address);
  }

  #onBaseAddress(link: Link, { family }: LinkAddress): void {
    if (family === 6 && this.wishes.some(({ base }) => base === link.name)) this.#holdAddresses();
  }

  #differs(before: Link | undefined, after: Link | undefined): boolean {
    return before?.master !== after?.master || before?.mac.join() !== after?.mac.join();
  }

  #serially(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  #repairSoon(): void {
    if (this.#repairing) return;
    this.#repairing = true;
    void this.#serially(async () => {
      this.#repairing = false;
      if (!this.#closed) await this.#bring();
    });
  }

  #place(config: VrrpConfig): VrrpConfig {
    const { config: placed, links, remarks } = this.#placement(config);
    for (const remark of remarks) this.#ports.log.warning(remark);
    this.#config = placed;
    this.#wishes = new Map(links.map((wish) => [wish.name, wish]));
    return placed;
  }

  #placement(config: VrrpConfig): Placement {
    return placeOwnLinks(config, {
      links: this.#ports.links,
      isOurs: (name) => this.#records.links.has(name),
      placed: this.#placed,
    });
  }

  #fits(wish: OwnLink, link: Link): boolean {
    return fitsWish(wish, link, (index) => this.#ports.links.byIndex(index)?.name);
  }

  /** Where only the name is another; before kernel 6.2 a link that is up cannot be renamed. */
  async #rename(): Promise<void> {
    const { channel, links, drain } = this.#ports;
    for (const wish of this.#wishes.values()) {
      const link = links.byName(wish.name) === undefined ? this.#twinOf(wish) : undefined;
      if (link === undefined) continue;
      await this.#note();
      const [result] = await channel.request([rename(link, wish.name)]);
      // One that cannot be renamed is removed later, and made anew.
      if (result?.ok !== true) continue;
      this.#records.links.delete(link.name);
      this.#records.links.set(wish.name, recordOf(wish));
      drain();
    }
  }

  /** A macvlan of ours that is right for a wish but for its name. */
  #twinOf(wish: OwnLink): Link | undefined {
    if (wish.kind === "ipvlan") return undefined;
    for (const name of this.#records.links.keys()) {
      const link = this.#wishes.has(name) ? undefined : this.#ports.links.byName(name);
      if (link !== undefined && this.#fits(wish, link)) return link;
    }
    return undefined;
  }

  /** Makes what is missing. `replacing`: also where a link that does not fit has to go first. */
  async #bring({ replacing } = { replacing: true }): Promise<void> {
    const { channel, links, drain, log } = this.#ports;
    const missing = this.wishes.filter((wish) => this.#isMissing(wish, replacing));
    this.#saidBefore = this.#refused;
    this.#refused = new Map();
    await this.#note();
    if (missing.length > 0) {
      const requests = missing.flatMap((wish) => this.#creation(wish));
      const results = await channel.request(requests);
      drain();
      for (const [i, result] of results.entries())
        if (!result.ok) this.#refuse(requests[i]?.subject ?? "", result.error);
      for (const wish of missing) {
        const link = links.byName(wish.name);
        if (link === undefined || !this.#fits(wish, link)) continue;
        log.info(`(${wish.instance}): Success creating ${WORDS[wish.kind]} interface ${wish.name}`);
      }
    }
    await this.#guard();
    await this.#want();
    await this.#complete();
    this.#holdAddresses();
    if (this.#refused.size > 0) this.#tryLater();
  }

  /** Reports of group memberships must not show the virtual address of a BACKUP to the switches. */
  async #guard(): Promise<void> {
    const { links } = this.#ports;
    const vmacs = this.#usable().filter(({ kind }) => kind === "macvlan");
    const list = vmacs.map(({ name, base }) => ({ name, base }));
    // Another link of the same name is another one to the rules.
    const text = JSON.stringify(list.map(({ name, base }) => [links.byName(name)?.index, name, base]));
    if (text === this.#guarded) return;
    this.#guarded = text;
    await this.#ports.guard(list);
  }

  /** The wishes that have their link. */
  #usable(): OwnLink[] {
    return this.wishes.filter((wish) => {
      const link = this.#ports.links.byName(wish.name);
      return link !== undefined && this.#fits(wish, link);
    });
  }

  #isMissing(wish: OwnLink, replacing: boolean): boolean {
    const { links, log } = this.#ports;
    if (links.byName(wish.base) === undefined) return false;
    const link = links.byName(wish.name);
    // Two macvlans of one address cannot both be up.
    if (link === undefined) return replacing || this.#twinOf(wish) === undefined;
    if (!this.#fits(wish, link)) return replacing;
    if (!this.#completed.has(link.index))
      log.info(`(${wish.instance}): Found matching interface ${wish.name}`);
    this.#records.links.set(wish.name, recordOf(wish));
    return false;
  }

  #creation(wish: OwnLink): KernelRequest[] {
    const { links } = this.#ports;
    const there = links.byName(wish.name);
    const record = this.#records.links.get(wish.name);
    if (record !== undefined && there === undefined)
      this.#ports.log.info(`(${wish.instance}) ${wish.name} is missing: making it again`);
    this.#records.links.set(wish.name, recordOf(wish));
    const creation = creationOf(wish, links);
    // Somebody else's interface is not removed: the kernel refuses ours, which is told and tried again.
    const mayGo = there?.kind === wish.kind || (record !== undefined && there?.kind === record.kind);
    return there === undefined || !mayGo ? creation : [deletion(there), ...creation];
  }

  /** Settings and state of the links that have not got them from us. */
  async #complete(): Promise<void> {
    const { channel, links, drain } = this.#ports;
    const subjects = new Map<KernelRequest, number>();
    for (const wish of this.#wishes.values()) {
      const link = links.byName(wish.name);
      if (link === undefined || !this.#fits(wish, link)) continue;
      const fresh = !this.#completed.has(link.index);
      if (fresh && wish.kind === "macvlan") {
        const off = wish.families.includes(6) ? "0" : "1";
        const error = await writeSetting(`ipv6/conf/${wish.name}/disable_ipv6`, off);
        if (error !== undefined) this.#complain(error);
      }
      const needed = bringUp(wish, link, links, fresh);
      for (const request of needed) subjects.set(request, link.index);
      this.#completed.add(link.index);
    }
    if (subjects.size === 0) return;
    const indexes = [...subjects.values()];
    for (const [i, result] of (await channel.request([...subjects.keys()])).entries()) {
      if (result.ok) continue;
      this.#completed.delete(indexes[i] ?? 0);
      this.#refuse(result.error.subject, result.error);
    }
    drain();
  }

  async #want(): Promise<void> {
    const { settings } = this.#records;
    const wanted = await wantedSettings(this.wishes, this.#ports.links, settings, this.#config);
    for (const error of await settings.want(wanted, () => this.#note())) this.#complain(error);
  }

  #holdAddresses(): void {
    const { links, hold } = this.#ports;
    if (this.#config === undefined) return;
    const addresses = addressesOfOwnLinks(this.#usable(), links, this.#config);
    if (JSON.stringify(addresses) === JSON.stringify(this.#held)) return;
    this.#held = addresses;
    hold(addresses);
  }

  async #removeUnwanted(): Promise<void> {
    const { channel, links, drain, log } = this.#ports;
    const unwanted = [...this.#records.links.values()].filter(({ name }) => !this.#wishes.has(name));
    if (unwanted.length === 0) return;
    const there = unwanted.flatMap(({ name, kind }) => {
      const link = links.byName(name);
      return link?.kind === kind ? [link] : [];
    });
    for (const { name } of there) log.detail(() => `Removing the interface ${name}`);
    for (const error of await deleteLinks(channel, there, links)) this.#complain(error);
    for (const { name } of unwanted) this.#records.links.delete(name);
    drain();
  }

  #note(): Promise<void> {
    return this.#records.note(this.#wishes.values());
  }

  #refuse(name: string, error: SystemError): void {
    const text = formatSystemError(error);
    this.#refused.set(name, text);
    if (this.#saidBefore.get(name) !== text) this.#complain(error);
  }

  #complain(error: SystemError): void {
    this.#ports.log.error(formatSystemError(error));
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    if (this.#closed) return;
    this.#retry = setTimeout(() => this.#repairSoon(), RETRY_MILLIS);
  }
}

function deletion({ index, name }: Link): KernelRequest {
  return { message: encodeDeleteLink(index), call: "RTM_DELLINK", subject: name };
}

function rename({ index, name }: Link, next: string): KernelRequest {
  return { message: encodeRenameLink(index, next), call: "RTM_NEWLINK", subject: `${name} as ${next}` };
}
