/** The VRRP part of the typed configuration: instances, sync groups and what they track. See `model.ts`. */
import type { AddressSetting, Family, Position, RouteSetting, RuleSetting } from "../net/settings.js";
import type { GlobalConfig } from "./global-model.js";
import type { GarpGroupConfig, InterfaceSettings, TrackGroupConfig } from "./interface-model.js";

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
  /** What is executed when it is not the first word: found in PATH, links resolved. */
  file?: string;
  user?: string;
  group?: string;
  /** `:` before the group: the user's other groups too. */
  supplementaryGroups?: boolean;
  position: Position;
}

export interface NotifyScripts {
  master?: ScriptSetting;
  backup?: ScriptSetting;
  fault?: ScriptSetting;
  stop?: ScriptSetting;
  any?: ScriptSetting;
  /** notify_deleted with a script; only instances. */
  deleted?: ScriptSetting;
  /** notify_master_rx_lower_pri; only instances. */
  masterReceivesLowerPriority?: ScriptSetting;
}

export interface UnicastPeer {
  address: string;
  minTtl?: number;
  maxTtl?: number;
}

/** A name in a tracking list, with the weight in force. */
export interface Tracked {
  name: string;
  /** 0: down is a fault. */
  weight: number;
  reverse: boolean;
}

export type TrackedInterface = Tracked;

/** What an instance or a sync group watches; only names that exist, each once. */
export interface Trackers {
  trackInterfaces: TrackedInterface[];
  trackScripts: Tracked[];
  /** The weight multiplies the number in the file; 0: a number other than 0 is a fault. */
  trackFiles: Tracked[];
  trackProcesses: Tracked[];
  trackBfds: Tracked[];
}

/** One `vrrp_script`. */
export interface TrackScriptConfig {
  name: string;
  command: ScriptSetting;
  /** `< /PATH`: nothing is run, the file only has to open. */
  opens?: string;
  intervalMicros: number;
  timeoutMicros: number;
  weight: number;
  reverse: boolean;
  /** Successes, and failures, in a row that change the state. */
  rise: number;
  fall: number;
  /** Bad until the first result. */
  initFail: boolean;
  position: Position;
}

/** One `vrrp_track_process`. */
export interface TrackProcessConfig {
  name: string;
  process: string;
  parameters: string[];
  /** exact: the same list; partial: the first ones; initial: partial, and the last one need only begin like it. */
  parameterMatch: "any" | "exact" | "partial" | "initial";
  /** Compare with the command line, not with the short name of the process. */
  fullCommand: boolean;
  weight: number;
  reverse: boolean;
  quorum: number;
  /** Absent: no limit. */
  quorumMax?: number;
  forkDelayMicros: number;
  terminateDelayMicros: number;
  position: Position;
}

/** One `track_file`. */
export interface TrackFileConfig {
  name: string;
  path: string;
  weight: number;
  reverse: boolean;
  /** init_file: written at start, when the file is missing or always. */
  init?: { value: number; overwrite: boolean };
  position: Position;
}

export type AuthSetting =
  | { type: "none" }
  | { type: "pass" | "ah" /** Up to 8 bytes, latin1. */; password: string };

/** A key of `auth_hmac`: 32 to 64 bytes in hexadecimal, or the file where they are. */
export type HmacKey = { id: number; hex: string } | { id: number; file: string };

export interface HmacSetting {
  keys: HmacKey[];
  /** The key used for sending; one of `keys`. */
  activeKey: number;
  /** Clock difference accepted with `time`. */
  timeWindowSeconds: number;
  antiReplay: "time" | "monotonic";
  mode: "enforce" | "permissive" | "receive-only";
}

/** use_vmac. */
export interface VmacSetting {
  /** Else made from the VRID. */
  name?: string;
  /** Six bytes; else the standard one of the VRID. */
  macAddress?: string;
  /** Interface group; else the one of the base. */
  group?: number;
  netlinkNotify: boolean;
}

/** use_ipvlan. */
export interface IpvlanSetting {
  name?: string;
  /** Also the source of adverts; mandatory for IPv4. */
  address?: string;
  prefixLength?: number;
  mode: "bridge" | "private" | "vepa";
  group?: number;
}

