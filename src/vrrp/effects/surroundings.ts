/**
 * What the links and trackers mean for each instance: its source address, its faults, its weight; and what of that is
 * news. Holds what was last told, asks `faults.ts` for the verdict, changes nothing itself.
 */
import type { SyncGroupConfig, VrrpConfig, VrrpInstanceConfig } from "../../config/model.js";
import { parseAddress } from "../../net/ip-address.js";
import type { Link, LinkAddress, Links } from "../../net/links.js";
import { chooseSource, unusableSource } from "../../net/source-address.js";
import { type Mark, type TrackerKind, type TrackerView, tracks } from "../../track/tracked.js";
import type { FaultReason } from "../events.js";
import { judge, type Verdict } from "../faults.js";
import type { VrrpInstance } from "../instance.js";
import { advertInterface } from "../own-links.js";
import { interfacesOf } from "../polled-links.js";
import { SameLan } from "../same-lan.js";
import { devicesOfTrackGroups } from "../track-groups.js";

const NO_BYTES = new Uint8Array(0);

/** What an instance finds around it. */
export interface Finding {
  link: Link | undefined;
  /** Empty when there is no address to send from. */
  source: Uint8Array;
  sourceChanged: boolean;
}

/** What has to be told to the instance. */
interface News {
  verdict: Verdict;
  faultsChanged: boolean;
  weightChanged: boolean;
  /** Which trackers changed the weight. */
  weightCause: string;
}

interface Told {
  source: string;
  faults: string;
  weight: number;
  marks: readonly Mark[];
}

const NO_MARKS: readonly Mark[] = [];
const RECOVERED = "everything it needs is up again";

/** What the marks say whose contribution has changed. */
function changes(before: readonly Mark[], now: readonly Mark[], counts: (mark: Mark) => boolean): string {
  const old = new Map(before.map((mark) => [mark.what, mark.contribution]));
  const changed = now.filter((mark) => counts(mark) && (old.get(mark.what) ?? 0) !== mark.contribution);
  return changed.map(({ said }) => said).join(", ");
}

/** Who may find other surroundings after a reload that has not changed their own settings. */
interface Doubt {
  /** Names of instances. */
  instances: ReadonlySet<string>;
  /** Names of links: whoever they matter to. */
  links: ReadonlySet<string>;
}

/** What others say of links. */
interface LinkJudges {
  /** Whether a link is what it is called for. */
  isUsable: (link: Link) => boolean;
  /** Whether a link that is up, or down, counts as up already, or still. */
  countsAsUp: (name: string, up: boolean) => boolean;
  /** Who says that a link is down, when its flags do not tell. */
  downBy: (name: string) => string | undefined;
}

export class Surroundings {
  readonly #links: Links;
  readonly #told = new WeakMap<VrrpInstance, Told>();
  readonly #mentions = new WeakMap<VrrpInstanceConfig, Set<string>>();
  readonly #trackers: TrackerView;
  readonly #judges: LinkJudges;
  #groupOf = new Map<string, SyncGroupConfig>();
  /** Interfaces of static entries that an instance depends on. */
  #devicesOf: ReadonlyMap<string, readonly string[]> = new Map();
  #sameLan = new SameLan();
  /** Canonical texts of all virtual addresses: never a source unless it is configured as one. */
  #virtual = new Set<string>();
  /** Of these, the ones of the configuration before, which the kernel may still have. */
  #former = new Set<string>();
  /** The same of sources that instances follow (track_src_ip), virtual or not. */
  #followed = new Set<string>();

  constructor(links: Links, trackers: TrackerView, judges: LinkJudges) {
    this.#links = links;
    this.#trackers = trackers;
    this.#judges = judges;
  }

