/**
 * Carries out what the supervisor orders, and feeds it what happened. Keeps the order and decides nothing.
 */
import { collectBeforeService } from "../platform/heap.js";
import type { AlertText } from "../notify/alert-text.js";
import type { CoreLog, Speaker } from "../platform/log.js";
import type { ServiceMessage } from "../platform/systemd.js";
import type { ChildOptions, LogLevel, ToChild, ToCore } from "../platform/messages.js";
import type { ChildProcess, ChildListener } from "./child-process.js";
import type { ChildRow, Slice } from "./children.js";
import { SliceOffers } from "./slice-offers.js";
import type { Supervisor } from "./supervisor.js";
import type { Micros, Slices, SupervisorEffect, SupervisorEvent } from "./supervisor-events.js";

type Event = SupervisorEvent<Slice>;
type Effect = SupervisorEffect<Slice>;

/** What the runtime needs of the system; the daemon passes the real things. */
interface CorePorts {
  now(): Micros;
  log: CoreLog;
  /** Throws when there can be no process. */
  spawn(row: ChildRow, listener: ChildListener): ChildProcess;
  /** Takes away what a dead child left in the kernel. Never rejects. */
  withdraw(row: ChildRow): Promise<void>;
  /** @returns undefined when the text has mistakes, which are then in the log. */
  readConfiguration(): Slices<Slice> | undefined;
  /** What was read last comes into force; that of the start was generation 1. */
  adoptConfiguration(generation: number): void;
  notifyService(message: ServiceMessage): void;
  /** A mail that a child wants to be sent. */
  alert(text: AlertText): void;
  /** What `row` must know besides its slice. */
  optionsFor(row: ChildRow): ChildOptions;
  /** pid 0: there is none any more. */
  recordPid(row: ChildRow, pid: number): void;
  /** Never returns in the daemon. */
  finish(status: number): void;
}

const EPERM = 1;
const EINVAL = 22;
const MICROS_PER_MILLI = 1000;
/** setTimeout takes no more; the supervisor is simply asked again. */
const LONGEST_TIMEOUT_MILLIS = 2 ** 31 - 1;

export class CoreRuntime {
  readonly #rows: ReadonlyMap<string, ChildRow>;
  readonly #processes = new Map<string, ChildProcess>();
  /** What each of these processes has of the configuration. */
  readonly #offers = new Map<string, SliceOffers<Slice>>();
  readonly #queue: Event[] = [];
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #armedFor: Micros | undefined;

  constructor(
    readonly supervisor: Supervisor<Slice>,
    readonly ports: CorePorts,
    readonly speaker: Speaker,
    rows: readonly ChildRow[],
  ) {
    this.#rows = new Map(rows.map((row) => [row.name, row]));
  }

