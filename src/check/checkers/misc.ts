/**
 * MISC_CHECK: a script's exit status (check-ipvs reference, 4.8). With misc_dynamic the statuses from 2 on are a success
 * that sets the weight to the status minus 2.
 */
import type { RunOutcome, RunningScript } from "../../platform/script-runner.js";
import type { CheckTimer } from "../effects/timers.js";
import {
  type Check,
  type CheckerPorts,
  type CheckJob,
  type CheckResult,
  type CheckerRow,
  type ConfigOf,
  PASSED,
} from "./checker.js";

type MiscConfig = ConfigOf<"misc">;
/** Ours, or the host's, and no fault of the script: too many processes or descriptors, no memory. */
const SHORTAGES = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]);
/**
 * From the limit to a verdict without the script's end: TERM and KILL have had their time, and one that still hangs in
 * the kernel (a file system of a dead server) may hang for ever.
 */
const HANGING_MICROS = 5_000_000;

type MiscFailure = "status" | "signal" | "timeout" | "notStarted";

/** What the end of a script says about the server. Pure. */
export function scriptResult(
  { status, failure, startError, timedOut, stderr }: RunOutcome,
  dynamic: boolean,
): CheckResult<MiscFailure> {
  const words = `${failure ?? "ended"}${stderr === "" ? "" : ` (${stderr})`}`;
  if (startError !== undefined) {
    if (SHORTAGES.has(startError)) return { verdict: "notRun", detail: `the script ${words}` };
    return { verdict: "failed", reason: "notStarted", detail: `the script ${words}` };
  }
  if (timedOut) return { verdict: "failed", reason: "timeout", detail: `the script ${words}` };
  if (status < 0) return { verdict: "failed", reason: "signal", detail: `the script ${words}` };
  if (status === 0) return PASSED;
  if (dynamic && status >= 2) return { verdict: "passed", weight: { kind: "instead", weight: status - 2 } };
  return { verdict: "failed", reason: "status", detail: `the script ${words}` };
}

class MiscCheck implements Check {
  readonly #job: CheckJob<MiscConfig, MiscFailure>;
  readonly #ports: CheckerPorts;
  readonly #patience: CheckTimer;
  /** Also one that was given up as it cannot be ended. */
  #running: RunningScript | undefined;
  #waiting = false;
  /** Counts the runs: the end of one that was given up is not the end of the next. */
  #run = 0;

  constructor(job: CheckJob<MiscConfig, MiscFailure>, ports: CheckerPorts) {
    this.#job = job;
    this.#ports = ports;
    this.#patience = ports.timers.create(() => this.#onHanging());
  }

  start(): void {
    const { script, timeoutMicros } = this.#job.config;
    if (this.#running !== undefined) return this.#onHanging();
    const identity = this.#ports.identityOf(script);
    if (identity === undefined) {
      return this.#job.done({
        verdict: "notRun",
        detail: `the user of ${script.args[0] ?? "the script"} does not exist`,
      });
    }
    this.#run += 1;
    this.#waiting = true;
    this.#ports.timers.set(this.#patience, this.#ports.now() + timeoutMicros + HANGING_MICROS);
    const run = this.#run;
    this.#running = this.#ports.scripts.run(
      { ...script, identity, timeoutMillis: timeoutMicros / 1000 },
      (outcome) => {
        if (run === this.#run) this.#onEnd(outcome);
      },
    );
  }

  #onEnd(outcome: RunOutcome): void {
    this.#running = undefined;
    this.#ports.timers.cancel(this.#patience);
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#job.done(scriptResult(outcome, this.#job.config.dynamic));
  }

  /** There is never a second run beside it. */
  #onHanging(): void {
    this.#waiting = false;
    this.#job.done({
      verdict: "failed",
      reason: "timeout",
      detail: "timed out; the script hangs and cannot be ended",
    });
  }

  cancel(): void {
    this.#run += 1;
    this.#waiting = false;
    this.#ports.timers.cancel(this.#patience);
    this.#running?.terminate();
    this.#running = undefined;
  }
}

export const misc: CheckerRow<MiscConfig> = {
  policy: "script",
  keyword: "MISC_CHECK",
  mailTitle: "MISC CHECK",
  usesSocket: false,
  create: (job, ports) => new MiscCheck(job, ports),
};
