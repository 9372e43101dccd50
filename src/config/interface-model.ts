/** What the configuration says about interfaces and static settings as such, apart from any instance. */
import type { Position } from "../net/settings.js";

/** Limits that some interfaces share. */
export interface GarpGroupConfig {
  /** Each interface is in one group only. */
  interfaces: string[];
  /** Absent: the global one. */
  garpIntervalMicros?: number;
  gnaIntervalMicros?: number;
  position: Position;
}

/** Instances that go to fault when a static address, route or rule of the group is lost. */
export interface TrackGroupConfig {
  name: string;
  /** Instances that exist. */
  members: string[];
  position: Position;
}

export interface InterfaceSettings {
  /** linkbeat_use_polling: ask every interface of VRRP for its link. */
  pollAll: boolean;
  /** linkbeat_interfaces; without a method the first that works. */
  polled: { name: string; method?: "MII" | "ETHTOOL" | "IOCTL" }[];
  /** A change of state counts only after this time. */
  delays: { name: string; downMicros: number; upMicros: number }[];
}

/** Client side of TLS for SSL_GET. */
export interface SslConfig {
  password?: string;
  caFile?: string;
  certificateFile?: string;
  keyFile?: string;
}
