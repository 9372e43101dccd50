/**
 * One real server of a virtual server: whether it is alive, and with which weight (check-ipvs reference, 5). Pure.
 */
import type { RealServerConfig } from "../config/check-model.js";
import type { Checker } from "./checker-state.js";

/** The kernel takes no more. */
const LARGEST_WEIGHT = 2 ** 31 - 1;

export class RealServer {
  /** Belongs into the pool as far as its checkers go. */
  alive = true;
  checkers: readonly Checker[] = [];
  /** Checkers that keep it out: those that failed it, and those with alpha that have not run yet. */
  failedCheckers = 0;

  constructor(
    readonly config: RealServerConfig,
    /** `[192.0.2.1]:tcp:80` */
    readonly name: string,
  ) {}

  /** By what a reload recognises it within its service. */
  get key(): string {
    return `${this.config.address} ${this.config.port}`;
  }

  /** The configured weight with what the checkers make of it; may leave the legal range. */
  get effectiveWeight(): number {
    const { weight } = this.config;
    let sum = weight;
    for (const { weight: change } of this.checkers) {
      if (change !== undefined) sum += change.kind === "added" ? change.weight : change.weight - weight;
    }
    return sum;
  }

  /** The effective weight as the kernel can have it. */
  get kernelWeight(): number {
    return Math.min(Math.max(this.effectiveWeight, 0), LARGEST_WEIGHT);
  }

  /** At the start: who has to wait for a first success. */
  countInitially(): void {
    this.failedCheckers = this.checkers.filter(({ schedule }) => !schedule.up).length;
    this.alive = this.failedCheckers === 0;
  }
}
