/**
 * The table of links and their addresses, as netlink tells it: fed message by message, tells its listeners what
 * changed. Pure: `monitor.ts` does the reading.
 *
 * A refresh (after an overrun) is a dump between `beginRefresh` and `endRefresh`: what the dump did not mention is gone.
 */
import type { AddressMessage } from "../netlink/address.js";
import {
  AF_INET6,
  AF_UNSPEC,
  IFA_F_SECONDARY,
  NLM_F_REPLACE,
  RTPROT_KEEPALIVED,
} from "../netlink/constants.js";
import type { LinkMessage } from "../netlink/link.js";
import type { Message } from "../netlink/message.js";
import type { HopMessage, RouteMessage } from "../netlink/route.js";
import type { RuleMessage } from "../netlink/rule.js";
import { IFF_RUNNING, IFF_UP } from "./constants.js";
import { addressKey, formatAddress } from "./ip-address.js";
import type { Family, Prefix } from "./settings.js";

export interface LinkAddress {
  family: Family;
  /** Canonical text. */
  address: string;
  /** Network order. */
  bytes: Uint8Array;
  prefixLength: number;
  peer?: string;
  label?: string;
  scope: number;
  /** IFA_F_ bits. */
  flags: number;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  /** IFF_ bits. */
  readonly flags: number;
  /** IFF_UP and IFF_RUNNING. */
  readonly up: boolean;
  readonly mtu: number;
  /** Hardware address; empty when it has none. */
  readonly mac: Uint8Array;
  /** ARPHRD_ type. */
  readonly type: number;
  /** Index of the bridge, bond or VRF it belongs to; 0 for none. */
  readonly master: number;
  /** Routing table of a VRF. */
  readonly vrfTable?: number;
  /** Index of the link below it (VLAN, macvlan, ipvlan); 0 for none. */
  readonly parent: number;
  /** Interface group. */
  readonly group: number;
  /** "macvlan", "vrf" ...; undefined for a physical one. */
  readonly kind: string | undefined;
  /** MACVLAN_MODE_ of a macvlan. */
  readonly macvlanMode: number | undefined;
  /** By `addressKey`, in kernel order among the primaries and among the secondaries. */
  readonly addresses: ReadonlyMap<string, LinkAddress>;
}

/** Who made a change: port id of the netlink socket (0 the kernel itself) and sequence number of the request. */
export interface Origin {
  portId: number;
  sequence: number;
}

/** Where a reported route leads. */
export interface ReportedHop {
  gateway?: string;
  /** Name of the device; absent without one. */
  device?: string;
}

/** A route as the kernel reported it. */
export interface ReportedRoute extends ReportedHop {
  family: Family;
  type: number;
  destination: string;
  prefixLength: number;
  from?: Prefix;
  /** Name of the VRF whose table it is in. */
  vrf?: string;
  /** Several next hops; gateway and device are absent then. */
  hops?: ReportedHop[];
  metric: number;
  table: number;
  tos: number;
  protocol: number;
}

export interface LinksListener {
  /** A link appeared, changed (flags, name, MAC, mtu, master ...) or went (`after` undefined). */
  linkChanged?(before: Link | undefined, after: Link | undefined): void;
  /** An address came, or changed its flags (tentative, secondary). */
  addressAdded?(link: Link, address: LinkAddress, origin: Origin): void;
  addressRemoved?(link: Link, address: LinkAddress, origin: Origin): void;
  /** Only of watched protocols. */
  routeAdded?(route: ReportedRoute, origin: Origin): void;
  routeRemoved?(route: ReportedRoute, origin: Origin): void;
  /** A route, of whatever protocol, stands now in the place of one that was equal but for where it leads. */
  routeReplaced?(by: ReportedRoute, origin: Origin): void;
  ruleAdded?(rule: RuleMessage, origin: Origin): void;
  ruleRemoved?(rule: RuleMessage, origin: Origin): void;
  /** Notifications were lost; everything is being read anew ... */
  refreshing?(): void;
  /** ... and was read: compare with the table. */
  refreshed?(): void;
  /** Routes of another protocol are watched from now on. */
  protocolsChanged?(): void;
}

interface Row {
  link: Link;
  addresses: Map<string, LinkAddress>;
  seen: Set<string>;
  generation: number;
}

/** The kernel caused it, or nobody knows who. */
const NOBODY: Origin = { portId: 0, sequence: 0 };

