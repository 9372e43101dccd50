/**
 * What somebody wants to have in the kernel: addresses and routes as plain data.
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
  position: Position;
}

/** One route of virtual_routes or static_routes. Enough of the grammar for `DST [via GW] [dev IF] [src A] [metric N] [table T] [scope S] ...`. */
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
  noTrack: boolean;
  position: Position;
}

export type Setting = AddressSetting | RouteSetting;
