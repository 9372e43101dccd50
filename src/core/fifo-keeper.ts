/**
 * The notify FIFOs as files: made, given to their owner, removed when they are ours; and the scripts that read them,
 * which are started again when they end. Core keeps each FIFO open itself, so that neither a reload nor the death of a
 * child looks like the end to a reader: it sees the end when the daemon ends, behind the last line.
 */
import { closeSync, fchownSync, fstatSync, openSync, rmSync, statSync } from "node:fs";
import type { FifoSetting, ScriptSetting } from "../config/model.js";
import type { Addon, NativeError } from "../native/addon.js";
import { FIFO_FLAGS } from "../notify/fifo-writer.js";
import { type Accounts, type Identity, ownIdentity } from "../platform/accounts.js";
import type { LogLevel } from "../platform/messages.js";
import type { RunningScript, ScriptRunner } from "../platform/script-runner.js";

const MODE = 0o644;
/** A reader that ended is started again after this, twice as long each time it ends soon. */
const FIRST_RESTART_MILLIS = 1000;
const LAST_RESTART_MILLIS = 60_000;
/** At the end of its FIFO a reader has as long to leave by itself, and then as long after TERM. */
const LEAVE_MILLIS = 500;
/** One that KILL does not end (it hangs in the kernel) holds nothing up for longer than this. */
const UNKILLABLE_MILLIS = 2000;

export interface KeeperPorts {
  addon: Pick<Addon, "makeFifo">;
  runner: Pick<ScriptRunner, "run">;
  accounts(): Accounts;
  log(level: LogLevel, text: string): void;
}

/** The script that reads a FIFO, started again until it is told to end. */
class Reader {
  readonly command: ScriptSetting;
  readonly #path: string;
  readonly #ports: KeeperPorts;
  readonly #identity: Identity;
  #running: RunningScript | undefined;
  #startedAt = 0;
  #delay = FIRST_RESTART_MILLIS;
  #restart: NodeJS.Timeout | undefined;
  #ending = false;
  #onEnd: (() => void) | undefined;

  constructor(command: ScriptSetting, identity: Identity, path: string, ports: KeeperPorts) {
    this.command = command;
    this.#identity = identity;
    this.#path = path;
    this.#ports = ports;
  }

