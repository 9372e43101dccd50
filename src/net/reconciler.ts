/**
 * Desired state of addresses, routes and rules, owner by owner, and the work to get the kernel there and keep it there.
 *
 * Work is not queued: whenever the channel has a turn free, the next steps follow from the entries as they are then.
 * So an owner that steps down in the middle of a thousand additions has nothing to cancel.
 *
 * What we believe to be in the kernel follows from the answers to our requests (here) and from the monitor, which lags
 * behind them (`keeper.ts`).
 */
import { type Entry, EntryTable, isSatisfied, wishOf } from "./entries.js";
import { Keeper, type PutBack } from "./keeper.js";
import {
  describeSetting,
  encodeRemove,
  type KernelObject,
  linksOf,
  NOUNS,
  sameWish,
  settingsOf,
} from "./kernel-object.js";
import type { Links } from "./links.js";
import type { Loop } from "./loop.js";
import type { Channel, KernelRequest, RequestSource, Result } from "./netlink-channel.js";
import { type Placed, planSteps, type Step } from "./plan.js";
import { Preparations } from "./preparations.js";
import type { AddressSetting, Belongings, Setting } from "./settings.js";
import type { SystemError } from "./system-error.js";

export interface ReconcilerListener {
  /** Addresses of this owner that have just become present (of one batch): may be announced already. */
  added?(owner: string, addresses: readonly AddressSetting[]): void;
  /** Everything that this owner wants is present, or was refused and reported, or waits for its link. */
  applied?(owner: string): void;
  /** Nothing of this owner is left in the kernel (what others want as well stays). */
  cleared?(owner: string): void;
  failed?(owner: string, setting: Setting, error: SystemError): void;
  /** What had failed has been taken after all. */
  accepted?(owner: string, setting: Setting): void;
  /** Somebody else removed it. It is put back now, or later when that happens too often (told once), or never (no_track). */
  lost?(owner: string, setting: Setting, putBack: PutBack): void;
  /** A lost one is there again: announce it. */
  restored?(owner: string, setting: Setting): void;
  /** Another host has the address: the kernel does not use it. It is tried again. */
  duplicate?(owner: string, setting: AddressSetting): void;
  /** The kernel has found no other host with the address: announce it. */
  usable?(owner: string, setting: AddressSetting): void;
}

/** A removal that is refused with these has nothing to remove. */
const ALREADY_GONE = new Set(["EADDRNOTAVAIL", "ESRCH", "ENODEV", "ENOENT"]);

/** A step of which the kernel has not answered yet. */
interface Flight {
  step: Step;
  entry: Entry;
  addressProtocol: boolean;
}

export class Reconciler implements RequestSource {
  readonly #channel: Channel;
  readonly #links: Links;
  readonly #listener: ReconcilerListener;
  readonly #entries = new EntryTable();
  readonly #preparations = new Preparations();
  readonly #keeper: Keeper;
  /** Entries that may need a step. */
  readonly #dirty = new Set<Entry>();
  /** What follows from the dirty entries, as far as it is not taken; undefined when something has changed. */
  #steps: Step[] | undefined;
  #taken = 0;
  #flights: Flight[] = [];
  /** Does the kernel take IFA_PROTO? "doubted": an address was refused with it, and is now tried without. */
  #addressProtocol: "untried" | "accepted" | "doubted" | "refused" = "untried";
  #idle: (() => void)[] = [];
  /** Numbers of addresses by their device, which many have in common. */
  readonly #ofLinks = new Map<string, readonly number[]>();

