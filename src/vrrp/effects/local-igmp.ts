/** disable_local_igmp: the kernel reports no membership of link-local groups, 224.0.0.18 of VRRP among them. */
import { readSetting, restoreSettings, writeSetting } from "../../net/kernel-settings.js";
import type { HeldSetting } from "../../net/link-journal.js";
import { formatSystemError } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";

const PATH = "ipv4/igmp_link_local_mcast_reports";

export class LocalIgmp {
  readonly #log: Log;
  #held: HeldSetting | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  async disable(): Promise<void> {
    if (this.#held !== undefined) return;
    const was = await readSetting(PATH);
    if (was === undefined || was === "0") return;
    this.#held = { path: PATH, was, now: "0", link: 0 };
    const error = await writeSetting(PATH, "0");
    if (error !== undefined) this.#log.warning(`disable_local_igmp: ${formatSystemError(error)}`);
  }

  /** As it was before, unless somebody else has changed it. */
  async restore(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    for (const error of await restoreSettings([held]))
      this.#log.warning(`disable_local_igmp: ${formatSystemError(error)}`);
  }
}
