/**
 * What somebody wants to have in the kernel: addresses, routes and rules as plain data.
 * Lives in this room because the reconciler, the planner and the journal work on it; the configuration re-exports it.
 */

export type Family = 4 | 6;

/** Where in the text something stands: for messages at run time that point back at the configuration. */
export interface Position {
  file: string;
  /** Counted from 1. */
  line: number;
  column: number;
}

/** One address of virtual_ipaddress, virtual_ipaddress_excluded or static_ipaddress. */
export interface AddressSetting {
  family: Family;
  /** Canonical text, for instance "192.0.2.1" or "2001:db8::1". */
  address: string;
  prefixLength: number;
  /** Interface that holds it: `dev`, else the interface of the instance. */
  device: string;
  label?: string;
  /** Explicit broadcast address, canonical text; "+" and "-" are already worked out. */
  broadcast?: string;
  /** rt_scope number; IPv4 only. */
  scope: number;
  peer?: string;
  /** IFA_F_ bits beyond the default (home, mngtmpaddr, noprefixroute, autojoin), NODAD included for IPv6 unless -nodad. */
  flags: number;
  /** Preferred lifetime in seconds, 0xffffffff for ever. */
  preferredSeconds: number;
  /** no_track: its interface does not fault the instance and nobody puts it back. */
  noTrack: boolean;
  /** use_vmac (virtual addresses): it goes on a VMAC on `device`. */
  useVmac?: true;
  /** The interface below, when `device` is a link of our own (VMAC, ipvlan); never in the configuration. */
  base?: string;
  /** track_group (static addresses): instances that are in fault with it. */
  trackGroup?: string;
  position: Position;
}

/** Network by canonical text and length. */
export interface Prefix {
  address: string;
  prefixLength: number;
}

/** Realms of routes and rules; 0 for none. */
export interface Realms {
  from: number;
  to: number;
}

/** Lightweight tunnel encapsulation (LWTUNNEL_IP_, LWTUNNEL_IP6_, MPLS labels, ILA locator). */
export type Encapsulation =
  | {
      type: "ip";
      id?: number;
      destination?: string;
      source?: string;
      tos?: number;
      ttl?: number;
      flags?: number;
    }
  | {
      type: "ip6";
      id?: number;
      destination?: string;
      source?: string;
      trafficClass?: number;
      hopLimit?: number;
      flags?: number;
    }
  | { type: "mpls"; labels: number[] }
  /** Four groups of 16 bits, in hexadecimal with colons. */
  | { type: "ila"; locator: string };

/** One of several next hops of a route. */
export interface NextHop {
  gateway?: string;
  /** Family of the gateway when it differs from the route's. */
  gatewayFamily?: Family;
  device?: string;
  /** 1..256. */
  weight: number;
  onlink: boolean;
  encapsulation?: Encapsulation;
  realms?: Realms;
}

/** RTAX_ metrics whose value the kernel must keep as given ("lock"). */
export type LockableMetric =
  | "mtu"
  | "advmss"
  | "rtt"
  | "rttvar"
  | "reordering"
  | "cwnd"
  | "ssthresh"
  | "rto_min"
  | "congctl";

/** RTAX_ metrics of a route other than the MTU, in the kernel's units. */
export interface RouteMetrics {
  locked?: LockableMetric[];
  hopLimit?: number;
  advertisedMssBytes?: number;
  /** RTAX_RTT: eighths of a millisecond. */
  rttEighthMillis?: number;
  /** RTAX_RTTVAR: quarters of a millisecond. */
  rttVarianceQuarterMillis?: number;
  retransmitTimeoutMinMillis?: number;
  reordering?: number;
  windowBytes?: number;
  congestionWindowPackets?: number;
  slowStartThresholdPackets?: number;
  initialCongestionWindowPackets?: number;
  initialReceiveWindowPackets?: number;
  /** features ecn. */
  ecn?: true;
  quickAck?: boolean;
  fastOpenWithoutCookie?: boolean;
  congestionControl?: string;
}

/** One route of virtual_routes or static_routes. */
export interface RouteSetting {
  family: Family;
  /** rtm_type number (unicast 1, blackhole 6 ...). */
  type: number;
  /** Canonical network address; "0.0.0.0" or "::" with length 0 for default. */
  destination: string;
  prefixLength: number;
  gateway?: string;
  /** Family of the gateway when it differs (via inet6). */
  gatewayFamily?: Family;
  device?: string;
  source?: string;
  metric?: number;
  table: number;
  scope?: number;
  protocol: number;
  tos?: number;
  onlink: boolean;
  mtu?: number;
  /** add: only when there is no such route; append: after such routes. Else before them (prepend). */
  insert?: "add" | "append";
  /** from: packets with these sources only (IPv6). */
  from?: Prefix;
  metrics?: RouteMetrics;
  realms?: Realms;
  encapsulation?: Encapsulation;
  /** expires (IPv6). */
  expiresSeconds?: number;
  /** pref (IPv6), ICMPV6_ROUTER_PREF_: medium 0, high 1, low 3. */
  preference?: number;
  /** ttl-propagate. */
  ttlPropagate?: boolean;
  /** Several next hops instead of the one above. */
  nextHops?: NextHop[];
  /** Its table is the one of this VRF. */
  vrf?: string;
  noTrack: boolean;
  /** track_group (static routes): instances that are in fault with it. */
  trackGroup?: string;
  position: Position;
}

/** What a rule does with a packet. */
export type RuleAction =
  | { kind: "table"; table: number }
  /** Goes on at the rule of this preference. */
  | { kind: "goto"; preference: number }
  | { kind: "nop" | "blackhole" | "unreachable" | "prohibit" }
  /** The table of the VRF of the packet. */
  | { kind: "l3mdev" };

/** Both ends included. */
export interface NumberRange {
  from: number;
  to: number;
}

/** One rule of virtual_rules or static_rules; a selector that is absent selects everything. */
export interface RuleSetting {
  family: Family;
  /** FRA_PRIORITY. */
  preference: number;
  action: RuleAction;
  /** not: for packets that the selectors do not select. */
  invert: boolean;
  from?: Prefix;
  to?: Prefix;
  tos?: number;
  /** Firewall mark, and which bits of it count. */
  mark?: { value: number; mask: number };
  realms?: Realms;
  suppressPrefixLength?: number;
  suppressInterfaceGroup?: number;
  inputInterface?: string;
  outputInterface?: string;
  /** 64 bits in decimal: a number would lose some. */
  tunnelId?: string;
  userIds?: NumberRange;
  ipProtocol?: number;
  sourcePorts?: NumberRange;
  destinationPorts?: NumberRange;
  protocol: number;
  noTrack: boolean;
  /** track_group (static rules): instances that are in fault with its interface. */
  trackGroup?: string;
  position: Position;
}

export type Setting = AddressSetting | RouteSetting | RuleSetting;

/** What belongs to one owner, in the order in which it is added; removed is the last kind first. */
export interface Belongings {
  addresses: readonly AddressSetting[];
  routes: readonly RouteSetting[];
  rules: readonly RuleSetting[];
}
