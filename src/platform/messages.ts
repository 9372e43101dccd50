/**
 * What the processes say to each other: one union per direction, the same words for every child.
 * Handshake `configure → ready → start`. A reload offers a new generation to all children, `reconfigure → ready`, and when
 * every one of them has taken the offer it comes into force, `commit → committed`; otherwise `abandon`, and nobody changes.
 * An unknown message is a bug of ours and ends the process that got it.
 */

import type { Change } from "./slice-change.js";

export type LogLevel = "debug" | "info" | "warning" | "error";

/** One line of a child's log. */
export interface LogLine {
  level: LogLevel;
  text: string;
  /** Wall clock, milliseconds since 1970: when it happened, not when core reads it. */
  atMillis: number;
}

/** State (SIGUSR1), statistics (SIGUSR2), statistics that begin anew afterwards, state as JSON. */
export type Dump = "data" | "stats" | "statsClear" | "json";

/** Real-time signals that ask for one; they have no name in Node: SIGRTMAX-1 and SIGRTMIN+2 of glibc. */
export const REALTIME_DUMPS = [
  { signal: 63, what: "statsClear", name: "STATS_CLEAR" },
  { signal: 36, what: "json", name: "JSON" },
] as const;

/** What a child must know besides its slice of the configuration. */
export interface ChildOptions {
  /** -D given once or twice. */
  detail: 0 | 1 | 2;
  /** -V: leave addresses and routes in place when stopping. */
  keepOnStop: boolean;
  /** -I: leave virtual servers in place when stopping. */
  keepIpvsOnStop: boolean;
  /** Directory of the journal and pid files, for instance "/run" or "/run/keepalived". */
  runDirectory: string;
  /** Pid file of this child. */
  pidFile: string;
  /** Where this child notes what it adds to the kernel before it adds it; core reads it when the child died. */
  journalFile: string;
  /** Directory of the dumps. */
  temporaryDirectory: string;
  /** -u: file creation mask, before that of the configuration. */
  umask?: number;
}

/**
 * Where a child notes its table of nftables, beside the journal: when it died, core (vrrp) or the next process (checkers)
 * reads it.
 */
export function packetFilterFile({ journalFile }: Pick<ChildOptions, "journalFile">): string {
  return `${journalFile}.nft`;
}

/** Where the vrrp process notes the interfaces that it makes and the kernel settings that it changes. */
export function linkJournalFile({ journalFile }: Pick<ChildOptions, "journalFile">): string {
  return `${journalFile}.links`;
}

/** From core to a child. */
export type ToChild<Slice> =
  /** The first, and the only one that holds all of the slice. */
  | { kind: "configure"; generation: number; slice: Slice; options: ChildOptions }
  /** How the offered slice differs from that of generation `from`, which is in force; no `change`: not at all. */
  | { kind: "reconfigure"; generation: number; from: number; change?: Change; options: ChildOptions }
  /**
   * Put what was offered last into force, after `ready` of that generation, or forget it, also before. A child takes these
   * three one after the other.
   */
  | { kind: "commit"; generation: number }
  | { kind: "abandon"; generation: number }
  /** Only after `ready` of that generation, and only once. */
  | { kind: "start" }
  /** End in order: as SIGTERM. */
  | { kind: "stop" }
  /** Write a file that shows the state. */
  | { kind: "dump"; what: Dump }
  /** To who tracks it: what the bfd process has said of a session. */
  | { kind: "bfdState"; session: string; up: boolean };

/** From a child to core. */
export type ToCore =
  /** The slice can be used (first time: `start` may follow; reload: `commit` or `abandon`). */
  | { kind: "ready"; generation: number }
  /** The slice is in force. */
  | { kind: "committed"; generation: number }
  /** The slice cannot be used; a reload leaves the old one in force. `permanent`: a start would fail again. */
  | { kind: "refused"; generation: number; reason: string; permanent: boolean }
  /** Alive: the loop ran. */
  | { kind: "beat" }
  /** What was logged in one turn of the child's loop. */
  | { kind: "log"; lines: LogLine[] }
  /** A mail to send. */
  | { kind: "alert"; subject: string; body: string };

/** How often a child says `beat`. */
export const BEAT_MILLIS = 500;

const CHILD_KINDS = new Set(["ready", "committed", "refused", "beat", "log", "alert"]);

/** A message of a child, or an error that ends core: both ends are ours. */
export function asToCore(message: unknown): ToCore {
  if (typeof message === "object" && message !== null && "kind" in message) {
    if (typeof message.kind === "string" && CHILD_KINDS.has(message.kind)) return message as ToCore;
  }
  throw new Error(`unknown message from a child: ${JSON.stringify(message)}`);
}

const CORE_KINDS = new Set([
  "configure",
  "reconfigure",
  "commit",
  "abandon",
  "start",
  "stop",
  "dump",
  "bfdState",
]);

/** A message of core, or an error that ends the child. */
export function asToChild<Slice>(message: unknown): ToChild<Slice> {
  if (typeof message === "object" && message !== null && "kind" in message) {
    if (typeof message.kind === "string" && CORE_KINDS.has(message.kind)) return message as ToChild<Slice>;
  }
  throw new Error(`unknown message from core: ${JSON.stringify(message)}`);
}