  #link(name: string | undefined): Link | undefined {
    const link = name === undefined ? undefined : this.#links.byName(name);
    return link !== undefined && this.#judges.isUsable(link) ? link : undefined;
  }

  /** Until `forgetFormer` an address that is no longer virtual counts as one, as it is about to go. */
  setConfig(config: VrrpConfig): Doubt {
    this.#groupOf = new Map();
    for (const group of config.syncGroups) {
      for (const member of group.members) this.#groupOf.set(member, group);
    }
    this.#devicesOf = devicesOfTrackGroups(config);
    const sameLan = this.#sameLan;
    this.#sameLan = new SameLan(config.instances);
    const before = this.#virtual;
    const wanted = new Set<string>();
    this.#followed = new Set();
    for (const { addresses, excludedAddresses, trackSourceAddress, sourceAddress } of config.instances) {
      if (trackSourceAddress && sourceAddress !== undefined) this.#followed.add(sourceAddress);
      for (const { address } of addresses) wanted.add(address);
      for (const { address } of excludedAddresses) wanted.add(address);
    }
    this.#virtual = new Set([...before, ...wanted]);
    this.#former = new Set([...before].filter((address) => !wanted.has(address)));
    const fresh = new Set([...wanted].filter((address) => !before.has(address)));
    // Adverts may have had such an address as their source.
    return { instances: this.#sameLan.changedSince(sameLan), links: this.#carriersOf(fresh) };
  }

  /**
   * The kernel has nothing left of the configuration before: what is still there is an address like any other.
   * @returns names of the links that have one
   */
  forgetFormer(): ReadonlySet<string> {
    const former = this.#former;
    this.#former = new Set();
    for (const address of former) this.#virtual.delete(address);
    return this.#carriersOf(former);
  }

  /** Names of the links that have one of these addresses. */
  #carriersOf(wanted: ReadonlySet<string>): Set<string> {
    const names = new Set<string>();
    if (wanted.size === 0) return names;
    for (const { name, addresses } of this.#links.all()) {
      for (const { address } of addresses.values()) if (wanted.has(address)) names.add(name);
    }
    return names;
  }

  /** Whether it can matter to an instance that this address came or went. */
  matters({ address }: LinkAddress): boolean {
    return !this.#virtual.has(address) || this.#followed.has(address);
  }

  /** Whether a change of this link can matter to the instance. */
  concerns(machine: VrrpInstance, link: string): boolean {
    const { settings } = machine;
    let names = this.#mentions.get(settings);
    if (names === undefined) this.#mentions.set(settings, (names = interfacesOf(settings)));
    if (names.has(link) || settings.trackSourceAddress) return true;
    if (this.#sameLan.concerns(settings, link)) return true;
    if (this.#devicesOf.get(machine.name)?.includes(link) === true) return true;
    return this.#groupOf.get(machine.name)?.trackInterfaces.some(({ name }) => name === link) ?? false;
  }

  /** Whether a change of this tracker can matter to the instance. */
  tracks({ name: own, settings }: VrrpInstance, kind: TrackerKind, name: string): boolean {
    return tracks(settings, kind, name) || tracks(this.#groupOf.get(own), kind, name);
  }

  /** The link that adverts go over, and the source address, as they are now. */
  look(machine: VrrpInstance): Finding {
    const { settings } = machine;
    const link = this.#link(advertInterface(settings));
    const source = this.#source(settings, link);
    const told = this.#toldOf(machine);
    const text = source.join(".");
    const sourceChanged = text !== told.source;
    told.source = text;
    return { link, source, sourceChanged };
  }

  /**
   * Reference section 6.3: the configured source, else one of the interface; on a link of its own IPv6 has a
   * link-local address, and an ipvlan the address that was given for it.
   */
  #source(settings: VrrpInstanceConfig, link: Link | undefined): Uint8Array {
    const { sourceAddress, ipvlan, family, interface: base } = settings;
    const given = sourceAddress ?? ipvlan?.address;
    if (given !== undefined) return parseAddress(given) ?? NO_BYTES;
    const from = family === 6 || ipvlan !== undefined ? link : this.#link(base);
    return (from && chooseSource(from, family, this.#virtual)?.bytes) ?? NO_BYTES;
  }

  #sourceProblem(settings: VrrpInstanceConfig): string | undefined {
    const link = settings.family === 6 ? this.#link(advertInterface(settings)) : undefined;
    return link && unusableSource(link);
  }

  /** @param refused why the kernel gave no socket; undefined when it did */
  judge(machine: VrrpInstance, source: Uint8Array, refused: string | undefined): News {
    const verdict = judge(machine.settings, {
      links: {
        isUp: (name) => this.#judges.countsAsUp(name, this.#link(name)?.up ?? false),
        exists: (name) => this.#link(name) !== undefined,
        downBy: (name) => this.#judges.downBy(name),
      },
      trackers: this.#trackers,
      group: this.#groupOf.get(machine.name),
      devices: this.#devicesOf.get(machine.name) ?? [],
      hasSource: source.length > 0 && this.#isPresent(machine.settings),
      sourceProblem: this.#sourceProblem(machine.settings),
      conflict: this.#sameLan.conflict(machine.settings, this.#links),
    });
    if (refused !== undefined) {
      const reason: FaultReason = "kernelRefused";
      verdict.faults.push(reason);
      verdict.cause = verdict.cause === "" ? refused : `${verdict.cause}, ${refused}`;
    }
    const told = this.#toldOf(machine);
    const faults = verdict.faults.join();
    const faultsChanged = faults !== told.faults;
    const weightChanged = verdict.weight !== told.weight;
    const weightCause = weightChanged
      ? changes(told.marks, verdict.marks, ({ contribution }) => contribution !== "fault")
      : "";
    if (faultsChanged && verdict.cause === "")
      verdict.cause = this.#recovery(told.marks, verdict.marks) || RECOVERED;
    Object.assign(told, { faults, weight: verdict.weight, marks: verdict.marks });
    return { verdict, faultsChanged, weightChanged, weightCause };
  }

  /** What those say now that were in the way. */
  #recovery(before: readonly Mark[], now: readonly Mark[]): string {
    const hindered = new Set(
      before.filter(({ contribution }) => typeof contribution === "string").map(({ what }) => what),
    );
    const said = now.filter(({ what }) => hindered.has(what)).map((mark) => mark.said);
    return [...new Set(said)].join(", ");
  }

  /** track_src_ip: the configured source has to be on some interface. */
  #isPresent({ trackSourceAddress, sourceAddress }: VrrpInstanceConfig): boolean {
    if (!trackSourceAddress || sourceAddress === undefined) return true;
    return this.#carriersOf(new Set([sourceAddress])).size > 0;
  }

  #toldOf(machine: VrrpInstance): Told {
    let told = this.#told.get(machine);
    if (told === undefined)
      this.#told.set(machine, (told = { source: "", faults: "", weight: 0, marks: NO_MARKS }));
    return told;
  }
}
