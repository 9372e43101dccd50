/**
 * One running keepalived: started in a namespace with private /run, /tmp and console, its processes, its end.
 * Its /dev/console is /dev/null: what upstream cannot give to syslog it writes there, and a serial line is slow.
 * Its output goes to a file in memory, so that nobody wakes up to read it during a measurement.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { undoAtExit } from "../test/lab/harness/left-behind.js";
import { plainEnvironment } from "./environment.js";
import type { Host, Lab } from "./lab.js";
import { cpuSeconds, processTree } from "./processes.js";
import type { Program } from "./subject.js";
import { sleep } from "./feed.js";
import { nowMicros } from "./watch.js";

/** Prepares the mounts, says on descriptor 3 that the program starts now, becomes the program. */
const LAUNCHER = `
for place in $1; do mount -t tmpfs tmpfs $place || exit 97; done
[ ! -e /dev/console ] || mount --bind /dev/null /dev/console || exit 97
shift
echo >&3
exec "$@" 3>&-`;

/** Private places; not one that would hide the program or its configuration. */
function privatePlaces(paths: readonly string[]): string {
  return ["/run", "/tmp"].filter((place) => !paths.some((path) => path.startsWith(`${place}/`))).join(" ");
}

const LOG_POLL_MS = 3;
let daemons = 0;

export class Daemon {
  /** When the program was executed, in microseconds of the monotonic clock. */
  readonly executedAt: Promise<number>;
  /** When its main process was seen to have ended. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #configuration: string;
  readonly #kill: () => void;
  #killedAt = Number.NaN;
  #victims: readonly number[] | undefined;
  #alive = true;

  private constructor(child: ChildProcess, log: string, configuration: string) {
    this.#child = child;
    this.#log = log;
    this.#configuration = configuration;
    this.#kill = undoAtExit(() => this.#killTree());
    this.executedAt = new Promise((resolve, reject) => {
      child.stdio[3]?.once("data", () => resolve(nowMicros()));
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`the program did not start:\n${this.logTail()}`)));
    });
    this.executedAt.catch(() => {});
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#alive = false;
        resolve(nowMicros());
      };
      child.once("exit", end);
      child.once("error", end);
    });
  }

  /** Starts `program` on the configuration text at one host of the lab. */
  static start(program: Program, lab: Lab, host: Host, configuration: string): Daemon {
    daemons += 1;
    const file = join(lab.folder, `${daemons}.conf`);
    const log = join(lab.folder, `${daemons}.log`);
    writeFileSync(file, configuration, { mode: 0o644 });
    const options = [
      "-n",
      "-l",
      "-f",
      file,
      "-p",
      "/run/k.pid",
      "-r",
      "/run/k_vrrp.pid",
      "-c",
      "/run/k_check.pid",
    ];
    const output = openSync(log, "w");
    const places = privatePlaces([...program.command, file]);
    const child = spawn(
      "nsenter",
      // biome-ignore format: reads as a command line
      [`--net=/run/netns/${host.namespace}`, "unshare", "--mount", "--propagation", "private",
        "sh", "-c", LAUNCHER, "sh", places, ...program.command, ...options],
      { stdio: ["ignore", output, output, "pipe"], detached: true, cwd: "/", env: plainEnvironment() },
    );
    closeSync(output);
    return new Daemon(child, log, file);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the daemon has no process");
    return this.#child.pid;
  }

  /** All its processes, children before parents. */
  get pids(): number[] {
    return processTree(this.pid);
  }

  /** Last lines of its output, for messages. */
  logTail(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, "utf8").split("\n").slice(-15).join("\n") : "";
  }

  /**
   * Milliseconds until it writes a line with `words` after this call; looked for every few milliseconds. Reads only what is
   * new: one that writes much is not to pay for that on the one processor of a guest.
   */
  async untilLogged(words: string, timeoutMs: number): Promise<number> {
    const from = performance.now();
    const log = openSync(this.#log, "r");
    try {
      let seen = fstatSync(log).size;
      let text = "";
      for (;;) {
        await sleep(LOG_POLL_MS);
        const more = Buffer.alloc(fstatSync(log).size - seen);
        seen += readSync(log, more, 0, more.length, seen);
        text = text.slice(-words.length) + more.toString("latin1");
        if (text.includes(words)) return performance.now() - from;
        if (performance.now() - from > timeoutMs) throw new Error(`'${words}' was not logged`);
      }
    } finally {
      closeSync(log);
    }
  }

  /** Waits for something that needs the daemon alive; an error gets its last words. */
  async expect<T>(what: Promise<T>): Promise<T> {
    const end = this.ended.then(() => Promise.reject(new Error("the daemon has ended")));
    try {
      return await Promise.race([what, end]);
    } catch (error) {
      throw new Error(`${String(error)}; its last lines:\n${this.logTail()}`);
    }
  }

  /**
   * SIGKILL to every process: children first, so that none learns of its parent's death.
   * `victims` are its processes when the moment matters: finding them takes milliseconds. @returns the moment.
   */
  async killAll(victims?: readonly number[]): Promise<number> {
    this.#victims = victims;
    this.#kill();
    await this.ended;
    return this.#killedAt;
  }

  /** SIGTERM to the main process. @returns the moment. */
  terminate(): number {
    const at = nowMicros();
    process.kill(this.pid, "SIGTERM");
    return at;
  }

  /** SIGHUP to the main process with another configuration in the file. @returns the moment. */
  reload(configuration: string): number {
    writeFileSync(this.#configuration, configuration);
    const at = nowMicros();
    process.kill(this.pid, "SIGHUP");
    return at;
  }

  /** CPU seconds per second of all its processes over a time in which none may come or go. */
  async cpuShare(seconds: number): Promise<number> {
    const pids = this.pids;
    const before = cpuSeconds(pids);
    const from = nowMicros();
    await sleep(seconds * 1000);
    const share = (cpuSeconds(pids) - before) / ((nowMicros() - from) / 1e6);
    if (String(this.pids) !== String(pids))
      throw new Error("a process of the daemon came or went while its CPU was measured");
    return share;
  }

  #killTree(): void {
    const pids = this.#alive ? (this.#victims ?? this.pids) : [];
    this.#killedAt = nowMicros();
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it ended by itself
      }
    }
  }
}
