/**
 * Runs a command without blocking the loop: found in PATH like a shell would, in a process group of its own,
 * with a time limit that ends the whole group (TERM, then KILL), its stderr kept up to a limit.
 * Policy about which scripts run when is the caller's.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Addon, Child } from "../native/addon.js";
import type { Identity } from "./accounts.js";

const SIGTERM = 15;
const SIGKILL = 9;
/** From TERM to KILL of a script that overran. */
const KILL_DELAY_MILLIS = 2000;
/** What is kept of a script's stderr. */
const STDERR_LIMIT_BYTES = 4096;
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Upstream removes these; they change how a shell or the loader of the script behaves. */
const FORBIDDEN_ENVIRONMENT = new Set([
  "IFS",
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "NODE_CHANNEL_FD",
  "NOTIFY_SOCKET",
]);

export interface RunRequest {
  args: readonly string[];
  identity?: Identity;
  timeoutMillis?: number;
}

/** How a run ended: `failure` says in words why it was not a plain exit 0. */
export interface RunOutcome {
  failure?: string;
  timedOut: boolean;
  stderr: string;
}

export interface RunningScript {
  readonly pid: number;
  /** Ends the whole group now. */
  kill(): void;
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function inPath(program: string): string {
  if (program.includes("/")) return program;
  for (const folder of (process.env["PATH"] ?? DEFAULT_PATH).split(":")) {
    const candidate = join(folder, program);
    if (executable(candidate)) return candidate;
  }
  return program;
}

function describe(status: number, signal: number): string | undefined {
  if (signal > 0) return `ended by signal ${signal}`;
  return status === 0 ? undefined : `exited with status ${status}`;
}

export class ScriptRunner {
  readonly #addon: Addon;
  readonly #environment: string[];

  constructor(addon: Addon, environment: NodeJS.ProcessEnv = process.env) {
    this.#addon = addon;
    this.#environment = Object.entries(environment)
      .filter(([name, value]) => value !== undefined && !FORBIDDEN_ENVIRONMENT.has(name))
      .map(([name, value]) => `${name}=${value}`);
  }

  /** Starts a run. `done` is called once, in a later turn; also when the program cannot be started. */
  run(request: RunRequest, done: (outcome: RunOutcome) => void): RunningScript | undefined {
    const [program] = request.args;
    if (program === undefined) throw new Error("a script without words");
    let stderr = "";
    let timedOut = false;
    let limit: NodeJS.Timeout | undefined;
    const finish = (failure: string | undefined): void => {
      clearTimeout(limit);
      done({ ...(failure === undefined ? {} : { failure }), timedOut, stderr: stderr.trimEnd() });
    };
    try {
      const child = this.#addon.spawn(
        {
          file: inPath(program),
          args: [...request.args],
          env: this.#environment,
          newGroup: true,
          parentDeathSignal: SIGTERM,
          normalScheduling: true,
          captureStderr: true,
          ...(request.identity === undefined ? {} : { ...request.identity, groups: [] }),
        },
        (status, signal) => {
          if (timedOut) child.kill(SIGKILL, true);
          finish(timedOut ? "timed out" : describe(status, signal));
        },
        (chunk) => {
          if (stderr.length < STDERR_LIMIT_BYTES)
            stderr += Buffer.from(chunk).toString("latin1", 0, STDERR_LIMIT_BYTES - stderr.length);
        },
      );
      if (request.timeoutMillis !== undefined) {
        limit = this.#limit(child, request.timeoutMillis, () => {
          timedOut = true;
        });
      }
      return { pid: child.pid, kill: () => child.kill(SIGKILL, true) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      setImmediate(() => finish(`could not be started: ${reason}`));
      return undefined;
    }
  }

  #limit(child: Child, timeoutMillis: number, expired: () => void): NodeJS.Timeout {
    return setTimeout(() => {
      expired();
      child.kill(SIGTERM, true);
      setTimeout(() => child.kill(SIGKILL, true), KILL_DELAY_MILLIS).unref();
    }, timeoutMillis);
  }
}
