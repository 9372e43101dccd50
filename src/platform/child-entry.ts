/**
 * What the entries of all child processes have in common: signals, heartbeat, the messages of core, and the end. A child
 * leaves by process.exit, and never outlives core with what it added to the kernel in place.
 */
import { inspect } from "node:util";
import type { Addon, SignalWatch } from "../native/addon.js";
import { loadAddon } from "../native/load.js";
import { type ChildLog, createChildLog } from "./child-log.js";
import { collectWhenQuiet } from "./heap.js";
import {
  asToChild,
  BEAT_MILLIS,
  type ChildOptions,
  type Dump,
  REALTIME_DUMPS,
  type ToChild,
  type ToCore,
} from "./messages.js";
import type { PunctualitySettings } from "./punctuality.js";
import { stateCopyName, writeCopy } from "./reload-copies.js";
import { applyChange } from "./slice-change.js";
import { Scheduling, type SchedulingWish, type UsualScheduling } from "./scheduling.js";

const SIGTERM = 15;
/** Exit status of a bug (EX_SOFTWARE). */
const INTERNAL_ERROR = 70;
/** A stop that takes longer has failed, unless core would wait longer. */
const LEAVE_LIMIT_MILLIS = 5000;

/** What a child does besides being one. */
export interface ChildRuntime<Slice> {
  /** Takes the first configuration; `stop` may come in the middle. */
  configure(): Promise<void>;
  start(): void;
  /**
   * Looks at a new configuration, without any effect yet: another process may refuse it. What it has in common with the one
   * in force are the same objects.
   * @returns why it cannot be taken
   */
  prepare(slice: Slice): Promise<string | undefined>;
  /** Puts what was prepared last into force. */
  commit(): Promise<void>;
  /** What was prepared last is not wanted any more. */
  abandon(): Promise<void>;
  /** Gives back what is to be given back. Comes at any time. */
  stop(): Promise<void>;
  dump(what: Dump): void;
  /** The text of the dump "data". */
  describe(): string;
  /** The bfd process has said something of a session. */
  onBfdState?(session: string, up: boolean): void;
}

/** What a runtime gets. */
export interface ChildParts {
  addon: Addon;
  log: ChildLog;
  options: ChildOptions;
  /** Hands a mail to core. */
  alert: (text: { subject: string; body: string }) => void;
  /** A timer fired so many microseconds after it was due, at `now`. Comes for each, late or not. */
  late: (micros: number, now: number) => void;
}

/** What every slice says of the process that gets it. */
interface ChildSlice {
  global: {
    processes: Record<"vrrp" | "checker" | "bfd", SchedulingWish> & PunctualitySettings;
    files: { umask: number; saveDirectory?: string };
    /** How long core waits for the end of a child. */
    daemon: { childWaitMicros: number };
  };
}

interface ChildProgram<Slice extends ChildSlice> extends UsualScheduling {
  /** In names of files. */
  role: "vrrp" | "check" | "bfd";
  /** Its key in the configuration. */
  process: "vrrp" | "checker" | "bfd";
  create(slice: Slice, parts: ChildParts): ChildRuntime<Slice>;
}

class ChildEntry<Slice extends ChildSlice> {
  readonly #program: ChildProgram<Slice>;
  readonly #addon: Addon;
  readonly #log: ChildLog;
  #runtime: ChildRuntime<Slice> | undefined;
  #leaving = false;
  /** Kept: a watch that is collected stops watching. */
  readonly #watches: SignalWatch[] = [];
  readonly #scheduling: Scheduling;
  /** In force, and what waits for everybody's consent. */
  #slice: Slice | undefined;
  #offered: { slice: Slice; generation: number } | undefined;
  /** The steps of reloads, one after the other: none overtakes an earlier one that takes long. */
  #steps: Promise<void> = Promise.resolve();
  /** Generation of the slice that is in force. */
  #generation = 0;
  #umask: number | undefined;
  #started = false;

