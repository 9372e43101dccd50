/**
 * The typed configuration of virtual servers: what the check process works from.
 * Plain data, complete: defaults are filled in, and what a checker takes from its real server or virtual server is
 * in the checker itself. Times are in microseconds unless the name says otherwise.
 */
import type { Family, Position } from "../net/settings.js";
import type { GlobalConfig } from "./global-model.js";
import type { SslConfig } from "./interface-model.js";
import type { ScriptSetting, TrackFileConfig } from "./vrrp-model.js";

export type Scheduler =
  | "rr"
  | "wrr"
  | "lc"
  | "wlc"
  | "lblc"
  | "sh"
  | "mh"
  | "dh"
  | "fo"
  | "ovf"
  | "lblcr"
  | "sed"
  | "nq"
  | "twos";

export type TransportProtocol = "TCP" | "UDP" | "SCTP";

/** How packets get to a real server. */
export type Forwarding =
  | { method: "NAT" | "DR" }
  | {
      method: "TUN";
      tunnel: "ipip" | "gue" | "gre";
      /** Only with gue. */
      port?: number;
      checksum: "nocsum" | "csum" | "remcsum";
    };

/** What clients connect to. */
export type Service =
  | { kind: "address"; family: Family; address: string /** 0: all ports. */; port: number }
  | { kind: "mark"; mark: number }
  | { kind: "group"; name: string };

/** One line of a group; a single address is a range of one. */
export type GroupEntry =
  | { kind: "range"; family: Family; first: string; last: string /** 0: all ports. */; port: number }
  | { kind: "mark"; mark: number; family?: Family };

export interface VirtualServerGroupConfig {
  name: string;
  entries: GroupEntry[];
  position: Position;
}

/** How clients are kept on one server. */
export interface Persistence {
  /** 0: not at all. */
  timeoutSeconds: number;
  /** IPv4 mask, or IPv6 prefix length, that clients share; absent: single addresses. */
  mask?: string;
  prefixLength?: number;
  engine?: string;
}

/** Scheduler flags as the kernel numbers them, and one-packet scheduling. */
export interface SchedulerFlags {
  onePacket: boolean;
  flag1: boolean;
  flag2: boolean;
  flag3: boolean;
}

export interface SorryServer {
  family: Family;
  address: string;
  port: number;
  forwarding: Forwarding;
  inhibitOnFailure: boolean;
  /** It has the address and port of a real server: both are one entry in the kernel. */
  isRealServer: boolean;
}

/** Timing shared by the checkers of a server; what is absent depends on the kind of checker. */
export interface CheckDefaults {
  alpha: boolean;
  delayLoopMicros: number;
  connectTimeoutMicros: number;
  retry?: number;
  delayBeforeRetryMicros?: number;
  warmupMicros?: number;
}

export interface RealServerConfig {
  family: Family;
  address: string;
  /** Port in the kernel's table; 0 with marks, and with groups where the entry's port counts. */
  port: number;
  /** Port that checkers connect to: as written, else the service's; 0 when neither has one. */
  checkPort: number;
  weight: number;
  forwarding: Forwarding;
  /** 0: none. */
  upperThreshold: number;
  lowerThreshold: number;
  inhibitOnFailure: boolean;
  alpha: boolean;
  smtpAlert: boolean;
  snmpName?: string;
  notifyUp?: ScriptSetting;
  notifyDown?: ScriptSetting;
  /** Servers that say the same share the list. */
  checkers: readonly CheckerConfig[];
}

export interface VirtualServerConfig {
  service: Service;
  /** Absent only for a group of both families. */
  family?: Family;
  /** Absent for marks. */
  protocol?: TransportProtocol;
  scheduler: Scheduler;
  flags: SchedulerFlags;
  forwarding: Forwarding;
  persistence: Persistence;
  defaults: CheckDefaults;
  omega: boolean;
  haSuspend: boolean;
  smtpAlert: boolean;
  virtualHost?: string;
  snmpName?: string;
  quorum: number;
  hysteresis: number;
  quorumUp?: ScriptSetting;
  quorumDown?: ScriptSetting;
  sorryServer?: SorryServer;
  realServers: RealServerConfig[];
  position: Position;
}

