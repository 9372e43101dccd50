/** Entry of the command `keepalived`: understands the command line and starts what it asks for. */
import "./early-signals.js";
import { resolve } from "node:path";
import type { DaemonSettings } from "../core/daemon-settings.js";
import { EXIT } from "../core/exits.js";
import { helpText, readCommandLine, type CommandLine } from "./options.js";
import { signalNumber } from "./signum.js";
import { complain, STDERR, STDOUT, writeWhole } from "./terminal.js";
import { versionText } from "./version.js";

const DEFAULT_CONFIG_FILE = "/etc/keepalived/keepalived.conf";

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

/** @returns the exit status, or undefined when the process lives on. */
async function main(argv: readonly string[]): Promise<number | undefined> {
  const mode = argv.findIndex((word) => word === "-T" || word === "--genhash");
  if (mode > 0) complain(`keepalived: what comes before ${argv[mode]} is ignored`);
  if (mode >= 0) return runGenhash(argv.slice(mode + 1));
  const line = readCommandLine(argv);
  for (const text of [...line.remarks, ...line.problems]) complain(`keepalived: ${text}`);
  if (line.operands.length > 0) complain(`Unexpected argument(s): ${line.operands.join(" ")}`, STDOUT);
  switch (line.mode) {
    case "version":
      writeWhole(STDERR, versionText());
      return EXIT.ok;
    case "help":
      writeWhole(STDERR, helpText());
      return EXIT.ok;
    case "signum":
      return printSignum(line.signum ?? "");
    case "genhash":
      // Abbreviated, or in one word with others: what follows was read as options of the daemon.
      complain("keepalived: write -T or --genhash as a word of its own");
      return EXIT.fatal;
    case "test":
    case "daemon":
      break;
  }
  if (line.problems.length > 0) return EXIT.fatal;
  const settings = settingsOf(line, argv);
  if (line.mode === "test") return test(line, settings);
  await run(settings);
  return undefined;
}

/** Parts that are loaded when the command line asks for them: each is a bundle of its own (`src/bundle.mjs`). */
async function test(line: CommandLine, settings: DaemonSettings): Promise<never> {
  const { testConfiguration } = await import("./config-test.js");
  return testConfiguration(settings, {
    ...(line.testLog !== undefined && { log: line.testLog }),
    json: line.json,
  });
}

async function run(settings: DaemonSettings): Promise<void> {
  const launcher = await import("./launch.js");
  if (!settings.foreground && !launcher.isLaunched()) return launcher.launch();
  const { startDaemon } = await import("./run-daemon.js");
  startDaemon(settings, launcher);
}

function printSignum(name: string): number {
  const number = signalNumber(name);
  if (number === undefined) {
    complain(`Unknown sigfunc ${name}`);
    return EXIT.fatal;
  }
  writeWhole(STDOUT, `${number}\n`);
  return EXIT.ok;
}

async function runGenhash(argv: readonly string[]): Promise<number> {
  const { genhash } = await import("./genhash.js");
  return genhash(argv);
}

void main(process.argv.slice(2)).then((status) => {
  if (status !== undefined) process.exitCode = status;
});
