/**
 * The contract of a checker. A checker knows how to check once and what can go wrong with that; when it is told to, how
 * often, and what follows from the results is decided in `schedule.ts` and `virtual-server.ts`. A new kind of checker is
 * one file that makes `Check`s, and one row in `table.ts`.
 */
import type { SecureContext } from "node:tls";
import type { CheckerConfig } from "../../config/check-model.js";
import type { Addon } from "../../native/addon.js";
import type { Identity } from "../../platform/accounts.js";
import type { ScriptRunner } from "../../platform/script-runner.js";
import type { ScriptSetting } from "../../config/vrrp-model.js";
import type { BfdSessions } from "../bfd-sessions.js";
import type { Connections } from "../effects/connections.js";
import type { FollowedFiles } from "../effects/followed-files.js";
import type { Timers } from "../effects/timers.js";

/** What a result does to the weight of the real server. */
export type WeightChange =
  /** In place of the configured weight (MISC_CHECK with misc_dynamic). */
  | { kind: "instead"; weight: number }
  /** On top of the configured weight (FILE_CHECK). */
  | { kind: "added"; weight: number };

/**
 * How one check ended. `Reason` is the closed union of the kind of checker; `detail` says the same in words, with what
 * was received or refused, for the log and the mail.
 */
export type CheckResult<Reason extends string = string> =
  | { verdict: "passed"; weight?: WeightChange }
  | { verdict: "failed"; reason: Reason; detail: string }
  /** The check could not even begin (no descriptor, no such interface): that says nothing about the server. */
  | { verdict: "notRun"; detail: string };

/** The result that needs no words. */
export const PASSED = { verdict: "passed" } as const satisfies CheckResult;

/** One configured check. Lives as long as its configuration; only one check at a time is under way. */
export interface Check {
  /**
   * Checks once: `done` of the job is called once, in this call or later, unless `cancel` comes first.
   * Kinds that follow events: begins to follow; the present state is reported within this call, later ones any time.
   * @param step which of several parts is due (the index of the URL); 0 for all other kinds
   */
  start(step: number): void;
  /** Ends what is under way without a result. It may be started again. Harmless when nothing is under way. */
  cancel(): void;
  /** After `cancel`, when nothing is asked of it any more: gives back what outlives a single check. */
  close?(): void;
}

/** What a checker is made from. */
export interface CheckJob<C extends CheckerConfig, Reason extends string = string> {
  config: C;
  /** Where to connect to: what the checker says, else the real server. Network order; port in host order. */
  address: Uint8Array;
  port: number;
  /** The same as text, `[192.0.2.1]:80`. */
  endpoint: string;
  /** `virtual_server → real_server` as in the log, for warnings that are not a result. */
  subject: string;
  done(result: CheckResult<Reason>): void;
}

/** What checkers get of the world; one for all of them. */
export interface CheckerPorts {
  addon: Addon;
  /** Monotonic microseconds. */
  now(): number;
  /** All limits of all checks are in one structure. */
  timers: Timers;
  /** TCP connections with their marks, interfaces and source addresses. */
  connections: Connections;
  /** What TLS connections bring along: the files of the `SSL` block. */
  tls(): SecureContext;
  scripts: Pick<ScriptRunner, "run">;
  /** The account of a script; undefined when it does not exist. */
  identityOf(script: ScriptSetting): Identity | undefined;
  files: Pick<FollowedFiles, "follow" | "valueOf">;
  bfd: Pick<BfdSessions, "follow" | "isUp">;
  warn(text: string): void;
}

/** How the schedule treats the kind; `schedule.ts` describes each. */
export type Policy = "usual" | "urls" | "dialogue" | "script" | "events";

export type ConfigOf<K extends CheckerConfig["kind"]> = Extract<CheckerConfig, { kind: K }>;

/** Everything that is to be known of one kind of checker. */
export interface CheckerRow<C extends CheckerConfig> {
  policy: Policy;
  /** Keyword, as in "TCP_CHECK on service ... failed". */
  keyword: string;
  /** How alert mails call it. */
  mailTitle: string;
  /** Whether it holds a descriptor while it checks: the limit of open files is raised by as many. */
  usesSocket: boolean;
  create(job: CheckJob<C>, ports: CheckerPorts): Check;
}
