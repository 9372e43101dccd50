/**
 * A balancer and its servers in two network namespaces, as the scenarios were recorded (check reference, 13): the balancer
 * has 10.99.0.1 and fd00:99::1 on v0 and a dummy dm0, beyond v0 are 10.99.0.11 to .14 and .99, and fd00:99::11 to ::14.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { KernelService } from "../../../src/check/ipvs/kernel-table.js";
import { KernelTable } from "../../../src/check/ipvs/kernel-table.js";
import { loadAddon } from "../../../src/native/load.js";
import { connectIpvs, type IpvsConnection } from "../../../src/net/ipvs-connection.js";
import { createEventLoop } from "../../../src/platform/event-loop.js";
import { repository } from "../../setup/repository.js";

const addon = loadAddon();
const loop = createEventLoop(addon);
const CLONE_NEWNET = 0x40000000;
const OWN_NAMESPACE = "/proc/1/ns/net";
const STOP_LIMIT_MS = 20_000;

/** What is done inside another namespace is done by one at a time. */
let inside: Promise<unknown> = Promise.resolve();

/** `{ANSWER}` of a server that only answers with its own address. */
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
  #daemon: ChildProcess | undefined;
  /** What the daemon has printed. */
  output = "";

  constructor(name: string) {
    this.namespace = `${name}-b`;
    this.#servers = `${name}-s`;
    this.folder = `/tmp/lab-${name}`;
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, "ev.sh"), "#!/bin/sh\n:\n", { mode: 0o755 });
    const [b, s] = [this.namespace, this.#servers];
    execFileSync("ip", ["netns", "add", b]);
    execFileSync("ip", ["netns", "add", s]);
    const addresses = [11, 12, 13, 14, 99].flatMap((last) => [
      `addr add 10.99.0.${last}/24 dev v1`,
      `addr add fd00:99::${last}/64 dev v1 nodad`,
    ]);
    batch(b, [
      "link set lo up",
      `link add v0 type veth peer name v1 netns ${s}`,
      "addr add 10.99.0.1/24 dev v0",
      "addr add fd00:99::1/64 dev v0 nodad",
      "link set v0 up",
      "link add dm0 type dummy",
      "link set dm0 up",
    ]);
    batch(s, ["link set lo up", ...addresses, "link set v1 up", "route add default via 10.99.0.1"]);
  }

  /** Runs a shell script on the balancer. */
  sh(script: string): string {
    const words = ["netns", "exec", this.namespace, "sh", "-c", this.here(script)];
    return execFileSync("ip", words, { encoding: "utf8" });
  }

  /** Runs a shell script among the servers. */
  onServers(script: string): string {
    return execFileSync("ip", ["netns", "exec", this.#servers, "sh", "-c", script], { encoding: "utf8" });
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
  start(configuration: string, vrrp: boolean): void {
    this.write("/run/lab/conf", this.here(configuration));
    const path = (name: string): string => join(this.folder, name);
    const files = ["-f", path("conf"), "-p", path("k.pid"), "-c", path("c.pid"), "-r", path("v.pid")];
    const flags = ["-n", "-l", "-D", ...(vrrp ? [] : ["-C"])];
    const program = [process.execPath, join(repository, "dist", "keepalived.js"), ...flags, ...files];
    const daemon = spawn("ip", ["netns", "exec", this.namespace, ...program], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [daemon.stdout, daemon.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    this.#daemon = daemon;
  }

  reload(configuration: string): void {
    this.write("/run/lab/conf", this.here(configuration));
    this.#daemon?.kill("SIGHUP");
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => daemon.kill("SIGKILL"), STOP_LIMIT_MS);
      daemon.once("exit", () => {
        clearTimeout(limit);
        resolve();
      });
      daemon.kill("SIGTERM");
    });
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
    for (const pid of this.#pids()) process.kill(pid, "SIGKILL");
    execFileSync("ip", ["netns", "delete", this.namespace]);
    execFileSync("ip", ["netns", "delete", this.#servers]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What still runs on the balancer. */
  #pids(): number[] {
    return execFileSync("ip", ["netns", "pids", this.namespace], { encoding: "utf8" })
      .split("\n")
      .filter(Boolean)
      .map(Number);
  }

  async #connect(): Promise<IpvsConnection> {
    const found = await connectIpvs({ addon, loop, namespace: `/run/netns/${this.namespace}` });
    if (!found.ok) throw new Error(found.missing);
    return found.connection;
  }
}

function batch(namespace: string, lines: readonly string[]): void {
  execFileSync("ip", ["-n", namespace, "-batch", "-"], { input: `${lines.join("\n")}\n` });
}
