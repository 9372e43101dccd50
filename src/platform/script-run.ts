/**
 * One run of a program: its limit (TERM to the whole group, then KILL, and at its end KILL to whoever of the group has
 * outlived it), and its stderr, which is read to the end, but never faster than the loop can bear.
 */
import type { Addon, Child, SpawnOptions } from "../native/addon.js";
import { ScriptOutput } from "./script-output.js";

const SIGTERM = 15;
const SIGKILL = 9;
/** From TERM to KILL of a script that overran. */
const KILL_DELAY_MILLIS = 2000;
/** A process that even KILL does not end (it hangs in the kernel) is tried again, in case it had a child meanwhile. */
const KILL_AGAIN_MILLIS = 10_000;
/** As much is read at full speed; a longer output is read by a pipe's content per pause, and thrown away. */
const FULL_SPEED_BYTES = 65_536;
const PAUSE_MILLIS = 5;

/** How a run ended. */
export interface RunOutcome {
  /** In words, why it was not a plain exit 0. */
  failure?: string;
  /** The errno, by name, with which the kernel refused to start it. */
  startError?: string;
  timedOut: boolean;
  /** Exit status; -1 when it did not exit by itself. */
  status: number;
  /** The signal that ended it. */
  signal?: number;
  /** The beginning of what it wrote to stderr, in one line. */
  stderr: string;
}

export interface RunLimits {
  /** Absent: it may run for ever. */
  timeoutMillis?: number;
  /** The limit ends it by KILL at once. */
  killOnly?: boolean;
  /** Called when the limit has passed; the end of the run may take much longer. */
  onTimeout?: () => void;
}

function describe(status: number, signal: number): string | undefined {
  if (signal > 0) return `ended by signal ${signal}`;
  if (status < 0) return "ended in an unknown way";
  return status === 0 ? undefined : `exited with status ${status}`;
}

export class ScriptRun {
  readonly #child: Child;
  readonly #output = new ScriptOutput();
  readonly #done: (outcome: RunOutcome) => void;
  #timer: NodeJS.Timeout | undefined;
  #pause: NodeJS.Timeout | undefined;
  #timedOut = false;
  #ending = false;
  #exited = false;

  /** Throws a NativeError when the program cannot be started. */
  constructor(addon: Addon, options: SpawnOptions, limits: RunLimits, done: (outcome: RunOutcome) => void) {
    this.#done = done;
    this.#child = addon.spawn(
      options,
      (status, signal) => this.#onExit(status, signal),
      (chunk) => this.#onStderr(chunk),
    );
    const { timeoutMillis, killOnly = false, onTimeout } = limits;
    if (timeoutMillis !== undefined)
      this.#timer = setTimeout(() => {
        this.#timedOut = true;
        if (killOnly) this.kill();
        else this.terminate();
        onTimeout?.();
      }, timeoutMillis);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** TERM to the group; KILL when that does not help. */
  terminate(): void {
    if (this.#exited) return;
    this.#ending = true;
    this.#signal(SIGTERM);
    this.#after(KILL_DELAY_MILLIS, () => this.kill());
  }

  /** KILL to the group. */
  kill(): void {
    if (this.#exited) return;
    this.#ending = true;
    this.#signal(SIGKILL);
    this.#after(KILL_AGAIN_MILLIS, () => this.kill());
  }

  #signal(signal: number): void {
    try {
      this.#child.kill(signal, true);
    } catch {
      // EPERM: it has become another user's, and we are not root; there is no other way to end it
    }
  }

  #after(millis: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, millis).unref();
  }

  #onExit(status: number, signal: number): void {
    // The group keeps its number until this call returns: now or never.
    if (this.#ending) this.#signal(SIGKILL);
    this.#exited = true;
    clearTimeout(this.#timer);
    const failure = this.#timedOut ? "timed out" : describe(status, signal);
    this.#done({
      ...(failure !== undefined && { failure }),
      timedOut: this.#timedOut,
      status,
      ...(signal > 0 && { signal }),
      stderr: this.#output.text,
    });
  }

  #onStderr(chunk: Uint8Array): void {
    if (chunk.length === 0) return clearTimeout(this.#pause);
    this.#output.add(chunk);
    if (this.#output.total <= FULL_SPEED_BYTES) return;
    this.#child.readStderr(false);
    this.#pause = setTimeout(() => this.#child.readStderr(true), PAUSE_MILLIS).unref();
  }
}
