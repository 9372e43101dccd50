/** All tracked files: a reload keeps those with the same path. */
import type { TrackFileConfig } from "../../config/model.js";
import { waitPatiently } from "./patience.js";
import { type FilePorts, TrackedFile, writeInitial } from "./tracked-file.js";

export class FileTrackers {
  readonly #ports: FilePorts;
  #files = new Map<string, TrackedFile>();
  #begun = false;

  constructor(ports: FilePorts) {
    this.#ports = ports;
  }

  /**
   * Takes the files of a configuration and reads them all. The first time what `init_file` says is written. Who does not
   * answer is not waited for: his number is unknown until he does.
   */
  async setConfigs(configs: readonly TrackFileConfig[]): Promise<void> {
    const { loop, log } = this.#ports;
    if (!this.#begun)
      await waitPatiently(loop, Promise.all(configs.map((config) => writeInitial(config, log))));
    this.#begun = true;
    const before = this.#files;
    this.#files = new Map();
    for (const config of configs) {
      const known = before.get(config.name);
      const same = known?.config.path === config.path ? known : undefined;
      if (same !== undefined) before.delete(config.name);
      this.#files.set(config.name, same ?? new TrackedFile(config, this.#ports));
    }
    for (const file of before.values()) file.close();
    const files = [...this.#files.values()];
    if (await waitPatiently(loop, Promise.all(files.map((file) => file.read())))) return;
    for (const { value, config } of files) {
      if (value === undefined)
        log.warning(
          `Track file ${config.name}: reading ${config.path} takes too long; it is unknown until that ends`,
        );
    }
  }

  get(name: string): TrackedFile | undefined {
    return this.#files.get(name);
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }
}
