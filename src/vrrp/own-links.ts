/**
 * Which interfaces of their own the instances need (VMACs, ipvlans), what these are called, and which addresses are on
 * them: reference sections 12.6 and 14. Pure; what the host has comes in as a view.
 */
import type { AddressSetting, Family, VrrpConfig, VrrpInstanceConfig } from "../config/model.js";
import type { Links } from "../net/links.js";
import { fitsWish, keyOfOwnLink, type OwnLink } from "../net/own-link.js";

/** What has to be known of the host. */
export interface Host {
  links: Pick<Links, "byName" | "byIndex" | "all">;
  /** Whether this daemon has made the link of this name: in this run, or by the journal of an earlier one. */
  isOurs(name: string): boolean;
  /** What settings, as objects, became when they were placed last; is kept up to date. */
  placed: WeakMap<VrrpInstanceConfig, VrrpInstanceConfig>;
}

export interface Placement {
  /** The configuration with the names of these links in it: `ownLink`, and `device` of addresses. */
  config: VrrpConfig;
  links: OwnLink[];
  /** What is not as it was asked for, in words. */
  remarks: string[];
}

/** Longest name of an interface (IFNAMSIZ less one). */
const LONGEST_NAME = 15;
/** "123.255" follows. */
const LONGEST_PREFIX = LONGEST_NAME - 7;

/** A link without its final name. */
interface Draft {
  /** `name` is what it is until it has one. */
  wish: OwnLink;
  wanted: string | undefined;
  prefix: string;
  virtualRouterId: number;
  family: Family;
  settled: boolean;
}

/** RFC 9568 section 7.3. */
function standardMac(family: Family, virtualRouterId: number): string {
  const last = virtualRouterId.toString(16).padStart(2, "0");
  return `00:00:5e:00:0${family === 4 ? 1 : 2}:${last}`;
}

/** The interface that an instance's adverts leave through and arrive at; undefined for unicast without one. */
export function advertInterface(settings: VrrpInstanceConfig): string | undefined {
  const { ownLink, transmitOnBase, interface: base, vrf } = settings;
  return (transmitOnBase ? undefined : ownLink) ?? base ?? vrf;
}

/**
 * Settles the links of all instances. A configuration without any comes back as it is, and so do the settings of an instance
 * without any; where the names are those of last time, it is the object of last time.
 */
export function placeOwnLinks(config: VrrpConfig, host: Host): Placement {
  const { instances } = config;
  const needed = ({
    vmac,
    ipvlan,
    vmacForOtherAddresses,
    addresses,
    excludedAddresses,
  }: VrrpInstanceConfig) =>
    (vmac ?? ipvlan) !== undefined ||
    vmacForOtherAddresses ||
    [...addresses, ...excludedAddresses].some(({ useVmac }) => useVmac);
  if (!instances.some(needed)) return { config, links: [], remarks: [] };
  return new Placer(config, host).place();
}

/** Of the same settings: whether the same links carry the same. */
function isPlacedAlike(a: VrrpInstanceConfig, b: VrrpInstanceConfig): boolean {
  const alike = (list: readonly AddressSetting[], other: readonly AddressSetting[]): boolean =>
    list.every(({ device, base }, i) => device === other[i]?.device && base === other[i].base);
  return (
    a.ownLink === b.ownLink &&
    a.permanentFault === b.permanentFault &&
    alike(a.addresses, b.addresses) &&
    alike(a.excludedAddresses, b.excludedAddresses)
  );
}

class Placer {
  readonly #config: VrrpConfig;
  readonly #host: Host;
  readonly #drafts = new Map<string, Draft>();
  /** Whose link it is, by key. */
  readonly #owners = new Map<string, string>();
  readonly #groupOf: ReadonlyMap<string, string>;
  readonly #names = new Set<string>();
  readonly #remarks: string[] = [];

