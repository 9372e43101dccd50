/**
 * Notify scripts of instances and sync groups: which commands a transition runs, with which words, in order.
 * The script of the state first, then `notify` with TYPE NAME STATE PRIORITY. Delivery by the script runner.
 */
import type { NotifyScripts, ScriptSetting } from "../config/model.js";
import type { Identity } from "../platform/accounts.js";
import type { RunningScript, ScriptRunner } from "../platform/script-runner.js";
import { OrderedQueue } from "./ordered-queue.js";

export type NotifyState = "MASTER" | "BACKUP" | "FAULT" | "STOP";

/** A transition to tell about. */
export interface Transition {
  type: "INSTANCE" | "GROUP";
  name: string;
  state: NotifyState;
  /** Effective priority; always 0 for a group. */
  priority: number;
}

/** The commands of a transition, in order. */
export function commandsFor(scripts: NotifyScripts, transition: Transition): ScriptSetting[] {
  const byState = {
    MASTER: scripts.master,
    BACKUP: scripts.backup,
    FAULT: scripts.fault,
    STOP: scripts.stop,
  };
  const commands: ScriptSetting[] = [];
  const specific = byState[transition.state];
  if (specific !== undefined) commands.push(specific);
  if (scripts.any !== undefined) {
    const words = [transition.type, transition.name, transition.state, String(transition.priority)];
    commands.push({ ...scripts.any, args: [...scripts.any.args, ...words] });
  }
  return commands;
}

interface Job {
  command: ScriptSetting;
  subject: string;
}

export interface NotifyPorts {
  runner: Pick<ScriptRunner, "run">;
  /** The account of a script; undefined when it does not exist. */
  identityOf(command: ScriptSetting): Identity | undefined;
  warn(text: string): void;
}

/** Runs notify scripts: in order and never two at a time per instance or group. */
export class ScriptNotifier {
  readonly #ports: NotifyPorts;
  readonly #queue = new OrderedQueue<Job>();
  readonly #running = new Set<RunningScript>();
  #onIdle: (() => void) | undefined;

  constructor(ports: NotifyPorts) {
    this.#ports = ports;
  }

  tell(scripts: NotifyScripts, transition: Transition): void {
    const key = `${transition.type} ${transition.name}`;
    for (const command of commandsFor(scripts, transition)) {
      const job = this.#queue.push(key, { command, subject: `${key} ${transition.state}` });
      if (job !== undefined) this.#start(key, job);
    }
  }

  /** Calls back when the last script ended, or after the limit with what still runs killed. */
  drain(limitMillis: number, done: () => void): void {
    if (this.#queue.size === 0) return done();
    const limit = setTimeout(() => {
      this.#onIdle = undefined;
      for (const script of this.#running) script.kill();
      this.#ports.warn(
        `${this.#queue.size} notify scripts had not ended ${limitMillis} ms after the stop: killed`,
      );
      done();
    }, limitMillis);
    this.#onIdle = () => {
      clearTimeout(limit);
      done();
    };
  }

  #start(key: string, job: Job): void {
    const name = job.command.args.join(" ");
    const identity = this.#ports.identityOf(job.command);
    if (identity === undefined) {
      this.#ports.warn(`${job.subject}: script '${name}' not run: its user or group does not exist`);
      setImmediate(() => this.#ended(key));
      return;
    }
    const script = this.#ports.runner.run({ args: job.command.args, identity }, (outcome) => {
      if (script !== undefined) this.#running.delete(script);
      if (outcome.failure !== undefined) {
        const said = outcome.stderr === "" ? "" : `; it said: ${outcome.stderr}`;
        this.#ports.warn(`${job.subject}: script '${name}' ${outcome.failure}${said}`);
      }
      this.#ended(key);
    });
    if (script !== undefined) this.#running.add(script);
  }

  #ended(key: string): void {
    const next = this.#queue.finished(key);
    if (next !== undefined) return this.#start(key, next);
    if (this.#queue.size === 0) this.#onIdle?.();
  }
}
