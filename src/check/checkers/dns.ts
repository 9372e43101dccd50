/** DNS_CHECK: a question by UDP; any reply without an error is a success, whatever it answers (check-ipvs reference, 4.7). */
import { randomInt } from "node:crypto";
import { Datagrams } from "../effects/datagrams.js";
import {
  type Check,
  type CheckerPorts,
  type CheckJob,
  type CheckResult,
  type CheckerRow,
  type ConfigOf,
  PASSED,
} from "./checker.js";
import { datagramResult } from "./datagram-problem.js";
import { encodeQuestion, readReply } from "./dns-message.js";
import { StepLimit } from "./step-limit.js";
import { type ConnectFailure, connectPlan } from "./tcp.js";

type DnsConfig = ConfigOf<"dns">;
type DnsFailure = ConnectFailure | "response" | "noReply";

class DnsCheck implements Check {
  readonly #job: CheckJob<DnsConfig, DnsFailure>;
  readonly #datagrams: Datagrams;
  readonly #limit: StepLimit;
  #id = 0;

  constructor(job: CheckJob<DnsConfig, DnsFailure>, ports: CheckerPorts) {
    const { config, address, port } = job;
    this.#job = job;
    this.#datagrams = new Datagrams(ports.addon, connectPlan(config.target, address, port, true), "udp", {
      received: (bytes) => this.#onReply(bytes),
      failed: (problem) => this.#end(datagramResult(problem)),
    });
    this.#limit = new StepLimit(ports, config.target, (limit) => this.#onTimeout(limit));
  }

  start(): void {
    const { name, type } = this.#job.config;
    // Unpredictable, so that nobody can answer who did not see the question.
    this.#id = randomInt(0x10000);
    this.#limit.begin();
    this.#datagrams.send(encodeQuestion(this.#id, name, type));
  }

  cancel(): void {
    this.#limit.end();
    this.#datagrams.close();
  }

  #onReply(message: Uint8Array): void {
    const code = readReply(message, this.#id);
    // Somebody else's: the wait goes on.
    if (code === undefined) return;
    this.#end(
      code === "NOERROR"
        ? PASSED
        : { verdict: "failed", reason: "response", detail: `the server says ${code}` },
    );
  }

  #onTimeout(limit: string): void {
    this.#end({ verdict: "failed", reason: "noReply", detail: `no reply within ${limit}` });
  }

  #end(result: CheckResult<DnsFailure>): void {
    this.cancel();
    this.#job.done(result);
  }
}

export const dns: CheckerRow<DnsConfig> = {
  policy: "usual",
  keyword: "DNS_CHECK",
  mailTitle: "DNS_CHECK",
  usesSocket: true,
  create: (job, ports) => new DnsCheck(job, ports),
};
