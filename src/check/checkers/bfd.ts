/**
 * BFD_CHECK: follows a BFD session (check-ipvs reference, 4.10). Before anything is said of the session the server counts
 * as up, or with alpha as down.
 */
import { type CheckerPorts, type CheckJob, type CheckerRow, type ConfigOf, PASSED } from "./checker.js";
import { FollowingCheck } from "./following-check.js";

type BfdConfig = ConfigOf<"bfd">;
type BfdFailure = "down";

function report(job: CheckJob<BfdConfig, BfdFailure>, { bfd: sessions }: CheckerPorts): void {
  const { session, alpha } = job.config;
  const up = sessions.isUp(session);
  if (up === undefined && alpha) return;
  job.done(
    up === false ? { verdict: "failed", reason: "down", detail: `BFD session ${session} is down` } : PASSED,
  );
}

export const bfd: CheckerRow<BfdConfig> = {
  policy: "events",
  keyword: "BFD_CHECK",
  mailTitle: "BFD_CHECK",
  usesSocket: false,
  create: (job, ports) =>
    new FollowingCheck(
      (changed) => ports.bfd.follow(job.config.session, changed),
      () => report(job, ports),
    ),
};
