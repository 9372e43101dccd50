/**
 * All virtual servers of this host, with their checkers: takes results and times, answers with what has to be done. Pure;
 * `runtime.ts` feeds it and carries out.
 */
import type { CheckConfig, RealServerConfig } from "../config/check-model.js";
import type { CheckResult } from "./checkers/checker.js";
import { Checker, type FactsOf } from "./checker-state.js";
import type { CheckEffect } from "./events.js";
import { type NamedService, nameServices, serverName } from "./names.js";
import { RealServer } from "./real-server.js";
import { inheritService } from "./reload.js";
import { type Micros, type Report, spreadShare } from "./schedule.js";
import { VirtualServer } from "./virtual-server.js";
import { checkerBody, checkerLine, REMOVING, serverAlert } from "./wording.js";

const NOTHING: readonly CheckEffect[] = [];

export class Director {
  readonly #factsOf: FactsOf;
  /** From 0 to 1: where in their warm-up the checkers of this host begin. */
  readonly #offset: number;
  #config: CheckConfig;
  #services: VirtualServer[] = [];
  #byKey = new Map<string, VirtualServer>();
  readonly #serviceOf = new Map<RealServer, VirtualServer>();
  #started = false;
  /** Numbers of checkers that are gone. */
  readonly #freeIds: number[] = [];
  #nextId = 0;

