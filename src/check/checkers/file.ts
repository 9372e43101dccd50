/**
 * FILE_CHECK: the number in a track file, as a fault or as a part of the weight (check-ipvs reference, 4.9). Follows the
 * file; there is nothing to wait for.
 */
import type { Check, CheckerPorts, CheckJob, CheckResult, CheckerRow, ConfigOf } from "./checker.js";

type FileConfig = ConfigOf<"file">;
type FileFailure = "value";

/** 32 bits; the least of them is a fault. */
const LEAST = -(2 ** 31);
const MOST = 2 ** 31 - 1;

/** What a number says about the server. Pure. */
export function fileResult(
  value: number,
  { weight, reverse, trackFile }: Pick<FileConfig, "weight" | "reverse" | "trackFile">,
): CheckResult<FileFailure> {
  const fault: CheckResult<FileFailure> = {
    verdict: "failed",
    reason: "value",
    detail: `track file ${trackFile} says ${value}`,
  };
  if (weight === 0) {
    return (value === 0) === reverse ? fault : { verdict: "passed", weight: { kind: "added", weight: 0 } };
  }
  const product = Math.min(MOST, Math.max(LEAST, value * weight * (reverse ? -1 : 1))) + 0;
  if (product === LEAST) return fault;
  return { verdict: "passed", weight: { kind: "added", weight: product } };
}

class FileCheck implements Check {
  readonly #job: CheckJob<FileConfig, FileFailure>;
  readonly #ports: CheckerPorts;
  #stopFollowing: (() => void) | undefined;

  constructor(job: CheckJob<FileConfig, FileFailure>, ports: CheckerPorts) {
    this.#job = job;
    this.#ports = ports;
  }

  start(): void {
    this.#stopFollowing ??= this.#ports.files.follow(this.#job.config.trackFile, () => this.#report());
    this.#report();
  }

  cancel(): void {
    this.#stopFollowing?.();
    this.#stopFollowing = undefined;
  }

  close(): void {
    this.cancel();
  }

  #report(): void {
    const { config } = this.#job;
    this.#job.done(fileResult(this.#ports.files.valueOf(config.trackFile), config));
  }
}

export const file: CheckerRow<FileConfig> = {
  policy: "events",
  keyword: "FILE_CHECK",
  mailTitle: "FILE_CHECK",
  usesSocket: false,
  create: (job, ports) => new FileCheck(job, ports),
};
