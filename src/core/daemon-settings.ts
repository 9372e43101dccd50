/** What a run of the daemon depends on besides its configuration: the command line, understood. */
import type { ChildSwitches } from "./children.js";
import type { PathSettings } from "./run-paths.js";

export interface DaemonSettings {
  /** Absolute path or pattern of the top file. */
  configFile: string;
  paths: PathSettings;
  switches: ChildSwitches;
  detail: 0 | 1 | 2;
  /** -n */
  foreground: boolean;
  /** -l */
  logConsole: boolean;
  /** Shifted LOG_ constant; absent with -G. */
  facility?: number;
  /** -u */
  umask?: number;
  /** -R absent */
  respawn: boolean;
  /** -V */
  keepOnStop: boolean;
  /** -I */
  keepIpvsOnStop: boolean;
  /** -i */
  configId?: string;
  /** -e */
  allIncludesMustExist: boolean;
  /** -m, -M */
  coreDump: boolean;
  ignoreSigint: boolean;
  /** -d: the configuration goes to the log at start. */
  dumpConfiguration?: boolean;
  /** The words as typed, for the log. */
  commandLine: string;
  /** Options that were given but have no effect in this version. */
  withoutEffect: string[];
}

/** Upstream's mask when nothing sets one: files for root only. */
export const DEFAULT_UMASK = 0o177;
