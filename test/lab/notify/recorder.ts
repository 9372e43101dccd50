/** What a router tells the outside, written down: a script that notes its arguments, and a reader of each FIFO. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Lab } from "../harness/lab.js";
import type { Host } from "../harness/network.js";
import type { Program } from "../harness/program.js";

export class Recorder {
  /** Notes its arguments in a line. */
  readonly script: string;
  readonly #file: string;
  readonly #lab: Lab;
  readonly #host: Host;
  readonly #fifos = new Map<string, Program>();

  constructor(lab: Lab, host: Host, name = "record") {
    this.#lab = lab;
    this.#host = host;
    const folder = dirname(lab.configurationOf(host));
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, `${host.name}-${name}.lines`);
    // One write per line: lines of two scripts do not mix.
    this.script = this.makeScript(`${name}.sh`, `echo "$*" >> ${this.#file}`);
  }

  path(name: string): string {
    return join(dirname(this.#lab.configurationOf(this.#host)), `${this.#host.name}-${name}`);
  }

  makeScript(name: string, body: string): string {
    const path = this.path(name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return path;
  }

  /** Lines of the script so far. */
  get lines(): string[] {
    return existsSync(this.#file) ? readFileSync(this.#file, "utf8").split("\n").filter(Boolean) : [];
  }

  /** Makes a FIFO and reads it; held open for writing too, so that the reader never sees an end. */
  fifo(name: string): string {
    const path = this.path(name);
    execFileSync("mkfifo", ["-m", "600", path]);
    const reader = this.#lab.run(`reader of ${name}`, {
      namespace: this.#host.namespace,
      command: ["sh", "-c", `exec cat <> ${path}`],
    });
    this.#fifos.set(name, reader);
    return path;
  }

  fifoLines(name: string): string[] {
    return this.#fifos.get(name)?.output.all.map(({ text }) => text) ?? [];
  }
}

/** Cuts a rival off until it is master and joins it again, until `met`: it may hear before it is heard. */
export async function letMastersMeet(
  lab: Lab,
  rival: Host,
  start: () => Program,
  met: () => boolean,
): Promise<Program> {
  rival.isolate();
  const program = start();
  for (let attempt = 0; attempt < 10; attempt++) {
    const from = program.output.all.length;
    rival.isolate();
    const isMaster = (): unknown => program.output.find(/Entering MASTER STATE/, attempt === 0 ? 0 : from);
    await lab.waitFor(() => isMaster() !== undefined, 8_000, "a second master");
    // Their adverts stand on grids: another moment each time, or the same one would speak first again.
    await lab.watch(17 * attempt);
    rival.rejoin();
    await lab.waitFor(() => program.output.find(/Entering BACKUP STATE/, from), 5_000, "it to yield");
    await lab.watch(300);
    if (met()) return program;
  }
  throw new Error("the two masters never met");
}