  post(event: Event): void {
    this.#queue.push(event);
    if (this.#busy) return; // an effect caused an event: finish the effects first
    this.#busy = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        for (const effect of this.supervisor.handle(next, this.ports.now())) this.#perform(effect);
      }
    } finally {
      this.#busy = false;
    }
    this.#arm();
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "spawn":
        this.#spawn(this.#row(effect.child));
        break;
      case "configure": {
        const { generation, slice } = effect;
        const options = this.ports.optionsFor(this.#row(effect.child));
        const message = this.#offers.get(effect.child)?.offer(generation, slice, options);
        if (message !== undefined) this.#send(effect.child, message);
        break;
      }
      case "start":
        this.#send(effect.child, { kind: "start" });
        break;
      case "commit":
      case "abandon":
        this.#send(effect.child, { kind: effect.kind, generation: effect.generation });
        break;
      case "dump":
        this.#send(effect.child, { kind: "dump", what: effect.what });
        break;
      case "stop":
        if (!this.#send(effect.child, { kind: "stop" })) this.#processes.get(effect.child)?.kill("SIGTERM");
        break;
      case "kill":
        this.#processes.get(effect.child)?.kill("SIGKILL");
        break;
      case "withdraw":
        void this.ports.withdraw(this.#row(effect.child)).then(() => {
          this.post({ kind: "withdrawn", child: effect.child });
        });
        break;
      default:
        this.#performForCore(effect);
    }
  }

  #performForCore(
    effect: Exclude<
      Effect,
      { kind: "spawn" | "configure" | "start" | "commit" | "abandon" | "dump" | "stop" | "kill" | "withdraw" }
    >,
  ): void {
    switch (effect.kind) {
      case "forget":
        this.ports.recordPid(this.#row(effect.child), 0);
        break;
      case "readConfiguration": {
        const slices = this.#readConfiguration();
        this.post(
          slices === undefined ? { kind: "configurationRefused" } : { kind: "configurationRead", slices },
        );
        break;
      }
      case "adoptConfiguration":
        this.ports.adoptConfiguration(effect.generation);
        break;
      case "notifyService":
        this.ports.notifyService(this.#serviceMessage(effect.state));
        // The garbage of reading the configuration: now, and not as a burst of work in the middle of service.
        if (effect.state === "ready") setImmediate(collectBeforeService);
        break;
      case "notifyFailure":
        this.ports.notifyService({ kind: "failed", errno: effect.permission ? EPERM : EINVAL });
        break;
      case "log":
        this.ports.log.write(this.speaker, effect.level, effect.text);
        break;
      case "finish":
        this.ports.finish(effect.status);
        break;
      default:
        effect satisfies never;
    }
  }

  /** A bug of ours in reading must not take a running daemon down: it counts as a refusal. */
  #readConfiguration(): ReturnType<typeof this.ports.readConfiguration> {
    try {
      return this.ports.readConfiguration();
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.ports.log.write(this.speaker, "error", `internal error while reading the configuration: ${what}`);
      return undefined;
    }
  }

  #spawn(row: ChildRow): void {
    const child = row.name;
    const ident = row.ident;
    let pid = 0;
    const write = (level: LogLevel, text: string, atMillis?: number): void =>
      this.ports.log.write({ ident, pid }, level, text, atMillis);
    try {
      const process = this.ports.spawn(row, {
        onMessage: (message) => this.#onMessage(child, pid, message, write),
        onExited: (end) => {
          if (this.#processes.get(child) === process) {
            this.#processes.delete(child);
            this.#offers.delete(child);
          }
          this.post({ kind: "exited", child, pid, end });
        },
        onStderr: (line) => write("error", line),
      });
      if (process.pid === undefined) throw new Error("fork failed");
      pid = process.pid;
      this.#processes.set(child, process);
      this.#offers.set(child, new SliceOffers());
      this.ports.recordPid(row, pid);
      this.post({ kind: "spawned", child, pid });
    } catch (error) {
      this.post({
        kind: "spawnFailed",
        child,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #onMessage(
    child: string,
    pid: number,
    message: ToCore,
    write: (level: LogLevel, text: string, atMillis: number) => void,
  ): void {
    switch (message.kind) {
      case "log":
        for (const { level, text, atMillis } of message.lines) write(level, text, atMillis);
        break;
      case "alert":
        this.ports.alert({ subject: message.subject, body: message.body });
        break;
      case "beat":
        this.post({ kind: "beatReceived", child, pid });
        break;
      case "ready":
        this.post({ kind: "readyReported", child, pid, generation: message.generation });
        break;
      case "committed":
        this.#offers.get(child)?.committed(message.generation);
        this.post({ kind: "committedReported", child, pid, generation: message.generation });
        break;
      case "refused": {
        const { generation, reason, permanent } = message;
        this.post({ kind: "refusalReported", child, pid, generation, reason, permanent });
        break;
      }
      default:
        message satisfies never;
    }
  }

  #send(child: string, message: ToChild<Slice>): boolean {
    return this.#processes.get(child)?.send(message) ?? false;
  }

  #row(child: string): ChildRow {
    const row = this.#rows.get(child);
    if (row === undefined) throw new Error(`no child is called '${child}'`);
    return row;
  }

  #serviceMessage(state: "ready" | "reloading" | "stopping" | "alive"): ServiceMessage {
    if (state === "ready") return { kind: "ready", pid: this.speaker.pid, status: this.#status() };
    if (state === "reloading") return { kind: "reloading", monotonicMicros: this.ports.now() };
    return { kind: state };
  }

  #status(): string {
    const running = this.supervisor.describe().filter(({ phase }) => phase === "running");
    return running.length === 0
      ? "nothing configured"
      : `running: ${running.map(({ name }) => name).join(", ")}`;
  }

  /** One timer for the supervisor's earliest deadline. */
  #arm(): void {
    const { deadline } = this.supervisor;
    // A deadline that only moved away needs no new timer: the supervisor is asked at the old one and finds nothing due.
    if (
      this.#timer !== undefined &&
      this.#armedFor !== undefined &&
      deadline !== undefined &&
      deadline >= this.#armedFor
    )
      return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = deadline;
    if (deadline === undefined) return;
    const millis = Math.ceil(Math.max(0, deadline - this.ports.now()) / MICROS_PER_MILLI);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        // Read what the children have said before judging their silence.
        setImmediate(() => this.post({ kind: "timePassed" }));
      },
      Math.min(millis, LONGEST_TIMEOUT_MILLIS),
    );
  }
}
