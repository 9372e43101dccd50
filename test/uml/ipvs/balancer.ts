/**
 * A balancer and its servers in two network namespaces, as the scenarios were recorded (check reference, 13): the balancer
 * has 10.99.0.1 and fd00:99::1 on v0 and a dummy dm0, beyond v0 are 10.99.0.11 to .14 and .99, and fd00:99::11 to ::14.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { KernelService } from "../../../src/check/ipvs/kernel-table.js";
import { KernelTable } from "../../../src/check/ipvs/kernel-table.js";
import { loadAddon } from "../../../src/native/load.js";
import { connectIpvs, type IpvsConnection } from "../../../src/net/ipvs-connection.js";
import { createEventLoop } from "../../../src/platform/event-loop.js";
import { Daemon } from "./daemon.js";
import { listening, within } from "./namespaces.js";
import { Shell } from "./shell.js";

const addon = loadAddon();
const loop = createEventLoop(addon);

/** Everything is done by one small shell: a fork of this process takes half a second in the guest. */
const shell = new Shell();

/** After the last balancer. */
export function closeShell(): void {
  shell.close();
}

/** Tells its own address and closes. */
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
  readonly #daemon: Daemon;

  private constructor(name: string) {
    this.namespace = `${name}-b`;
    this.#servers = `${name}-s`;
    this.folder = `/tmp/lab-${name}`;
    this.#daemon = new Daemon(shell, this.namespace, this.folder);
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
    await within(`/run/netns/${this.#servers}`, () =>
      listening(server, Number(port), bracketed ?? plain ?? ""),
    );
  }

  down(endpoint: string): void {
    this.#listening.get(endpoint)?.close();
    this.#listening.delete(endpoint);
  }

  /** Starts our daemon with a configuration. */
  start(configuration: string, vrrp: boolean): Promise<void> {
    return this.#daemon.start(this.here(configuration), vrrp);
  }

  reload(configuration: string): void {
    this.#daemon.reload(this.here(configuration));
  }

  /** Resolves when the daemon has ended. */
  stop(): Promise<void> {
    return this.#daemon.stop();
  }

  /** What the daemon has printed. */
  get output(): string {
    return this.#daemon.output;
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
