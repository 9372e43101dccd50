/**
 * The table of children: one row says everything that core must know about one. Adding a process means a row here
 * and an entry in the bundles.
 */
import type { CheckConfig, Config, VrrpConfig } from "../config/model.js";
import type { ChildIdentity } from "./supervised-child.js";

const SECOND = 1_000_000;

/** What a child gets of the configuration; grows with the table. */
export type Slice = VrrpConfig | CheckConfig;

/** Which children the command line leaves out (-C, -P, -B) or wants in any case (--all). */
export interface ChildSwitches {
  vrrp: boolean;
  check: boolean;
  bfd: boolean;
  all: boolean;
}

export interface ChildRow extends ChildIdentity {
  /** Bundle beside core's own. */
  entry: string;
  /** Stem of its pid file. */
  pidStem: string;
  /** Its option that names the pid file. */
  pidOption: "vrrpPid" | "checkersPid" | "bfdPid";
  /**
   * Core takes back from the kernel what it left when it dies, by its journal. Otherwise that stays, and the next process
   * goes on with it.
   */
  withdrawn: boolean;
  /** Its part of the configuration; undefined when it is not needed. */
  slice(config: Config, switches: ChildSwitches): Slice | undefined;
}

/** In the order in which they start. */
export const CHILDREN: readonly ChildRow[] = [
  {
    name: "check",
    title: "Healthcheck",
    ident: "Keepalived_healthcheckers",
    // Thousands of checks on a busy host may hold it up; a check that is late hurts less than losing what all have found.
    silence: 30 * SECOND,
    entry: "keepalived_check.js",
    pidStem: "checkers",
    pidOption: "checkersPid",
    // Connections go on through virtual servers that nobody watches for a moment.
    withdrawn: false,
    slice({ check, ssl }, switches) {
      if (!switches.check || (check.virtualServers.length === 0 && !switches.all)) return undefined;
      return ssl === undefined ? check : { ...check, ssl };
    },
  },
  {
    name: "vrrp",
    title: "VRRP",
    ident: "Keepalived_vrrp",
    // Its peers take over after about three intervals: a master that hangs must be gone by then.
    silence: 2 * SECOND,
    entry: "keepalived_vrrp.js",
    pidStem: "vrrp",
    pidOption: "vrrpPid",
    withdrawn: true,
    slice({ vrrp }, switches) {
      if (!switches.vrrp) return undefined;
      const { instances, staticAddresses, staticRoutes, staticRules } = vrrp;
      const parts = [instances, staticAddresses, staticRoutes, staticRules];
      return switches.all || parts.some(({ length }) => length > 0) ? vrrp : undefined;
    },
  },
];
