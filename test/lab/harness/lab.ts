/** A lab for one test: a lan, hosts, programs on them, and everything they show gathered in one place. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Holders, MONITOR_COMMAND, parseAddressEvent } from "./addresses.js";
import { Capture, tcpdumpCommand } from "./capture.js";
import { makeLabFolder } from "./left-behind.js";
import { type Host, type HostSettings, Lan } from "./network.js";
import { crowding } from "./patience.js";
import { PingReplies, pingCommand } from "./pinger.js";
import { type Product, commandOf } from "./products.js";
import { Program, type ProgramSettings } from "./program.js";

/** An address of the loopback range that shows that a monitor listens. */
const MARKER = "127.83.77.1";

/** After a limit what programs have printed meanwhile is read: this process may have slept as long as anybody. */
const LAST_LOOK_MS = 50;
const POLL_MS = 10;

let labs = 0;

export class Lab {
  readonly lan: Lan;
  readonly holders = new Holders();
  readonly capture = new Capture();
  readonly #programs = new Map<string, Program>();
  readonly #waiting = new Set<() => void>();
  readonly #folder: string;
  readonly #removeFolder: () => void;

  private constructor() {
    const label = String(++labs);
    this.lan = new Lan(label);
    const { path, remove } = makeLabFolder(label);
    this.#folder = path;
    this.#removeFolder = remove;
  }

  /** Makes the lan and begins to capture on it. */
  static async open(): Promise<Lab> {
    const lab = new Lab();
    const tcpdump = lab.run("tcpdump", {
      namespace: lab.lan.namespace,
      command: tcpdumpCommand(lab.lan.device),
    });
    tcpdump.output.onLine((line) => {
      lab.capture.take(line);
    });
    await lab.waitFor(() => tcpdump.output.find(/listening on/), 5_000, "tcpdump to listen");
    return lab;
  }

  /** Adds a host and begins to watch its addresses. */
  async addHost(name: string, settings: HostSettings): Promise<Host> {
    const host = this.lan.addHost(name, settings);
    const monitor = this.run(`ip monitor on ${name}`, {
      namespace: host.namespace,
      command: MONITOR_COMMAND,
    });
    monitor.output.onLine((line) => {
      const event = parseAddressEvent(name, line);
      if (event !== undefined && event.address !== MARKER) this.holders.events.push(event);
    });
    const mark = (): void => {
      for (const verb of ["add", "delete"]) host.ip("address", verb, `${MARKER}/32`, "dev", "lo");
    };
    await this.heard(mark, () => monitor.output.find(/Deleted .*127\.83\.77\.1/), `ip monitor on ${name}`);
    return host;
  }

  /** A program like ip(8)'s monitor cannot say that it listens: something is done again and again until it shows. */
  async heard(act: () => void, shows: () => unknown, what: string): Promise<void> {
    act();
    const again = setInterval(act, 20);
    try {
      await this.waitFor(() => shows() !== undefined, 5_000, what);
    } finally {
      clearInterval(again);
    }
  }

  /** Runs a program; its lines wake whoever waits. */
  run(name: string, settings: ProgramSettings): Program {
    const program = new Program(settings);
    // A router that is started again is another program of the same name.
    this.#programs.set(
      `${name}${" again".repeat([...this.#programs.keys()].filter((n) => n.startsWith(name)).length)}`,
      program,
    );
    const wake = (): void => {
      this.#wake();
    };
    program.output.onTaken(wake);
    program.onExit(wake);
    return program;
  }

  /** Path of the configuration file of a host's router: to be changed before a reload. */
  configurationOf(host: Host): string {
    return join(this.#folder, `${host.name}.conf`);
  }

  /** Starts a router on a host from the text of a configuration file. */
  startRouter(
    host: Host,
    product: Product,
    configuration: string,
    environment: Readonly<Record<string, string>> = {},
  ): Program {
    const file = this.configurationOf(host);
    writeFileSync(file, configuration);
    return this.run(`${host.name} (${product})`, {
      namespace: host.namespace,
      command: commandOf(product, file),
      environment,
      ownFolders: true,
    });
  }

  /** Begins to ping an address from a host. */
  startPinger(host: Host, address: string): PingReplies {
    const replies = new PingReplies();
    const ping = this.run(`ping on ${host.name}`, {
      namespace: host.namespace,
      command: pingCommand(address),
    });
    ping.output.onLine((line) => {
      replies.take(line);
    });
    return replies;
  }

  /**
   * Settles with the first answer of `condition` that is neither undefined nor false, asked again whenever a program
   * prints a line or ends. After `limitMs` (on a machine that is not crowded) it is asked once more, and fails with `what`
   * and the last words of all programs.
   */
  waitFor<T>(
    condition: () => T | undefined | false,
    limitMs: number,
    what: string | (() => string),
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(limit);
        this.#waiting.delete(look);
        settle();
      };
      const look = (): void => {
        try {
          const answer = condition();
          if (answer === undefined || answer === false) return;
          finish(() => {
            resolve(answer);
          });
        } catch (error) {
          finish(() => {
            reject(error instanceof Error ? error : new Error(String(error)));
          });
        }
      };
      const begin = Date.now();
      const onLimit = (): void => {
        const leftMs = begin + limitMs * crowding() - Date.now();
        limit = setTimeout(leftMs > 0 ? onLimit : giveUp, Math.max(leftMs, LAST_LOOK_MS));
      };
      const giveUp = (): void => {
        look();
        finish(() => {
          const missing = typeof what === "string" ? what : what();
          reject(new Error(`waited ${Date.now() - begin} ms in vain for ${missing}\n${this.report()}`));
        });
      };
      let limit = setTimeout(onLimit, limitMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** As `waitFor`, for what the kernel or a file says and no program tells: asked again every 10 ms, too. */
  async poll<T>(
    condition: () => T | undefined | false,
    limitMs: number,
    what: string | (() => string),
  ): Promise<T> {
    const again = setInterval(() => {
      this.#wake();
    }, POLL_MS);
    try {
      return await this.waitFor(condition, limitMs, what);
    } finally {
      clearInterval(again);
    }
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Lets time pass in which something must not happen. @returns when it is over. */
  async watch(durationMs: number): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, durationMs);
    });
  }

  /** The last lines of every program, for the message of a failure. */
  report(lines = 15): string {
    const parts = [...this.#programs]
      .filter(([name]) => !name.startsWith("ping"))
      .map(([name, program]) => `  ${name} (${program.exit ?? "running"}):\n${program.output.tail(lines)}`);
    return parts.join("\n");
  }

  /** Kills all programs and removes everything. */
  async close(): Promise<void> {
    for (const program of this.#programs.values()) program.kill("SIGKILL");
    this.lan.close();
    await Promise.all([...this.#programs.values()].map((program) => program.ended));
    this.#removeFolder();
  }
}
