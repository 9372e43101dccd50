/**
 * `global_defs` and what stands outside all blocks, in the typed configuration. Plain data, complete, units in the
 * names. Settings that are only defaults of instances are not here: the instances carry them.
 */
import type { ScriptSetting } from "./vrrp-model.js";

export interface MailServer {
  host: string;
  port: number;
}

export interface MailSettings {
  /** Tried in this order. */
  servers: readonly MailServer[];
  tls: "off" | "starttls" | "on";
  verifyCertificate: boolean;
  caFile?: string;
  user?: string;
  password?: string;
  /** HELO. */
  heloName: string;
  /** smtp_alert_vrrp, else smtp_alert; absent when neither is set. */
  alertVrrp?: boolean;
  alertChecker?: boolean;
  /** no_email_faults. */
  noFaultMails: boolean;
  /** no_checker_emails: only when a real server comes or goes. */
  serverChangesOnly: boolean;
}

/** One child process. */
export interface ProcessSettings {
  /** Absent: named like the program. */
  name?: string;
  /** -20..19, 0 leaves it alone. */
  nice: number;
  /** Lock the memory. */
  noSwap: boolean;
  /** 1..99, 0 for ordinary scheduling; absent: the usual one of the process, unless it has a niceness. */
  realtimePriority?: number;
  /** Empty: all. */
  cpus: number[];
  realtimeLimitMicros: number;
}

export interface ProcessesSettings {
  /** Name of the parent; absent: named like the program. */
  parentName?: string;
  vrrp: ProcessSettings;
  checker: ProcessSettings;
  bfd: ProcessSettings;
  /** Ceiling of the automatic raise of the priority; 0 for none, -1 for none and no advice. */
  maxAutoPriority: number;
  minAutoPriorityDelayMicros: number;
}

/** Size of a receive buffer; absent: the kernel's default. */
export interface BufferSetting {
  bytes?: number;
  /** Beyond the kernel's limit. */
  force: boolean;
}

export interface BufferSettings {
  vrrpCommands: BufferSetting;
  vrrpMonitor: BufferSetting;
  checkerCommands: BufferSetting;
  checkerMonitor: BufferSetting;
  processMonitor: BufferSetting;
  /** Sockets for adverts: by MTU or size of an advert, times `packets`, or a fixed size. */
  adverts: { policy: "system" | "mtu" | "advert" | "bytes"; bytes?: number; packets: number };
}

/** A named pipe for events. */
export interface FifoSetting {
  path: string;
  user?: string;
  group?: string;
  /** Reads the pipe; gets its path as last argument. */
  script?: ScriptSetting;
}

export interface GlobalScripts {
  startup?: ScriptSetting;
  startupTimeoutMicros: number;
  shutdown?: ScriptSetting;
  shutdownTimeoutMicros: number;
  /** Keep symbolic links in the paths of scripts. */
  useSymlinkPaths: boolean;
  setSupplementaryGroups: boolean;
}

export interface FifoSettings {
  /** notify_fifo: all events. */
  all?: FifoSetting;
  vrrp?: FifoSetting;
  checker?: FifoSetting;
  /** vrrp_notify_priority_changes. */
  priorityChanges: boolean;
  statesOnReload: boolean;
}

/** Settings of the VRRP process that belong to no instance. */
export interface VrrpProcessSettings {
  /** Wait this long before the instances start; together with the next one the longer wait counts. */
  startupDelayMicros: number;
  /** Least uptime of the machine before the instances start. */
  delayAfterBootMicros: number;
  logUnknownRouterIds: boolean;
  disableLocalIgmp: boolean;
  vmacPrefix: string;
  vmacAddressPrefix: string;
}

/** lvs_sync_daemon, or lvs_sync_daemon_interface of an instance: the kernel's connection synchronisation. */
export interface SyncDaemonSetting {
  interface: string;
  /** Its role follows this instance; absent: both roles. */
  vrrpInstance?: string;
  /** Absent: the virtual router id of the instance, else 0. */
  syncId?: number;
  maxLength?: number;
  port: number;
  ttl?: number;
  group: string;
}

