/** Which IPVS sync daemons shall run, and the orders to get there. */
import { isDeepStrictEqual } from "node:util";
import type { SyncDaemonMessage, SyncRole } from "../netlink/ipvs-settings.js";
import { parseAddress } from "./ip-address.js";
import type { SyncOrder, SyncProgram } from "./ipvs-sync.js";
import type { SystemError } from "./system-error.js";

/** `lvs_sync_daemon`, without who it follows. */
interface SyncSettings {
  interface: string;
  maxLength?: number;
  port: number;
  ttl?: number;
  /** Multicast group as text. */
  group: string;
}

export function syncDaemon(settings: SyncSettings, role: SyncRole, syncId: number): SyncDaemonMessage {
  const { interface: device, maxLength, port, ttl } = settings;
  const group = parseAddress(settings.group);
  return {
    role,
    interface: device,
    syncId,
    port,
    ...(maxLength !== undefined && { maxLength }),
    ...(ttl !== undefined && { ttl }),
    ...(group !== undefined && { group }),
  };
}

const ROLES: readonly SyncRole[] = ["master", "backup"];

export class SyncDaemons {
  readonly #program: Pick<SyncProgram, "run">;
  /** As far as we know; unknown at first: an earlier run may have left some. */
  #running: ReadonlyMap<SyncRole, SyncDaemonMessage> | undefined;

  constructor(program: Pick<SyncProgram, "run">) {
    this.#program = program;
  }

  /** At most one of each role. What runs as wanted is left alone. @returns what was refused. */
  want(daemons: readonly SyncDaemonMessage[]): Promise<SystemError[]> {
    const wanted = new Map(daemons.map((daemon) => [daemon.role, daemon]));
    const orders: SyncOrder[] = [];
    const unchanged = (role: SyncRole): boolean => {
      const running = this.#running?.get(role);
      return running !== undefined && isDeepStrictEqual(running, wanted.get(role));
    };
    for (const role of ROLES) {
      const mayRun = this.#running === undefined || this.#running.has(role);
      if (mayRun && !unchanged(role)) orders.push({ kind: "stop", role });
    }
    for (const [role, daemon] of wanted) if (!unchanged(role)) orders.push({ kind: "start", daemon });
    this.#running = wanted;
    return orders.length === 0 ? Promise.resolve([]) : this.#program.run(orders);
  }
}
