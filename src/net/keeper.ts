/**
 * What happens to our objects without us: somebody removes them, their link goes and comes, notifications are lost.
 * Decides what is believed from then on and when it is put back; the steps themselves are `reconciler.ts`'s.
 *
 * The monitor lags behind the answers to our requests, so our own removals have to be told from those of others.
 * Routes and rules carry the port id of who did it; IPv6 addresses do not, so removals of addresses are counted.
 */
import { IFA_F_DADFAILED, IFA_F_TENTATIVE } from "../netlink/constants.js";
import { IFF_UP } from "./constants.js";
import type { RuleMessage } from "../netlink/rule.js";
import { type Entry, type EntryTable, linksIn, objectIn, type Presence, wishOf } from "./entries.js";
import { type KernelObject, keyOfAddress } from "./kernel-object.js";
import { keyOfRoute, matchesRoute } from "./route-object.js";
import { keyOfRule } from "./rule-object.js";
import { addressKey } from "./ip-address.js";
import type { Link, LinkAddress, Links, LinksListener, Origin, ReportedRoute } from "./links.js";
import type { Loop, Micros } from "./loop.js";
import { RestoreLimit } from "./restore-limit.js";

/** Another host may give the address up. */
const PROBE_AGAIN_MICROS = 10_000_000;

export type PutBack = "now" | "later" | "never";

export interface KeeperPorts {
  /** The entry may need a step. */
  touch(entry: Entry): void;
  /** Somebody else removed it. */
  lost(entry: Entry, putBack: PutBack): void;
  /** The kernel has looked for other hosts with this IPv6 address, and found none or one. */
  probed(entry: Entry, unique: boolean): void;
}

export class Keeper implements LinksListener {
  readonly #entries: EntryTable;
  readonly #links: Links;
  readonly #loop: Loop;
  readonly #ports: KeeperPorts;
  readonly #timers = new Map<Entry, () => void>();
  /** Our removals of addresses, by key, that the monitor has not shown yet. */
  readonly #expected = new Map<string, number>();
  /** What was there when a refresh began, less the routes that it has come across. */
  #unseen = new Set<Entry>();
  /** IPv6 addresses that the kernel is looking for on other hosts. */
  readonly #probing = new Set<Entry>();
  /** IPv6 routes that the kernel has left without their source address, as that went. */
  readonly #sourceless = new Set<Entry>();
  readonly #portId: number;

  constructor(entries: EntryTable, links: Links, loop: Loop, portId: number, ports: KeeperPorts) {
    this.#entries = entries;
    this.#links = links;
    this.#loop = loop;
    this.#portId = portId;
    this.#ports = ports;
  }

  /** We have just added it. */
  onAdded(entry: Entry): void {
    this.#unseen.delete(entry);
    this.#sourceless.delete(entry);
  }

  /** We have just removed it. */
  onRemoved(entry: Entry): void {
    this.#probing.delete(entry);
    this.#sourceless.delete(entry);
    if (entry.kind === "address") this.#expected.set(entry.key, (this.#expected.get(entry.key) ?? 0) + 1);
  }

