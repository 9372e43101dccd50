/**
 * PING_CHECK: ICMP echo by the kernel's ping sockets, which fill in identifier and checksum (check-ipvs reference, 4.3).
 * The socket stays open, and the numbers go up, as long as the server answers.
 */
import { type DatagramProblem, Datagrams } from "../effects/datagrams.js";
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
import { StepLimit } from "./step-limit.js";
import { type ConnectFailure, connectPlan } from "./tcp.js";

type PingConfig = ConfigOf<"tcp" | "ping">;
type PingFailure = ConnectFailure | "reply" | "noReply";

const HEADER_BYTES = 8;
const FILLER_BYTES = 128;
const ECHO = { ipv4: { request: 8, reply: 0 }, ipv6: { request: 128, reply: 129 } };

class PingCheck implements Check {
  readonly #job: CheckJob<PingConfig, PingFailure>;
  readonly #datagrams: Datagrams;
  readonly #limit: StepLimit;
  readonly #types: { request: number; reply: number };
  readonly #request = Buffer.alloc(HEADER_BYTES + FILLER_BYTES, "k");
  #sequence = 0;
  /** Whatever comes while nothing is asked says nothing: an answer twice, or word of a router about an old one. */
  #waiting = false;

  constructor(job: CheckJob<PingConfig, PingFailure>, ports: CheckerPorts) {
    const { config, address } = job;
    this.#job = job;
    this.#types = address.length === 4 ? ECHO.ipv4 : ECHO.ipv6;
    // A ping socket has no ports: the number would be its identifier.
    this.#datagrams = new Datagrams(ports.addon, connectPlan(config.target, address, 0, true), "icmp", {
      received: (bytes) => this.#onReply(bytes),
      failed: (problem) => this.#onProblem(problem),
    });
    this.#limit = new StepLimit(ports, config.target, (limit) => this.#onTimeout(limit));
  }

  start(): void {
    this.#sequence = (this.#sequence % 0xffff) + 1;
    this.#request.fill(0, 0, HEADER_BYTES);
    this.#request[0] = this.#types.request;
    this.#request.writeUInt16BE(this.#sequence, 6);
    this.#waiting = true;
    this.#limit.begin();
    this.#datagrams.send(this.#request);
  }

  cancel(): void {
    this.#limit.end();
    this.#datagrams.close();
    this.#sequence = 0;
    this.#waiting = false;
  }

  #onReply(message: Uint8Array): void {
    if (!this.#waiting) return;
    const sequence = ((message[6] ?? 0) << 8) | (message[7] ?? 0);
    if (message.length >= HEADER_BYTES && message[0] === this.#types.reply && sequence === this.#sequence) {
      this.#limit.end();
      this.#waiting = false;
      return this.#job.done(PASSED);
    }
    this.#fail({
      verdict: "failed",
      reason: "reply",
      detail: `an ICMP message of type ${message[0]} came, not the reply`,
    });
  }

  #onProblem(problem: DatagramProblem): void {
    // The socket is closed: the next check opens another one, and counts anew.
    if (!this.#waiting) return this.cancel();
    this.#fail(datagramResult(problem));
  }

  #onTimeout(limit: string): void {
    this.#fail({ verdict: "failed", reason: "noReply", detail: `no reply within ${limit}` });
  }

  #fail(result: CheckResult<PingFailure>): void {
    this.cancel();
    this.#job.done(result);
  }
}

export const ping: CheckerRow<PingConfig> = {
  policy: "usual",
  keyword: "PING_CHECK",
  mailTitle: "PING_CHECK",
  usesSocket: true,
  create: (job, ports) => new PingCheck(job, ports),
};