  constructor(program: ChildProgram<Slice>) {
    // Until somebody listens, SIGUSR1 opens Node's inspector: this must come first.
    process.on("SIGUSR1", () => this.#runtime?.dump("data"));
    process.on("SIGUSR2", () => this.#runtime?.dump("stats"));
    this.#program = program;
    this.#addon = loadAddon();
    this.#addon.setProcessName(program.name);
    this.#addon.setParentDeathSignal(SIGTERM);
    this.#log = createChildLog(send);
    this.#scheduling = new Scheduling(this.#addon, this.#log, program);
    this.#listen();
  }

  #listen(): void {
    process.on("uncaughtException", (error) => this.#onBug(error));
    process.on("unhandledRejection", (error) => this.#onBug(error));
    for (const { signal, what } of REALTIME_DUMPS) {
      const watch = new this.#addon.SignalWatch(signal, () => this.#runtime?.dump(what));
      watch.setRef(false);
      this.#watches.push(watch);
    }
    process.on("SIGTERM", () => this.#leave("SIGTERM"));
    process.on("SIGINT", () => this.#leave("SIGINT"));
    process.on("SIGHUP", () =>
      this.#log.warning("SIGHUP: a reload is asked of the main process, which reads the configuration"),
    );
    process.on("SIGPIPE", () => {});
    process.on("SIGXCPU", () => this.#log.warning("computed for too long without a break (RLIMIT_RTTIME)"));
    process.on("disconnect", () => this.#leave("core is gone"));
    process.on("message", (message) => {
      this.#onMessage(asToChild<Slice>(message)).catch((error: unknown) => this.#onBug(error));
    });
    setInterval(() => send({ kind: "beat" }), BEAT_MILLIS);
  }

  async #onMessage(message: ToChild<Slice>): Promise<void> {
    if (this.#leaving) return;
    switch (message.kind) {
      case "configure":
        await this.#configure(message);
        break;
      case "reconfigure":
        await this.#afterEarlierSteps(() => this.#reconfigure(message));
        break;
      case "commit":
        await this.#afterEarlierSteps(() => this.#commit(message.generation));
        break;
      case "abandon":
        await this.#afterEarlierSteps(() => this.#abandon());
        break;
      case "start":
        this.#started = true;
        this.#schedule();
        this.#runtime?.start();
        break;
      case "stop":
        this.#leave();
        break;
      case "dump":
        this.#runtime?.dump(message.what);
        break;
      case "bfdState":
        this.#runtime?.onBfdState?.(message.session, message.up);
        break;
      default:
        message satisfies never;
    }
  }

  async #configure(message: Extract<ToChild<Slice>, { kind: "configure" }>): Promise<void> {
    const { generation, slice, options } = message;
    this.#log.setDetail(options.detail);
    this.#umask = options.umask;
    this.#adopt(slice, generation);
    // Known before it is complete, so that a stop in the middle clears what is there already.
    this.#runtime = this.#program.create(slice, {
      addon: this.#addon,
      log: this.#log,
      options,
      alert: ({ subject, body }) => void send({ kind: "alert", subject, body }),
      late: (micros, now) => this.#scheduling.onLateTimer(micros, now),
    });
    await this.#runtime.configure();
    if (!this.#leaving) send({ kind: "ready", generation });
  }

  #afterEarlierSteps(step: () => Promise<void>): Promise<void> {
    this.#steps = this.#steps.then(() => (this.#leaving ? undefined : step()));
    return this.#steps;
  }

  async #reconfigure(message: Extract<ToChild<Slice>, { kind: "reconfigure" }>): Promise<void> {
    const { generation, from, change, options } = message;
    if (this.#runtime === undefined || this.#slice === undefined || from !== this.#generation)
      throw new Error(`offered a change of configuration ${from}, while ${this.#generation} is in force`);
    this.#log.setDetail(options.detail);
    const slice = applyChange(this.#slice, change);
    const refused = await this.#runtime.prepare(slice).catch((error: unknown) => {
      // A bug of ours, but nothing has changed yet: what is in force can go on.
      this.#log.error(`internal error over a new configuration: ${inspect(error)}`);
      return "internal error";
    });
    if (this.#leaving) return;
    if (refused !== undefined)
      return void send({ kind: "refused", generation, reason: refused, permanent: false });
    this.#offered = { slice, generation };
    send({ kind: "ready", generation });
  }

  async #commit(generation: number): Promise<void> {
    const offered = this.#offered;
    if (offered?.generation !== generation)
      throw new Error(`told to put configuration ${generation} into force, offered ${offered?.generation}`);
    const directory = offered.slice.global.files.saveDirectory;
    this.#keepCopy(directory, generation, "pre");
    await this.#runtime?.commit();
    this.#adopt(offered.slice, generation);
    if (this.#leaving) return;
    this.#keepCopy(directory, generation, "post");
    send({ kind: "committed", generation });
    collectWhenQuiet();
  }

  async #abandon(): Promise<void> {
    this.#offered = undefined;
    await this.#runtime?.abandon();
  }

  /** config_save_dir. */
  #keepCopy(directory: string | undefined, generation: number, when: "pre" | "post"): void {
    if (directory === undefined || this.#runtime === undefined) return;
    const name = stateCopyName(this.#program.role, process.pid, generation - 1, when);
    writeCopy(directory, name, this.#runtime.describe()).catch((error: Error) =>
      this.#log.error(`Cannot write ${name} (config_save_dir): ${error.message}`),
    );
  }

  /** What the process itself takes from a configuration that comes into force. */
  #adopt(slice: Slice, generation: number): void {
    this.#slice = slice;
    this.#generation = generation;
    this.#offered = undefined;
    process.umask(this.#umask ?? slice.global.files.umask);
    if (this.#started) this.#schedule();
  }

  #schedule(): void {
    if (this.#slice === undefined) return;
    const { processes } = this.#slice.global;
    this.#scheduling.apply(processes[this.#program.process], processes);
  }

  /** Ends in order: whatever happens, what has to be given back is given back before the process is gone. */
  #leave(cause?: string, status = 0): void {
    if (this.#leaving) return;
    this.#leaving = true;
    if (cause !== undefined) this.#log.info(`Stopping: ${cause}`);
    const exit = (): void => this.#log.flush(() => process.exit(status));
    if (this.#runtime === undefined) return exit();
    const patience = (this.#slice?.global.daemon.childWaitMicros ?? 0) / 1000;
    setTimeout(() => process.exit(status), Math.max(LEAVE_LIMIT_MILLIS, patience));
    this.#runtime.stop().then(exit, exit);
  }

  /**
   * A bug of ours: say it, and leave the rest to core, which takes back what has to be taken back and starts us again.
   * Without core there is nobody else to do it.
   */
  #onBug(error: unknown): void {
    this.#log.error(`internal error, leaving: ${inspect(error)}`);
    if (process.connected) this.#log.flush(() => process.exit(INTERNAL_ERROR));
    else this.#leave("core is gone", INTERNAL_ERROR);
  }
}

/** @returns false when core is gone. A channel that breaks while we write must not become an exception. */
function send(message: ToCore, done: () => void = () => {}): boolean {
  if (!process.connected || process.send === undefined) return false;
  process.send(message, undefined, undefined, done);
  return true;
}

/** Makes this process a child of core. To be called by the entry, first thing. */
export function runChild<Slice extends ChildSlice>(program: ChildProgram<Slice>): void {
  new ChildEntry(program);
}
