/**
 * FILE_CHECK: the number in a track file, as a fault or as a part of the weight (check-ipvs reference, 4.9).
 */
import type { CheckResult, CheckerRow, ConfigOf } from "./checker.js";
import { FollowingCheck } from "./following-check.js";

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

export const file: CheckerRow<FileConfig> = {
  policy: "events",
  keyword: "FILE_CHECK",
  mailTitle: "FILE_CHECK",
  usesSocket: false,
  create: (job, { files }) =>
    new FollowingCheck(
      (changed) => files.follow(job.config.trackFile, changed),
      () => job.done(fileResult(files.valueOf(job.config.trackFile), job.config)),
    ),
};
