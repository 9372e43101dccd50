/**
 * A balancer, its servers and a client, each in a network namespace:
 *
 *   client 10.98.0.2 --- 10.98.0.1 balancer br0 10.99.0.1 --- servers .11 .12 .13, sorry server .99, client .200
 *
 * The services 10.98.0.50, 10.99.0.50 and 10.99.0.51 are addresses of the balancer; the last two are on the servers too, so that
 * these answer what reaches them as it is or through a tunnel.
 */
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connected, listening, within } from "./namespaces.js";
import type { Shell } from "./shell.js";

const LIMIT_MS = 30_000;

/** A service, and the address of the client. */
export interface Way {
  service: string;
  from: string;
}

/** Servers by the last byte of their address; each has a namespace. */
export const SERVERS = [11, 12, 13, 99] as const;
export const nameOf = (last: number): string => `s${last}`;
const pathOf = (name: string): string => `/run/netns/${name}`;

export async function makeNetwork(shell: Shell): Promise<void> {
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
export class RealServer {
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

export async function removeNetwork(shell: Shell): Promise<void> {
  await shell.run(...["bal", "cli", ...SERVERS.map(nameOf)].map((name) => `ip netns delete ${name}`));
}

export const open = ({ service, from }: Way): Promise<Socket> =>
  within(pathOf("cli"), () => connected(service, 80, from));

/** The next line that a socket hears. */
export function lineOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error("nothing is heard")));
    socket.once("error", reject);
    socket.once("close", () => {
      reject(new Error("closed"));
    });
    socket.once("data", (data: Buffer) => {
      socket.setTimeout(0).off("error", reject);
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
export async function waitForServers(
  way: Way,
  expected: readonly string[],
  log: () => string,
): Promise<void> {
  let heard: string[] = [];
  for (const until = Date.now() + LIMIT_MS; Date.now() < until; await sleep(100)) {
    heard = [...heard, await answer(way)].slice(-expected.length);
    if (JSON.stringify([...heard].sort()) === JSON.stringify(expected)) return;
  }
  assert.fail(
    `${way.service}: ${heard.join(", ")} answer, not ${expected.join(", ")}\n${log().slice(-3000)}`,
  );
}