export class Links {
  readonly #rows = new Map<number, Row>();
  readonly #names = new Map<string, number>();
  readonly #listeners: LinksListener[] = [];
  readonly #protocols = new Set([RTPROT_KEEPALIVED]);
  #generation = 0;
  #refreshing = false;

  addListener(listener: LinksListener): void {
    this.#listeners.push(listener);
  }

  byName(name: string): Link | undefined {
    const index = this.#names.get(name);
    return index === undefined ? undefined : this.byIndex(index);
  }

  byIndex(index: number): Link | undefined {
    return this.#rows.get(index)?.link;
  }

  *all(): Iterable<Link> {
    for (const row of this.#rows.values()) yield row.link;
  }

  /** Route protocols (rtm_protocol) whose routes are reported. */
  get protocols(): ReadonlySet<number> {
    return this.#protocols;
  }

  watchProtocol(protocol: number): void {
    if (this.#protocols.has(protocol)) return;
    this.#protocols.add(protocol);
    this.#tell((listener) => listener.protocolsChanged?.());
  }

  /** Takes in one message of the monitor. */
  apply(message: Message): void {
    const { header } = message;
    if (message.kind === "address") {
      if (message.removed) this.#removeAddress(message.address, header);
      else this.#setAddress(message.address, header);
    } else if (message.kind === "link") {
      // A bridge reports on the same group what happens to a port; the link itself is AF_UNSPEC.
      if (message.link.family !== AF_UNSPEC) return;
      if (message.removed) this.#removeLink(message.link.index);
      else this.#setLink(message.link);
    } else if (message.kind === "route") {
      const replaces = !message.removed && (header.flags & NLM_F_REPLACE) !== 0;
      if (!replaces && !this.#protocols.has(message.route.protocol)) return;
      const route = this.#reported(message.route);
      if (replaces) this.#tell((listener) => listener.routeReplaced?.(route, header));
      else if (message.removed) this.#tell((listener) => listener.routeRemoved?.(route, header));
      else this.#tell((listener) => listener.routeAdded?.(route, header));
    } else if (message.kind === "rule") {
      const { rule } = message;
      if (message.removed) this.#tell((listener) => listener.ruleRemoved?.(rule, header));
      else this.#tell((listener) => listener.ruleAdded?.(rule, header));
    }
  }

  beginRefresh(): void {
    this.#generation++;
    for (const row of this.#rows.values()) row.seen.clear();
    this.#refreshing = true;
    this.#tell((listener) => listener.refreshing?.());
  }

  endRefresh(): void {
    this.#refreshing = false;
    for (const row of [...this.#rows.values()]) {
      if (row.generation !== this.#generation) {
        this.#removeLink(row.link.index);
        continue;
      }
      for (const [key, address] of [...row.addresses]) {
        if (!row.seen.has(key)) this.#dropAddress(row, key, address, NOBODY);
      }
      row.seen.clear();
    }
    this.#tell((listener) => listener.refreshed?.());
  }

  #setLink(message: LinkMessage): void {
    const row = this.#rows.get(message.index);
    const before = row?.link;
    const name = message.name ?? before?.name;
    if (name === undefined) return;
    const addresses = row?.addresses ?? new Map<string, LinkAddress>();
    const after: Link = {
      index: message.index,
      name,
      flags: message.flags,
      up: (message.flags & IFF_UP) !== 0 && (message.flags & IFF_RUNNING) !== 0,
      mtu: message.mtu ?? before?.mtu ?? 0,
      mac: message.mac ?? before?.mac ?? new Uint8Array(0),
      type: message.type,
      master: message.master,
      ...vrfOf(message, before),
      parent: message.parent,
      group: message.group,
      kind: message.kind ?? before?.kind,
      macvlanMode: message.macvlanMode ?? before?.macvlanMode,
      addresses,
    };
    if (row !== undefined) row.generation = this.#generation;
    if (before !== undefined && sameLink(before, after)) return;
    if (row !== undefined) row.link = after;
    else
      this.#rows.set(after.index, { link: after, addresses, seen: new Set(), generation: this.#generation });
    if (before !== undefined && before.name !== name && this.#names.get(before.name) === before.index) {
      this.#names.delete(before.name);
    }
    this.#names.set(name, after.index);
    this.#tell((listener) => listener.linkChanged?.(before, after));
  }

  #removeLink(index: number): void {
    const row = this.#rows.get(index);
    if (row === undefined) return;
    for (const [key, address] of [...row.addresses]) this.#dropAddress(row, key, address, NOBODY);
    this.#rows.delete(index);
    if (this.#names.get(row.link.name) === index) this.#names.delete(row.link.name);
    this.#tell((listener) => listener.linkChanged?.(row.link, undefined));
  }

  #setAddress(message: AddressMessage, origin: Origin): void {
    const row = this.#rows.get(message.index);
    if (row === undefined) return;
    const address = linkAddress(message);
    const key = addressKey(address.address, address.prefixLength, address.peer);
    const before = row.addresses.get(key);
    if (this.#refreshing) row.seen.add(key);
    // A promoted secondary goes to the end of the primaries, as in the kernel.
    if (before !== undefined && ((before.flags ^ address.flags) & IFA_F_SECONDARY) !== 0)
      row.addresses.delete(key);
    row.addresses.set(key, address);
    if (before !== undefined && before.flags === address.flags && before.label === address.label) return;
    this.#tell((listener) => listener.addressAdded?.(row.link, address, origin));
  }

  #removeAddress(message: AddressMessage, origin: Origin): void {
    const row = this.#rows.get(message.index);
    if (row === undefined) return;
    const removed = linkAddress(message);
    const key = addressKey(removed.address, removed.prefixLength, removed.peer);
    const before = row.addresses.get(key);
    // The kernel tells of an IPv6 address with IFA_F_NODAD some time after it is there, and may never come to it.
    if (before !== undefined || removed.family === 6) this.#dropAddress(row, key, before ?? removed, origin);
  }

  #dropAddress(row: Row, key: string, address: LinkAddress, origin: Origin): void {
    row.addresses.delete(key);
    row.seen.delete(key);
    this.#tell((listener) => listener.addressRemoved?.(row.link, address, origin));
  }

  #reported(message: RouteMessage): ReportedRoute {
    const { from, hops } = message;
    const vrf = this.#vrfOfTable(message.table);
    return {
      ...this.#hop(message),
      family: familyOf(message.family),
      type: message.type,
      destination: formatAddress(message.destination),
      prefixLength: message.prefixLength,
      metric: message.metric,
      table: message.table,
      tos: message.tos,
      protocol: message.protocol,
      ...(vrf !== undefined && { vrf }),
      ...(from !== undefined && {
        from: { address: formatAddress(from.address), prefixLength: from.prefixLength },
      }),
      ...(hops !== undefined && { hops: hops.map((hop) => this.#hop(hop)) }),
    };
  }

  /** Of the few links that there are, fewer are VRFs. */
  #vrfOfTable(table: number): string | undefined {
    for (const { link } of this.#rows.values()) if (link.vrfTable === table) return link.name;
    return undefined;
  }

  #hop({ gateway, device }: HopMessage): ReportedHop {
    const name = device === undefined ? undefined : this.byIndex(device)?.name;
    return {
      ...(gateway !== undefined && { gateway: formatAddress(gateway) }),
      ...(name !== undefined && { device: name }),
    };
  }

  #tell(call: (listener: LinksListener) => void): void {
    for (const listener of this.#listeners) call(listener);
  }
}

/** Not every notification of a link speaks of its kind. */
function vrfOf({ vrfTable }: LinkMessage, before: Link | undefined): Pick<Link, "vrfTable"> {
  const table = vrfTable ?? before?.vrfTable;
  return table === undefined ? {} : { vrfTable: table };
}

function familyOf(family: number): Family {
  return family === AF_INET6 ? 6 : 4;
}

function linkAddress(message: AddressMessage): LinkAddress {
  const address: LinkAddress = {
    family: familyOf(message.family),
    address: formatAddress(message.local),
    bytes: message.local,
    prefixLength: message.prefixLength,
    scope: message.scope,
    flags: message.flags,
  };
  if (message.peer !== undefined) address.peer = formatAddress(message.peer);
  if (message.label !== undefined) address.label = message.label;
  return address;
}

function sameLink(a: Link, b: Link): boolean {
  return (
    a.name === b.name &&
    a.flags === b.flags &&
    a.mtu === b.mtu &&
    a.type === b.type &&
    a.master === b.master &&
    a.parent === b.parent &&
    a.group === b.group &&
    a.kind === b.kind &&
    a.macvlanMode === b.macvlanMode &&
    a.mac.length === b.mac.length &&
    a.mac.every((byte, i) => byte === b.mac[i])
  );
}
