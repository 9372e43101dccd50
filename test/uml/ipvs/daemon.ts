/** Our daemon in a network namespace of the guest. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { repository } from "../../setup/repository.js";
import type { Shell } from "./shell.js";

const STOP_LIMIT_MS = 20_000;

export class Daemon {
  readonly #shell: Shell;
  readonly #namespace: string;
  readonly #folder: string;
  /** Number of core's process. */
  #pid: number | undefined;

  /** Configuration, pid files and log are in `folder`. */
  constructor(shell: Shell, namespace: string, folder: string) {
    this.#shell = shell;
    this.#namespace = namespace;
    this.#folder = folder;
  }

  async start(configuration: string, vrrp: boolean): Promise<void> {
    const path = (name: string): string => join(this.#folder, name);
    writeFileSync(path("conf"), configuration);
    const files = `-f ${path("conf")} -p ${path("k.pid")} -c ${path("c.pid")} -r ${path("v.pid")}`;
    const program = `${join(repository, "dist", "keepalived")} -n -l -D ${vrrp ? "" : "-C"}`;
    const command = `ip netns exec ${this.#namespace} ${program} ${files}`;
    this.#pid = Number(await this.#shell.run(`${command} </dev/null >>${path("log")} 2>&1 & echo $!`));
  }

  reload(configuration: string): void {
    writeFileSync(join(this.#folder, "conf"), configuration);
    if (this.#pid !== undefined) process.kill(this.#pid, "SIGHUP");
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    const pid = this.#pid;
    this.#pid = undefined;
    if (pid === undefined || !isRunning(pid)) return;
    process.kill(pid, "SIGTERM");
    for (const until = Date.now() + STOP_LIMIT_MS; isRunning(pid); await sleep(50))
      if (Date.now() > until) throw new Error(`the daemon does not stop:\n${this.output.slice(-2000)}`);
  }

  /** What it has printed. */
  get output(): string {
    return textOf(join(this.#folder, "log"));
  }
}

/** Not when it has ended and only its parent has not looked. */
function isRunning(pid: number): boolean {
  const state = /\) (\S)/.exec(textOf(`/proc/${pid}/stat`))?.[1];
  return state !== undefined && state !== "Z";
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
