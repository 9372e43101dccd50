/** Entry of the command `keepalived`: understands the command line and starts what it asks for. */
import "./early-signals.js";
import { statSync } from "node:fs";
import { basename, isAbsolute, resolve } from "node:path";
import { configurationReader } from "../core/configuration.js";
import { Daemon } from "../core/daemon.js";
import type { DaemonSettings } from "../core/daemon-settings.js";
import { EXIT } from "../core/exits.js";
import { loadAddon } from "../native/load.js";
import { testConfiguration } from "./config-test.js";
import { isLaunched, launch, reportFailure, reportRunning } from "./launch.js";
import { helpText, readCommandLine, type CommandLine } from "./options.js";
import { signalNumber } from "./signum.js";
import { VERSION, versionText } from "./version.js";

const DEFAULT_CONFIG_FILE = "/etc/keepalived/keepalived.conf";
const RLIMIT_CORE = 4;

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** $TMPDIR when it is an absolute path of a directory, as upstream. */
function temporaryDirectory(): string {
  const wanted = process.env["TMPDIR"] ?? "";
  const usable = isAbsolute(wanted) && statSync(wanted, { throwIfNoEntry: false })?.isDirectory() === true;
  return usable ? wanted : "/tmp";
}

/** Names become absolute now: the daemon works in "/", and a reload must find the same file as the start. */
function settingsOf(line: CommandLine, argv: readonly string[]): DaemonSettings {
  const pidFiles = Object.entries(line.pidFiles).map(([name, path]) => [name, resolve(path)]);
  return {
    configFile: resolve(line.configFile ?? DEFAULT_CONFIG_FILE),
    paths: {
      ...(Object.fromEntries(pidFiles) as CommandLine["pidFiles"]),
      ...(line.namespace === undefined ? {} : { namespace: line.namespace }),
    },
    switches: line.switches,
    detail: line.detail,
    foreground: line.foreground,
    logConsole: line.logConsole,
    ...(line.syslog ? { facility: line.facility } : {}),
    ...(line.umask === undefined ? {} : { umask: line.umask }),
    respawn: line.respawn,
    keepOnStop: line.keepOnStop,
    keepIpvsOnStop: line.keepIpvsOnStop,
    ...(line.configId === undefined ? {} : { configId: line.configId }),
    allIncludesMustExist: line.allIncludesMustExist,
    coreDump: line.coreDump,
    ignoreSigint: line.ignoreSigint,
    commandLine: ["keepalived", ...argv].join(" "),
    dumpConfiguration: line.dumpConfiguration,
    withoutEffect: line.withoutEffect,
  };
}

function runDaemon(settings: DaemonSettings): void {
  const addon = loadAddon();
  addon.setProcessName("keepalived");
  const { namespace } = settings.paths;
  if (namespace !== undefined && !enterNamespace(namespace)) process.exit(EXIT.ok);
  if (settings.coreDump) addon.setLimit(RLIMIT_CORE, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  const daemon = new Daemon(settings, {
    addon,
    reader: configurationReader(settings, addon),
    environment: process.env,
    temporaryDirectory: temporaryDirectory(),
    onRunning: reportRunning,
    onFailed: (status, text) => {
      if (isLaunched()) reportFailure(status, text);
      else if (!settings.logConsole) complain(text); // otherwise it is on the console already
    },
    version: VERSION,
  });
  daemon.run();
}

const CLONE_NEWNET = 0x40000000;

/** Only the main thread moves: sockets are made there, and children are forked from it. */
function enterNamespace(name: string): boolean {
  try {
    loadAddon().enterNamespace(`/run/netns/${name}`, CLONE_NEWNET);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `Network namespace '${name}' cannot be entered: ${reason}`;
    complain(text);
    reportFailure(EXIT.ok, text);
    return false;
  }
}

/** @returns the exit status, or undefined when the process lives on. */
function main(argv: readonly string[]): number | undefined {
  if (basename(process.argv[1] ?? "").startsWith("genhash")) return refuseGenhash();
  const line = readCommandLine(argv);
  for (const text of [...line.remarks, ...line.problems]) complain(`keepalived: ${text}`);
  if (line.operands.length > 0) process.stdout.write(`Unexpected argument(s): ${line.operands.join(" ")}\n`);
  switch (line.mode) {
    case "version":
      process.stderr.write(versionText());
      return EXIT.ok;
    case "help":
      process.stderr.write(helpText());
      return EXIT.ok;
    case "signum":
      return printSignum(line.signum ?? "");
    case "genhash":
      return refuseGenhash();
    case "test":
    case "daemon":
      break;
  }
  if (line.problems.length > 0) return EXIT.fatal;
  const settings = settingsOf(line, argv);
  if (line.mode === "test") {
    const status = testConfiguration(configurationReader(settings, loadAddon()), {
      configFile: settings.configFile,
      ...(line.testLog !== undefined && { log: line.testLog }),
      json: line.json,
    });
    // Everything is written: not waiting for what the first lines have put off saves 10 ms.
    process.exit(status);
  }
  if (!line.foreground && !isLaunched()) launch();
  else startDaemon(settings);
  return undefined;
}

/** Whatever goes wrong before the daemon has a log must reach the person who started it. */
function startDaemon(settings: DaemonSettings): void {
  try {
    runDaemon(settings);
  } catch (error) {
    const text = `keepalived: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    complain(text);
    reportFailure(EXIT.bug, text);
    process.exit(EXIT.bug);
  }
}

function printSignum(name: string): number {
  const number = signalNumber(name);
  if (number === undefined) {
    complain(`Unknown sigfunc ${name}`);
    return EXIT.fatal;
  }
  process.stdout.write(`${number}\n`);
  return EXIT.ok;
}

function refuseGenhash(): number {
  complain("keepalived: genhash does not exist in this version");
  return EXIT.fatal;
}

const status = main(process.argv.slice(2));
if (status !== undefined) process.exitCode = status;