  start(): void {
    if (this.#ending) return;
    const { args, file } = this.command;
    this.#startedAt = performance.now();
    const request = {
      args: [...args, this.#path],
      identity: this.#identity,
      ...(file !== undefined && { file }),
    };
    this.#running = this.#ports.runner.run(request, ({ failure, stderr }) => {
      this.#running = undefined;
      if (this.#onEnd !== undefined) return this.#onEnd();
      if (performance.now() - this.#startedAt > LAST_RESTART_MILLIS) this.#delay = FIRST_RESTART_MILLIS;
      const said = stderr === "" ? "" : `; it said: ${stderr}`;
      this.#ports.log(
        "warning",
        `FIFO ${this.#path}: its script '${args.join(" ")}' ${failure ?? "ended"}${said}; it is started again in ${this.#delay / 1000} s`,
      );
      this.#restart = setTimeout(() => this.start(), this.#delay);
      this.#delay = Math.min(this.#delay * 2, LAST_RESTART_MILLIS);
    });
  }

  /**
   * It is not wanted any more: TERM, then KILL.
   * @param patienceMillis how long it may first read to the end, where its FIFO has one
   */
  async end(patienceMillis: number): Promise<void> {
    this.#ending = true;
    clearTimeout(this.#restart);
    if (this.#running === undefined) return;
    const running = this.#running;
    const timers: NodeJS.Timeout[] = [];
    await new Promise<void>((resolve) => {
      this.#onEnd = resolve;
      const hopeless = (): void => {
        this.#ports.log("error", `FIFO ${this.#path}: its script cannot be killed: going on without its end`);
        resolve();
      };
      const kill = patienceMillis + LEAVE_MILLIS;
      timers.push(setTimeout(() => running.terminate(), patienceMillis));
      timers.push(setTimeout(() => running.kill(), kill));
      timers.push(setTimeout(hopeless, kill + UNKILLABLE_MILLIS));
    });
    for (const timer of timers) clearTimeout(timer);
  }
}

interface Kept {
  fd: number;
  /** Made by us: to be removed by us. */
  ours: boolean;
  reader?: Reader;
  /** Resolves when no earlier reader is left: two at once would share the lines out between them. */
  free: Promise<unknown>;
}

export class FifoKeeper {
  readonly #ports: KeeperPorts;
  readonly #kept = new Map<string, Kept>();

  constructor(ports: KeeperPorts) {
    this.#ports = ports;
  }

  /** From now on there are these FIFOs. What stays is not touched. */
  take(settings: readonly FifoSetting[]): void {
    const wanted = new Map<string, FifoSetting>();
    for (const setting of settings) {
      const known = wanted.get(setting.path);
      wanted.set(setting.path, known?.script === undefined ? setting : known);
    }
    for (const [path, kept] of this.#kept) {
      if (wanted.has(path) && this.#isStill(path, kept.fd)) continue;
      this.#kept.delete(path);
      void this.#close(path, kept);
    }
    for (const setting of wanted.values()) {
      const kept = this.#kept.get(setting.path) ?? this.#make(setting);
      if (kept === undefined) continue;
      this.#kept.set(setting.path, kept);
      this.#setReader(kept, setting);
    }
  }

  /** No child writes any more: readers come to the end. Resolves when our scripts have left. */
  async end(): Promise<void> {
    const all = [...this.#kept].map(([path, kept]) => this.#close(path, kept));
    this.#kept.clear();
    await Promise.all(all);
  }

  #make(setting: FifoSetting): Kept | undefined {
    const { path } = setting;
    const owner = this.#ports.accounts().resolve(setting, undefined);
    let ours = false;
    try {
      ours = this.#makeFile(path);
      const fd = openSync(path, FIFO_FLAGS);
      const status = fstatSync(fd);
      const isOurs = [0, process.geteuid?.(), owner?.uid].includes(status.uid);
      if (status.isFIFO() && isOurs) {
        // By descriptor: the name may lead elsewhere by now.
        if (ours && owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
        return { fd, ours, free: Promise.resolve() };
      }
      closeSync(fd);
      throw new Error(status.isFIFO() ? `it belongs to user ${status.uid}` : "it is no FIFO");
    } catch (error) {
      if (ours) this.#remove(path);
      this.#ports.log("error", `FIFO ${path} cannot be used: ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** @returns whether it was not there before. */
  #makeFile(path: string): boolean {
    try {
      this.#ports.addon.makeFifo(path, MODE);
      return true;
    } catch (error) {
      if ((error as NativeError).code === "EEXIST") return false;
      throw error;
    }
  }

  #setReader(kept: Kept, { path, script }: FifoSetting): void {
    const before = kept.reader;
    if (before !== undefined && script !== undefined && sameCommand(before.command, script)) return;
    delete kept.reader;
    kept.free = Promise.all([kept.free, before?.end(0)]);
    if (script === undefined) return;
    const identity = this.#ports.accounts().resolve(script, ownIdentity());
    if (identity === undefined)
      return this.#ports.log("error", `FIFO ${path}: the user of its script does not exist`);
    const reader = new Reader(script, identity, path, this.#ports);
    kept.reader = reader;
    void kept.free.then(() => reader.start());
  }

  /** Whether the path leads to what we hold open. */
  #isStill(path: string, fd: number): boolean {
    try {
      const there = statSync(path);
      const here = fstatSync(fd);
      return there.dev === here.dev && there.ino === here.ino;
    } catch {
      return false; // whatever the way to it has become
    }
  }

  /** Removed first, then closed: who sees the end finds no old FIFO to open again. */
  async #close(path: string, { fd, ours, reader, free }: Kept): Promise<void> {
    if (ours && this.#isStill(path, fd)) this.#remove(path);
    closeSync(fd);
    await Promise.all([free, reader?.end(LEAVE_MILLIS)]);
  }

  #remove(path: string): void {
    try {
      rmSync(path, { force: true });
    } catch (error) {
      this.#ports.log("error", `FIFO ${path} cannot be removed: ${reasonOf(error)}`);
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sameCommand(a: ScriptSetting, b: ScriptSetting): boolean {
  const essence = ({ args, file, user, group }: ScriptSetting): string =>
    JSON.stringify([args, file, user, group]);
  return essence(a) === essence(b);
}
