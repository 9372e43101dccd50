/**
 * Real TCP connections through real services of each forwarding method, with our daemon as the balancer: they reach the
 * servers in turn and the sorry server when all are down, and they live on over a reload.
 *
 *   client 10.98.0.2 --- 10.98.0.1 balancer br0 10.99.0.1 --- servers .11 .12 .13, sorry server .99, client .200
 *
 * Through NAT the client comes from beyond the balancer, as its answers have to go back there; through DR and TUN it is on
 * the servers' LAN, as they answer it themselves.
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Daemon } from "./daemon.js";
import { connected, listening, within } from "./namespaces.js";
import { Shell } from "./shell.js";

const FOLDER = "/tmp/traffic";
const LIMIT_MS = 30_000;
const shell = new Shell();

interface Way {
  method: string;
  service: string;
  /** Address of the client. */
  from: string;
}

const WAYS: readonly Way[] = [
  { method: "NAT", service: "10.98.0.50", from: "10.98.0.2" },
  { method: "DR", service: "10.99.0.50", from: "10.99.0.200" },
  { method: "TUN", service: "10.99.0.51", from: "10.99.0.200" },
];

/** Servers by the last byte of their address; each has a namespace. */
const SERVERS = [11, 12, 13, 99] as const;
const nameOf = (last: number): string => `s${last}`;
const pathOf = (name: string): string => `/run/netns/${name}`;

async function makeNetwork(): Promise<void> {
  await shell.run(
    // Of the tunnels.
    "modprobe -d /run/guest/modules ipip",
    "ip netns add bal; ip netns add cli",
    ...inNamespace("bal", [
      "link set lo up",
      "link add br0 type bridge",
      "addr add 10.99.0.1/24 dev br0",
      "addr add 10.99.0.50/32 dev br0",
      "addr add 10.99.0.51/32 dev br0",
      "link set br0 up",
      "link add b0 type veth peer name c0 netns cli",
      "addr add 10.98.0.1/24 dev b0",
      "addr add 10.98.0.50/32 dev b0",
      "link set b0 up",
      "link add bcli type veth peer name lan netns cli",
      "link set bcli up master br0",
    ]),
    ...inNamespace("cli", [
      "addr add 10.98.0.2/24 dev c0",
      "link set c0 up",
      "addr add 10.99.0.200/24 dev lan",
      "link set lan up",
    ]),
    "ip netns exec bal sysctl -qw net.ipv4.ip_forward=1",
  );
  for (const last of SERVERS) {
    const name = nameOf(last);
    await shell.run(
      `ip netns add ${name}`,
      ...inNamespace("bal", [
        `link add b${last} type veth peer name lan netns ${name}`,
        `link set b${last} up master br0`,
      ]),
      `ip netns exec ${name} sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2`,
      ...inNamespace(name, [
        "link set lo up",
        `addr add 10.99.0.${last}/24 dev lan`,
        "link set lan up",
        "route add default via 10.99.0.1",
        "addr add 10.99.0.50/32 dev lo",
        "link set tunl0 up",
        "addr add 10.99.0.51/32 dev tunl0",
      ]),
    );
  }
}

function inNamespace(name: string, lines: readonly string[]): string[] {
  return [`ip -n ${name} -batch - <<'END'`, ...lines, "END"];
}

/** Accepts on all addresses of a server, says which one it is, and repeats what it hears. */
class RealServer {
  readonly #last: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(last: number) {
    this.#last = last;
  }

  async up(): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
      socket.write(`${nameOf(this.#last)}\n`);
      socket.pipe(socket);
    });
    this.#server = server;
    await within(pathOf(nameOf(this.#last)), () => listening(server, 80, "0.0.0.0"));
  }

  /** Takes no more; what is connected goes on. */
  down(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  close(): void {
    this.down();
    for (const socket of this.#sockets) socket.destroy();
  }
}

function configuration(servers: readonly number[]): string {
  const services = WAYS.map(({ method, service }) => {
    const pool = servers.map(
      (last) => `  real_server 10.99.0.${last} 80 { TCP_CHECK { connect_timeout 2\n retry 0 } }`,
    );
    return [
      `virtual_server ${service} 80 {`,
      `  delay_loop 1\n  warmup 0\n  lvs_sched rr\n  lvs_method ${method}\n  protocol TCP`,
      "  sorry_server 10.99.0.99 80",
      ...pool,
      "}",
    ].join("\n");
  });
  return `global_defs {\n  router_id traffic\n}\n${services.join("\n")}\n`;
}

const open = ({ service, from }: Way): Promise<Socket> =>
  within(pathOf("cli"), () => connected(service, 80, from));

/** The next line that a socket hears. */
function lineOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error("nothing is heard")));
    socket.once("error", reject);
    socket.once("close", () => {
      reject(new Error("closed"));
    });
    socket.once("data", (data: Buffer) => {
      socket.off("error", reject);
      resolve(data.toString().trim());
    });
  });
}

/** Who answers a new connection; what goes wrong is an answer too. */
async function answer(way: Way): Promise<string> {
  try {
    const socket = await open(way);
    try {
      return await lineOf(socket);
    } finally {
      socket.destroy();
    }
  } catch (error) {
    return (error as Error).message;
  }
}

/** Opens connections until just these servers have answered as many in a row. */
async function waitForServers(way: Way, expected: readonly string[]): Promise<void> {
  let heard: string[] = [];
  for (const until = Date.now() + LIMIT_MS; Date.now() < until; await sleep(100)) {
    heard = [...heard, await answer(way)].slice(-expected.length);
    if (JSON.stringify([...heard].sort()) === JSON.stringify(expected)) return;
  }
  assert.fail(
    `${way.method}: ${heard.join(", ")} answer, not ${expected.join(", ")}\n${daemon.output.slice(-3000)}`,
  );
}

const daemon = new Daemon(shell, "bal", FOLDER);
const servers = new Map(SERVERS.map((last) => [last, new RealServer(last)]));
const long: { way: Way; socket: Socket; server: string }[] = [];

before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  await makeNetwork();
  for (const server of servers.values()) await server.up();
  await daemon.start(configuration([11, 12]), false);
});

after(async () => {
  for (const { socket } of long) socket.destroy();
  for (const server of servers.values()) server.close();
  await daemon.stop();
  await shell.run(...["bal", "cli", ...SERVERS.map(nameOf)].map((name) => `ip netns delete ${name}`));
  shell.close();
});

test("connections through NAT, DR and TUN reach the servers in turn", async () => {
  for (const way of WAYS) await waitForServers(way, ["s11", "s12"]);
});

test("a reload that adds a server brings it connections, and those that were open live on", async () => {
  for (const way of WAYS) {
    const socket = await open(way);
    long.push({ way, socket, server: await lineOf(socket) });
  }
  daemon.reload(configuration([11, 12, 13]));
  for (const way of WAYS) await waitForServers(way, ["s11", "s12", "s13"]);
  for (const { way, socket, server } of long) {
    socket.write("still there\n");
    assert.equal(await lineOf(socket), "still there", `${way.method} by ${server}`);
  }
});

test("when all servers are down the sorry server answers, and the servers again when they are back", async () => {
  for (const last of [11, 12, 13] as const) servers.get(last)?.down();
  for (const way of WAYS) await waitForServers(way, ["s99"]);
  await servers.get(12)?.up();
  for (const way of WAYS) await waitForServers(way, ["s12"]);
});
