/**
 * MISC_CHECK: a script's exit status (check-ipvs reference, 4.8). With misc_dynamic the statuses from 2 on are a success
 * that sets the weight to the status minus 2.
 */
import type { RunOutcome, RunningScript } from "../../platform/script-runner.js";
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
type MiscFailure = "status" | "signal" | "timeout" | "notStarted";

/** What the end of a script says about the server. Pure. */
export function scriptResult(
  { status, failure, timedOut, stderr }: RunOutcome,
  dynamic: boolean,
): CheckResult<MiscFailure> {
  const words = `${failure ?? "ended"}${stderr === "" ? "" : ` (${stderr})`}`;
  if (timedOut) return { verdict: "failed", reason: "timeout", detail: `timed out; the script ${words}` };
  if (status < 0) return { verdict: "failed", reason: "signal", detail: `the script ${words}` };
  if (status === 0) return PASSED;
  if (dynamic && status >= 2) return { verdict: "passed", weight: { kind: "instead", weight: status - 2 } };
  return { verdict: "failed", reason: "status", detail: `the script ${words}` };
}

class MiscCheck implements Check {
  readonly #job: CheckJob<MiscConfig, MiscFailure>;
  readonly #ports: CheckerPorts;
  #running: RunningScript | undefined;
  /** Counts the runs: the end of one that was given up is not the end of the next. */
  #run = 0;

  constructor(job: CheckJob<MiscConfig, MiscFailure>, ports: CheckerPorts) {
    this.#job = job;
    this.#ports = ports;
  }

  start(): void {
    const { script, timeoutMicros, dynamic } = this.#job.config;
    const identity = this.#ports.identityOf(script);
    if (identity === undefined) {
      return this.#job.done({
        verdict: "notRun",
        detail: `the user of ${script.args[0] ?? "the script"} does not exist`,
      });
    }
    this.#run += 1;
    const run = this.#run;
    this.#running = this.#ports.scripts.run(
      { ...script, identity, timeoutMillis: timeoutMicros / 1000 },
      (outcome) => {
        if (run !== this.#run) return;
        this.#running = undefined;
        this.#job.done(scriptResult(outcome, dynamic));
      },
    );
  }

  cancel(): void {
    this.#run += 1;
    this.#running?.terminate();
    this.#running = undefined;
  }

  close(): void {
    this.cancel();
  }
}

export const misc: CheckerRow<MiscConfig> = {
  policy: "script",
  keyword: "MISC_CHECK",
  mailTitle: "MISC CHECK",
  usesSocket: false,
  create: (job, ports) => new MiscCheck(job, ports),
};