  constructor(config: VrrpConfig, host: Host) {
    this.#config = config;
    this.#host = host;
    this.#groupOf = new Map(
      config.syncGroups.flatMap(({ name, members }) => members.map((member) => [member, name] as const)),
    );
  }

  place(): Placement {
    const finish = this.#config.instances.map((settings) => this.#draftsOf(settings));
    const drafts = [...this.#drafts.values()];
    const explicit = new Set(drafts.flatMap(({ wanted }) => wanted ?? []));
    for (const draft of drafts) this.#adopt(draft);
    for (const draft of drafts) this.#takeWanted(draft);
    for (const draft of drafts) this.#makeName(draft, explicit);
    return {
      config: { ...this.#config, instances: finish.map((settings) => settings()) },
      links: drafts.map(({ wish }) => wish),
      remarks: this.#remarks,
    };
  }

  /** @returns the settings with the names in them, to be called when the names are settled. */
  #draftsOf(settings: VrrpInstanceConfig): () => VrrpInstanceConfig {
    const own = this.#ownDraft(settings);
    if (own === "taken") return () => ({ ...settings, permanentFault: this.#sharing(settings) });
    const addresses = settings.addresses.map((address) => this.#placeAddress(settings, address, own));
    const excluded = settings.excludedAddresses.map((address) => this.#placeAddress(settings, address, own));
    return () => {
      const placed = {
        ...settings,
        ...(own !== undefined && { ownLink: own.wish.name }),
        addresses: addresses.map((settle) => settle()),
        excludedAddresses: excluded.map((settle) => settle()),
      };
      const known = this.#host.placed.get(settings) ?? settings;
      if (isPlacedAlike(known, placed)) return known;
      this.#host.placed.set(settings, placed);
      return placed;
    };
  }

  #sharing({ interface: base, virtualRouterId }: VrrpInstanceConfig): string {
    return `another instance uses the VMAC of virtual_router_id ${virtualRouterId} on ${base}, and they are not in one sync group`;
  }

  #ownDraft(settings: VrrpInstanceConfig): Draft | "taken" | undefined {
    const { vmac, ipvlan, interface: base, family, virtualRouterId, transmitOnBase } = settings;
    if (base === undefined) return undefined;
    const common = { base, families: [family], instance: settings.name, position: settings.position };
    const { vmacPrefix: prefix } = this.#config.global.vrrp;
    if (vmac !== undefined) {
      const wish: OwnLink = {
        ...common,
        kind: "macvlan",
        name: "",
        mac: vmac.macAddress ?? standardMac(family, virtualRouterId),
        netlinkNotify: vmac.netlinkNotify,
        linkLocal: family === 6 && !transmitOnBase ? { given: settings.sourceAddress } : undefined,
        ...(vmac.group !== undefined && { group: vmac.group }),
      };
      return this.#draft({ wish, wanted: vmac.name, prefix, virtualRouterId, family, settled: false });
    }
    if (ipvlan === undefined || settings.permanentFault !== undefined) return undefined;
    const { address, prefixLength = family === 4 ? 32 : 128 } = ipvlan;
    const wish: OwnLink = {
      ...common,
      kind: "ipvlan",
      // Only a name tells one ipvlan from another: until then it is that of the router.
      name: `${base} ${family} ${virtualRouterId}`,
      mode: ipvlan.mode,
      netlinkNotify: false,
      ...(address !== undefined && { address: { family, text: address, prefixLength } }),
      ...(ipvlan.group !== undefined && { group: ipvlan.group }),
    };
    return this.#draft({ wish, wanted: ipvlan.name, prefix, virtualRouterId, family, settled: false });
  }

  /** A link of this kind for this instance: a new one, or one that it may share. */
  #draft(draft: Draft): Draft | "taken" {
    const { wish } = draft;
    const key = keyOfOwnLink(wish);
    const known = this.#drafts.get(key);
    if (known === undefined) {
      this.#drafts.set(key, draft);
      this.#owners.set(key, wish.instance);
      return draft;
    }
    const owner = this.#owners.get(key) ?? "";
    const group = this.#groupOf.get(owner);
    const together =
      owner === wish.instance || (group !== undefined && group === this.#groupOf.get(wish.instance));
    if (!together) return "taken";
    known.wish.families = [...new Set([...known.wish.families, ...wish.families])];
    known.wanted ??= draft.wanted;
    return known;
  }

  /** Reference 12.6: on the instance's own link, on a VMAC of its own, or where the configuration says. */
  #placeAddress(
    settings: VrrpInstanceConfig,
    address: AddressSetting,
    own: Draft | undefined,
  ): () => AddressSetting {
    const { family, device } = address;
    const atHome = device === settings.interface && family === settings.family;
    if (atHome && own !== undefined) return () => ({ ...address, device: own.wish.name, base: device });
    const apart = settings.vmacForOtherAddresses && !atHome;
    if (address.useVmac !== true && !apart) return () => address;
    const { virtualRouterId, name } = settings;
    const wish: OwnLink = {
      kind: "macvlan",
      name: "",
      base: device,
      mac: standardMac(family, virtualRouterId),
      netlinkNotify: false,
      linkLocal: undefined,
      families: [family],
      instance: name,
      position: address.position,
    };
    const prefix = this.#config.global.vrrp.vmacAddressPrefix;
    const draft = this.#draft({ wish, wanted: undefined, prefix, virtualRouterId, family, settled: false });
    if (draft === "taken") {
      const { address: text, prefixLength } = address;
      this.#remarks.push(
        `(${name}) ${text}/${prefixLength} is put on ${device}: another instance uses the VMAC ${wish.mac} on it, and they are not in one sync group`,
      );
      return () => address;
    }
    return () => ({ ...address, device: draft.wish.name, base: device });
  }

  /** A macvlan with the right address on the right base is used as it is; one of ours may get another name. */
  #adopt(draft: Draft): void {
    const { wish, wanted } = draft;
    const { links } = this.#host;
    if (wish.kind === "ipvlan") return;
    for (const link of links.all()) {
      if (!fitsWish(wish, link, (index) => links.byIndex(index)?.name)) continue;
      const renamed = wanted !== undefined && wanted !== link.name && this.#host.isOurs(link.name);
      if (!renamed) this.#settle(draft, link.name);
      return;
    }
  }

  #takeWanted(draft: Draft): void {
    const { wish, wanted } = draft;
    if (draft.settled || wanted === undefined) return;
    const present = this.#host.links.byName(wanted);
    const mayReplace = present === undefined || present.kind === wish.kind || this.#host.isOurs(wanted);
    if (mayReplace && !this.#names.has(wanted)) return this.#settle(draft, wanted);
    this.#remarks.push(
      `(${wish.instance}) there is another interface '${wanted}': the ${wish.kind === "macvlan" ? "VMAC" : "ipvlan"} gets another name`,
    );
  }

  /** vrrp.51; when that is taken vrrp1.51, vrrp2.51 ..., for IPv6 vrrp6.51 before these. */
  #makeName(draft: Draft, explicit: ReadonlySet<string>): void {
    if (draft.settled) return;
    const { virtualRouterId, family } = draft;
    const prefix = this.#prefix(draft);
    const isFree = (name: string): boolean =>
      !explicit.has(name) &&
      !this.#names.has(name) &&
      (this.#host.links.byName(name) === undefined || this.#host.isOurs(name));
    const first = [
      `${prefix}.${virtualRouterId}`,
      ...(family === 6 ? [`${prefix}6.${virtualRouterId}`] : []),
    ];
    const free = first.find(isFree);
    if (free !== undefined) return this.#settle(draft, free);
    for (let number = 1; ; number++) {
      const name = `${prefix}${number}.${virtualRouterId}`;
      if (number !== 6 && isFree(name)) return this.#settle(draft, name);
    }
  }

  #prefix({ prefix, wish }: Draft): string {
    if (prefix.length <= LONGEST_PREFIX) return prefix;
    const short = prefix.slice(0, LONGEST_PREFIX);
    this.#remarks.push(
      `(${wish.instance}) the prefix '${prefix}' is too long for a name: '${short}' is used`,
    );
    return short;
  }

  #settle(draft: Draft, name: string): void {
    draft.wish.name = name;
    draft.settled = true;
    this.#names.add(name);
  }
}
