/** `-t`: reads the configuration as the daemon would, prints what is wrong with it, and gives the verdict. */
import { closeSync, constants, openSync } from "node:fs";
import { diagnosticsAsJson } from "../config/diagnostic-json.js";
import { decodeBytes } from "../config/text.js";
import { configurationReader, notActedOnText, type ReadOutcome } from "../core/configuration.js";
import type { DaemonSettings } from "../core/daemon-settings.js";
import { EXIT } from "../core/exits.js";
import { loadAddon } from "../native/load.js";
import { complain, STDERR, STDOUT, writeWhole } from "./terminal.js";

const MODE = 0o644;
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

interface TestOptions {
  /** Where the messages go instead of standard error; appended to, never through a symbolic link. */
  log?: string;
  /** --json: one document on standard output instead of the messages. */
  json: boolean;
}

/** Ends the process, with the verdict as its status. */
export function testConfiguration(settings: DaemonSettings, options: TestOptions): never {
  const addon = loadAddon();
  const status = judge(configurationReader(settings, addon, false).read(), settings.configFile, options);
  // Everything is written: taking V8's heap apart first would cost 3 ms. The build waits for the end, to keep bytecode.
  if (process.listenerCount("exit") > 0) process.exit(status);
  return addon.exitNow(status);
}

function judge(outcome: ReadOutcome, configFile: string, options: TestOptions): number {
  let output = STDERR;
  if (options.log !== undefined) {
    try {
      output = openSync(options.log, FLAGS, MODE);
    } catch (error) {
      complain(`keepalived: cannot open the file of --config-test: ${reasonOf(error)}`);
      return EXIT.fatal;
    }
  }
  try {
    if (options.json) writeWhole(options.log === undefined ? STDOUT : output, asJson(outcome, configFile));
    else writeAsText(outcome, output);
    if (output !== STDERR) closeSync(output);
  } catch (error) {
    complain(`keepalived: cannot write what the test of the configuration found: ${reasonOf(error)}`);
    return EXIT.fatal;
  }
  return outcome.testStatus;
}

function writeAsText({ problems, dump, config: { notActedOn } }: ReadOutcome, output: number): void {
  if (problems.length > 0) writeWhole(output, `${problems.join("\n")}\n`);
  if (notActedOn.length > 0) writeWhole(output, `${notActedOnText(notActedOn)}\n`);
  if (dump !== undefined) writeWhole(STDOUT, Buffer.from(dump, "latin1"));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function asJson(outcome: ReadOutcome, configFile: string): string {
  const { diagnostics = [], testStatus, dump, config } = outcome;
  return diagnosticsAsJson({
    configFile,
    status: testStatus,
    diagnostics,
    notActedOn: config.notActedOn,
    ...(dump !== undefined && { dump: decodeBytes(dump) }),
  });
}
