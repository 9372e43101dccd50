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
import type { Socket } from "node:net";
import { after, before, test } from "node:test";
import { Daemon } from "./daemon.js";
import {
  lineOf,
  makeNetwork,
  open,
  RealServer,
  removeNetwork,
  SERVERS,
  waitForServers as waitOnLan,
  type Way as LanWay,
} from "./lan.js";
import { Shell } from "./shell.js";

const FOLDER = "/tmp/traffic";
const shell = new Shell();

interface Way extends LanWay {
  method: string;
}

const WAYS: readonly Way[] = [
  { method: "NAT", service: "10.98.0.50", from: "10.98.0.2" },
  { method: "DR", service: "10.99.0.50", from: "10.99.0.200" },
  { method: "TUN", service: "10.99.0.51", from: "10.99.0.200" },
];

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

const daemon = new Daemon(shell, "bal", FOLDER);
const waitForServers = (way: Way, expected: readonly string[]): Promise<void> =>
  waitOnLan(way, expected, () => `${way.method}\n${daemon.output}`);
const servers = new Map(SERVERS.map((last) => [last, new RealServer(last)]));
const long: { way: Way; socket: Socket; server: string }[] = [];

before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  await makeNetwork(shell);
  for (const server of servers.values()) await server.up();
  await daemon.start(configuration([11, 12]), false);
});

after(async () => {
  for (const { socket } of long) socket.destroy();
  for (const server of servers.values()) server.close();
  await daemon.stop();
  await removeNetwork(shell);
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
