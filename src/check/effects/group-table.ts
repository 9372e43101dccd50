/**
 * nftables_ipvs in the kernel: the table that marks packets to groups stands before their services for marks are added.
 * Without it every address of a group has a service of its own, and the log says why. When the table is lost later, the
 * services for marks stay beside those: with them the kernel would drop their connections.
 */
import type { CheckConfig } from "../../config/check-model.js";
import type { Addon } from "../../native/addon.js";
import { Firewall } from "../../net/firewall.js";
import { createEventLoop } from "../../platform/event-loop.js";
import type { Log } from "../../platform/child-log.js";
import { ScriptRunner } from "../../platform/script-runner.js";
import { GroupMarks, type MarkPlan } from "../group-marks.js";
import { markScript } from "../mark-rules.js";
import type { GroupMark } from "../services.js";

interface GroupTablePorts {
  addon: Addon;
  log: Log;
  /** Holds the rules that are in force. */
  file: string;
  /** Packets may not have their marks any more. */
  changed: () => void;
}

const NO_MARKS: ReadonlyMap<string, number> = new Map();
const CONSEQUENCE = "each address of a group is an IPVS service of its own";

export class GroupTable {
  readonly #ports: GroupTablePorts;
  readonly #firewall: Firewall;
  readonly #allocation = new GroupMarks();
  #marks = NO_MARKS;
  /** The table that gives packets these marks is in force. */
  #reliable = false;
  /** The table is wanted. */
  #wanted = false;

  constructor(ports: GroupTablePorts) {
    this.#ports = ports;
    const { addon, log, file } = ports;
    this.#firewall = new Firewall({
      addon,
      loop: createEventLoop(addon),
      runner: new ScriptRunner(addon),
      file,
      lost: (table) => log.warning(`somebody changed the nftables table ${table}: putting it back`),
      failed: (reason) => this.#onFailed(reason),
      unwatched: (reason) => log.warning(`nftables_ipvs: ${reason}`),
    });
  }

  /** What marks do for a virtual server, by its key; undefined: nothing, it has one service for each address. */
  markOf(key: string): GroupMark | undefined {
    const mark = this.#marks.get(key);
    return mark === undefined ? undefined : { mark, reliable: this.#reliable };
  }

  /**
   * Before the services of a configuration: makes its table. Resolves when that is in force or has failed. A table that
   * nobody wants stays until `settle`.
   */
  async adopt(config: CheckConfig): Promise<void> {
    const plan = this.#planOf(config);
    const { ipvsNftables, ipvsNftablesPriority, nftablesCounters } = config.global.firewall;
    this.#wanted = plan !== undefined && plan.ranges.length > 0;
    if (plan === undefined || ipvsNftables === undefined || !this.#wanted) {
      this.#marks = NO_MARKS;
      return;
    }
    const script = markScript({
      table: ipvsNftables.table,
      priority: ipvsNftablesPriority,
      counters: nftablesCounters,
      ranges: plan.ranges,
    });
    if (!(await this.#firewall.apply(script))) return;
    this.#marks = plan.marks;
    this.#reliable = true;
  }

  #planOf(config: CheckConfig): MarkPlan | undefined {
    const { log } = this.#ports;
    if (config.global.firewall.ipvsNftables === undefined) return undefined;
    const { ipvsNetNamespace } = config.global.daemon;
    if (ipvsNetNamespace !== undefined) {
      log.warning(`nftables_ipvs: not with net_namespace_ipvs, whose packets are elsewhere; ${CONSEQUENCE}`);
      return undefined;
    }
    const plan = this.#allocation.plan(config);
    for (const { name, reason } of plan.unmarked)
      log.warning(
        `nftables_ipvs: VS ${name}: ${reason}; each of its addresses is an IPVS service of its own`,
      );
    return plan;
  }

  /** After the services of a configuration: removes the table that is not needed any more, or that an earlier run left. */
  async settle(): Promise<void> {
    if (!this.#wanted) await this.#firewall.apply(undefined);
  }

  #onFailed(reason: string): void {
    this.#ports.log.error(`nftables_ipvs: ${reason}${this.#wanted ? `; ${CONSEQUENCE}` : ""}`);
    this.#reliable = false;
    if (this.#marks.size > 0) this.#ports.changed();
  }

  /** @param keep leaves the table: the services stay too. */
  async close(keep: boolean): Promise<void> {
    this.#wanted = false;
    await this.#firewall.close(keep);
  }
}