  /** Somebody asks (again) for it, or nobody does any more: earlier refusals are forgotten. */
  reconsider(entry: Entry): void {
    if (entry.wishes.size > 0 && entry.hold === "rateLimited") return;
    if (this.#timers.size > 0) {
      this.#timers.get(entry)?.();
      this.#timers.delete(entry);
    }
    entry.hold = undefined;
    if (entry.wishes.size === 0) entry.lost = false;
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  linkChanged(before: Link | undefined, after: Link | undefined): void {
    if (after === undefined) {
      for (const entry of this.#entries.all())
        if (before !== undefined && linksIn(entry).includes(before.name)) this.#onDeviceGone(entry);
      return;
    }
    const wentDown = before !== undefined && (before.flags & IFF_UP) !== 0 && (after.flags & IFF_UP) === 0;
    const cameUp = after.up && !before?.up;
    const appeared = before?.name !== after.name;
    if (!wentDown && !cameUp && !appeared) return;
    for (const entry of this.#entries.all()) {
      if (!concerns(entry, after.name)) continue;
      // The kernel drops IPv4 routes of a link that goes down without telling (fib_sync_down_dev).
      if (wentDown && entry.kind === "route") entry.doubtful = true;
      if (cameUp || appeared) this.#onDeviceUsable(entry);
    }
  }

  addressRemoved(link: Link, address: LinkAddress): void {
    const key = keyOfAddress(link.name, address);
    const expected = this.#expected.get(key) ?? 0;
    if (expected > 1) this.#expected.set(key, expected - 1);
    else this.#expected.delete(key);
    const entry = this.#entries.get(key);
    if (expected === 0 && entry?.present !== undefined) this.#onLost(entry);
    if (address.family === 4) this.#onSourceGone(link, address.address);
    else this.#onIpv6SourceGone(address.address);
  }

  /** A route that was refused for want of its source address, or of a way to its gateway, has a chance now. */
  addressAdded(link: Link, reported: LinkAddress): void {
    if (reported.family === 6) this.#onProbed(link, reported);
    const { address } = reported;
    if ((reported.flags & IFA_F_TENTATIVE) === 0) this.#onSourceBack(address);
    for (const entry of this.#entries.allRoutes()) {
      if (entry.hold !== "failed") continue;
      if (sourceOf(entry) !== address && !concerns(entry, link.name)) continue;
      entry.hold = undefined;
      this.#ports.touch(entry);
    }
  }

  routeAdded(route: ReportedRoute): void {
    for (const entry of this.#matching(route)) this.#unseen.delete(entry);
  }

  routeRemoved(route: ReportedRoute, origin: Origin): void {
    if (origin.portId === this.#portId) return;
    for (const entry of this.#matching(route)) this.#onLost(entry, origin);
  }

  routeReplaced(by: ReportedRoute): void {
    for (const entry of this.#inPlaceOf(by)) {
      const { present } = entry;
      if (present?.object.kind !== "route") continue;
      // Another way of the same protocol is another route; the same one is ours, put there by somebody else.
      if (!matchesRoute(present.object.setting, by)) this.#onLost(entry);
    }
  }

  ruleAdded(rule: RuleMessage): void {
    const entry = this.#entries.get(keyOfRule(rule));
    if (entry !== undefined) this.#unseen.delete(entry);
  }

  ruleRemoved(rule: RuleMessage, origin: Origin): void {
    if (origin.portId === this.#portId) return;
    const entry = this.#entries.get(keyOfRule(rule));
    if (entry?.present !== undefined) this.#onLost(entry);
  }

  refreshing(): void {
    this.#expected.clear();
    this.#unseen = new Set([...this.#entries.all()].filter(({ present }) => present !== undefined));
  }

  refreshed(): void {
    for (const entry of this.#unseen) {
      if (entry.present !== undefined && !this.#isInTable(entry)) this.#onLost(entry);
    }
    this.#unseen.clear();
  }

  /** RFC 4862 section 5.4: tentative until the kernel has looked for duplicates. */
  #onProbed(link: Link, address: LinkAddress): void {
    const entry = this.#entries.get(keyOfAddress(link.name, address));
    if (entry === undefined || entry.wishes.size === 0) return;
    if ((address.flags & IFA_F_DADFAILED) !== 0) {
      this.#probing.delete(entry);
      if (entry.present === undefined || entry.present.broken) return;
      entry.present.broken = true;
      entry.hold = "rateLimited";
      this.#ports.probed(entry, false);
      this.#wait(entry, this.#loop.now() + PROBE_AGAIN_MICROS);
    } else if ((address.flags & IFA_F_TENTATIVE) !== 0) {
      this.#probing.add(entry);
    } else if (this.#probing.delete(entry)) {
      this.#ports.probed(entry, true);
    }
  }

  #isInTable(entry: Entry): boolean {
    if (entry.present?.object.kind !== "address") return false;
    const { device, address, prefixLength, peer } = entry.present.object.setting;
    return this.#links.byName(device)?.addresses.has(addressKey(address, prefixLength, peer)) === true;
  }

  /** A route in the table of a VRF may be asked for by the name of the VRF or by the number of the table. */
  #inPlaceOf(route: ReportedRoute): Entry[] {
    const { vrf, ...byTable } = route;
    const entries = [...this.#entries.routes(keyOfRoute(byTable))];
    if (vrf !== undefined) entries.push(...this.#entries.routes(keyOfRoute(route)));
    return entries;
  }

  #matching(route: ReportedRoute): Entry[] {
    return this.#inPlaceOf(route).filter(({ present }) => {
      return present?.object.kind === "route" && matchesRoute(present.object.setting, route);
    });
  }

  /**
   * The kernel drops IPv4 routes without a word when their source address goes, and all of a device when its last
   * address goes (fib_sync_down_addr, fib_disable_ip). Adding one once more does no harm when it is still there.
   */
  #onSourceGone(link: Link, address: string): void {
    const bare = !hasIpv4(link);
    for (const entry of this.#entries.allRoutes()) {
      const affected = sourceOf(entry) === address || (bare && concerns(entry, link.name));
      if (!affected || entry.present === undefined || entry.wishes.size === 0 || entry.hold !== undefined)
        continue;
      if (objectIn(entry)?.setting.family !== 4) continue;
      if (!link.up) {
        entry.doubtful = true;
        continue;
      }
      entry.present = undefined;
      this.#ports.touch(entry);
    }
  }

  /** An IPv6 route stays without its source address, and without a word (rt6_remove_prefsrc). */
  #onIpv6SourceGone(address: string): void {
    for (const entry of this.#entries.allRoutes()) {
      if (sourceOf(entry) === address && entry.present !== undefined) this.#sourceless.add(entry);
    }
  }

  /** The kernel takes the same route once more for the one that is there: it has to go first. */
  #onSourceBack(address: string): void {
    for (const entry of this.#sourceless) {
      if (sourceOf(entry) !== address) continue;
      this.#sourceless.delete(entry);
      if (entry.present === undefined) continue;
      entry.present = { ...entry.present, broken: true };
      this.#ports.touch(entry);
    }
  }