/** Adverts are sent on something else than the interface of the configuration. */
export interface LinkSettings {
  vmac?: VmacSetting;
  ipvlan?: IpvlanSetting;
  /** use_vmac_addr: VMACs also for addresses on other interfaces. */
  vmacForOtherAddresses: boolean;
  /** vmac_xmit_base: adverts go over the base interface. */
  transmitOnBase: boolean;
  /** Name of its VMAC or ipvlan, once the vrrp process has settled it; never in the configuration. */
  ownLink?: string;
  /** vrf: only for unicast without interface. */
  vrf?: string;
  promoteSecondaries: boolean;
  /** linkbeat_use_polling. */
  pollLink: boolean;
}

export interface VrrpInstanceConfig extends Trackers, LinkSettings {
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
  hmac?: HmacSetting;
  /** Multicast destination, canonical text. */
  multicastGroup: string;
  /** mcast_src_ip / unicast_src_ip. */
  sourceAddress?: string;
  /** track_src_ip: the source address missing is a fault. */
  trackSourceAddress: boolean;
  /** Empty: multicast. */
  unicastPeers: UnicastPeer[];
  /** TTL of unicast adverts when given. */
  unicastTtl?: number;
  /** Unicast adverts from others than the peers are dropped. */
  checkUnicastSource: boolean;
  /** Checksum of unicast version 3 adverts as before keepalived 1.3.7. */
  oldUnicastChecksum: "detect" | "always" | "never";
  /** Version 3 with IPv4: the checksum leaves out the pseudo header. */
  checksumAsVersion2: boolean;
  addresses: AddressSetting[];
  excludedAddresses: AddressSetting[];
  routes: RouteSetting[];
  rules: RuleSetting[];
  /** false: packets to the addresses are dropped unless this router owns them. */
  accept: boolean;
  preempt: boolean;
  preemptDelayMicros: number;
  strict: boolean;
  /** skip_check_adv_addr. */
  skipCheckAdvertAddresses: boolean;
  /** An owner drops what it receives. */
  ownerIgnoreAdverts: boolean;
  /** false with dont_track_primary. */
  trackPrimary: boolean;
  downTimerAdverts: number;
  /** timer_expired_backup: the highest priority of the others. */
  timerExpiredBackupPriority?: number;
  announce: AnnounceSettings;
  /** garp_extra_if: messages on other interfaces with an address, for all addresses or one of each. */
  extraAnnounce?: { intervalMicros: number; all: boolean };
  lowerPrioNoAdvert: boolean;
  higherPrioSendAdvert: boolean;
  /** kernel_rx_buf_size. */
  receiveBufferBytes?: number;
  debug: number;
  notify: NotifyScripts;
  /** notify_deleted: DELETED is told when a reload removes it, not FAULT. */
  notifyDeleted: boolean;
  smtpAlert: boolean;
  notifyPriorityChanges: boolean;
  /** The configuration holds it in fault for good, and why. */
  permanentFault?: string;
  position: Position;
}

export interface SyncGroupConfig extends Trackers {
  name: string;
  /** Names of instances, in order; only ones that exist. */
  members: string[];
  /** sync_group_tracking_weight. */
  trackingWeight: boolean;
  notify: NotifyScripts;
  smtpAlert: boolean;
  notifyPriorityChanges: boolean;
  position: Position;
}

/** What the vrrp process gets. */
export interface VrrpConfig {
  global: GlobalConfig;
  interfaces: InterfaceSettings;
  garpGroups: GarpGroupConfig[];
  trackGroups: TrackGroupConfig[];
  staticAddresses: AddressSetting[];
  staticRoutes: RouteSetting[];
  staticRules: RuleSetting[];
  /** Only those that somebody tracks. */
  scripts: TrackScriptConfig[];
  processes: TrackProcessConfig[];
  trackFiles: TrackFileConfig[];
  syncGroups: SyncGroupConfig[];
  instances: VrrpInstanceConfig[];
}
