/**
 * What the links mean for each instance: its source address, its faults, its weight; and what of that is news.
 * Holds what was last told, asks `faults.ts` for the verdict, changes nothing itself.
 */
import type { TrackedInterface, VrrpConfig, VrrpInstanceConfig } from "../../config/model.js";
import { parseAddress } from "../../net/ip-address.js";
import { chooseSource, type Link, type LinkAddress, type Links } from "../../net/links.js";
import type { FaultReason } from "../events.js";
import { judge, type Verdict } from "../faults.js";
import type { VrrpInstance } from "../instance.js";

const NO_BYTES = new Uint8Array(0);

/** What an instance finds around it. */
export interface Finding {
  link: Link | undefined;
  /** Empty when there is no address to send from. */
  source: Uint8Array;
  sourceChanged: boolean;
}

/** What has to be told to the instance. */
export interface News {
  verdict: Verdict;
  faultsChanged: boolean;
  weightChanged: boolean;
}

interface Told {
  source: string;
  faults: string;
  weight: number;
}

function mentions(settings: VrrpInstanceConfig): Set<string> {
  const names = new Set<string>();
  if (settings.interface !== undefined) names.add(settings.interface);
  for (const { device } of [...settings.addresses, ...settings.excludedAddresses]) names.add(device);
  for (const { device } of settings.routes) if (device !== undefined) names.add(device);
  for (const { inputInterface, outputInterface } of settings.rules) {
    for (const name of [inputInterface, outputInterface]) if (name !== undefined) names.add(name);
  }
  for (const { name } of settings.trackInterfaces) names.add(name);
  return names;
}

export class Surroundings {
  readonly #links: Links;
  readonly #told = new WeakMap<VrrpInstance, Told>();
  readonly #mentions = new WeakMap<VrrpInstanceConfig, Set<string>>();
  #groupTracked = new Map<string, TrackedInterface[]>();
  /** Canonical texts of all virtual addresses: never a source, and of no interest when they come or go. */
  #virtual = new Set<string>();

  constructor(links: Links) {
    this.#links = links;
  }

  setConfig(config: VrrpConfig): void {
    this.#groupTracked = new Map();
    for (const group of config.syncGroups) {
      for (const member of group.members) this.#groupTracked.set(member, group.trackInterfaces);
    }
    this.#virtual = new Set();
    for (const { addresses, excludedAddresses } of config.instances) {
      for (const { address } of addresses) this.#virtual.add(address);
      for (const { address } of excludedAddresses) this.#virtual.add(address);
    }
  }

  isVirtual(address: LinkAddress): boolean {
    return this.#virtual.has(address.address);
  }

  /** Whether a change of this link can matter to the instance. */
  concerns(machine: VrrpInstance, link: string): boolean {
    const { settings } = machine;
    let names = this.#mentions.get(settings);
    if (names === undefined) this.#mentions.set(settings, (names = mentions(settings)));
    if (names.has(link)) return true;
    return this.#groupTracked.get(machine.name)?.some(({ name }) => name === link) ?? false;
  }

  /** Link and source address as they are now. */
  look(machine: VrrpInstance): Finding {
    const { settings } = machine;
    const link = settings.interface === undefined ? undefined : this.#links.byName(settings.interface);
    const source = this.#source(settings, link);
    const told = this.#toldOf(machine);
    const text = source.join(".");
    const sourceChanged = text !== told.source;
    told.source = text;
    return { link, source, sourceChanged };
  }

  /** Reference section 6.3: the configured source, else one of the interface. */
  #source(settings: VrrpInstanceConfig, link: Link | undefined): Uint8Array {
    if (settings.sourceAddress !== undefined) return parseAddress(settings.sourceAddress) ?? NO_BYTES;
    if (link === undefined) return NO_BYTES;
    return chooseSource(link, settings.family, this.#virtual)?.bytes ?? NO_BYTES;
  }

  /** @param refused why the kernel gave no socket; undefined when it did */
  judge(machine: VrrpInstance, source: Uint8Array, refused: string | undefined): News {
    const tracked = this.#groupTracked.get(machine.name) ?? [];
    const links = this.#links;
    const verdict = judge(
      machine.settings,
      tracked,
      {
        isUp: (name) => links.byName(name)?.up ?? false,
        exists: (name) => links.byName(name) !== undefined,
      },
      source.length > 0,
    );
    if (refused !== undefined) {
      const reason: FaultReason = "kernelRefused";
      verdict.faults.push(reason);
      verdict.cause = verdict.cause === "" ? refused : `${verdict.cause}, ${refused}`;
    }
    const told = this.#toldOf(machine);
    const faults = verdict.faults.join();
    const faultsChanged = faults !== told.faults;
    const weightChanged = verdict.weight !== told.weight;
    if (faultsChanged && verdict.cause === "") verdict.cause = "everything it needs is up again";
    told.faults = faults;
    told.weight = verdict.weight;
    return { verdict, faultsChanged, weightChanged };
  }

  #toldOf(machine: VrrpInstance): Told {
    let told = this.#told.get(machine);
    if (told === undefined) this.#told.set(machine, (told = { source: "", faults: "", weight: 0 }));
    return told;
  }
}
