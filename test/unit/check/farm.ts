/**
 * A balancer in virtual time: the real director, with servers that are sockets which listen or not, scripts that exit
 * with what a file says, and files with numbers. Nothing waits.
 */
import type { CheckConfig, CheckerConfig } from "../../../src/config/check-model.js";
import type { Checker } from "../../../src/check/checker-state.js";
import { type CheckerFacts } from "../../../src/check/checker-state.js";
import type { CheckResult } from "../../../src/check/checkers/checker.js";
import { Director } from "../../../src/check/director.js";
import type { CheckEffect } from "../../../src/check/events.js";
import type { ServiceSetting } from "../../../src/check/ipvs/model.js";
import { servicesOf } from "../../../src/check/services.js";
import { serverLine, serviceLine } from "../../../src/notify/fifo-lines.js";

export const SECOND = 1_000_000;

/** Scheduling and names of every kind, as the table of checkers has them. */
const FACTS: Record<CheckerConfig["kind"], CheckerFacts> = {
  tcp: { policy: "usual", keyword: "TCP_CHECK", mailTitle: "TCP CHECK" },
  udp: { policy: "usual", keyword: "UDP_CHECK", mailTitle: "UDP CHECK" },
  ping: { policy: "usual", keyword: "PING_CHECK", mailTitle: "ICMP CHECK" },
  dns: { policy: "usual", keyword: "DNS_CHECK", mailTitle: "DNS_CHECK:" },
  http: { policy: "urls", keyword: "HTTP_GET", mailTitle: "CHECK" },
  ssl: { policy: "urls", keyword: "SSL_GET", mailTitle: "CHECK" },
  smtp: { policy: "dialogue", keyword: "SMTP_CHECK", mailTitle: "CHECK" },
  misc: { policy: "script", keyword: "MISC_CHECK", mailTitle: "MISC CHECK" },
  file: { policy: "events", keyword: "FILE_CHECK", mailTitle: "FILE CHECK" },
  bfd: { policy: "events", keyword: "BFD_CHECK", mailTitle: "BFD CHECK" },
};

export const PASS: CheckResult = { verdict: "passed" };
export const FAIL: CheckResult = { verdict: "failed", reason: "refused", detail: "connection refused" };

/** What a check finds now. `at` is the time, in microseconds. */
type World = (checker: Checker, at: number) => CheckResult;

export class Farm {
  now = 0;
  readonly director: Director;
  /** Lines of the FIFO since the last call of `takeLines`. */
  #lines: string[] = [];
  #scripts: string[] = [];
  readonly log: string[] = [];
  readonly mails: string[] = [];
  /** Checkers whose check is to be made anew. */
  readonly prepared: Checker[] = [];
  /** Every check: when, and of which checker. */
  readonly checks: Array<{ at: number; checker: Checker }> = [];
  /** Services that were handed over, by name, since the last call of `takeApplied`. */
  #applied: string[] = [];
  /** What the timer of each checker is set to: it goes off then, whatever the schedule says by that time. */
  readonly #timers = new Map<Checker, number>();
  #config: CheckConfig;
  readonly #world: World;

  constructor(config: CheckConfig, world: World, offset = 0) {
    this.#config = config;
    this.#world = world;
    this.director = new Director(config, (kind) => FACTS[kind], offset);
    this.tellEvents();
  }

  start(): void {
    this.#carryOut(this.director.start());
    this.#carryOut(this.director.begin(this.now));
  }

  reload(config: CheckConfig): void {
    this.#config = config;
    this.#carryOut(this.director.reconfigure(config, this.now));
    this.tellEvents();
  }

  stop(): void {
    this.#carryOut(this.director.stop());
  }

  /** Checkers that follow events are told what they follow. */
  tellEvents(): void {
    for (const checker of [...this.director.checkers()]) {
      if (!checker.schedule.followsEvents) continue;
      this.#carryOut(this.director.finish(checker, this.#world(checker, this.now), this.now));
    }
  }

  setAddressCount(name: string, count: number): void {
    for (const service of this.director.services) {
      if (service.name === name) this.#carryOut(this.director.setAddressCount(service, count, this.now));
    }
  }

  /** Runs everything that is due until then; checks take no time. */
  advance(micros: number): void {
    const until = this.now + micros;
    for (;;) {
      let next: Checker | undefined;
      let at = until;
      for (const [checker, time] of this.#timers) {
        if (time > at || (time === at && next !== undefined)) continue;
        next = checker;
        at = time;
      }
      if (next === undefined) break;
      this.now = Math.max(this.now, at);
      this.#check(next);
    }
    this.now = until;
  }

  #check(checker: Checker): void {
    this.#timers.delete(checker);
    if (this.director.due(checker, this.now)) {
      this.checks.push({ at: this.now, checker });
      this.#carryOut(this.director.finish(checker, this.#world(checker, this.now), this.now));
    }
    this.#arm(checker);
  }

  #arm(checker: Checker): void {
    const { nextAt } = checker.schedule;
    if (nextAt !== Number.POSITIVE_INFINITY) this.#timers.set(checker, nextAt);
  }

  /** What is in the kernel's table, were there one. */
  services(): ServiceSetting[] {
    const groups = new Map(this.#config.groups.map((group) => [group.name, group]));
    return this.director.services.flatMap((service) => servicesOf(service, groups));
  }

  takeLines(): string[] {
    return this.#lines.splice(0);
  }

  takeScripts(): string[] {
    return this.#scripts.splice(0);
  }

  takeApplied(): string[] {
    return this.#applied.splice(0);
  }

  #carryOut(effects: readonly CheckEffect[]): void {
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: CheckEffect): void {
    switch (effect.kind) {
      case "notifyServer": {
        const { service, server, up } = effect;
        const script = up ? server.config.notifyUp : server.config.notifyDown;
        if (script !== undefined) this.#scripts.push(script.args.slice(1).join(" "));
        this.#lines.push(serverLine(server.name, service.name, up).trimEnd());
        break;
      }
      case "notifyQuorum": {
        const { service, up } = effect;
        const script = up ? service.config.quorumUp : service.config.quorumDown;
        if (script !== undefined) this.#scripts.push(script.args.slice(1).join(" "));
        this.#lines.push(serviceLine(service.name, up).trimEnd());
        break;
      }
      case "log":
        this.log.push(effect.text);
        break;
      case "alert":
        this.mails.push(`${effect.alert.subject}: ${effect.alert.body}`);
        break;
      case "apply":
      case "withdraw":
        this.#applied.push(effect.service.name);
        break;
      case "prepare":
        this.prepared.push(effect.checker);
        this.#arm(effect.checker);
        break;
      case "arm":
        this.#arm(effect.checker);
        break;
      case "discard":
        this.#timers.delete(effect.checker);
        break;
      default:
        effect satisfies never;
    }
  }
}
