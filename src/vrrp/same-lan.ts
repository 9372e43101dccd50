/**
 * Instances that would be one virtual router (same virtual_router_id, family and multicast group) as soon as one of their
 * interfaces lies on the other's: a macvlan or ipvlan is on the LAN of its base. Only one of them may take part, and which
 * one changes when such an interface is made anew on another base (dynamic_interfaces). Pure.
 */
import type { VrrpInstanceConfig } from "../config/model.js";
import type { Link, Links } from "../net/links.js";

type LinkTable = Pick<Links, "byName" | "byIndex">;

/** Kinds of links that share the LAN of the link below them. A VLAN is a LAN of its own. */
const ON_LAN_OF_BASE = new Set(["macvlan", "macvtap", "ipvlan", "ipvtap"]);
/** The kernel allows no deeper stack. */
const DEEPEST = 8;

/** The link at the bottom, whose LAN it is. */
function baseOf(link: Link, links: LinkTable): Link {
  let base = link;
  for (let depth = 0; depth < DEEPEST && ON_LAN_OF_BASE.has(base.kind ?? ""); depth++) {
    const below = links.byIndex(base.parent);
    // In another network namespace.
    if (below === undefined) break;
    base = below;
  }
  return base;
}

function speaksToLan({ interface: name, unicastPeers }: VrrpInstanceConfig): boolean {
  return name !== undefined && unicastPeers.length === 0;
}

function numberOf({ family, virtualRouterId }: VrrpInstanceConfig): number {
  return family * 256 + virtualRouterId;
}

export class SameLan {
  /** By group, then by family and virtual_router_id: one router on several interfaces, in the order of the configuration. */
  readonly #routers = new Map<string, Map<number, VrrpInstanceConfig[]>>();

  constructor(instances: readonly VrrpInstanceConfig[] = []) {
    for (const settings of instances) {
      if (!speaksToLan(settings)) continue;
      const ofGroup = this.#routers.get(settings.multicastGroup) ?? new Map<number, VrrpInstanceConfig[]>();
      this.#routers.set(settings.multicastGroup, ofGroup);
      const number = numberOf(settings);
      const known = ofGroup.get(number);
      if (known === undefined) ofGroup.set(number, [settings]);
      else known.push(settings);
    }
  }

  /** Those with the same router on other interfaces, and itself; undefined when there is no other. */
  #namesakesOf(settings: VrrpInstanceConfig): readonly VrrpInstanceConfig[] | undefined {
    if (!speaksToLan(settings)) return undefined;
    const namesakes = this.#routers.get(settings.multicastGroup)?.get(numberOf(settings));
    return namesakes !== undefined && namesakes.length > 1 ? namesakes : undefined;
  }

  /** Names of the instances whose namesakes, or their settings, are not those of `before`. */
  changedSince(before: SameLan): Set<string> {
    const changed = new Set<string>();
    for (const [group, ofGroup] of this.#routers) {
      for (const [number, namesakes] of ofGroup) {
        const former = before.#routers.get(group)?.get(number);
        const same = former?.length === namesakes.length && former.every((one, i) => one === namesakes[i]);
        if (!same) for (const { name } of namesakes) changed.add(name);
      }
    }
    return changed;
  }

  /** Whether a change of this link can make the instance a duplicate, or end that. */
  concerns(settings: VrrpInstanceConfig, link: string): boolean {
    return this.#namesakesOf(settings)?.some((other) => other.interface === link) ?? false;
  }

  /** @returns why the instance must not take part now: the words of a fault */
  conflict(settings: VrrpInstanceConfig, links: LinkTable): string | undefined {
    const namesakes = this.#namesakesOf(settings);
    if (namesakes === undefined) return undefined;
    const linkOf = ({ interface: name }: VrrpInstanceConfig) =>
      name === undefined ? undefined : links.byName(name);
    const own = linkOf(settings);
    if (own === undefined) return undefined;
    const base = baseOf(own, links);
    const rivals = namesakes.filter((other) => {
      const link = linkOf(other);
      return link !== undefined && baseOf(link, links).index === base.index;
    });
    // Who is on the LAN itself was there before who is on a link above it; else the first in the configuration counts.
    const first = rivals.find((other) => linkOf(other)?.index === base.index) ?? rivals[0];
    if (first === undefined || first.name === settings.name) return undefined;
    const { name, family, virtualRouterId } = settings;
    return `VRID conflict between ${name} and ${first.name} IPv${family} vrid ${virtualRouterId}: ${own.name} is on the LAN of ${first.interface}`;
  }
}
