/**
 * The words between the VRRP state machines and whoever drives them: events are things that happened,
 * effects are orders. Pure types; times are absolute integer microseconds of a monotonic clock.
 */

import type { VrrpInstanceConfig } from "../config/model.js";

/** Absolute time or duration in microseconds. */
export type Micros = number;

export type State = "init" | "backup" | "master" | "fault";

/** Named deadlines of one instance. Setting one replaces its earlier deadline. */
export type TimerName =
  /** BACKUP: the master is silent for too long. */
  | "masterDown"
  /** MASTER: the next advert is due. */
  | "advert"
  /** MASTER: the second burst of gratuitous ARP / NA. */
  | "announceDelay"
  /** MASTER: periodic refresh of the neighbours. */
  | "announceRefresh"
  /** MASTER: the second burst after a lower-priority advert. */
  | "announceLowerPrio"
  /** MASTER: the other interfaces that hold an address. */
  | "announceExtra"
  /** Two owners (priority 255) met: time to see whether the other is still there. */
  | "ownerConflict";

/** An advert that passed the receive checks that need no state (reference section 7). */
export interface Advert {
  priority: number;
  /** Advertised interval in microseconds (v2: whole seconds). */
  intervalMicros: Micros;
  /** Sender as bytes in network order (4 or 16), compared as an unsigned number. */
  source: Uint8Array;
}

/** Why an instance cannot take part; it is up only when none is set. */
export type FaultReason =
  | "interfaceDown"
  | "noAddress"
  | "tracker"
  | "configuration"
  /** Another instance is the same virtual router on the same LAN. */
  | "duplicateRouter"
  | "kernelRefused"
  /** A tracker has not said anything yet: no fault, but the instance waits in INIT (or stays where it was). */
  | "undecided";

/** An event of one instance. */
export type InstanceEvent =
  /**
   * The process started: take the initial state. Timers count from `timersFrom` (startup delay) when it is later; told
   * again, as after a reload, it moves what is left of the delay.
   */
  | { kind: "started"; timersFrom?: Micros }
  /** Orderly end: release everything, then state init. */
  | { kind: "stopped" }
  /** A reload no longer knows the instance: as stopped, but notified as deleted. */
  | { kind: "removed" }
  | { kind: "advertReceived"; advert: Advert }
  | { kind: "timerFired"; timer: TimerName }
  /** The host was suspended for so long, which the clock of the timers does not count. */
  | { kind: "slept"; micros: Micros }
  /** The set of fault reasons changed to this (empty: none), with a human cause ("eth0 is down"). */
  | { kind: "faultsChanged"; faults: readonly FaultReason[]; cause: string }
  /** Sum of the active tracker weights changed. */
  | { kind: "weightChanged"; weight: number; cause: string }
  /** The own source address changed (bytes); ties are broken by it. */
  | { kind: "sourceChanged"; source: Uint8Array }
  /** The sync group moved; `release` asks a MASTER for a priority-0 advert. Comes from the router only. */
  | { kind: "groupMoved"; to: "master" | "backup" | "fault"; release: boolean; cause: string }
  /** A MASTER of the same sync group heard a lower-priority advert. Comes from the router only. */
  | { kind: "partnerHeardLower" }
  /** A reload changed the settings. Comes from the router only. */
  | { kind: "reconfigured"; settings: VrrpInstanceConfig };

/** An order to the runtime. */
export type InstanceEffect =
  /** Send one advert with this priority (0: "I stop"). */
  | { kind: "sendAdvert"; priority: number }
  | { kind: "armTimer"; timer: TimerName; at: Micros }
  | { kind: "cancelTimer"; timer: TimerName }
  /** Addresses, excluded addresses, routes, then rules, in configuration order. */
  | { kind: "addAddresses" }
  /** Rules, routes, addresses, then excluded addresses. At the start it means what an earlier process left behind. */
  | { kind: "removeAddresses" }
  /** Reload of a MASTER: bring the kernel from the lists of `previous` to those of `next`, touching only differences. */
  | { kind: "replaceAddresses"; previous: VrrpInstanceConfig; next: VrrpInstanceConfig }
  /** `repeat` rounds of gratuitous ARP / NA over all addresses. */
  | { kind: "announceAddresses"; repeat: number }
  /** One gratuitous ARP / NA for the first address of each other interface (garp_extra_if). */
  | { kind: "announceExtra" }
  /** One gratuitous ARP / NA for the own source address, at once (unicast, on leaving FAULT). */
  | { kind: "announceSource" }
  /** Drop what of an announcement still waits in a rate limit. */
  | { kind: "cancelAnnouncements" }
  /** A reload changed settings: anything built from them (packets, filters) is stale. */
  | { kind: "settingsChanged"; previous: VrrpInstanceConfig; next: VrrpInstanceConfig }
  /** The instance is gone for good: close what belongs to it. Its last effect. */
  | { kind: "removed" }
  /** A transition, once each; `cause` is one readable sentence without the instance's name. */
  | { kind: "notify"; from: State; to: State | "stop" | "deleted"; cause: string }
  /** The effective priority changed (notify_priority_changes). */
  | { kind: "notifyPriority"; state: State; priority: number }
  /** A MASTER heard somebody worse (notify_master_rx_lower_pri). */
  | { kind: "notifyLowerPriority"; priority: number }
  /** A line for the log, in upstream's words where it has such a line; `detail` only with -D. */
  | { kind: "log"; level: "info" | "warning" | "detail"; text: string };

/** An order about a sync group. */
export type GroupEffect =
  /** Comes before the members' at the start, after them later. */
  | { kind: "notifyGroup"; group: string; to: State | "stop"; cause: string }
  | { kind: "logGroup"; group: string; text: string };
