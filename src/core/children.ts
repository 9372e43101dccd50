/**
 * The table of children: one row says everything that core must know about one. Adding a process means a row here
 * and an entry in the bundles.
 */
import type { Config, VrrpConfig } from "../config/model.js";
import type { ChildIdentity } from "./supervised-child.js";

/** What a child gets of the configuration; grows with the table. */
export type Slice = VrrpConfig;

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
  /** Its part of the configuration; undefined when it is not needed. */
  slice(config: Config, switches: ChildSwitches): Slice | undefined;
}

/** In the order in which they start. */
export const CHILDREN: readonly ChildRow[] = [
  {
    name: "vrrp",
    title: "VRRP",
    ident: "Keepalived_vrrp",
    entry: "keepalived_vrrp.js",
    pidStem: "vrrp",
    pidOption: "vrrpPid",
    slice({ vrrp }, switches) {
      if (!switches.vrrp) return undefined;
      const anything = vrrp.instances.length + vrrp.staticAddresses.length + vrrp.staticRoutes.length > 0;
      return anything || switches.all ? vrrp : undefined;
    },
  },
];
