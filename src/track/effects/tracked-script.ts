/**
 * One `vrrp_script`: run again and again, measured from start to start, never twice at a time. Tells its state; what
 * that means for an instance is not its business.
 */
import type { TrackScriptConfig } from "../../config/model.js";
import type { Loop, Micros } from "../../net/loop.js";
import type { Identity } from "../../platform/accounts.js";
import type { Log } from "../../platform/child-log.js";
import type { RunningScript, RunOutcome, ScriptRunner } from "../../platform/script-runner.js";
import { ScriptState } from "../script-state.js";
import type { Finding } from "../tracked.js";

export interface ScriptPorts {
  loop: Loop;
  log: Log;
  runner: Pick<ScriptRunner, "run">;
  /** The account of a script; undefined when it does not exist. */
  identityOf(command: TrackScriptConfig["command"]): Identity | undefined;
  /** Opens and closes a file; rejects when that fails. */
  open(path: string): Promise<void>;
  /** The state of a script is another one. */
  changed(name: string): void;
}

/** How one run ended, in upstream's words. */
interface Result {
  success: boolean;
  /** "failed (exited with status 1)" */
  text: string;
  /** Exit status when it exited by itself. */
  status?: number;
  stderr?: string;
}

/** What would be another script: it starts anew, and only its first result takes the place of the last one before. */
function identity({ command, opens }: TrackScriptConfig): string {
  const { position: _position, ...words } = command;
  return JSON.stringify([words, opens]);
}

function resultOf({ failure, status, signal = 0, stderr }: RunOutcome): Result {
  if (failure === undefined) return { success: true, text: "succeeded", status: 0 };
  if (signal > 0) return { success: false, text: `failed (due to signal ${signal})`, stderr };
  if (status < 0) return { success: false, text: `failed (${failure})`, stderr };
  return { success: false, text: `failed (exited with status ${status})`, status, stderr };
}

/** Behind what is known from before. */
const CHANGED = " before its command was changed";

export class TrackedScript {
  readonly #ports: ScriptPorts;
  readonly #state: ScriptState;
  #config: TrackScriptConfig;
  #text: string;
  /** What the script of this name said before its command was changed, until this one has a result. */
  readonly #before: boolean | undefined;
  #lastStatus = 0;
  #running: RunningScript | "opening" | undefined;
  /** The run under way counts already: it has overrun. */
  #judged = false;
  #toldSkipped = false;
  #dueAt: Micros = 0;
  #cancel: (() => void) | undefined;
  #closed = false;

  /** @param before the script of this name that a reload replaces by another command */
  constructor(config: TrackScriptConfig, ports: ScriptPorts, before?: TrackedScript) {
    this.#ports = ports;
    this.#config = config;
    this.#before = before === undefined ? undefined : before.#up;
    // Nor does init_fail let a reload hurt: it is for scripts of which nothing is known.
    const initFail = config.initFail && this.#before === undefined;
    this.#state = new ScriptState(config, initFail);
    if (before !== undefined && this.#before !== undefined)
      this.#text = `${before.#text.replace(CHANGED, "")}${CHANGED}`;
    else if (initFail) this.#text = "counts as failed until it has succeeded (init_fail)";
    else this.#text = "has not run to its end yet";
  }

  get config(): TrackScriptConfig {
    return this.#config;
  }
  get finding(): Finding {
    return { value: this.#up, said: `script ${this.#config.name} ${this.#text}` };
  }
  get #up(): boolean | undefined {
    return this.#state.up ?? this.#before;
  }
  /** Rise and fall as they stand. */
  get count(): number {
    return this.#state.count;
  }
  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Whether it goes on as this: with its state, and undisturbed. */
  isSame(config: TrackScriptConfig): boolean {
    return identity(config) === identity(this.#config);
  }

  setConfig(config: TrackScriptConfig): void {
    const { intervalMicros } = this.#config;
    this.#config = config;
    this.#state.setThresholds(config);
    if (this.#cancel !== undefined && config.intervalMicros !== intervalMicros)
      this.#schedule(this.#dueAt - intervalMicros + config.intervalMicros);
  }

  /** Runs it for the first time; does nothing when it has been started already. */
  start(): void {
    if (this.#cancel === undefined && !this.#closed) this.#onDue(this.#ports.loop.now());
  }

  /** No run any more; one under way is ended, and does not count. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    if (typeof this.#running === "object") this.#running.terminate();
  }

  #schedule(at: Micros): void {
    this.#cancel?.();
    this.#dueAt = at;
    this.#cancel = this.#ports.loop.at(at, () => this.#onDue(at));
  }

  #onDue(at: Micros): void {
    const { intervalMicros, name } = this.#config;
    const now = this.#ports.loop.now();
    // On its grid while it is late by less than an interval; a stall is not followed by a burst.
    this.#schedule(at + intervalMicros > now ? at + intervalMicros : now + intervalMicros);
    if (this.#running === undefined) return this.#run();
    if (this.#toldSkipped) return;
    this.#toldSkipped = true;
    this.#ports.log.info(`Track script ${name} is already running, expect idle - skipping run`);
  }

  #run(): void {
    const { command, opens, timeoutMicros } = this.#config;
    this.#judged = this.#toldSkipped = false;
    if (opens !== undefined) return this.#open(opens, timeoutMicros);
    const identity = this.#ports.identityOf(command);
    if (identity === undefined)
      return this.#onResult({ success: false, text: "failed (its user or group does not exist)" });
    const request = {
      args: command.args,
      ...(command.file !== undefined && { file: command.file }),
      identity,
      timeoutMillis: timeoutMicros / 1000,
      onTimeout: () => this.#onResult({ success: false, text: "timed_out" }),
    };
    this.#running = this.#ports.runner.run(request, (outcome) => {
      this.#running = undefined;
      this.#onResult(outcome.timedOut ? { success: false, text: "timed_out" } : resultOf(outcome));
    });
  }

  /** `< /PATH`: nothing runs, the file only has to open. One that hangs is not asked again meanwhile. */
  #open(path: string, timeoutMicros: Micros): void {
    const { loop } = this.#ports;
    this.#running = "opening";
    const cancel = loop.at(loop.now() + timeoutMicros, () =>
      this.#onResult({ success: false, text: "timed_out" }),
    );
    const ended = (result: Result): void => {
      cancel();
      this.#running = undefined;
      this.#onResult(result);
    };
    this.#ports.open(path).then(
      () => ended({ success: true, text: "succeeded", status: 0 }),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        ended({ success: false, text: `failed (${reason})`, status: 1 });
      },
    );
  }

  #onResult({ success, text, status, stderr = "" }: Result): void {
    if (this.#closed || this.#judged) return;
    this.#judged = true;
    const { name } = this.#config;
    const { log } = this.#ports;
    if (status !== undefined && status !== this.#lastStatus) {
      this.#lastStatus = status;
      log.info(`Script \`${name}\` now returning ${status}`);
    }
    if (!this.#state.onResult(success)) return;
    this.#text = text;
    const line = `VRRP_Script(${name}) ${text}`;
    if (success) log.info(line);
    else log.warning(stderr === "" ? line : `${line}; it said: ${stderr}`);
    this.#ports.changed(name);
  }
}
