/** `-t`: reads the configuration as the daemon would, prints what is wrong with it, and gives the verdict. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { diagnosticsAsJson } from "../config/diagnostic-json.js";
import { decodeBytes } from "../config/text.js";
import { configurationReader, notActedOnText, type ReadOutcome } from "../core/configuration.js";
import type { DaemonSettings } from "../core/daemon-settings.js";
import { EXIT } from "../core/exits.js";
import { loadAddon } from "../native/load.js";

const STDOUT = 1;
const STDERR = 2;
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
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`keepalived: cannot open the file of --config-test: ${reason}\n`);
      return EXIT.fatal;
    }
  }
  if (options.json) writeWhole(options.log === undefined ? STDOUT : output, asJson(outcome, configFile));
  else {
    if (outcome.problems.length > 0) writeWhole(output, `${outcome.problems.join("\n")}\n`);
    const { notActedOn } = outcome.config;
    if (notActedOn.length > 0) writeWhole(output, `${notActedOnText(notActedOn)}\n`);
    if (outcome.dump !== undefined) writeWhole(STDOUT, Buffer.from(outcome.dump, "latin1"));
  }
  if (output !== STDERR) closeSync(output);
  return outcome.testStatus;
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

/** A pipe takes what it has room for, or nothing for the moment; when nobody reads it any more, that is all. */
function writeWhole(file: number, text: string | Buffer): void {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
    }
  }
}
