/**
 * The words between the supervisor and its runtime: events are things that happened, effects are orders.
 * Pure types. `Slice` is what a child gets of the configuration; the supervisor only passes it on.
 */
import type { Dump } from "../platform/messages.js";
import type { End } from "./exits.js";

/** Absolute monotonic time, or a duration, in microseconds. */
export type Micros = number;

/** Slices by child name; a child without one is not needed. */
export type Slices<Slice> = ReadonlyMap<string, Slice>;

/** Everything that a child reports carries its pid, so that late news of a dead process is told apart. */
export type SupervisorEvent<Slice> =
  /** The first configuration was read: begin. */
  | { kind: "started"; slices: Slices<Slice> }
  | { kind: "spawned"; child: string; pid: number }
  | { kind: "spawnFailed"; child: string; reason: string }
  | { kind: "readyReported"; child: string; pid: number; generation: number }
  | { kind: "committedReported"; child: string; pid: number; generation: number }
  | {
      kind: "refusalReported";
      child: string;
      pid: number;
      generation: number;
      reason: string;
      permanent: boolean;
    }
  | { kind: "beatReceived"; child: string; pid: number }
  | { kind: "exited"; child: string; pid: number; end: End }
  /** What the dead child had added to the kernel is gone (or could not be removed: that was logged). */
  | { kind: "withdrawn"; child: string }
  | { kind: "reloadRequested" }
  | { kind: "configurationRead"; slices: Slices<Slice> }
  /** The new text has mistakes (already logged). */
  | { kind: "configurationRefused" }
  | { kind: "dumpRequested"; what: Dump }
  /** `cause` is the signal's name. */
  | { kind: "stopRequested"; cause: string }
  | { kind: "timePassed" };

type ServiceState = "ready" | "reloading" | "stopping" | "alive";

export type SupervisorEffect<Slice> =
  /** Comes back as `spawned` or `spawnFailed`. */
  | { kind: "spawn"; child: string }
  | { kind: "configure"; child: string; generation: number; slice: Slice }
  | { kind: "start"; child: string }
  /** Put the configuration that was offered into force, or forget it. */
  | { kind: "commit"; child: string; generation: number }
  | { kind: "abandon"; child: string; generation: number }
  /** Ask the child to end in order. */
  | { kind: "stop"; child: string }
  /** SIGKILL. */
  | { kind: "kill"; child: string }
  | { kind: "dump"; child: string; what: Dump }
  /** Remove what the journal says this child had added; comes back as `withdrawn`. */
  | { kind: "withdraw"; child: string }
  /** The child is not needed any more: forget its pid file. */
  | { kind: "forget"; child: string }
  /** Comes back as `configurationRead` or `configurationRefused`. */
  | { kind: "readConfiguration" }
  /** All children have taken what was read, and are about to put it into force; core does so first. */
  | { kind: "adoptConfiguration"; generation: number }
  | { kind: "notifyService"; state: ServiceState }
  /** A child failed for good; `permission` tells EPERM from EINVAL. */
  | { kind: "notifyFailure"; permission: boolean }
  | { kind: "log"; level: "info" | "warning" | "error"; text: string }
  /** All children are gone: leave with this status. Always the last effect. */
  | { kind: "finish"; status: number };
