/**
 * BFD_CHECK: follows a BFD session (check-ipvs reference, 4.10). Before anything is said of the session the server counts
 * as up, or with alpha as down.
 */
import {
  type Check,
  type CheckerPorts,
  type CheckJob,
  type CheckerRow,
  type ConfigOf,
  PASSED,
} from "./checker.js";

type BfdConfig = ConfigOf<"bfd">;
type BfdFailure = "down";

class BfdCheck implements Check {
  readonly #job: CheckJob<BfdConfig, BfdFailure>;
  readonly #ports: CheckerPorts;
  #stopFollowing: (() => void) | undefined;

  constructor(job: CheckJob<BfdConfig, BfdFailure>, ports: CheckerPorts) {
    this.#job = job;
    this.#ports = ports;
  }

  start(): void {
    this.#stopFollowing ??= this.#ports.bfd.follow(this.#job.config.session, () => this.#report());
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
    const { session, alpha } = this.#job.config;
    const up = this.#ports.bfd.isUp(session);
    if (up === undefined && alpha) return;
    this.#job.done(
      up === false ? { verdict: "failed", reason: "down", detail: `BFD session ${session} is down` } : PASSED,
    );
  }
}

export const bfd: CheckerRow<BfdConfig> = {
  policy: "events",
  keyword: "BFD_CHECK",
  mailTitle: "BFD_CHECK",
  usesSocket: false,
  create: (job, ports) => new BfdCheck(job, ports),
};
