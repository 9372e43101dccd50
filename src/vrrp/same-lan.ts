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

export class SameLan {
  /** By name of the instance: those with the same router on other interfaces and itself, in the order of the configuration. */
  readonly #namesakes = new Map<string, readonly VrrpInstanceConfig[]>();

  constructor(instances: readonly VrrpInstanceConfig[] = []) {
    const byRouter = new Map<string, VrrpInstanceConfig[]>();
    for (const settings of instances) {
      const { interface: name, unicastPeers, family, virtualRouterId, multicastGroup } = settings;
      if (name === undefined || unicastPeers.length > 0) continue;
      const router = `${family} ${virtualRouterId} ${multicastGroup}`;
      const known = byRouter.get(router);
      if (known === undefined) byRouter.set(router, [settings]);
      else known.push(settings);
    }
    for (const namesakes of byRouter.values()) {
      if (namesakes.length < 2) continue;
      for (const { name } of namesakes) this.#namesakes.set(name, namesakes);
    }
  }

  /** Whether a change of this link can make the instance a duplicate, or end that. */
  concerns({ name }: VrrpInstanceConfig, link: string): boolean {
    return this.#namesakes.get(name)?.some((other) => other.interface === link) ?? false;
  }

  /** @returns why the instance must not take part now: the words of a fault */
  conflict(settings: VrrpInstanceConfig, links: LinkTable): string | undefined {
    const namesakes = this.#namesakes.get(settings.name);
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