  constructor(config: CheckConfig, factsOf: FactsOf, offset: number) {
    this.#factsOf = factsOf;
    this.#offset = offset;
    this.#config = config;
    this.#setServices(nameServices(config).map((named) => this.#newService(named)));
    for (const { servers } of this.#services) for (const server of servers) server.countInitially();
  }

  get services(): readonly VirtualServer[] {
    return this.#services;
  }

  *checkers(): Generator<Checker> {
    for (const { servers } of this.#services) for (const { checkers } of servers) yield* checkers;
  }

  serviceOf(checker: Checker): VirtualServer {
    const service = this.#serviceOf.get(checker.server);
    if (service === undefined) throw new Error(`checker ${checker.id} belongs to no virtual server`);
    return service;
  }

  /** Everybody is there; what checkers that follow events have said before counts as the state at the start. */
  start(): CheckEffect[] {
    const out: CheckEffect[] = [];
    this.#started = true;
    for (const service of this.#services) {
      service.begin(out);
      if (this.#config.global.lvs.notifyInitially) service.notifyInitially(out);
    }
    return out;
  }

  /** The checks begin. */
  begin(now: Micros): CheckEffect[] {
    const out: CheckEffect[] = [];
    let index = 0;
    for (const checker of this.checkers()) {
      checker.schedule.begin(now, spreadShare(index++, this.#offset));
      this.#announce(checker, out);
      out.push({ kind: "arm", checker });
    }
    return out;
  }

  /** The next check of a checker is due. @returns whether to start it; else its next turn is in its schedule */
  due(checker: Checker, now: Micros): boolean {
    if (this.serviceOf(checker).suspended) {
      checker.schedule.onSkipped(now);
      return false;
    }
    checker.schedule.onStarted(now);
    return true;
  }

  /** A check has ended. Its next turn is in its schedule. */
  finish(checker: Checker, result: CheckResult, now: Micros): readonly CheckEffect[] {
    if (!this.#started) return this.#takeInitial(checker, result);
    if (result.verdict === "notRun") return this.#onNotRun(checker, result.detail, now);
    const service = this.serviceOf(checker);
    if (service.suspended) {
      if (checker.schedule.followsEvents) checker.missed = result;
      else checker.schedule.onSkipped(now);
      return NOTHING;
    }
    if (result.verdict === "passed") return this.#onPassed(service, checker, result, now);
    return this.#onFailed(service, checker, result.detail, now);
  }

  #onPassed(
    service: VirtualServer,
    checker: Checker,
    { weight }: Extract<CheckResult, { verdict: "passed" }>,
    now: Micros,
  ): readonly CheckEffect[] {
    checker.counts.passed++;
    checker.detail = "";
    const report = checker.schedule.onPassed(now);
    const reweighed = weight?.kind !== checker.weight?.kind || weight?.weight !== checker.weight?.weight;
    if (report === undefined && !reweighed) return NOTHING;
    const out: CheckEffect[] = [];
    // The weight of a server that comes back is the new one from the start.
    if (reweighed) {
      if (checker.server.alive) service.setWeight(checker.server, checker, weight, out);
      else checker.weight = weight;
    }
    if (report !== undefined) this.#onReport(service, checker, report, 0, out);
    return out;
  }

  #onFailed(service: VirtualServer, checker: Checker, detail: string, now: Micros): readonly CheckEffect[] {
    const { schedule } = checker;
    const { failures, up, hasRun } = schedule;
    checker.counts.failed++;
    checker.detail = detail;
    const report = schedule.onFailed(now);
    if (report === undefined) {
      if (!up || !this.#logsAllFailures(checker)) return NOTHING;
      const { keyword } = checker.facts;
      return [
        { kind: "log", level: "info", text: checkerLine(keyword, checker.server.name, false, 0, detail) },
      ];
    }
    const out: CheckEffect[] = [];
    this.#onReport(service, checker, report, hasRun ? failures : 0, out);
    // What it said about the weight ends with it.
    if (checker.weight !== undefined) checker.weight = undefined;
    return out;
  }

  #logsAllFailures({ schedule }: Checker): boolean {
    return schedule.settings.logAllFailures || this.#config.global.lvs.logAllFailures;
  }

  #onReport(
    service: VirtualServer,
    checker: Checker,
    report: Report,
    retries: number,
    out: CheckEffect[],
  ): void {
    const { server, facts, detail } = checker;
    const up = report === "up" || report === "stillUp";
    out.push({
      kind: "log",
      level: "info",
      text: checkerLine(facts.keyword, server.name, up, retries, detail),
    });
    if (report === "stillUp") return;
    if (report === "stillDown") {
      out.push({ kind: "apply", service });
      return service.notifyServer(server, out);
    }
    const before = server.alive;
    service.onCheckerChanged(server, up, out);
    const { serverChangesOnly } = this.#config.global.mail;
    if (!server.config.smtpAlert || (serverChangesOnly && server.alive === before)) return;
    const body = checkerBody(facts.mailTitle, up, detail);
    out.push({ kind: "alert", alert: serverAlert(server.name, service.name, server.alive, body) });
  }

  #onNotRun(checker: Checker, detail: string, now: Micros): readonly CheckEffect[] {
    checker.counts.notRun++;
    checker.schedule.onSkipped(now);
    if (checker.detail === detail) return NOTHING;
    checker.detail = detail;
    const text = `${checker.facts.keyword} on service ${checker.server.name} could not be carried out: ${detail}; it is tried again`;
    return [{ kind: "log", level: "warning", text }];
  }

  /** Before the start: the state of a file or a session counts as it is, and nobody is told. */
  #takeInitial(checker: Checker, result: CheckResult): readonly CheckEffect[] {
    if (result.verdict === "notRun") return NOTHING;
    const { schedule, server } = checker;
    const before = schedule.up;
    if (result.verdict === "passed") {
      schedule.onPassed(0);
      checker.weight = result.weight;
    } else {
      schedule.onFailed(0);
      checker.detail = result.detail;
    }
    if (schedule.up !== before) server.failedCheckers += schedule.up ? -1 : 1;
    server.alive = server.failedCheckers === 0;
    return NOTHING;
  }

  /** ha_suspend: how often the addresses of a service are on this host. */
  setAddressCount(service: VirtualServer, count: number, now: Micros): CheckEffect[] {
    const before = service.suspended;
    service.addressCount = count;
    if (service.suspended === before || !this.#started) return [];
    const out: CheckEffect[] = [];
    for (const { checkers } of service.servers) {
      for (const checker of checkers) {
        this.#announce(checker, out);
        const { missed } = checker;
        if (before && missed !== undefined) {
          checker.missed = undefined;
          out.push(...this.finish(checker, missed, now));
        }
      }
    }
    return out;
  }

  #announce(checker: Checker, out: CheckEffect[]): void {
    const service = this.serviceOf(checker);
    const verb = service.suspended ? "Suspending" : "Activating";
    const text = `${verb} healthchecker for service ${checker.server.name} for VS ${service.name}`;
    out.push({ kind: "log", level: "info", text });
  }

  /**
   * Takes another configuration: what is the same keeps its state (check-ipvs reference, 7.2 and 7.3). A virtual server
   * whose definition is the very same object as before is left as it is, so that a reload costs what it changes.
   */
  reconfigure(config: CheckConfig, now: Micros): CheckEffect[] {
    const out: CheckEffect[] = [];
    const before = this.#byKey;
    const named = nameServices(config);
    const kept = new Set(named.map(({ key }) => key));
    for (const [key, service] of before) if (!kept.has(key)) this.#removeService(service, out);
    this.#config = config;
    const context = {
      now,
      newChecker: (checker: RealServerConfig["checkers"][number], server: RealServer) =>
        this.#newChecker(checker, server),
      discard: (checker: Checker) => this.#discard(checker, out),
    };
    this.#setServices(
      named.map((one) => {
        const old = before.get(one.key);
        if (old === undefined) return this.#newServiceOfReload(one, out);
        return old.config === one.config ? old : inheritService(one, old, context, out);
      }),
    );
    for (const service of this.#services) {
      // The addresses of a group, and what marks do for it, may have changed although its virtual server has not.
      if (service !== before.get(service.key) || service.config.service.kind === "group") service.begin(out);
    }
    this.#armNew(now, out);
    return out;
  }