/** When a checker runs. */
export interface CheckSchedule {
  /** Down until the first success. */
  alpha: boolean;
  delayLoopMicros: number;
  /** Failures that are forgiven. */
  retry: number;
  delayBeforeRetryMicros: number;
  /** Upper bound of the random delay before the first check. */
  warmupMicros: number;
  logAllFailures: boolean;
}

/** Where a checker connects to, and how. */
export interface CheckTarget {
  /** Absent: the real server's own. */
  address?: { family: Family; text: string };
  /** Absent: the real server's `checkPort`. */
  port?: number;
  bindAddress?: string;
  bindPort?: number;
  bindInterface?: string;
  /** Mark of outgoing packets; 0 for none. */
  mark: number;
  timeoutMicros: number;
}

/** What of a body must match. */
export interface BodyPattern {
  pattern: string;
  /** PCRE2 compile options by name. */
  options: string[];
  /** A match is a failure. */
  inverted: boolean;
  minOffsetBytes: number;
  /** Last position a match may start at. */
  maxOffsetBytes?: number;
  stackBytes?: { start: number; max: number };
}

/** One request of an HTTP or SSL check. */
export interface UrlCheck {
  path: string;
  /** MD5 of the body, lower case. */
  digest?: string;
  /** Accepted codes, from and to. */
  statusCodes: { from: number; to: number }[];
  /** Host header; absent: the address and port. */
  virtualHost?: string;
  /** TLS server name; absent: none is sent. */
  serverName?: string;
  /** Ends TLS with close_notify. */
  tlsCompliant: boolean;
  body?: BodyPattern;
}

export type DnsType = "A" | "NS" | "CNAME" | "SOA" | "MX" | "TXT" | "AAAA" | "RRSIG" | "DNSKEY";

/** What a reply must begin with: hexadecimal bytes, and the bits of them that count. */
export interface ReplyPattern {
  bytes: string;
  mask: string;
}

export type CheckerConfig =
  | { kind: "tcp" | "ping"; schedule: CheckSchedule; target: CheckTarget }
  | {
      kind: "udp";
      schedule: CheckSchedule;
      target: CheckTarget;
      /** Hexadecimal bytes; absent: any filler. */
      payload?: string;
      replyRequired: boolean;
      reply?: ReplyPattern;
      minReplyBytes: number;
      maxReplyBytes: number;
    }
  | {
      kind: "http" | "ssl";
      schedule: CheckSchedule;
      target: CheckTarget;
      protocol: "1.0" | "1.0C" | "1.1";
      fastRecovery: boolean;
      /** SSL_GET: the server's certificate must hold. */
      verify?: boolean;
      urls: UrlCheck[];
    }
  | { kind: "smtp"; schedule: CheckSchedule; target: CheckTarget; heloName: string }
  | {
      kind: "dns";
      schedule: CheckSchedule;
      target: CheckTarget;
      type: DnsType /** "." is the root. */;
      name: string;
    }
  | {
      kind: "misc";
      schedule: CheckSchedule;
      script: ScriptSetting;
      timeoutMicros: number;
      /** Exit statuses from 2 on set the weight. */
      dynamic: boolean;
    }
  | { kind: "file"; trackFile: string; weight: number; reverse: boolean }
  | { kind: "bfd"; session: string; alpha: boolean };

/** What the check process gets. */
export interface CheckConfig {
  global: GlobalConfig;
  groups: VirtualServerGroupConfig[];
  /** Those that a checker follows. */
  trackFiles: TrackFileConfig[];
  virtualServers: VirtualServerConfig[];
  /** Block SSL, for SSL_GET. */
  ssl?: SslConfig;
}
