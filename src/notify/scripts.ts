/**
 * Runs the notify scripts of instances, sync groups, real and virtual servers: in order and never two at a time for each
 * of them. What still waits when the state moves on is stale: it is dropped, and that is said. Delivery is the script runner's.
 */
import type { NotifyScripts, ScriptSetting } from "../config/model.js";
import type { Identity } from "../platform/accounts.js";
import type { RunningScript, RunOutcome, ScriptRunner } from "../platform/script-runner.js";
import { OrderedQueue } from "./ordered-queue.js";
import { commandsFor, isFinal, keyOf, type Transition } from "./transition.js";

/** Why a script runs: a state, or an event such as MASTER_RX_LOWER_PRI. */
type Reason = string;

interface Job {
  command: ScriptSetting;
  reason: Reason;
  /** STOP and DELETED: no later state makes them stale. */
  final: boolean;
  running?: RunningScript;
}

interface NotifyPorts {
  runner: Pick<ScriptRunner, "run">;
  /** The account of a script; undefined when it does not exist. */
  identityOf(command: ScriptSetting): Identity | undefined;
  info(text: string): void;
  warn(text: string): void;
}

/** At the stop, in milliseconds. */
interface StopLimits {
  /** For a script that runs when its instance stops, before its stop script. */
  predecessor: number;
  /** For each stop script. */
  script: number;
}

/** A script that keeps a newer state waiting is named after this, and then again and again. */
const FIRST_REMINDER_MILLIS = 10_000;
const NEXT_REMINDER_MILLIS = 60_000;

export class ScriptNotifier {
  readonly #ports: NotifyPorts;
  readonly #queue = new OrderedQueue<Job>();
  readonly #reminders = new Map<string, NodeJS.Timeout>();
  #stopping: StopLimits | undefined;
  #onIdle: (() => void) | undefined;

  constructor(ports: NotifyPorts) {
    this.#ports = ports;
  }

  tell(scripts: NotifyScripts, transition: Transition): void {
    const commands = commandsFor(scripts, transition);
    this.tellState(keyOf(transition), commands, transition.state, isFinal(transition));
  }

  /**
   * The same of anything else that has a state, `key` being its name.
   * @param final nothing later makes it stale, and the stop waits for it
   */
  tellState(key: string, commands: readonly ScriptSetting[], state: string, final: boolean): void {
    for (const job of this.#queue.discard(key, (waiting) => !waiting.final))
      this.#reportStale(key, job, state);
    for (const command of commands) this.#add(key, { command, reason: state, final });
  }

  /** A MASTER heard an advert of lower priority; at most one such run waits, however many adverts come. */
  tellLowerPriority(name: string, command: ScriptSetting): void {
    const key = keyOf({ type: "INSTANCE", name });
    this.#queue.discard(key, ({ reason }) => reason === "MASTER_RX_LOWER_PRI");
    this.#add(key, { command, reason: "MASTER_RX_LOWER_PRI", final: false });
  }

  #reportStale(key: string, job: Job, state: Reason): void {
    const before = this.#queue.running(key)?.command.args.join(" ") ?? "";
    this.#ports.warn(
      `${key}: script '${job.command.args.join(" ")}' for ${job.reason} is not run: the state is ${state} already, and '${before}' still runs`,
    );
  }

  /**
   * The process is about to end: whatever has no stop script behind it is told to end too. Calls back when the stop
   * scripts have run, or when their limits have passed.
   */
  drain(limits: StopLimits, done: () => void): void {
    this.#stopping = limits;
    for (const key of this.#queue.keys()) this.#hurry(key, limits);
    if (this.#idle) return done();
    this.#onIdle = done;
  }

  /** Nothing is left that has to be waited for. */
  get #idle(): boolean {
    return this.#queue
      .keys()
      .every((key) => this.#queue.running(key)?.final !== true && this.#queue.waiting(key).length === 0);
  }

  #hurry(key: string, limits: StopLimits): void {
    for (const job of this.#queue.discard(key, ({ final }) => !final)) this.#reportStale(key, job, "STOP");
    const job = this.#queue.running(key);
    if (job === undefined) return;
    const wait = job.final ? limits.script : limits.predecessor;
    if (!job.final && this.#queue.waiting(key).length === 0) job.running?.terminate();
    else
      setTimeout(() => {
        if (this.#queue.running(key) === job) job.running?.kill();
      }, wait).unref();
  }

  #add(key: string, job: Job): void {
    const next = this.#queue.push(key, job);
    if (next !== undefined) this.#start(key, next);
    else if (!this.#reminders.has(key)) this.#remind(key, FIRST_REMINDER_MILLIS);
  }

  /** Nobody ends a notify script, as nobody knows what it is doing; but it is said what waits for it. */
  #remind(key: string, millis: number): void {
    const timer = setTimeout(() => {
      const [next] = this.#queue.waiting(key);
      const running = this.#queue.running(key);
      this.#reminders.delete(key);
      if (next === undefined || running === undefined) return;
      this.#ports.warn(
        `${key}: script '${next.command.args.join(" ")}' waits, as '${running.command.args.join(" ")}' has not ended yet`,
      );
      this.#remind(key, NEXT_REMINDER_MILLIS);
    }, millis);
    this.#reminders.set(key, timer.unref());
  }

  #start(key: string, job: Job): void {
    const { args, file } = job.command;
    const identity = this.#ports.identityOf(job.command);
    if (identity === undefined) {
      this.#ports.warn(
        `${key} ${job.reason}: script '${args.join(" ")}' not run: its user or group does not exist`,
      );
      setImmediate(() => this.#ended(key));
      return;
    }
    const limit = this.#stopping && job.final ? { timeoutMillis: this.#stopping.script, killOnly: true } : {};
    const request = { args, identity, ...(file !== undefined && { file }), ...limit };
    job.running = this.#ports.runner.run(request, (outcome) => {
      this.#report(key, job, outcome);
      this.#ended(key);
    });
  }

  #report(key: string, { command, reason }: Job, { failure, stderr }: RunOutcome): void {
    const script = `${key} ${reason}: script '${command.args.join(" ")}'`;
    if (failure !== undefined)
      this.#ports.warn(`${script} ${failure}${stderr === "" ? "" : `; it said: ${stderr}`}`);
    else if (stderr !== "") this.#ports.info(`${script} said: ${stderr}`);
  }

  #ended(key: string): void {
    const next = this.#queue.finished(key);
    clearTimeout(this.#reminders.get(key));
    this.#reminders.delete(key);
    if (next !== undefined) {
      if (this.#queue.waiting(key).length > 0) this.#remind(key, FIRST_REMINDER_MILLIS);
      this.#start(key, next);
    }
    if (this.#onIdle !== undefined && this.#idle) {
      const done = this.#onIdle;
      this.#onIdle = undefined;
      done();
    }
  }
}
