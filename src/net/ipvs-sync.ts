/**
 * The kernel's synchronisation of IPVS connections between balancers: its daemons, started and stopped.
 *
 * Stopping one can take long in the kernel, and while it does nothing can end the thread that asked for it. So a
 * program of its own asks (`ipvs-sync-program.ts`), and whoever wants something waits for that one only as long as it likes.
 */
import type { Addon } from "../native/addon.js";
import type { SyncDaemonMessage, SyncRole } from "../netlink/ipvs-settings.js";
import { type SystemError, systemErrorOf } from "./system-error.js";

export type SyncOrder = { kind: "stop"; role: SyncRole } | { kind: "start"; daemon: SyncDaemonMessage };

/** What the program is told, as JSON; bytes as a list of numbers. */
export interface SyncErrand {
  orders: SyncOrder[];
  /** Path of the network namespace; absent: that of the process. */
  namespace?: string | undefined;
}

const LIMIT_MILLIS = 20_000;

/** Runs errands one after the other. */
export class SyncProgram {
  readonly #addon: Addon;
  readonly #path: string;
  readonly #namespace: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `path` is that of the bundled program. */
  constructor(addon: Addon, path: string, namespace?: string) {
    this.#addon = addon;
    this.#path = path;
    this.#namespace = namespace;
  }

  /** Never rejects. @returns what was refused. */
  run(orders: SyncOrder[]): Promise<SystemError[]> {
    const run = this.#last.then(() => this.#start(orders));
    this.#last = run;
    return run;
  }

  #start(orders: SyncOrder[]): Promise<SystemError[]> {
    const errand: SyncErrand = { orders, namespace: this.#namespace };
    const subject = "synchronisation of IPVS connections";
    return new Promise((resolve) => {
      let words = "";
      const limit = setTimeout(() => {
        resolve([{ call: "IPVS_CMD_DEL_DAEMON", code: "ETIMEDOUT", subject }]);
      }, LIMIT_MILLIS);
      try {
        const args = ["keepalived_sync", this.#path, JSON.stringify(errand, withBytes)];
        const options = {
          file: process.execPath,
          args,
          env: [],
          captureStderr: true,
          normalScheduling: true,
        };
        const onEnd = (): void => {
          clearTimeout(limit);
          resolve(errorsIn(words, subject));
        };
        this.#addon.spawn(options, onEnd, (chunk) => {
          words += Buffer.from(chunk).toString();
        });
      } catch (error) {
        clearTimeout(limit);
        resolve([systemErrorOf(error, subject)]);
      }
    });
  }
}

const withBytes = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? [...value] : value;

/** The last line is the JSON of what was refused; anything else is how the program died. */
function errorsIn(words: string, subject: string): SystemError[] {
  const line = words.trim().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line) as SystemError[];
  } catch {
    return [{ call: "keepalived_sync", code: "ECHILD", subject, detail: words.trim() }];
  }
}