  constructor(channel: Channel, links: Links, loop: Loop, listener: ReconcilerListener) {
    this.#channel = channel;
    this.#links = links;
    this.#listener = listener;
    this.#keeper = new Keeper(this.#entries, links, loop, channel.portId, {
      touch: (entry) => this.#touch(entry),
      lost: (entry, putBack) => this.#tellLost(entry, putBack),
      probed: (entry, unique) => this.#tellProbed(entry, unique),
    });
    links.addListener(this.#keeper);
    channel.serve(this);
  }

  /** Works out beforehand what `setDesired` with the same settings will need. Changes nothing. */
  prepare(belongings: Partial<Belongings>): void {
    for (const object of this.#objects(belongings)) {
      const numbers = this.#numbersOf(object);
      if (typeof numbers !== "string") this.#preparations.addition(object, numbers, this.#marksAddresses);
    }
  }

  #objects(belongings: Partial<Belongings>): KernelObject[] {
    return settingsOf(belongings).map((setting) => this.#preparations.object(setting));
  }

  /** Do new addresses get IFA_PROTO? */
  get #marksAddresses(): boolean {
    return this.#addressProtocol === "untried" || this.#addressProtocol === "accepted";
  }

  /**
   * Replaces what `owner` wants. Order of the lists is the order of adding and removing. `applied` is told once,
   * also when this is called again before it was.
   */
  setDesired(owner: string, belongings: Partial<Belongings>): void {
    for (const { protocol } of belongings.routes ?? []) this.#links.watchProtocol(protocol);
    this.#want(owner, this.#objects(belongings), "applied");
  }

  /** `owner` wants nothing any more; what waits to be added is never added. */
  clear(owner: string): void {
    this.#want(owner, [], "cleared");
  }

  /** Resolves when no work is left or in flight. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#channel.wake();
    });
  }

  /** Forgets everything; the kernel keeps what it has. */
  close(): void {
    this.#keeper.close();
    this.#entries.clear();
    this.#dirty.clear();
    this.#steps = undefined;
  }

  /** The channel has a turn: the next steps, as things are now. */
  take(max: number): KernelRequest[] {
    const requests: KernelRequest[] = [];
    this.#flights = [];
    this.#steps ??= this.#plan();
    while (requests.length < max && this.#taken < this.#steps.length) {
      const step = this.#steps[this.#taken++] as Step;
      const entry = this.#entries.get(step.object.key);
      const addressProtocol = this.#marksAddresses;
      const request = entry && this.#request(step, entry, addressProtocol);
      if (entry === undefined || request === undefined) continue;
      this.#flights.push({ step, entry, addressProtocol });
      requests.push(request);
    }
    this.#tellSettled();
    if (requests.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
    return requests;
  }

  /** The answers to what was taken last. */
  finished(results: Result[]): void {
    const added = new Map<string, AddressSetting[]>();
    const flights = this.#flights;
    this.#flights = [];
    for (const [i, flight] of flights.entries()) {
      const { step, entry } = flight;
      const result = results[i];
      if (result === undefined) continue;
      if (step.verb === "remove") this.#onRemoved(entry, step.object, result);
      else this.#onAdded(flight, result, added);
      this.#settleIfSatisfied(entry);
    }
    for (const [owner, addresses] of added) this.#listener.added?.(owner, addresses);
    this.#tellSettled();
  }

  #want(owner: string, objects: readonly KernelObject[], goal: "applied" | "cleared"): void {
    for (const entry of this.#entries.want(owner, objects, goal)) {
      this.#keeper.reconsider(entry);
      this.#dirty.add(entry);
    }
    this.#steps = undefined;
    this.#channel.wake();
  }

  #touch(entry: Entry): void {
    this.#dirty.add(entry);
    this.#steps = undefined;
    this.#channel.wake();
  }

  #plan(): Step[] {
    const wanted: Placed[] = [];
    const present: Placed[] = [];
    this.#taken = 0;
    for (const entry of this.#dirty) {
      if (this.#settleIfSatisfied(entry)) continue;
      const wish = wishOf(entry);
      if (wish !== undefined) wanted.push({ object: wish, order: entry.order });
      if (entry.present !== undefined) {
        const { object, broken = false } = entry.present;
        present.push({ object, order: entry.order, broken });
      }
    }
    return planSteps(wanted, present);
  }

  #settleIfSatisfied(entry: Entry): boolean {
    if (!isSatisfied(entry)) return false;
    this.#dirty.delete(entry);
    this.#entries.settle(entry);
    return true;
  }

  /** @returns undefined when the step has become impossible, which is told here. */
  #request(step: Step, entry: Entry, addressProtocol: boolean): KernelRequest | undefined {
    const { object } = step;
    const noun = NOUNS[object.kind];
    if (step.verb === "remove") {
      const message = encodeRemove(object, entry.present?.numbers ?? []);
      return { message, call: `RTM_DEL${noun}`, subject: describeSetting(object.setting) };
    }
    const numbers = this.#numbersOf(object);
    if (typeof numbers === "string") {
      const subject = describeSetting(object.setting);
      const detail = `there is no ${numbers}`;
      this.#refuse(entry, object, { call: `RTM_NEW${noun}`, code: "ENODEV", subject, detail });
      return undefined;
    }
    return this.#preparations.addition(object, numbers, addressProtocol);
  }

  /** Numbers of the links that it needs (of a VRF its table), or the name of one that is not there. */
  #numbersOf(object: KernelObject): readonly number[] | string {
    if (object.kind === "address") return this.#numbersOfLink(object.setting.device);
    const numbers: number[] = [];
    const vrf = object.kind === "route" ? object.setting.vrf : undefined;
    for (const name of linksOf(object)) {
      const link = this.#links.byName(name);
      const number = name === vrf ? link?.vrfTable : link?.index;
      if (number === undefined) return name === vrf ? `VRF ${name}` : name;
      numbers.push(number);
    }
    return numbers;
  }

  /** The number of a link alone, or its name when it is not there. */
  #numbersOfLink(name: string): readonly number[] | string {
    const index = this.#links.byName(name)?.index;
    if (index === undefined) return name;
    const known = this.#ofLinks.get(name);
    if (known?.[0] === index) return known;
    const numbers = [index];
    this.#ofLinks.set(name, numbers);
    return numbers;
  }

  #onAdded(
    { step: { object }, entry, addressProtocol }: Flight,
    result: Result,
    added: Map<string, AddressSetting[]>,
  ): void {
    const exists = !result.ok && result.error.code === "EEXIST";
    if (!result.ok && !exists) {
      if (object.kind === "address" && this.#mayBeProtocol(result.error.code, addressProtocol))
        this.#touch(entry);
      else this.#refuse(entry, object, result.error);
      return;
    }
    if (object.kind === "address") this.#addressProtocol = addressProtocol ? "accepted" : "refused";
    const numbers = this.#numbersOf(object);
    entry.present = { object, numbers: typeof numbers === "string" ? [] : numbers };
    entry.doubtful = false;
    this.#keeper.onAdded(entry);
    for (const [owner, wish] of entry.wishes) {
      if (!sameWish(wish.setting, object.setting)) continue;
      if (entry.refused) this.#listener.accepted?.(owner, wish.setting);
      if (entry.lost) this.#listener.restored?.(owner, wish.setting);
      else if (wish.kind === "address") {
        const list = added.get(owner);
        if (list === undefined) added.set(owner, [wish.setting]);
        else list.push(wish.setting);
      }
    }
    entry.lost = entry.refused = false;
  }

  #onRemoved(entry: Entry, object: KernelObject, result: Result): void {
    const owners = [...entry.waiting];
    entry.present = undefined;
    entry.doubtful = false;
    if (result.ok) this.#keeper.onRemoved(entry);
    if (result.ok || ALREADY_GONE.has(result.error.code)) return;
    for (const owner of owners) this.#listener.failed?.(owner, object.setting, result.error);
  }

  #refuse(entry: Entry, object: KernelObject, error: SystemError): void {
    entry.hold = error.code === "ENODEV" ? "linkDown" : "failed";
    entry.refused = true;
    for (const owner of entry.wishes.keys()) this.#listener.failed?.(owner, object.setting, error);
    this.#settleIfSatisfied(entry);
  }

  /** EINVAL may be about IFA_PROTO as long as no address was accepted with it: trying without tells. */
  #mayBeProtocol(code: string, addressProtocol: boolean): boolean {
    if (code !== "EINVAL" || this.#addressProtocol === "accepted") return false;
    this.#addressProtocol = addressProtocol ? "doubted" : "untried";
    return addressProtocol;
  }

  #tellLost(entry: Entry, putBack: PutBack): void {
    for (const [owner, { setting }] of entry.wishes) this.#listener.lost?.(owner, setting, putBack);
  }

  #tellProbed(entry: Entry, unique: boolean): void {
    for (const [owner, { setting }] of entry.wishes) {
      if (!("address" in setting)) continue;
      if (unique) this.#listener.usable?.(owner, setting);
      else this.#listener.duplicate?.(owner, setting);
    }
  }

  #tellSettled(): void {
    for (const { owner, goal } of this.#entries.takeSettled()) {
      if (goal === "applied") this.#listener.applied?.(owner);
      else this.#listener.cleared?.(owner);
    }
  }
}
