/**
 * lvs_sync_daemon with an instance: the kernel's synchronisation of IPVS connections sends while that instance is MASTER
 * and receives otherwise (check reference, 9.2).
 */
import { fileURLToPath } from "node:url";
import type { SyncDaemonSetting } from "../../config/global-model.js";
import type { VrrpConfig } from "../../config/model.js";
import type { Addon } from "../../native/addon.js";
import { ipvsNamespacePath } from "../../net/ipvs-connection.js";
import { SyncProgram } from "../../net/ipvs-sync.js";
import { SyncDaemons, syncDaemon } from "../../net/sync-daemons.js";
import { formatSystemError } from "../../net/system-error.js";
import type { SyncDaemonMessage } from "../../netlink/ipvs-settings.js";
import type { Log } from "../../platform/child-log.js";
import type { VrrpInstance } from "../instance.js";
import type { Router } from "../router.js";

/** A kernel that is slow to stop a daemon goes on with that after we have left. */
const STOP_LIMIT_MILLIS = 1000;

export class SyncDaemon {
  readonly #log: Log;
  readonly #daemons: SyncDaemons;
  #setting: SyncDaemonSetting | undefined;
  /** Some daemon of ours may run. */
  #active = false;

  /** `namespace` as in the configuration. */
  constructor(addon: Addon, log: Log, namespace: string | null | undefined) {
    const program = fileURLToPath(new URL("./ipvs-sync.js", import.meta.url));
    this.#log = log;
    this.#daemons = new SyncDaemons(new SyncProgram(addon, program, ipvsNamespacePath(namespace)));
  }

  /** Takes a configuration, the first one or that of a reload. */
  setConfig(config: VrrpConfig, router: Router): void {
    const { syncDaemon: setting } = config.global.lvs;
    this.#setting = setting;
    const leader = setting?.vrrpInstance === undefined ? undefined : router.instance(setting.vrrpInstance);
    if (leader === undefined) void this.#want([]);
    else this.stateChanged(leader);
  }

  stateChanged(machine: VrrpInstance): void {
    const setting = this.#setting;
    if (setting === undefined || machine.name !== setting.vrrpInstance) return;
    const role = machine.state === "master" ? "master" : "backup";
    void this.#want([syncDaemon(setting, role, setting.syncId ?? machine.settings.virtualRouterId)]);
  }

  /** Stops what runs. Resolves when that is done, or when it takes too long. */
  async close(): Promise<void> {
    this.#setting = undefined;
    let limit: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, STOP_LIMIT_MILLIS);
    });
    await Promise.race([this.#want([]), tooLong]);
    clearTimeout(limit);
  }

  async #want(daemons: readonly SyncDaemonMessage[]): Promise<void> {
    if (daemons.length === 0 && !this.#active) return;
    this.#active = daemons.length > 0;
    for (const error of await this.#daemons.want(daemons))
      this.#log.error(`lvs_sync_daemon: ${formatSystemError(error)}`);
  }
}
