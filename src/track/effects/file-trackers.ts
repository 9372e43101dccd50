/** All tracked files: a reload keeps those with the same path. */
import type { TrackFileConfig } from "../../config/model.js";
import { type FilePorts, TrackedFile, writeInitial } from "./tracked-file.js";

export class FileTrackers {
  readonly #ports: FilePorts;
  #files = new Map<string, TrackedFile>();
  #begun = false;

  constructor(ports: FilePorts) {
    this.#ports = ports;
  }

  /** Takes the files of a configuration and reads them all. The first time what `init_file` says is written. */
  async setConfigs(configs: readonly TrackFileConfig[]): Promise<void> {
    if (!this.#begun) for (const config of configs) await writeInitial(config, this.#ports.log);
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
    await Promise.all([...this.#files.values()].map((file) => file.read()));
  }

  get(name: string): TrackedFile | undefined {
    return this.#files.get(name);
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }
}
