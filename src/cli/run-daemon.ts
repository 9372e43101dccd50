/** The daemon as the command line wants it: namespace, limits and core's parts, and what the person at the terminal is told. */
import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { configurationReader } from "../core/configuration.js";
import { Daemon } from "../core/daemon.js";
import type { DaemonSettings } from "../core/daemon-settings.js";
import { EXIT } from "../core/exits.js";
import { loadAddon } from "../native/load.js";
import { complain } from "./terminal.js";
import { VERSION } from "./version.js";

const RLIMIT_CORE = 4;
const CLONE_NEWNET = 0x40000000;

/** Who started the daemon, and waits for word of it. */
interface Launcher {
  readonly isLaunched: () => boolean;
  readonly reportRunning: () => void;
  readonly reportFailure: (status: number, text: string) => void;
}

/** Whatever goes wrong before the daemon has a log must reach the person who started it. */
export function startDaemon(settings: DaemonSettings, launcher: Launcher): void {
  try {
    runDaemon(settings, launcher);
  } catch (error) {
    const text = `keepalived: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    complain(text);
    launcher.reportFailure(EXIT.bug, text);
    process.exit(EXIT.bug);
  }
}

function runDaemon(settings: DaemonSettings, launcher: Launcher): void {
  const addon = loadAddon();
  addon.setProcessName("keepalived");
  const { namespace } = settings.paths;
  const enter = (name: string): void => addon.enterNamespace(`/run/netns/${name}`, CLONE_NEWNET);
  if (namespace !== undefined && !isEntered(namespace, enter, launcher)) process.exit(EXIT.ok);
  if (settings.coreDump) addon.setLimit(RLIMIT_CORE, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  const daemon = new Daemon(settings, {
    addon,
    reader: configurationReader(settings, addon, true),
    environment: process.env,
    temporaryDirectory: temporaryDirectory(),
    onRunning: launcher.reportRunning,
    onFailed: (status, text) => {
      if (launcher.isLaunched()) launcher.reportFailure(status, text);
      else if (!settings.logConsole) complain(text); // otherwise it is on the console already
    },
    enterNamespace: enter,
    version: VERSION,
  });
  daemon.run();
}

/** $TMPDIR when it is an absolute path of a directory, as upstream. */
function temporaryDirectory(): string {
  const wanted = process.env["TMPDIR"] ?? "";
  const usable = isAbsolute(wanted) && statSync(wanted, { throwIfNoEntry: false })?.isDirectory() === true;
  return usable ? wanted : "/tmp";
}

/** Only the main thread moves: sockets are made there, and children are forked from it. */
function isEntered(name: string, enter: (name: string) => void, launcher: Launcher): boolean {
  try {
    enter(name);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `Network namespace '${name}' cannot be entered: ${reason}`;
    complain(text);
    launcher.reportFailure(EXIT.ok, text);
    return false;
  }
}
