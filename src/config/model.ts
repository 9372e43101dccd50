/**
 * The typed configuration: what the readers of this folder produce and every process works from.
 * Plain data (it crosses process boundaries as JSON), complete (defaults are filled in), units in the names.
 * A block that is added to the language adds its interface here and its reader beside it.
 */

import type { AddressSetting, Family, Position, RouteSetting, RuleSetting } from "../net/settings.js";
import type { BfdConfig } from "./bfd-model.js";
import type { CheckConfig } from "./check-model.js";
import type { GlobalConfig } from "./global-model.js";
import type { SslConfig } from "./interface-model.js";
import type { VrrpConfig } from "./vrrp-model.js";

export type * from "./bfd-model.js";
export type * from "./check-model.js";
export type * from "./global-model.js";
export type * from "./interface-model.js";
export type * from "./vrrp-model.js";
export type { AddressSetting, Family, Position, RouteSetting, RuleSetting };

export interface Config {
  global: GlobalConfig;
  vrrp: VrrpConfig;
  check: CheckConfig;
  bfd: BfdConfig;
  /** Of the checkers. */
  ssl?: SslConfig;
  /** Configured features that this version reads but does not act on: named in one warning at start. */
  notActedOn: string[];
}
