/**
 * Reads the configuration for core: the language, the files and what is known of the host put together, so that the
 * rest of core sees an outcome and lines for the log.
 */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Config } from "../config/model.js";
import {
  type Diagnostic,
  formatDiagnostic,
  readConfig,
  type ReadOptions,
  type Remembered,
} from "../config/read-config.js";
import type { Addon } from "../native/addon.js";
import { Accounts, ownIdentity } from "../platform/accounts.js";
import { fileReader } from "../platform/config-files.js";
import { readKeyFile } from "../platform/key-file.js";
import { RoutingNames } from "../platform/routing-names.js";
import { examineScript } from "../platform/script-file.js";
import type { DaemonSettings } from "./daemon-settings.js";

export interface ReadOutcome {
  config: Config;
  /** Diagnostics in full, several lines each. */
  problems: string[];
  /** The same as data. */
  diagnostics?: readonly Diagnostic[];
  /** What is in force, in the language of the configuration, as bytes (latin1); only when it is wanted. */
  dump?: string;
  /** The daemon can start with it; otherwise it ends with `exitStatus`. */
  usable: boolean;
  /** Why not. */
  refusals: string[];
  exitStatus: number;
  /** Exit status of a configuration test. */
  testStatus: number;
  /** A running daemon may take it. */
  reloadable: boolean;
  /** Nothing is configured, which a running daemon does not take. */
  empty?: boolean;
}

export interface ConfigurationReader {
  /** @param record whether `dump` is wanted, also when the settings do not ask for it */
  read(record?: boolean): ReadOutcome;
}

type Wanted = Pick<DaemonSettings, "configFile" | "configId" | "allIncludesMustExist" | "dumpConfiguration">;

/** The one line about what is configured and not acted on. */
export function notActedOnText(list: readonly string[]): string {
  return `Configured, but without effect in this version: ${list.join(", ")}`;
}

/**
 * A reader for the file and the conditions of these settings.
 * @param repeatedly it is read again and again: what is as it was is recognised by its text
 */
export function configurationReader(
  settings: Wanted,
  addon: Addon,
  repeatedly: boolean,
): ConfigurationReader {
  const workingDirectory = ownDirectory();
  let before: Remembered | undefined;
  return {
    read(record = false) {
      const { diagnostics, remembered, ...result } = readConfig(fileReader(workingDirectory), {
        path: settings.configFile,
        configId: settings.configId ?? nodeName(),
        includeAll: settings.allIncludesMustExist,
        record: record || settings.dumpConfiguration === true,
        remember: repeatedly,
        before,
        ...hostKnowledge(addon),
      });
      before = remembered;
      return { ...result, diagnostics, problems: diagnostics.map(formatDiagnostic) };
    },
  };
}

/** In a directory that was removed nothing can be found; the daemon works in "/" anyway. */
function ownDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

/** The host's name up to the first dot. */
function nodeName(): string {
  return hostname().split(".", 1)[0] ?? "";
}

type HostKnowledge = Omit<ReadOptions, "path" | "configId" | "includeAll" | "remember" | "before">;

/** What the checks may ask about the host; accounts are as they are at this reading. */
function hostKnowledge(addon: Addon): HostKnowledge {
  let accounts: Accounts | undefined;
  const routingNames = new RoutingNames();
  const identity = (user: string, group?: string) => (accounts ??= new Accounts()).identity(user, group);
  return {
    hostName: hostname(),
    interfaceExists: (name) => addon.interfaceIndex(name) > 0,
    interfaceMtu: (name) => interfaceMtu(name, addon.interfaceIndex(name)),
    interfaceNames,
    keyFile: readKeyFile,
    routingName: (kind, name, directories) => routingNames.number(kind, name, directories),
    userExists: (user, group) => identity(user, group) !== undefined,
    scriptStatus(path, account) {
      const runner = (accounts ??= new Accounts()).resolve(account, ownIdentity());
      return runner === undefined ? "missing" : examineScript(path, runner, process.env["PATH"]);
    },
  };
}

/** From /proc, which shows the network namespace of the process; /sys shows the one where it was mounted. */
function interfaceNames(): string[] {
  try {
    const [, , ...lines] = readFileSync("/proc/net/dev", "latin1").split("\n");
    return lines.map((line) => line.split(":", 1)[0]?.trim() ?? "").filter((name) => name !== "");
  } catch {
    return [];
  }
}

/** Unknown where /sys shows another network namespace, in which the interface is missing or another one. */
function interfaceMtu(name: string, index: number): number | undefined {
  try {
    if (Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8")) !== index) return undefined;
    return Number(readFileSync(`/sys/class/net/${name}/mtu`, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}
