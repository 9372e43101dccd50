/** config_save_dir, for core: the text of each configuration that comes into force, in a file that stays. */
import { configurationCopyName, writeCopy } from "../platform/reload-copies.js";
import type { ConfigurationReader, ReadOutcome } from "./configuration.js";

export class ConfigurationCopies {
  readonly #reader: ConfigurationReader;
  readonly #failed: (text: string) => void;
  /** The text is wanted. */
  #wanted = false;

  /** @param failed a copy could not be written */
  constructor(reader: ConfigurationReader, failed: (text: string) => void) {
    this.#reader = reader;
    this.#failed = failed;
  }

  read(): ReadOutcome {
    const outcome = this.#reader.read(this.#wanted);
    if (outcome.dump !== undefined || outcome.config.global.files.saveDirectory === undefined) return outcome;
    // Only now it is known that a copy is wanted. What is read last counts, so that the copy is of that.
    this.#wanted = true;
    return this.#reader.read(true);
  }

  /** What was read comes into force; `reload` 0 is the start. */
  keep({ config, dump }: ReadOutcome, reload: number): void {
    const directory = config.global.files.saveDirectory;
    this.#wanted = directory !== undefined;
    if (directory === undefined || dump === undefined) return;
    const name = configurationCopyName(process.pid, reload);
    writeCopy(directory, name, Buffer.from(dump, "latin1")).catch((error: Error) =>
      this.#failed(`Cannot write ${name} (config_save_dir): ${error.message}`),
    );
  }
}
