/**
 * A balancer and its servers in two network namespaces, as the scenarios were recorded (check reference, 13): the balancer
 * has 10.99.0.1 and fd00:99::1 on v0 and a dummy dm0, beyond v0 are 10.99.0.11 to .14 and .99, and fd00:99::11 to ::14.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KernelService } from "../../../src/check/ipvs/kernel-table.js";
import { KernelTable } from "../../../src/check/ipvs/kernel-table.js";
import { loadAddon } from "../../../src/native/load.js";
import { connectIpvs, type IpvsConnection } from "../../../src/net/ipvs-connection.js";
import { createEventLoop } from "../../../src/platform/event-loop.js";
import { repository } from "../../setup/repository.js";
import { Shell } from "./shell.js";

const addon = loadAddon();
const loop = createEventLoop(addon);
const CLONE_NEWNET = 0x40000000;
const OWN_NAMESPACE = "/proc/1/ns/net";
const STOP_LIMIT_MS = 20_000;

/** What is done inside another namespace is done by one at a time. */
let inside: Promise<unknown> = Promise.resolve();

/** Everything is done by one small shell: a fork of this process takes half a second in the guest. */
const shell = new Shell();

/** After the last balancer. */
export function closeShell(): void {
  shell.close();
}

const answerWithAddress = (socket: Socket): void => {
  socket.on("error", () => {});
  socket.end(`${socket.localAddress ?? ""}\n`);
};

export class Balancer {
  readonly folder: string;
  readonly namespace: string;
  readonly #servers: string;
  readonly #listening = new Map<string, Server>();
  readonly #sockets = new Set<Socket>();
  #connection: IpvsConnection | undefined;
  /** Number of core's process. */
  #daemon: number | undefined;

  private constructor(name: string) {
    this.namespace = `${name}-b`;
    this.#servers = `${name}-s`;
    this.folder = `/tmp/lab-${name}`;
  }

  static async create(name: string): Promise<Balancer> {
    const balancer = new Balancer(name);
    mkdirSync(balancer.folder, { recursive: true });
    writeFileSync(join(balancer.folder, "ev.sh"), "#!/bin/sh\n:\n", { mode: 0o755 });
    await balancer.#network();
    return balancer;
  }

  async #network(): Promise<void> {
    const [b, s] = [this.namespace, this.#servers];
    const addresses = [11, 12, 13, 14, 99].flatMap((last) => [
      `addr add 10.99.0.${last}/24 dev v1`,
      `addr add fd00:99::${last}/64 dev v1 nodad`,
    ]);
    await shell.run(
      `ip netns add ${b}; ip netns add ${s}`,
      batch(b, [
        "link set lo up",
        `link add v0 type veth peer name v1 netns ${s}`,
        "addr add 10.99.0.1/24 dev v0",
        "addr add fd00:99::1/64 dev v0 nodad",
        "link set v0 up",
        "link add dm0 type dummy",
        "link set dm0 up",
      ]),
      batch(s, ["link set lo up", ...addresses, "link set v1 up", "route add default via 10.99.0.1"]),
    );
  }

  /** Runs a shell script on the balancer. */
  sh(script: string): Promise<string> {
    return this.#in(this.namespace, this.here(script));
  }

  /** Runs a shell script among the servers. */
  onServers(script: string): Promise<string> {
    return this.#in(this.#servers, script);
  }

  #in(namespace: string, script: string): Promise<string> {
    const file = join(this.folder, "script");
    writeFileSync(file, script);
    return shell.run(`ip netns exec ${namespace} sh ${file}`);
  }

  /** The text with the folder of this balancer in place of the recorded one. */
  here(text: string): string {
    return text.replaceAll("/run/lab", this.folder);
  }

  write(path: string, content: string): void {
    writeFileSync(this.here(path), content);
  }

  /** Accepts connections on "10.99.0.11:80" or "[fd00:99::11]:80"; each is told the address and closed, unless `serve` does more. */
  async up(endpoint: string, serve: (socket: Socket) => void = answerWithAddress): Promise<void> {
    const [, bracketed, plain, port] = /^(?:\[(.*)\]|(.*)):(\d+)$/.exec(endpoint) ?? [];
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      serve(socket);
    });
    this.#listening.set(endpoint, server);
    inside = inside.then(
      () =>
        new Promise<void>((resolve, reject) => {
          addon.enterNamespace(`/run/netns/${this.#servers}`, CLONE_NEWNET);
          server.once("error", reject);
          server.listen(Number(port), bracketed ?? plain, () => {
            addon.enterNamespace(OWN_NAMESPACE, CLONE_NEWNET);
            resolve();
          });
        }),
    );
    await inside;
  }

  down(endpoint: string): void {
    this.#listening.get(endpoint)?.close();
    this.#listening.delete(endpoint);
  }

  /** Starts our daemon with a configuration. */
  async start(configuration: string, vrrp: boolean): Promise<void> {
    this.write("/run/lab/conf", this.here(configuration));
    const path = (name: string): string => join(this.folder, name);
    const files = `-f ${path("conf")} -p ${path("k.pid")} -c ${path("c.pid")} -r ${path("v.pid")}`;
    const program = `${process.execPath} ${join(repository, "dist", "keepalived.js")} -n -l -D ${vrrp ? "" : "-C"}`;
    const command = `ip netns exec ${this.namespace} ${program} ${files}`;
    this.#daemon = Number(await shell.run(`${command} </dev/null >>${path("log")} 2>&1 & echo $!`));
  }

  /** What the daemon has printed. */
  get output(): string {
    return textOf(join(this.folder, "log"));
  }

  reload(configuration: string): void {
    this.write("/run/lab/conf", this.here(configuration));
    if (this.#daemon !== undefined) process.kill(this.#daemon, "SIGHUP");
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    const pid = this.#daemon;
    this.#daemon = undefined;
    if (pid === undefined || !isRunning(pid)) return;
    process.kill(pid, "SIGTERM");
    for (const until = Date.now() + STOP_LIMIT_MS; isRunning(pid); await sleep(50))
      if (Date.now() > until) throw new Error(`the daemon does not stop:\n${this.output.slice(-2000)}`);
  }

  /** The kernel's table, with our reader. */
  async table(): Promise<KernelService[]> {
    this.#connection ??= await this.#connect();
    const { reader, family } = this.#connection;
    const read = await new KernelTable(reader, family).wholeServices(() => true);
    if (!read.ok) throw new Error(`cannot read the table: ${read.error.code}`);
    return read.value;
  }

  async close(): Promise<void> {
    await this.stop();
    this.#connection?.reader.close();
    this.#connection?.channel.close();
    for (const server of this.#listening.values()) server.close();
    for (const socket of this.#sockets) socket.destroy();
    const names = [this.namespace, this.#servers];
    await shell.run(
      ...names.map((name) => `for p in $(ip netns pids ${name}); do kill -9 $p; done`),
      ...names.map((name) => `ip netns delete ${name}`),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #connect(): Promise<IpvsConnection> {
    const found = await connectIpvs({ addon, loop, namespace: `/run/netns/${this.namespace}` });
    if (!found.ok) throw new Error(found.missing);
    return found.connection;
  }
}

/** One process for many changes. */
function batch(namespace: string, lines: readonly string[]): string {
  return `ip -n ${namespace} -batch - <<'END'\n${lines.join("\n")}\nEND`;
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
