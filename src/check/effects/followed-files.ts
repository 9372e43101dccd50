/** The track files that FILE_CHECK follows, each read once and told to all who follow it. */
import type { Addon } from "../../native/addon.js";
import type { Log } from "../../platform/child-log.js";
import { createEventLoop } from "../../platform/event-loop.js";
import type { TrackFileConfig } from "../../config/model.js";
import { DirectoryWatches } from "../../track/effects/directory-watches.js";
import { FileTrackers } from "../../track/effects/file-trackers.js";

export class FollowedFiles {
  readonly #watches: DirectoryWatches;
  readonly #files: FileTrackers;
  readonly #followers = new Map<string, Set<() => void>>();

  constructor(addon: Addon, log: Log) {
    const loop = createEventLoop(addon);
    this.#watches = new DirectoryWatches(addon, loop, log);
    this.#files = new FileTrackers({
      loop,
      log,
      watches: this.#watches,
      changed: (name) => {
        for (const follower of this.#followers.get(name) ?? []) follower();
      },
    });
  }

  /** Takes the files of a configuration; resolves when all are read that can be read in time. */
  setConfigs(configs: readonly TrackFileConfig[]): Promise<void> {
    return this.#files.setConfigs(configs);
  }

  /** The number in a file; 0 for one that cannot be read. */
  valueOf(name: string): number {
    return this.#files.get(name)?.value ?? 0;
  }

  /** @returns what ends it */
  follow(name: string, changed: () => void): () => void {
    const followers = this.#followers.get(name) ?? new Set();
    this.#followers.set(name, followers);
    followers.add(changed);
    return () => followers.delete(changed);
  }

  close(): void {
    this.#files.close();
    this.#watches.close();
  }
}
