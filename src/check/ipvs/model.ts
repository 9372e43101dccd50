/**
 * The kernel's table of virtual servers as this product wants it, and the port through which the check process says so.
 * Plain data and types; values are those of the configuration. Kernel names of things: check reference, section 1.3.
 */
import type {
  Forwarding,
  Persistence,
  Scheduler,
  SchedulerFlags,
  TransportProtocol,
} from "../../config/check-model.js";
import type { BufferSetting, LvsSettings, SyncDaemonSetting } from "../../config/global-model.js";
import type { Family } from "../../net/settings.js";
import type { SystemError } from "../../net/system-error.js";

/** What tells one service of the kernel from all others. */
export type ServiceKey =
  | {
      kind: "address";
      family: Family;
      protocol: TransportProtocol;
      /** Canonical text. */
      address: string;
      /** 0: all ports. */
      port: number;
    }
  | { kind: "mark"; family: Family; mark: number };

/** One server behind a service. Address and port tell it from the others of the service. */
export interface DestinationSetting {
  readonly family: Family;
  /** Canonical text. */
  readonly address: string;
  readonly port: number;
  /** 0..2147483647; 0: keeps its connections and gets no new ones. */
  readonly weight: number;
  readonly forwarding: Forwarding;
  /** 0: none. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

/** One service and the destinations that it shall have now. Compared by value; the same object again costs nothing. */
export interface ServiceSetting {
  readonly key: ServiceKey;
  readonly scheduler: Scheduler;
  readonly flags: SchedulerFlags;
  readonly persistence: Persistence;
  /** In the order of adding. Of two with the same address and port the first counts. */
  readonly destinations: readonly DestinationSetting[];
}

/** Whether the kernel can balance, else what is missing. */
export type Availability =
  | {
      available: true;
      /** Of the kernel's IPVS, for instance "1.2.1". */
      version: string;
    }
  | {
      available: false;
      /** A sentence without its full stop: what is missing, and what to do about it. */
      missing: string;
    };

/** Counters of a service or a destination since it was added. */
interface TrafficCounters {
  connections: bigint;
  inPackets: bigint;
  outPackets: bigint;
  inBytes: bigint;
  outBytes: bigint;
  /** Per second, as the kernel estimates them. */
  connectionRate: bigint;
  inPacketRate: bigint;
  outPacketRate: bigint;
  inByteRate: bigint;
  outByteRate: bigint;
}

export interface DestinationStatistics {
  family: Family;
  address: string;
  port: number;
  /** As it is in the kernel. */
  weight: number;
  activeConnections: number;
  inactiveConnections: number;
  persistentConnections: number;
  traffic: TrafficCounters;
}

export interface ServiceStatistics {
  key: ServiceKey;
  traffic: TrafficCounters;
  destinations: DestinationStatistics[];
}

/** What the check process is told. */
export interface IpvsListener {
  /** IPVS has come or gone since `open` told how it is; all wishes are carried out as soon as it comes. */
  availability(now: Availability): void;
  /**
   * The kernel refused a wish of this owner (undefined: to remove what nobody wants any more); `subject` names the
   * destination and the service. It is tried again at the owner's next wish and every few seconds; the same refusal is
   * not told again.
   */
  refused(owner: string | undefined, error: SystemError): void;
  /** Somebody else had removed a service or destination of this owner; it was put back. */
  lost(owner: string | undefined, subject: string): void;
}

/**
 * IPVS of this host. An owner is a virtual server, named by any text that is the same over reloads. Wishes are taken
 * at once and never fail: `IpvsListener` tells what came of them. Without IPVS in the kernel they are kept.
 */
export interface Ipvs {
  /**
   * Connects to the kernel, loads the module when need be, and learns what an earlier run left there: those entries
   * stay until `removeLeftovers`, and an owner that wants one takes it over as it is, editing what differs.
   */
  open(): Promise<Availability>;
  /** Replaces all that the owner wants. Only what differs is edited; an entry that stays keeps its connections. */
  want(owner: string, services: readonly ServiceSetting[]): void;
  /** The owner wants nothing any more. A service that nobody else wants is deleted with all its destinations. */
  remove(owner: string): void;
  /** Deletes what an earlier run left and nobody wants. To be called when every owner had its say (alpha servers: after their first check). */
  removeLeftovers(): void;
  /** Empties the kernel's table, entries of others included (lvs_flush), before anything wanted since is added. */
  flush(): void;
  /** lvs_netlink_cmd_rcv_bufs: room for answers that wait, now and after each connection. */
  setReceiveBuffer(buffer: BufferSetting): void;
  /** lvs_timeouts: sets those given; what is not given goes back to what it was before the first call. */
  setTimeouts(timeouts: LvsSettings["timeouts"]): Promise<SystemError | undefined>;
  /** lvs_sync_daemon without an instance: runs both roles, or stops those that run when undefined. @returns what was refused. */
  setSyncDaemon(setting: SyncDaemonSetting | undefined): Promise<SystemError[]>;
  /** Counters of all services of an owner, as they are in the kernel now. */
  statistics(owner: string): Promise<ServiceStatistics[]>;
  /** Resolves when nothing waits to be sent or answered. */
  idle(): Promise<void>;
  /** Leaves the kernel as it is (-I, or after `remove` of all owners and `idle`); resolves when the journal is written. */
  close(): Promise<void>;
}
