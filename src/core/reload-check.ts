/** reload_check_config: a reload is refused unless its configuration would pass a test without any remark that counts. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { ReadOutcome } from "./configuration.js";

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
const MODE = 0o644;

/** Writes the messages to the log file of the check. @returns why the reload is refused; undefined when it is not */
export function refusedByCheck(
  logFile: string,
  outcome: Pick<ReadOutcome, "problems" | "testStatus">,
): string | undefined {
  let told = `the messages are in ${logFile}`;
  try {
    const fd = openSync(logFile, FLAGS, MODE);
    for (const problem of outcome.problems) writeSync(fd, `${problem}\n`);
    closeSync(fd);
  } catch (error) {
    told = `its messages cannot be written: ${String(error)}`;
  }
  if (outcome.testStatus === 0) return undefined;
  return `reload_check_config: the configuration does not pass its test (status ${outcome.testStatus}), ${told}`;
}
