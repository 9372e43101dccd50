/** SMTP_CHECK: greeting, HELO, QUIT, each answered (check-ipvs reference, 4.6). The limit counts anew for each step. */
import { Stream, type StreamProblem } from "../effects/streams.js";
import {
  type Check,
  type CheckerPorts,
  type CheckJob,
  type CheckResult,
  type CheckerRow,
  type ConfigOf,
  PASSED,
} from "./checker.js";
import { StepLimit } from "./step-limit.js";
import { type StreamFailure, streamResult } from "./stream-problem.js";
import { connectPlan } from "./tcp.js";

type SmtpConfig = ConfigOf<"smtp">;
type SmtpFailure = StreamFailure | "code" | "noAnswer";

/** What is waited for, and the code that it must have; any code ends the farewell. */
const STEPS = [
  { awaits: "the greeting", code: 220 },
  { awaits: "the answer to HELO", code: 250 },
  { awaits: "the answer to QUIT", code: undefined },
] as const;
/** A line that is not over by then is cut there. */
const MAX_LINE_BYTES = 511;

/** The code of a reply's last line: three digits, then a blank or the end. 0 when there is none. Pure. */
export function replyCode(line: string): number {
  return Number(/^(\d{3})(?=[ \r\n]|$)/.exec(line)?.[1] ?? 0);
}

class SmtpCheck implements Check {
  readonly #job: CheckJob<SmtpConfig, SmtpFailure>;
  readonly #stream: Stream;
  readonly #limit: StepLimit;
  #step = -1;
  #line = "";

  constructor(job: CheckJob<SmtpConfig, SmtpFailure>, ports: CheckerPorts) {
    const { config, address, port } = job;
    this.#job = job;
    const plan = connectPlan(config.target, address, port, true);
    this.#stream = new Stream(ports.connections, plan, undefined, {
      connected: () => this.#next(),
      data: (bytes) => this.#onData(bytes),
      ended: () => this.#fail("noAnswer", `the server ended before ${this.#awaits}`),
      failed: (problem) => this.#onProblem(problem),
    });
    this.#limit = new StepLimit(ports, config.target, (limit) =>
      this.#fail("timeout", `${this.#awaits} did not come within ${limit}`),
    );
  }

  start(): void {
    this.#step = -1;
    this.#limit.begin();
    this.#stream.start();
  }

  cancel(): void {
    this.#limit.end();
    this.#stream.cancel();
  }

  close(): void {
    this.#stream.close();
  }

  get #awaits(): string {
    return STEPS[this.#step]?.awaits ?? "the connection";
  }

  #next(): void {
    this.#step += 1;
    this.#line = "";
    this.#limit.begin();
  }

  #onData(bytes: Uint8Array): void {
    this.#line += Buffer.from(bytes).toString("latin1");
    // The limit is that of the whole line: one that drips in is no answer.
    if (!this.#line.includes("\n") && this.#line.length < MAX_LINE_BYTES) return;
    const line = this.#line.split(/\r?\n/, 1)[0] ?? "";
    const { code, awaits } = STEPS[this.#step] ?? STEPS[2];
    if (code !== undefined && replyCode(line) !== code) {
      return this.#fail("code", `${awaits} is '${line.slice(0, 80)}', not ${code}`);
    }
    if (this.#step === STEPS.length - 1) return this.#end(PASSED);
    const words = this.#step === 0 ? `HELO ${this.#job.config.heloName}` : "QUIT";
    this.#next();
    this.#stream.write(`${words}\r\n`);
  }

  #onProblem(problem: StreamProblem): void {
    this.#end(streamResult(problem, `before ${this.#awaits}`));
  }

  #fail(reason: SmtpFailure, detail: string): void {
    this.#end({ verdict: "failed", reason, detail });
  }

  #end(result: CheckResult<SmtpFailure>): void {
    this.cancel();
    this.#job.done(result);
  }
}

export const smtp: CheckerRow<SmtpConfig> = {
  policy: "dialogue",
  keyword: "SMTP_CHECK",
  mailTitle: "SMTP_CHECK",
  usesSocket: true,
  create: (job, ports) => new SmtpCheck(job, ports),
};