  /** Checkers that a reload brought. */
  #armNew(now: Micros, out: CheckEffect[]): void {
    let index = 0;
    for (const effect of [...out]) {
      if (effect.kind !== "prepare" || effect.checker.schedule.hasRun) continue;
      effect.checker.schedule.begin(now, spreadShare(index++, this.#offset));
      this.#announce(effect.checker, out);
      out.push({ kind: "arm", checker: effect.checker });
    }
  }

  #removeService(service: VirtualServer, out: CheckEffect[]): void {
    out.push({
      kind: "log",
      level: "info",
      text: `Removing VS ${service.name}: it is not configured any more`,
    });
    service.remove(REMOVING, out);
    for (const { checkers } of service.servers) for (const checker of checkers) this.#discard(checker, out);
  }

  #discard(checker: Checker, out: CheckEffect[]): void {
    this.#freeIds.push(checker.id);
    out.push({ kind: "discard", checker });
  }

  /** The daemon stops: what its users asked to be told (omega). */
  stop(): CheckEffect[] {
    const out: CheckEffect[] = [];
    const servers = this.#config.global.lvs.flushOnStop === "no";
    for (const service of this.#services) service.stop(servers, out);
    return out;
  }

  #setServices(services: VirtualServer[]): void {
    const before = new Set(this.#services);
    this.#services = services;
    this.#byKey = new Map(services.map((service) => [service.key, service]));
    for (const service of services) {
      if (before.delete(service)) continue;
      for (const server of service.servers) this.#serviceOf.set(server, service);
    }
    for (const { servers } of before) for (const server of servers) this.#serviceOf.delete(server);
  }

  #newServiceOfReload(named: NamedService, out: CheckEffect[]): VirtualServer {
    const service = this.#newService(named);
    for (const server of service.servers) {
      server.countInitially();
      for (const checker of server.checkers) out.push({ kind: "prepare", checker });
    }
    return service;
  }

  #newService(named: NamedService): VirtualServer {
    const { config } = named;
    const servers = config.realServers.map((server) => {
      const real = new RealServer(server, serverName(server, config));
      real.checkers = server.checkers.flatMap((checker) => this.#newChecker(checker, real) ?? []);
      return real;
    });
    return new VirtualServer(named, servers);
  }

  #newChecker(config: RealServerConfig["checkers"][number], server: RealServer): Checker | undefined {
    const facts = this.#factsOf(config.kind);
    return facts && new Checker(this.#freeIds.pop() ?? this.#nextId++, config, facts, server);
  }
}