  #onDeviceGone(entry: Entry): void {
    this.#sourceless.delete(entry);
    this.#expected.delete(entry.key);
    entry.present = undefined;
    entry.doubtful = false;
    if (entry.wishes.size > 0 && entry.hold === undefined) {
      entry.hold = "linkDown";
      entry.lost = true;
    }
    this.#ports.touch(entry);
  }

  #onDeviceUsable(entry: Entry): void {
    if (entry.wishes.size === 0) return;
    if (entry.hold === "linkDown" || entry.hold === "failed") entry.hold = undefined;
    // Adding it once more does no harm when it is still there.
    if (entry.doubtful) entry.present = undefined;
    entry.doubtful = false;
    this.#ports.touch(entry);
  }

  #onLost(entry: Entry, origin?: Origin): void {
    const wish = wishOf(entry);
    entry.present = remnantOf(entry);
    if (wish === undefined || entry.hold !== undefined) {
      this.#ports.touch(entry);
      return;
    }
    const down = linksIn(entry).some((name) => this.#links.byName(name)?.up !== true);
    if (wish.setting.noTrack || (!down && hasExpired(wish, origin))) {
      entry.hold = "abandoned";
      this.#ports.lost(entry, "never");
    } else if (down) {
      entry.lost = true;
      entry.hold = "linkDown";
    } else {
      this.#putBack(entry);
    }
    this.#ports.touch(entry);
  }

  #putBack(entry: Entry): void {
    const again = entry.lost;
    entry.lost = true;
    entry.limit ??= new RestoreLimit();
    const now = this.#loop.now();
    const at = entry.limit.next(now);
    if (at <= now) {
      this.#ports.lost(entry, "now");
      return;
    }
    entry.hold = "rateLimited";
    if (!again) this.#ports.lost(entry, "later");
    this.#wait(entry, at);
  }

  #wait(entry: Entry, at: Micros): void {
    const cancel = this.#loop.at(at, () => {
      this.#timers.delete(entry);
      entry.hold = undefined;
      this.#ports.touch(entry);
    });
    this.#timers.set(entry, cancel);
  }
}

/** What needs no certain link may need any. */
function concerns(entry: Entry, link: string): boolean {
  const names = linksIn(entry);
  return names.length === 0 || names.includes(link);
}

function sourceOf(entry: Entry): string | undefined {
  const object = wishOf(entry);
  return object?.kind === "route" ? object.setting.source : undefined;
}

/** The kernel removes a route whose time is over. Somebody else has a port id. */
function hasExpired(object: KernelObject, origin: Origin | undefined): boolean {
  return object.kind === "route" && object.setting.expiresSeconds !== undefined && origin?.portId === 0;
}

/** Of an IPv6 route with several next hops some may be left. */
function remnantOf({ present }: Entry): Presence | undefined {
  if (present?.object.kind !== "route") return undefined;
  const { family, nextHops } = present.object.setting;
  return family === 6 && nextHops !== undefined ? { ...present, broken: true } : undefined;
}

function hasIpv4(link: Link): boolean {
  for (const { family } of link.addresses.values()) if (family === 4) return true;
  return false;
}
