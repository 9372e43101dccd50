/**
 * The typed configuration: what the readers of this folder produce and every process works from.
 * Plain data (it crosses process boundaries as JSON), complete (defaults are filled in), units in the names.
 * A block that is added to the language adds its interface here and its reader beside it.
 */

import type { AddressSetting, Family, Position, RouteSetting, RuleSetting } from "../net/settings.js";
import type { VrrpConfig } from "./vrrp-model.js";

export type * from "./vrrp-model.js";
export type { AddressSetting, Family, Position, RouteSetting, RuleSetting };

export interface GlobalConfig {
  routerId: string;
  notificationEmail: string[];
  notificationEmailFrom?: string;
  smtpServer?: { host: string; port: number };
  smtpConnectTimeoutMicros: number;
  multicastGroup4: string;
  multicastGroup6: string;
  /** Minimum time between two GARPs / NAs on one interface; 0 for none. */
  garpIntervalMicros: number;
  gnaIntervalMicros: number;
  scriptUser?: { user: string; group?: string };
  enableScriptSecurity: boolean;
  /** dynamic_interfaces: interfaces may be missing at start. */
  dynamicInterfaces: boolean;
  /** default_interface: where addresses go whose instance has no interface. */
  defaultInterface: string;
}

export interface Config {
  global: GlobalConfig;
  vrrp: VrrpConfig;
  /** Configured features that this version reads but does not act on: named in one warning at start. */
  notActedOn: string[];
}
