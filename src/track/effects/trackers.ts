/**
 * Everything that the instances of a process track, interfaces aside: what is known of it, and a call when that has
 * changed. What it means for an instance is `tracked.ts` and `weight.ts`.
 */
import { open } from "node:fs/promises";
import { constants } from "node:fs";
import type { Trackers as TrackingLists, VrrpConfig } from "../../config/model.js";
import type { Addon } from "../../native/addon.js";
import type { Loop } from "../../net/loop.js";
import { Accounts, ownIdentity } from "../../platform/accounts.js";
import type { Log } from "../../platform/child-log.js";
import { ScriptRunner } from "../../platform/script-runner.js";
import type { Finding, TrackerKind, TrackerView } from "../tracked.js";
import type { ProcessQuorum } from "../process-quorum.js";
import { BfdStates } from "../bfd-states.js";
import { DirectoryWatches } from "./directory-watches.js";
import { FileTrackers } from "./file-trackers.js";
import { ProcessTrackers } from "./process-trackers.js";
import { ScriptTrackers } from "./script-trackers.js";
import type { TrackedScript } from "./tracked-script.js";

interface TrackersPorts {
  addon: Addon;
  loop: Loop;
  log: Log;
  /** What is known of it has changed. */
  changed(kind: TrackerKind, name: string): void;
}

/** The part of the configuration that is tracked. */
type TrackedConfig = Pick<
  VrrpConfig,
  "global" | "scripts" | "trackFiles" | "processes" | "instances" | "syncGroups"
>;

/** A FIFO or a device must not hold anybody up. */
async function openAndClose(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  await file.close();
}

export class Trackers implements TrackerView {
  readonly #scripts: ScriptTrackers;
  readonly #watches: DirectoryWatches;
  readonly #files: FileTrackers;
  readonly #processes: ProcessTrackers;
  readonly #bfds = new BfdStates();
  readonly #ports: TrackersPorts;
  #accounts = new Accounts("", "");
  #closed = false;

  constructor(ports: TrackersPorts) {
    const { addon, loop, log } = ports;
    this.#ports = ports;
    this.#scripts = new ScriptTrackers({
      loop,
      log,
      runner: new ScriptRunner(addon),
      identityOf: (command) => this.#accounts.resolve(command, ownIdentity()),
      open: openAndClose,
      changed: (name) => ports.changed("script", name),
    });
    this.#watches = new DirectoryWatches(addon, loop, log);
    this.#processes = new ProcessTrackers({
      addon,
      loop,
      log,
      changed: (name) => ports.changed("process", name),
    });
    this.#files = new FileTrackers({
      loop,
      log,
      watches: this.#watches,
      changed: (name) => ports.changed("file", name),
    });
  }

  /**
   * Takes a configuration, and the accounts that its scripts may name. What files and processes say is known when it
   * resolves; new scripts wait for `start`.
   */
  async setConfig(config: TrackedConfig, accounts: Accounts): Promise<void> {
    this.#accounts = accounts;
    await Promise.all([
      this.#files.setConfigs(config.trackFiles),
      this.#processes.setConfigs(config.processes, config.global.buffers.processMonitor),
    ]);
    if (this.#closed) return;
    this.#scripts.setConfigs(config.scripts);
    const lists: TrackingLists[] = [...config.instances, ...config.syncGroups];
    this.#bfds.setNames(lists.flatMap(({ trackBfds }) => trackBfds.map(({ name }) => name)));
  }

  start(): void {
    if (!this.#closed) this.#scripts.start();
  }

  find(kind: TrackerKind, name: string): Finding | undefined {
    switch (kind) {
      case "script":
        return this.#scripts.get(name)?.finding;
      case "file":
        return this.#files.get(name)?.finding;
      case "process":
        return this.#processes.find(name);
      case "bfd":
        return this.#bfds.find(name);
    }
  }

  /** What the BFD process says of a session. */
  onBfd(name: string, up: boolean): void {
    if (!this.#bfds.set(name, up)) return;
    this.#ports.log.info(`BFD session ${name} is ${up ? "up" : "down"}`);
    this.#ports.changed("bfd", name);
  }

  /** For the dump. */
  script(name: string): TrackedScript | undefined {
    return this.#scripts.get(name);
  }

  /** For the dump. */
  fileValue(name: string): number | undefined {
    return this.#files.get(name)?.value;
  }

  /** For the dump. */
  quorum(name: string): ProcessQuorum | undefined {
    return this.#processes.quorum(name);
  }

  close(): void {
    this.#closed = true;
    this.#scripts.close();
    this.#files.close();
    this.#processes.close();
    this.#watches.close();
  }
}
