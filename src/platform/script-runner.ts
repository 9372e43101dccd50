/**
 * Starts scripts without blocking the loop: one per turn, in a process group of their own, with the environment that
 * upstream gives them. Which scripts run when, and where their files are, is the caller's business.
 */
import type { Addon, NativeError, SpawnOptions } from "../native/addon.js";
import { type Identity, ownIdentity } from "./accounts.js";
import { type RunLimits, type RunOutcome, ScriptRun } from "./script-run.js";

export type { RunOutcome } from "./script-run.js";

const SIGTERM = 15;
const SHELL = "/bin/sh";
/** Upstream removes the first three: they change how a shell or the loader works. The others are ours alone. */
const FORBIDDEN_ENVIRONMENT = new Set([
  "IFS",
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "NODE_CHANNEL_FD",
  "NODE_CHANNEL_SERIALIZATION_MODE",
  "NOTIFY_SOCKET",
]);

export interface RunRequest extends RunLimits {
  /** What is executed; the first word of `args` when absent. */
  file?: string;
  args: readonly string[];
  identity?: Identity;
}

export interface RunningScript {
  /** TERM to the whole group, then KILL; one that has not been started yet never will be. */
  terminate(): void;
  /** KILL to the whole group. */
  kill(): void;
}

/** A run that waits for its turn, and then is. */
class PendingRun implements RunningScript {
  readonly #start: () => ScriptRun | undefined;
  readonly #done: (outcome: RunOutcome) => void;
  #run: ScriptRun | undefined;
  #settled = false;

  constructor(
    start: (done: (outcome: RunOutcome) => void) => ScriptRun | undefined,
    done: (outcome: RunOutcome) => void,
  ) {
    this.#done = (outcome) => {
      this.#settled = true;
      done(outcome);
    };
    this.#start = () => start(this.#done);
  }

  start(): void {
    if (!this.#settled) this.#run = this.#start();
  }

  terminate(): void {
    if (this.#run === undefined) this.#cancel();
    else this.#run.terminate();
  }

  kill(): void {
    if (this.#run === undefined) this.#cancel();
    else this.#run.kill();
  }

  #cancel(): void {
    if (this.#settled) return;
    this.#settled = true;
    setImmediate(() => this.#done(notStarted("was not started any more")));
  }
}

function notStarted(failure: string): RunOutcome {
  return { failure, timedOut: false, status: -1, stderr: "" };
}

export class ScriptRunner {
  readonly #addon: Addon;
  readonly #environment: string[];
  /** A start takes a part of a millisecond: a hundred at once would be a pause that adverts feel. */
  readonly #waiting: PendingRun[] = [];
  #scheduled = false;

  constructor(addon: Addon, environment: NodeJS.ProcessEnv = process.env) {
    this.#addon = addon;
    this.#environment = Object.entries(environment)
      .filter(([name, value]) => value !== undefined && !FORBIDDEN_ENVIRONMENT.has(name))
      .map(([name, value]) => `${name}=${value}`);
  }

  /** Starts a run soon. `done` is called once, in a later turn; also when the program cannot be started. */
  run(request: RunRequest, done: (outcome: RunOutcome) => void): RunningScript {
    if (request.args.length === 0) throw new Error("a script without words");
    const run = new PendingRun((finished) => this.#start(request, finished), done);
    this.#waiting.push(run);
    this.#schedule();
    return run;
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#waiting.shift()?.start();
      this.#schedule();
    });
  }

  #start(request: RunRequest, done: (outcome: RunOutcome) => void): ScriptRun | undefined {
    const options = this.#options(request);
    try {
      try {
        return new ScriptRun(this.#addon, options, request, done);
      } catch (error) {
        if ((error as NativeError).code !== "ENOEXEC") throw error;
        // A text without #!: a shell would interpret it itself.
        const [, ...rest] = options.args;
        const asShell = { ...options, file: SHELL, args: [SHELL, options.file, ...rest] };
        return new ScriptRun(this.#addon, asShell, request, done);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const { code } = error as NativeError;
      setImmediate(() => done({ ...notStarted(`could not be started: ${reason}`), startError: code }));
      return undefined;
    }
  }

  #options({ file, args, identity }: RunRequest): SpawnOptions {
    return {
      file: file ?? args[0] ?? "",
      args: [...args],
      env: this.#environment,
      newGroup: true,
      parentDeathSignal: SIGTERM,
      normalScheduling: true,
      captureStderr: true,
      ...(identity && !isUnprivilegedSelf(identity) && becoming(identity)),
    };
  }
}

function becoming({ uid, gid, groups = [] }: Identity): Pick<SpawnOptions, "uid" | "gid" | "groups"> {
  return { uid, gid, groups };
}

/** Without privileges nobody may give up groups: whoever is to run the script as itself simply does. */
function isUnprivilegedSelf({ uid, gid }: Identity): boolean {
  const own = ownIdentity();
  return uid !== 0 && uid === own.uid && gid === own.gid;
}
