/**
 * The real servers that are checked: one light program (`check-server.cc`) answers on every loopback address, as programs
 * for Node would take more of a guest's one processor than the checks that are measured. It dies at once.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { repository } from "../test/setup/repository.js";
import { undoAtExit } from "../test/lab/harness/left-behind.js";
import type { Host } from "./lab.js";

const SOURCE = join(repository, "bench", "check-server.cc");
const PROGRAM = join(repository, "build", "bench", "check-server");
/** For a server's listener: all checks of a busy second. */
const LONGEST_QUEUE = 65_535;

/** Compiles the program; to be called where the repository can be written to. */
export function compileCheckServer(): void {
  mkdirSync(dirname(PROGRAM), { recursive: true });
  const words = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-o", PROGRAM, SOURCE];
  execFileSync(process.env["CXX"] ?? "g++", words, { stdio: "inherit" });
}

export class CheckServer {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #kill: () => void;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#lines = lines;
    this.#kill = undoAtExit(() => child.kill("SIGKILL"));
  }

  static async start(host: Host, kind: "tcp" | "http", port: number): Promise<CheckServer> {
    const inside = `--net=/run/netns/${host.namespace}`;
    const longerQueue = `echo ${LONGEST_QUEUE} >/proc/sys/net/core/somaxconn; exec "$@"`;
    const words = [inside, "sh", "-c", longerQueue, "sh", PROGRAM, kind, String(port)];
    const child = spawn("nsenter", words, { stdio: ["pipe", "pipe", "inherit"] });
    const server = new CheckServer(child, createInterface({ input: child.stdout }));
    await server.#line();
    return server;
  }

  async #line(): Promise<string> {
    const [line] = (await once(this.#lines, "line")) as [string];
    return line;
  }

  /** Connections since the last call: the most within 100 ms, and all. */
  async counts(): Promise<{ largest: number; total: number }> {
    const line = this.#line();
    this.#child.stdin?.write("\n");
    const [largest = 0, total = 0] = (await line).split(" ").map(Number);
    return { largest, total };
  }

  /** All the real servers that it is die. */
  kill(): void {
    this.#kill();
  }
}