export interface LvsSettings {
  /** Absent: left alone. */
  timeouts: { tcpSeconds?: number; tcpFinSeconds?: number; udpSeconds?: number };
  flushAtStart: boolean;
  /** "services": only the ones that are managed here. */
  flushOnStop: "no" | "all" | "services";
  syncDaemon?: SyncDaemonSetting;
  /** rs_init_notifies. */
  notifyInitially: boolean;
  /** checker_log_all_failures. */
  logAllFailures: boolean;
}

export interface FirewallSettings {
  /** Given for iptables; the packet filter is in nftables all the same. */
  iptables?: { input: string; output: string };
  /** Absent: only when a firewall is needed, in the table "keepalived". */
  nftables?: { table: string };
  nftablesPriority: number;
  nftablesByIndex: boolean;
  nftablesCounters: boolean;
  ipvsNftables?: { table: string };
  ipvsNftablesPriority: number;
  ipvsStartMark: number;
}

export interface MonitoringSettings {
  snmp: {
    /** Absent: the library's default. */
    socket?: string;
    traps: boolean;
    vrrp: boolean;
    checker: boolean;
    rfcV2: boolean;
    rfcV3: boolean;
    serviceStatsAgeMicros: number;
    /** 0: with the virtual servers. */
    serverStatsAgeMicros: number;
  };
  dbus: { enabled: boolean; serviceName: string; noInterfaceName?: string };
}

export interface ReloadSettings {
  /** Test a configuration in a process of its own first; its messages go here. */
  checkLog?: string;
  timeFile?: string;
  repeat: boolean;
  /** There while the configuration is read. "" is keepalived.reload in the directory of the pid files. */
  markerFile?: string;
}

export interface FileSettings {
  /** -u goes before it. */
  umask: number;
  saveDirectory?: string;
  temporaryDirectory?: string;
  /** Instance and namespace in the names of dump files. */
  dumpsWithInstance: boolean;
  jsonVersion: 1 | 2;
  /** First directory of the names of routing tables, then the other one. */
  iprouteDirectories: string[];
  stateDump?: string;
  statisticsDump?: string;
  jsonDump?: string;
}

/** The keywords outside all blocks. */
export interface DaemonSettings {
  netNamespace?: string;
  /** Absent: that of the daemon; null: the initial one. */
  ipvsNetNamespace?: string | null;
  namespaceWithIpsets: boolean;
  /** With `instance` and `net_namespace` too. */
  usePidDirectory: boolean;
  instance?: string;
  childWaitMicros: number;
  /** Seed of `${_RANDOM}`; already honoured. */
  randomSeed?: number;
}

export interface GlobalConfig {
  routerId: string;
  notificationEmail: string[];
  notificationEmailFrom?: string;
  smtpConnectTimeoutMicros: number;
  multicastGroup4: string;
  multicastGroup6: string;
  /** Minimum time between two GARPs / NAs on one interface; 0 for none. */
  garpIntervalMicros: number;
  gnaIntervalMicros: number;
  scriptUser?: { user: string; group?: string; supplementaryGroups?: boolean };
  enableScriptSecurity: boolean;
  /** dynamic_interfaces: interfaces may be missing at start. */
  dynamicInterfaces: boolean;
  /** dynamic_interfaces allow_if_changes: they may come back with another type or parent. */
  dynamicInterfacesMayChange: boolean;
  /** default_interface: where addresses go whose instance has no interface. */
  defaultInterface: string;
  daemon: DaemonSettings;
  mail: MailSettings;
  processes: ProcessesSettings;
  buffers: BufferSettings;
  scripts: GlobalScripts;
  fifos: FifoSettings;
  vrrp: VrrpProcessSettings;
  lvs: LvsSettings;
  firewall: FirewallSettings;
  monitoring: MonitoringSettings;
  reload: ReloadSettings;
  files: FileSettings;
}
