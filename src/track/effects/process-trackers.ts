/**
 * All tracked processes. The kernel tells what starts and ends (`process-connector.ts`) and /proc is read for what was
 * there before; where the kernel does not tell, /proc is looked through every second.
 */
import type { TrackProcessConfig } from "../../config/model.js";
import type { BufferSetting } from "../../config/global-model.js";
import type { Addon } from "../../native/addon.js";
import type { Loop } from "../../net/loop.js";
import type { ProcessEvent } from "../../netlink/process-events.js";
import type { Log } from "../../platform/child-log.js";
import { type CountCause, ProcessQuorum } from "../process-quorum.js";
import { ProcessTable } from "../process-table.js";
import type { Finding } from "../tracked.js";
import { waitPatiently } from "./patience.js";
import { ProcessConnector } from "./process-connector.js";
import { listProcesses, ProcessReader } from "./process-reader.js";

interface ProcessPorts {
  addon: Addon;
  loop: Loop;
  log: Log;
  changed(name: string): void;
}

interface TrackedProcess {
  config: TrackProcessConfig;
  quorum: ProcessQuorum;
  cancel: (() => void) | undefined;
}

const LOOK_MICROS = 1_000_000;
/** A new process is often about to execute something else: it is looked at this many times. */
const YOUNG_LOOKS = 3;
/** Of the old ones that are none of ours so many at each look: one that executes something else is found in the end. */
const OLD_PER_LOOK = 64;
const DEFAULT_BUFFER = 1 << 20;
/** More room helps nobody: what overruns this is not read in time. */
const LARGEST_BUFFER = 1 << 26;

export class ProcessTrackers {
  readonly #ports: ProcessPorts;
  readonly #table = new ProcessTable();
  readonly #reader: ProcessReader;
  #tracked = new Map<string, TrackedProcess>();
  #connector: ProcessConnector | undefined;
  #bufferBytes = DEFAULT_BUFFER;
  /** Looks at each known process so far; only where the kernel does not tell. */
  readonly #looks = new Map<number, number>();
  #cancelLook: (() => void) | undefined;
  #opened = false;
  #closed = false;

