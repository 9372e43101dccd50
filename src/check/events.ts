/** What the director orders: plain values, in order. Pure types. */
import type { AlertAbout } from "./wording.js";
import type { Checker } from "./checker-state.js";
import type { RealServer } from "./real-server.js";
import type { VirtualServer } from "./virtual-server.js";

export type CheckEffect =
  /** What the service should be in the kernel has changed, or may have: see `destinationsOf`. */
  | { kind: "apply"; service: VirtualServer }
  /** The service is not configured any more: take it out of the kernel. */
  | { kind: "withdraw"; service: VirtualServer }
  /** notify_up, notify_down and the FIFOs. */
  | { kind: "notifyServer"; service: VirtualServer; server: RealServer; up: boolean }
  /** quorum_up, quorum_down and the FIFOs. */
  | { kind: "notifyQuorum"; service: VirtualServer; up: boolean }
  | { kind: "alert"; alert: AlertAbout }
  /** A checker came with a reload, or what it checks is not the same any more. */
  | { kind: "prepare"; checker: Checker }
  /** A checker went with a reload. */
  | { kind: "discard"; checker: Checker }
  /** The next check of it is due at another time. */
  | { kind: "arm"; checker: Checker }
  | { kind: "log"; level: "info" | "warning"; text: string };
