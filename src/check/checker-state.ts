/**
 * One configured checker with its state: the schedule, what it does to the weight, and what it said last. Pure.
 */
import type { CheckerConfig } from "../config/check-model.js";
import type { CheckerRow, CheckResult, WeightChange } from "./checkers/checker.js";
import type { RealServer } from "./real-server.js";
import { eventSchedule, type Policy, Schedule, type ScheduleOptions } from "./schedule.js";

/** What has to be known of a kind of checker here; the row of the table has it. */
export type CheckerFacts = Pick<CheckerRow<never>, "policy" | "keyword" | "mailTitle">;

/** undefined: this version has no checker of that kind. */
export type FactsOf = (kind: CheckerConfig["kind"]) => CheckerFacts | undefined;

export class Checker {
  config: CheckerConfig;
  readonly facts: CheckerFacts;
  readonly schedule: Schedule;
  /** Whom it checks; another object after a reload. */
  server: RealServer;
  weight: WeightChange | undefined;
  /** Why the last check failed or could not be carried out; "" after a success. */
  detail = "";
  /** The last result of one that follows events, kept while it is suspended. */
  missed: CheckResult | undefined;
  /** Results since the start, for the dump. */
  readonly counts = { passed: 0, failed: 0, notRun: 0 };

  /**
   * @param id small and unlike that of any other checker; used again when one is gone
   */
  constructor(
    readonly id: number,
    config: CheckerConfig,
    facts: CheckerFacts,
    server: RealServer,
  ) {
    this.config = config;
    this.facts = facts;
    this.server = server;
    this.schedule = new Schedule(scheduleOptions(config, facts.policy));
  }

  /** Takes another definition with the same identity, and moves to another server object. */
  adopt(config: CheckerConfig, server: RealServer, now: number): void {
    this.config = config;
    this.server = server;
    this.schedule.adopt(scheduleOptions(config, this.facts.policy), now);
  }
}

function scheduleOptions(config: CheckerConfig, policy: Policy): ScheduleOptions {
  if (config.kind === "file")
    return { policy, settings: eventSchedule(false), parts: 1, fastRecovery: false };
  if (config.kind === "bfd")
    return { policy, settings: eventSchedule(config.alpha), parts: 1, fastRecovery: false };
  const isHttp = config.kind === "http" || config.kind === "ssl";
  return {
    policy,
    settings: config.schedule,
    parts: isHttp ? config.urls.length : 1,
    fastRecovery: isHttp && config.fastRecovery,
  };
}

/**
 * By what a reload recognises a checker, so that it keeps its state (check-ipvs reference, 7.2): not its timing, and not
 * everything that it does.
 */
export function identityOf(config: CheckerConfig): string {
  switch (config.kind) {
    case "tcp":
    case "ping":
    case "udp":
      return JSON.stringify([config.kind, config.target]);
    case "http":
    case "ssl": {
      const urls = config.urls.map(({ tlsCompliant: _, ...url }) => url);
      return JSON.stringify([config.kind, config.target, urls]);
    }
    case "smtp":
      return JSON.stringify([config.kind, config.target, config.heloName]);
    case "dns":
      return JSON.stringify([config.kind, config.target, config.type, config.name]);
    case "misc":
      return JSON.stringify([config.kind, config.script.args, config.dynamic]);
    case "file":
      return JSON.stringify([config.kind, config.trackFile]);
    case "bfd":
      return JSON.stringify([config.kind, config.session]);
  }
}

/** What a definition says besides what a check does. */
const NOT_COMPARED: ReadonlySet<string> = new Set(["schedule", "position"]);

/** Whether two checks do the same; otherwise the check is made anew, although the checker may keep its state. */
export function sameDefinition(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const before = a as Record<string, unknown>;
  const after = b as Record<string, unknown>;
  for (const key in before) {
    if (!NOT_COMPARED.has(key) && !sameDefinition(before[key], after[key])) return false;
  }
  for (const key in after) if (!NOT_COMPARED.has(key) && !(key in before)) return false;
  return true;
}
