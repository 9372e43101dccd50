/**
 * A program on a host of the lab: in its network namespace, and with /run, /tmp and /dev/console of its own, so that
 * nothing it writes meets the system's or another router's. All its processes are known by their mount namespace.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { repository } from "../../setup/repository.js";
import { Lines } from "./lines.js";

/** Shell words for the inside of the new mount namespace. What lies below /tmp and is needed stays visible. */
function privateFolders(needed: readonly string[]): string {
  const below = needed.filter((path) => path.startsWith("/tmp/"));
  return [
    "set -e",
    "mount -t tmpfs -o mode=755 lab /run",
    ...below.map((path, i) => `mkdir /run/keep${i}; mount --rbind '${path}' /run/keep${i}`),
    "mount -t tmpfs -o mode=1777 lab /tmp",
    ...below.map(
      (path, i) =>
        `mkdir -p '${path}'; mount --move /run/keep${i} '${path}' 2>/dev/null || mount --rbind /run/keep${i} '${path}'`,
    ),
    "if [ -e /dev/console ]; then mount --bind /dev/null /dev/console; fi",
    'exec "$@"',
  ].join("\n");
}

/** Environment of programs under test: nothing that would change how Node starts. */
function cleanEnvironment(extra: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    TZ: "UTC",
    ...extra,
  };
}

export interface ProgramSettings {
  /** Name of the network namespace. */
  namespace: string;
  command: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** Give it folders of its own (routers: yes; watching tools: no). */
  ownFolders?: boolean;
}

export class Program {
  readonly output = new Lines();
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #mountNamespace: string | undefined;

  constructor({ namespace, command, environment = {}, ownFolders = false }: ProgramSettings) {
    const inside = ["nsenter", `--net=/run/netns/${namespace}`];
    const needed = [repository, process.execPath.replace(/\/bin\/[^/]+$/, "")];
    const wrapper = ownFolders ? ["unshare", "-m", "sh", "-c", privateFolders(needed), "sh"] : [];
    const [file = "", ...args] = [...inside, ...wrapper, ...command];
    this.#child = spawn(file, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: cleanEnvironment(environment),
    });
    if (this.#child.pid === undefined) throw new Error(`cannot start ${command.join(" ")}`);
    this.pid = this.#child.pid;
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream !== null) this.output.read(stream);
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", () => {
        resolve();
      });
    });
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** How it ended: "0", "SIGKILL"; undefined while it runs. */
  get exit(): string | undefined {
    return this.#child.signalCode ?? this.#child.exitCode?.toString();
  }

  /** Settles when it has ended and its output is read. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  onExit(listener: () => void): void {
    this.#child.once("exit", listener);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.running) process.kill(this.pid, signal);
  }

  /** All processes of a program with folders of its own, the newest first. */
  processes(): { pid: number; command: string }[] {
    this.#mountNamespace ??= ownMountNamespace(this.pid);
    if (this.#mountNamespace === undefined) return [];
    const pids = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    return pids
      .filter((pid) => mountNamespaceOf(pid) === this.#mountNamespace)
      .map((pid) => ({ pid, command: commandOf(pid) }))
      .sort((a, b) => b.pid - a.pid);
  }

  /** SIGKILL to all its processes in one go: what a crash of the whole router looks like to the others. */
  killAll(): void {
    crash(this.processes().map(({ pid }) => pid));
    this.kill("SIGKILL");
  }
}

/** SIGKILL to several processes as if at one moment: they are stopped first, so that none sees another die. */
export function crash(pids: readonly number[]): void {
  for (const signal of ["SIGSTOP", "SIGKILL"] as const) {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // gone in the meantime
      }
    }
  }
}

function mountNamespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

/** The mount namespace of a program, once it has left ours. */
function ownMountNamespace(pid: number): string | undefined {
  const its = mountNamespaceOf(pid);
  return its === mountNamespaceOf(process.pid) ? undefined : its;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}
