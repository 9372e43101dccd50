/**
 * The typed configuration: what the readers of this folder produce and every process works from.
 * Plain data (it crosses process boundaries as JSON), complete (defaults are filled in), units in the names.
 * A block that is added to the language adds its interface here and its reader beside it.
 */

import type { AddressSetting, Family, Position, RouteSetting } from "../net/settings.js";

export type { AddressSetting, Family, Position, RouteSetting };
export type VrrpVersion = 2 | 3;

/** Gratuitous ARP / neighbour advertisement schedule (reference section 11). Times in microseconds. */
export interface AnnounceSettings {
  /** Second burst this long after becoming MASTER; 0 for none. */
  masterDelayMicros: number;
  masterRepeat: number;
  /** Period of the refresh; 0 for none. */
  masterRefreshMicros: number;
  masterRefreshRepeat: number;
  lowerPrioDelayMicros: number;
  lowerPrioRepeat: number;
}

/** A command to run: argv as split by the script rules, and who runs it. */
export interface ScriptSetting {
  args: string[];
  user?: string;
  group?: string;
  position: Position;
}

export interface NotifyScripts {
  master?: ScriptSetting;
  backup?: ScriptSetting;
  fault?: ScriptSetting;
  stop?: ScriptSetting;
  any?: ScriptSetting;
}

export interface UnicastPeer {
  address: string;
  minTtl?: number;
  maxTtl?: number;
}

export interface TrackedInterface {
  name: string;
  /** 0: down is a fault. */
  weight: number;
  reverse: boolean;
}

export type AuthSetting = { type: "none" } | { type: "pass" /** Up to 8 bytes, latin1. */; password: string };

export interface VrrpInstanceConfig {
  name: string;
  /** Initial wish: MASTER only matters to an address owner. */
  initialState: "MASTER" | "BACKUP";
  family: Family;
  /** Absent only for unicast without interface. */
  interface?: string;
  virtualRouterId: number;
  /** 1..255; 255 owns the addresses. */
  priority: number;
  advertIntervalMicros: number;
  version: VrrpVersion;
  auth: AuthSetting;
  /** Multicast destination, canonical text. */
  multicastGroup: string;
  /** mcast_src_ip / unicast_src_ip. */
  sourceAddress?: string;
  /** Empty: multicast. */
  unicastPeers: UnicastPeer[];
  /** TTL of unicast adverts when given. */
  unicastTtl?: number;
  addresses: AddressSetting[];
  excludedAddresses: AddressSetting[];
  routes: RouteSetting[];
  preempt: boolean;
  preemptDelayMicros: number;
  strict: boolean;
  /** skip_check_adv_addr. */
  skipCheckAdvertAddresses: boolean;
  /** false with dont_track_primary. */
  trackPrimary: boolean;
  trackInterfaces: TrackedInterface[];
  downTimerAdverts: number;
  announce: AnnounceSettings;
  lowerPrioNoAdvert: boolean;
  higherPrioSendAdvert: boolean;
  debug: number;
  notify: NotifyScripts;
  position: Position;
}

export interface SyncGroupConfig {
  name: string;
  /** Names of instances, in order; only ones that exist. */
  members: string[];
  trackInterfaces: TrackedInterface[];
  notify: NotifyScripts;
  position: Position;
}

export interface GlobalConfig {
  routerId: string;
  notificationEmail: string[];
  notificationEmailFrom?: string;
  smtpServer?: { host: string; port: number };
  smtpConnectTimeoutMicros: number;
  multicastGroup4: string;
  multicastGroup6: string;
  /** Minimum time between two GARPs / NAs on one interface; 0 for none. */
  garpIntervalMicros: number;
  gnaIntervalMicros: number;
  scriptUser?: { user: string; group?: string };
  enableScriptSecurity: boolean;
  /** dynamic_interfaces: interfaces may be missing at start. */
  dynamicInterfaces: boolean;
  /** default_interface: where addresses go whose instance has no interface. */
  defaultInterface: string;
}

/** What the vrrp process gets. */
export interface VrrpConfig {
  global: GlobalConfig;
  staticAddresses: AddressSetting[];
  staticRoutes: RouteSetting[];
  syncGroups: SyncGroupConfig[];
  instances: VrrpInstanceConfig[];
}

export interface Config {
  global: GlobalConfig;
  vrrp: VrrpConfig;
  /** Configured features that this version reads but does not act on: named in one warning at start. */
  notActedOn: string[];
}
