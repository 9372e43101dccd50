/**
 * TCP_CHECK: connects and lets go (check-ipvs reference, 4.1). Passed when the server accepts; nothing is sent.
 */
import { parseAddress } from "../../net/ip-address.js";
import { sockaddrOf } from "../../net/socket-address.js";
import type { ConnectOutcome, Connection, ConnectPlan } from "../effects/connections.js";
import type { CheckTarget } from "../../config/check-model.js";
import {
  type Check,
  type CheckerPorts,
  type CheckJob,
  type CheckerRow,
  type ConfigOf,
  PASSED,
} from "./checker.js";
import { StepLimit } from "./step-limit.js";

/** Why a connection did not come about, for every checker that makes one. */
export type ConnectFailure = "refused" | "unreachable" | "reset" | "timeout";

const REASONS: Record<string, { reason: ConnectFailure; words: string }> = {
  ECONNREFUSED: { reason: "refused", words: "connection refused" },
  ECONNRESET: { reason: "reset", words: "connection reset" },
  ECONNABORTED: { reason: "reset", words: "connection aborted" },
  ENETUNREACH: { reason: "unreachable", words: "no route to the network" },
  EHOSTUNREACH: { reason: "unreachable", words: "no route to the host" },
  EHOSTDOWN: { reason: "unreachable", words: "the host is down" },
  ENETDOWN: { reason: "unreachable", words: "the network is down" },
  ETIMEDOUT: { reason: "timeout", words: "the kernel gave up connecting" },
};

/** The reason behind an errno of a connection, and its words. */
export function connectFailure(code: string): { reason: ConnectFailure; words: string } {
  return REASONS[code] ?? { reason: "unreachable", words: `connection failed (${code})` };
}

/**
 * How to reach the target of a checker: the part of a job that every checker over TCP needs. Scopes of link-local
 * addresses are left out: the socket is bound to the interface by its name, which outlives its number.
 */
export function connectPlan(
  target: CheckTarget,
  address: Uint8Array,
  port: number,
  keep: boolean,
): ConnectPlan {
  const source = target.bindAddress === undefined ? undefined : parseAddress(target.bindAddress);
  return {
    destination: sockaddrOf(address, port),
    ...(source !== undefined && { source: sockaddrOf(source, target.bindPort ?? 0) }),
    ...(target.bindInterface !== undefined && { interface: target.bindInterface }),
    mark: target.mark,
    keep,
  };
}

type TcpConfig = ConfigOf<"tcp" | "ping">;

class TcpCheck implements Check {
  readonly #job: CheckJob<TcpConfig, ConnectFailure>;
  readonly #connection: Connection;
  readonly #limit: StepLimit;

  constructor(job: CheckJob<TcpConfig, ConnectFailure>, ports: CheckerPorts) {
    const { config, address, port } = job;
    this.#job = job;
    const plan = connectPlan(config.target, address, port, false);
    this.#connection = ports.connections.prepare(plan, (outcome) => this.#onOutcome(outcome));
    this.#limit = new StepLimit(ports, config.target, (limit) => this.#onTimeout(limit));
  }

  start(): void {
    this.#limit.begin();
    this.#connection.start();
  }

  cancel(): void {
    this.#limit.end();
    this.#connection.cancel();
  }

  close(): void {
    this.#connection.close();
  }

  #onOutcome(outcome: ConnectOutcome): void {
    this.#limit.end();
    switch (outcome.kind) {
      case "connected":
        return this.#job.done(PASSED);
      case "refused": {
        const { reason, words } = connectFailure(outcome.code);
        return this.#job.done({ verdict: "failed", reason, detail: words });
      }
      case "notRun":
        return this.#job.done({ verdict: "notRun", detail: `${outcome.call}: ${outcome.code}` });
      default:
        outcome satisfies never;
    }
  }

  #onTimeout(limit: string): void {
    this.#connection.cancel();
    this.#job.done({ verdict: "failed", reason: "timeout", detail: `no connection within ${limit}` });
  }
}

export const tcp: CheckerRow<TcpConfig> = {
  policy: "usual",
  keyword: "TCP_CHECK",
  mailTitle: "TCP CHECK",
  usesSocket: true,
  create: (job, ports) => new TcpCheck(job, ports),
};
