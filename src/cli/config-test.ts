/** `-t`: reads the configuration as the daemon would, prints what is wrong with it, and gives the verdict. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { ConfigurationReader } from "../core/configuration.js";
import { EXIT } from "../core/exits.js";

const STDERR = 2;
const MODE = 0o644;
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** @param file where the messages go instead of standard error; appended to, never through a symbolic link. */
export function testConfiguration(reader: ConfigurationReader, file: string | undefined): number {
  let output = STDERR;
  if (file !== undefined) {
    try {
      output = openSync(file, FLAGS, MODE);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`keepalived: cannot open the file of --config-test: ${reason}\n`);
      return EXIT.fatal;
    }
  }
  const { problems, testStatus } = reader.read();
  if (problems.length > 0) writeSync(output, `${problems.join("\n")}\n`);
  if (output !== STDERR) closeSync(output);
  return testStatus;
}
