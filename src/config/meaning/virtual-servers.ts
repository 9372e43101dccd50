/**
 * All virtual servers in the order of the text. One that needs nothing from elsewhere in the configuration is settled
 * as soon as it has been read: of a large configuration only the result is then kept, not every word of it.
 */
import { virtualServer } from "../blocks/virtual-server.js";
import type { VirtualServerConfig } from "../check-model.js";
import type { TreeReader } from "../read-tree.js";
import type { Recollection } from "../recollection.js";
import type { CheckContext } from "./check-context.js";
import type { Judge } from "./judge.js";
import { type RealServerBlock, ServerModels } from "./real-server.js";
import { readVirtualServer, type VirtualServerBlock } from "./virtual-server.js";

/** Whoever has scripts waits. */
const NO_SCRIPTS = { ofServer: () => undefined, ofChecker: () => undefined };

interface Settled {
  order: number;
  config: VirtualServerConfig;
  /** By an earlier reading, with what the whole configuration said. */
  isRecalled?: boolean;
}

export class VirtualServers {
  readonly #settled: Settled[] = [];
  readonly #early: CheckContext;

  constructor(
    tree: TreeReader,
    judge: Judge,
    readonly recollection?: Recollection,
  ) {
    this.#early = {
      judge,
      scripts: NO_SCRIPTS,
      models: new ServerModels(),
      groups: new Map(),
      trackFiles: new Map(),
      sessions: new Map(),
      alertOfService: false,
      alertOfServer: true,
      logAllFailures: false,
    };
    // The table says what the block is.
    tree.takers.set(virtualServer, (block) => this.#take(block as VirtualServerBlock));
  }

  /** The ones that had to wait, and for all of them what the whole configuration says. */
  finish(waiting: readonly VirtualServerBlock[], context: CheckContext): VirtualServerConfig[] {
    this.#recall();
    const { alertOfService, alertOfServer, logAllFailures } = this.#early;
    if (
      context.alertOfService !== alertOfService ||
      context.alertOfServer !== alertOfServer ||
      context.logAllFailures !== logAllFailures
    )
      for (const { config, isRecalled } of this.#settled)
        if (isRecalled !== true) applyGlobals(config, context);
    for (const block of waiting) this.#add(block, context);
    this.#settled.sort((a, b) => a.order - b.order);
    return this.#settled.map(({ config }) => config);
  }

  #recall(): void {
    for (const { order, meaning } of this.recollection?.recalled ?? [])
      if (meaning.kind === "service") this.#settled.push({ order, config: meaning.config, isRecalled: true });
  }

  #take(block: VirtualServerBlock): boolean {
    if (mustWait(block)) return false;
    const config = this.#add(block, this.#early);
    if (config !== undefined) this.recollection?.keep(block.at.order, { kind: "service", config });
    return true;
  }

  #add(block: VirtualServerBlock, context: CheckContext): VirtualServerConfig | undefined {
    const config = readVirtualServer(block, context);
    if (config !== undefined) this.#settled.push({ order: block.at.order, config });
    return config;
  }
}

/** Whether groups, scripts, files, sessions or the way mails are sent must be known. */
function mustWait(block: VirtualServerBlock): boolean {
  if (block.service.kind === "group") return true;
  if (block.has("smtp_alert") || block.has("quorum_up") || block.has("quorum_down")) return true;
  let latest: RealServerBlock | undefined;
  for (const server of block.value("real_server")) {
    if (latest !== undefined && server.isLike(latest)) continue;
    if (WAITING.some((name) => server.has(name))) return true;
    latest = server;
  }
  return false;
}

const WAITING = ["smtp_alert", "notify_up", "notify_down", "MISC_CHECK", "FILE_CHECK", "BFD_CHECK"] as const;

/** None of these virtual servers says anything about mails; a global wish to log failures is added to their own. */
function applyGlobals(config: VirtualServerConfig, context: CheckContext): void {
  config.smtpAlert = context.alertOfService;
  for (const server of config.realServers) {
    server.smtpAlert = context.alertOfServer;
    if (!context.logAllFailures) continue;
    for (const checker of server.checkers) if ("schedule" in checker) checker.schedule.logAllFailures = true;
  }
}
