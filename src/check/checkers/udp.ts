/**
 * UDP_CHECK: one datagram, and what may come back (check-ipvs reference, 4.2). Silence is a success unless a reply is
 * required; a port that is unreachable is not.
 */
import type { ReplyPattern } from "../../config/check-model.js";
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
import { datagramFailure } from "./datagram-problem.js";
import { StepLimit } from "./step-limit.js";
import { type ConnectFailure, connectPlan } from "./tcp.js";

type UdpConfig = ConfigOf<"udp">;
type UdpFailure = ConnectFailure | "reply" | "noReply";

/** Sent without a payload of its own: any data does. */
const FILLER = new TextEncoder().encode("keepalived health check datagram");

/** Why a reply does not do; undefined when it does. Pure. */
export function replyProblem(
  reply: Uint8Array,
  pattern: ReplyPattern | undefined,
  minBytes: number,
  maxBytes: number,
): string | undefined {
  if (reply.length < minBytes) return `the reply has ${reply.length} bytes, at least ${minBytes} are wanted`;
  if (reply.length > maxBytes) return `the reply has ${reply.length} bytes, at most ${maxBytes} are wanted`;
  if (pattern === undefined) return undefined;
  const [bytes, mask] = [Buffer.from(pattern.bytes, "hex"), Buffer.from(pattern.mask, "hex")];
  for (let i = 0; i < Math.min(reply.length, bytes.length); i++) {
    if ((((reply[i] ?? 0) ^ (bytes[i] ?? 0)) & (mask[i] ?? 0)) !== 0) return `byte ${i} of the reply differs`;
  }
  return undefined;
}

class UdpCheck implements Check {
  readonly #job: CheckJob<UdpConfig, UdpFailure>;
  readonly #datagrams: Datagrams;
  readonly #limit: StepLimit;
  readonly #payload: Uint8Array;

  constructor(job: CheckJob<UdpConfig, UdpFailure>, ports: CheckerPorts) {
    const { config, address, port } = job;
    this.#job = job;
    this.#payload = config.payload === undefined ? FILLER : Buffer.from(config.payload, "hex");
    this.#datagrams = new Datagrams(ports.addon, connectPlan(config.target, address, port, true), "udp", {
      received: (bytes) => this.#onReply(bytes),
      failed: (problem) => this.#onProblem(problem),
    });
    this.#limit = new StepLimit(ports, config.target, (limit) => this.#onTimeout(limit));
  }

  start(): void {
    this.#limit.begin();
    this.#datagrams.send(this.#payload);
  }

  cancel(): void {
    this.#limit.end();
    this.#datagrams.close();
  }

  #onReply(reply: Uint8Array): void {
    const { replyRequired, reply: pattern, minReplyBytes, maxReplyBytes } = this.#job.config;
    const problem = replyRequired ? replyProblem(reply, pattern, minReplyBytes, maxReplyBytes) : undefined;
    this.#end(problem === undefined ? PASSED : { verdict: "failed", reason: "reply", detail: problem });
  }

  /** Every error is the server's (check-ipvs reference, 3.1). */
  #onProblem(problem: DatagramProblem): void {
    this.#end(datagramFailure(problem));
  }

  #onTimeout(limit: string): void {
    if (!this.#job.config.replyRequired) return this.#end(PASSED);
    this.#end({ verdict: "failed", reason: "noReply", detail: `no reply within ${limit}` });
  }

  #end(result: CheckResult<UdpFailure>): void {
    this.cancel();
    this.#job.done(result);
  }
}

export const udp: CheckerRow<UdpConfig> = {
  policy: "usual",
  keyword: "UDP_CHECK",
  mailTitle: "UDP_CHECK",
  usesSocket: true,
  create: (job, ports) => new UdpCheck(job, ports),
};
