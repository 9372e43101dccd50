/**
 * The checks of all checkers with their timers: one record per checker, made once, so that a check that changes nothing
 * allocates nothing.
 */
import { parseAddress } from "../../net/ip-address.js";
import type { CheckerConfig } from "../../config/check-model.js";
import type { Checker } from "../checker-state.js";
import type { Check, CheckerPorts, CheckerRow, CheckJob, CheckResult } from "../checkers/checker.js";
import type { CheckerTable } from "../checkers/table.js";
import type { CheckTimer, Timers } from "./timers.js";

interface ProbePorts {
  timers: Timers;
  checkers: CheckerPorts;
  table: CheckerTable;
  /** @returns whether to check now; otherwise the schedule of the checker says when next */
  due(checker: Checker, now: number): boolean;
  /** A check has ended; the schedule says when the next one is due. */
  finished(checker: Checker, result: CheckResult): void;
  subjectOf(checker: Checker): string;
}

class Probe {
  readonly timer: CheckTimer;
  readonly check: Check;
  readonly #checker: Checker;
  readonly #ports: ProbePorts;
  #closed = false;

  constructor(checker: Checker, ports: ProbePorts) {
    this.#checker = checker;
    this.#ports = ports;
    this.timer = ports.timers.create((now) => this.#onDue(now));
    this.check = this.#create();
  }

  #create(): Check {
    const { config, server } = this.#checker;
    const row = this.#ports.table[config.kind];
    if (row === undefined) throw new Error(`there is no checker of the kind '${config.kind}'`);
    const target = "target" in config ? config.target : undefined;
    const address = target?.address?.text ?? server.config.address;
    const port = target?.port ?? server.config.checkPort;
    const job: CheckJob<CheckerConfig> = {
      config,
      address: parseAddress(address) ?? new Uint8Array(4),
      port,
      endpoint: `[${address}]:${port}`,
      subject: this.#ports.subjectOf(this.#checker),
      done: (result) => this.#onDone(result),
    };
    // The row and the configuration are of the same kind, which the type of the table cannot say.
    return (row as CheckerRow<CheckerConfig>).create(job, this.#ports.checkers);
  }

  #onDue(now: number): void {
    if (this.#ports.due(this.#checker, now)) this.check.start(this.#checker.schedule.part);
    else this.arm();
  }

  #onDone(result: CheckResult): void {
    if (this.#closed) return;
    this.#ports.finished(this.#checker, result);
    this.arm();
  }

  /** As the schedule says. */
  arm(): void {
    const { nextAt } = this.#checker.schedule;
    if (nextAt !== Number.POSITIVE_INFINITY) this.#ports.timers.set(this.timer, nextAt);
  }

  close(): void {
    this.#closed = true;
    this.#ports.timers.cancel(this.timer);
    this.check.cancel();
    this.check.close?.();
  }
}

export class Probes {
  readonly #ports: ProbePorts;
  /** Index is the id of the checker. */
  readonly #probes: Array<Probe | undefined> = [];

  constructor(ports: ProbePorts) {
    this.#ports = ports;
  }

  /** Makes the check of a checker, or makes it anew; one that was under way is then due at once. */
  prepare(checker: Checker, now: number): void {
    const before = this.#probes[checker.id];
    before?.close();
    const probe = new Probe(checker, this.#ports);
    this.#probes[checker.id] = probe;
    if (checker.schedule.followsEvents) return probe.check.start(0);
    if (before === undefined) return;
    if (checker.schedule.nextAt === Number.POSITIVE_INFINITY) checker.schedule.nextAt = now;
    probe.arm();
  }

  arm(checker: Checker): void {
    this.#probes[checker.id]?.arm();
  }

  discard(checker: Checker): void {
    this.#probes[checker.id]?.close();
    this.#probes[checker.id] = undefined;
  }

  close(): void {
    for (const probe of this.#probes) probe?.close();
    this.#probes.length = 0;
  }
}