  constructor(ports: ProcessPorts) {
    this.#ports = ports;
    this.#reader = new ProcessReader((pid, facts) => {
      // In a look through /proc a process that was not there yet counts as one that has just been forked.
      const cause = this.#connector === undefined && !this.#table.has(pid) ? "fork" : "other";
      if (this.#table.onFacts(pid, facts)) this.#count(cause);
    });
  }

  /** Takes the definitions of a configuration. Resolves when it is known what runs, or when that takes too long. */
  async setConfigs(configs: readonly TrackProcessConfig[], buffer: BufferSetting): Promise<void> {
    for (const { cancel } of this.#tracked.values()) cancel?.();
    const before = this.#tracked;
    this.#tracked = new Map();
    for (const config of configs) {
      const known = before.get(config.name);
      const same = known !== undefined && sameProcess(known.config, config) ? known : undefined;
      const quorum = same?.quorum ?? new ProcessQuorum(config);
      quorum.setSettings(config);
      this.#tracked.set(config.name, { config, quorum, cancel: undefined });
    }
    this.#table.setWanted(configs);
    this.#reader.withCommand = this.#table.needsCommand;
    if (configs.length === 0) return this.#stop();
    await this.#open(buffer);
    const { loop, log } = this.#ports;
    if (!(await waitPatiently(loop, this.#begin())))
      log.warning(
        "Reading /proc takes too long: what runs of the tracked processes is unknown until that ends",
      );
  }

  async #begin(): Promise<void> {
    await this.#lookAtAll();
    this.#count("other", true);
    for (const tracked of this.#tracked.values()) this.#arm(tracked);
  }

  find(name: string): Finding | undefined {
    const tracked = this.#tracked.get(name);
    if (tracked === undefined) return undefined;
    const { up, count } = tracked.quorum;
    const { quorum, quorumMax } = tracked.config;
    const wanted = quorumMax === undefined ? `${quorum} wanted` : `${quorum} to ${quorumMax} wanted`;
    const state = up === true ? "has its quorum" : "has lost its quorum";
    return { value: up, said: `process ${name} ${state} (${count} running, ${wanted})` };
  }

  quorum(name: string): ProcessQuorum | undefined {
    return this.#tracked.get(name)?.quorum;
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#tracked.values()) cancel?.();
    this.#stop();
  }

  #stop(): void {
    this.#cancelLook?.();
    this.#connector?.close();
    this.#connector = undefined;
    this.#opened = false;
  }

  /** Asks the kernel for events, once. */
  async #open({ bytes, force }: BufferSetting): Promise<void> {
    this.#bufferBytes = bytes ?? DEFAULT_BUFFER;
    this.#connector?.setReceiveBuffer(this.#bufferBytes, force || bytes === undefined);
    if (this.#opened || this.#closed) return;
    this.#opened = true;
    const { addon, loop, log } = this.#ports;
    try {
      const connector = new ProcessConnector({
        addon,
        loop,
        event: (event) => this.#onEvent(event),
        overrun: () => this.#onOverrun(),
      });
      connector.setReceiveBuffer(this.#bufferBytes, force || bytes === undefined);
      if ((await connector.listen()) && !this.#closed) {
        this.#connector = connector;
        return;
      }
      connector.close();
    } catch (error) {
      log.detail(() => `process connector: ${error instanceof Error ? error.message : String(error)}`);
    }
    log.info(
      "The kernel does not tell of processes here: /proc is looked through every second for tracked ones",
    );
    this.#lookLater();
  }

  #onEvent(event: Exclude<ProcessEvent, { kind: "answer" }>): void {
    switch (event.kind) {
      case "fork":
        if (this.#reader.isPending(event.parent)) this.#reader.want(event.child);
        if (this.#table.onFork(event.parent, event.child)) this.#count("fork");
        break;
      case "exec":
        this.#reader.want(event.pid);
        break;
      case "comm":
        if (this.#reader.isPending(event.pid)) this.#reader.want(event.pid);
        else if (this.#table.onComm(event.pid, event.comm)) this.#count("other");
        break;
      case "exit":
        this.#reader.forget(event.pid);
        if (this.#table.onExit(event.pid)) this.#count("exit");
        break;
      default:
        event satisfies never;
    }
  }

  /** After a quiet second everything is read anew, with more room for the next storm. */
  #onOverrun(): void {
    const { loop, log } = this.#ports;
    this.#cancelLook?.();
    this.#cancelLook = loop.at(loop.now() + LOOK_MICROS, () => {
      // One that was configured larger stays.
      this.#bufferBytes = Math.max(this.#bufferBytes, Math.min(2 * this.#bufferBytes, LARGEST_BUFFER));
      this.#connector?.setReceiveBuffer(this.#bufferBytes, true);
      log.info(
        `Events of processes were lost: /proc is read anew, with a buffer of ${this.#bufferBytes} bytes`,
      );
      void this.#lookAtAll();
    });
  }

  async #lookAtAll(): Promise<void> {
    const pids = await listProcesses();
    this.#forgetOthers(new Set(pids));
    await this.#reader.readAll(pids);
  }

  #forgetOthers(there: ReadonlySet<number>): void {
    for (const pid of this.#table.pids) if (!there.has(pid) && this.#table.onExit(pid)) this.#count("exit");
    for (const pid of [...this.#looks.keys()]) if (!there.has(pid)) this.#looks.delete(pid);
  }

  #lookLater(): void {
    const { loop } = this.#ports;
    this.#cancelLook?.();
    this.#cancelLook = loop.at(loop.now() + LOOK_MICROS, () => {
      void this.#look().finally(() => {
        if (!this.#closed && this.#opened) this.#lookLater();
      });
    });
  }

  async #look(): Promise<void> {
    const pids = await listProcesses();
    if (this.#closed) return;
    this.#forgetOthers(new Set(pids));
    await this.#reader.readAll(this.#choose(pids));
  }

  /** Ours, the young ones, and some of the others in turn. */
  #choose(pids: readonly number[]): number[] {
    const chosen: number[] = [];
    let old = 0;
    for (const pid of pids) if (!this.#looks.has(pid)) this.#looks.set(pid, 0);
    for (const [pid, looks] of [...this.#looks]) {
      const special = looks < YOUNG_LOOKS || this.#table.has(pid);
      if (!special && old++ >= OLD_PER_LOOK) continue;
      // To the end of the line.
      this.#looks.delete(pid);
      this.#looks.set(pid, looks + 1);
      chosen.push(pid);
    }
    return chosen;
  }

  /** Tells the quorums the numbers that changed. @param complete everything that runs has been seen */
  #count(cause: CountCause, complete = false): void {
    if (this.#closed) return;
    const now = this.#ports.loop.now();
    for (const tracked of this.#tracked.values()) {
      const { quorum, config } = tracked;
      const count = this.#table.count(config.name);
      if (quorum.up === undefined ? !complete : quorum.count === count) continue;
      if (quorum.onCount(count, cause, now)) this.#onChanged(tracked);
      this.#arm(tracked);
    }
  }

  #arm(tracked: TrackedProcess): void {
    const { quorum } = tracked;
    tracked.cancel?.();
    tracked.cancel = undefined;
    if (quorum.deadline === undefined) return;
    tracked.cancel = this.#ports.loop.at(quorum.deadline, () => {
      if (quorum.onDeadline()) this.#onChanged(tracked);
    });
  }

  #onChanged({ config: { name }, quorum: { up, count } }: TrackedProcess): void {
    this.#ports.log.info(
      `Quorum ${up === true ? "gained" : "lost"} for tracked process ${name} (${count} running)`,
    );
    this.#ports.changed(name);
  }
}

/** Whether the same processes are meant. */
function sameProcess(a: TrackProcessConfig, b: TrackProcessConfig): boolean {
  const meant = ({ process, parameters, parameterMatch, fullCommand }: TrackProcessConfig): string =>
    JSON.stringify([process, parameters, parameterMatch, fullCommand]);
  return meant(a) === meant(b);
}
