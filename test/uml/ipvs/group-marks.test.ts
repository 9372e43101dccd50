/**
 * nftables_ipvs: real connections through a group that is one IPVS service for a firewall mark, and what becomes of them
 * when nft cannot do its part.
 *
 * This kernel has nftables only for bridges. So a stand-in for nft(8) makes our table in the family bridge: same map, same
 * rule, at the bridge on which the packets come, and the mark stays with them up to IPVS. Told not to, it hands on what the
 * daemon says, and the kernel refuses.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Daemon } from "./daemon.js";
import { lineOf, makeNetwork, open, RealServer, removeNetwork, SERVERS, waitForServers } from "./lan.js";
import { Shell } from "./shell.js";

const FOLDER = "/tmp/group-marks";
const LIMIT_MS = 30_000;
const shell = new Shell();
const daemon = new Daemon(shell, "bal", FOLDER);
const servers = new Map(SERVERS.map((last) => [last, new RealServer(last)]));
const FIRST = { service: "10.99.0.50", from: "10.99.0.200" };
const SECOND = { service: "10.99.0.51", from: "10.99.0.200" };
let long: { socket: Socket; server: string } | undefined;

const STAND_IN = `#!/bin/sh
if [ "$1" = -f ]; then script=$(cat "$2"); else script=$1; fi
if [ -e ${FOLDER}/as-it-is ]; then exec ${FOLDER}/nft "$@"; fi
printf '%s\\n' "$script" | sed -e '/table ip6 /d' -e 's/table ip /table bridge /' | ${FOLDER}/nft -f -
`;

function configuration(addresses: string, global = "nftables_ipvs"): string {
  const pool = [11, 12].map(
    (last) => `real_server 10.99.0.${last} 80 { TCP_CHECK { connect_timeout 2\n retry 0 } }`,
  );
  return `global_defs {\n router_id marks\n ${global}\n}
virtual_server_group web {\n ${addresses} 80\n}
virtual_server group web {
 delay_loop 1\n warmup 0\n lvs_sched rr\n lvs_method DR\n protocol TCP
 ${pool.join("\n")}
}
`;
}

/** The services that the kernel has, for instance "TCP 0A630032:0050" or "FWM 000003E8". */
async function services(): Promise<string[]> {
  const table = await shell.run("ip netns exec bal cat /proc/net/ip_vs");
  return [...table.matchAll(/^(TCP|FWM) +(\S+)/gm)].map(([, kind, key]) => `${kind} ${key}`).sort();
}

async function waitForServices(expected: readonly string[]): Promise<void> {
  let found: string[] = [];
  for (const until = Date.now() + LIMIT_MS; Date.now() < until; await sleep(100)) {
    found = await services();
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
  }
  assert.deepEqual(found, expected, daemon.output.slice(-3000));
}

const tables = (): Promise<string> => shell.run(`ip netns exec bal ${FOLDER}/nft list tables`);
const flush = (): Promise<string> => shell.run(`ip netns exec bal ${FOLDER}/nft flush ruleset`);
const count = (text: RegExp): number => [...daemon.output.matchAll(text)].length;

/** The connection that was made through the mark. */
async function livesOn(): Promise<void> {
  assert.ok(long !== undefined);
  long.socket.write("still there\n");
  assert.equal(await lineOf(long.socket), "still there", `by ${long.server}`);
}

/** Both servers serve on an address. */
const serves = (way: typeof FIRST): Promise<void> => waitForServers(way, ["s11", "s12"], () => daemon.output);

before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/stand-in`, STAND_IN, { mode: 0o755 });
  writeFileSync(`${FOLDER}/as-it-is`, "");
  await shell.run(`cp /usr/sbin/nft ${FOLDER}/nft`, `mount --bind ${FOLDER}/stand-in /usr/sbin/nft`);
  await makeNetwork(shell);
  for (const server of servers.values()) await server.up();
  await daemon.start(configuration("10.99.0.50-51"), false);
});

after(async () => {
  long?.socket.destroy();
  for (const server of servers.values()) server.close();
  await daemon.stop();
  await removeNetwork(shell);
  await shell.run("umount /usr/sbin/nft");
  shell.close();
});

const COMPLAINT = /nftables_ipvs: nft .*each address of a group is an IPVS service of its own/g;
const BY_ADDRESS = ["TCP 0A630032:0050", "TCP 0A630033:0050"];
const BY_MARK = ["FWM 000003E8"];

test("where nftables refuses, each address is a service, one line says why, and clients are served", async () => {
  await serves(FIRST);
  await serves(SECOND);
  assert.deepEqual(await services(), BY_ADDRESS);
  assert.equal(count(COMPLAINT), 1);
});

test("check reference 8.2: a group is one service for a mark", async () => {
  await shell.run(`rm ${FOLDER}/as-it-is`);
  daemon.reload(configuration("10.99.0.50"));
  await waitForServices(BY_MARK);
  await serves(FIRST);
  assert.match(await tables(), /keepalived_ipvs/);
  const socket = await open(FIRST);
  long = { socket, server: await lineOf(socket) };
});

test("a reload brings an address into the group without another service, and a changed table name", async () => {
  daemon.reload(configuration("10.99.0.50-51", "nftables_ipvs mine\nnftables_counters"));
  await serves(SECOND);
  await serves(FIRST);
  assert.deepEqual(await services(), BY_MARK);
  assert.match(await tables(), /mine/);
  assert.doesNotMatch(await tables(), /keepalived_ipvs/);
  await livesOn();
});

test("when nft fails later, each address is a service too, and what is connected goes on without the table", async () => {
  writeFileSync(`${FOLDER}/as-it-is`, "");
  const changed = "nftables_ipvs mine\nnftables_ipvs_priority 5";
  daemon.reload(configuration("10.99.0.50-51", changed));
  await waitForServices([...BY_MARK, ...BY_ADDRESS]);
  // Nobody hears of it: the daemon looks at the families ip and ip6.
  await flush();
  await serves(FIRST);
  await serves(SECOND);
  await livesOn();
  assert.equal(count(COMPLAINT), 2);
});

test("without nftables_ipvs the table goes, and nothing stays at the stop", async () => {
  await shell.run(`rm ${FOLDER}/as-it-is`);
  daemon.reload(configuration("10.99.0.50-51"));
  await waitForServices(BY_MARK);
  daemon.reload(configuration("10.99.0.50-51", ""));
  await waitForServices(BY_ADDRESS);
  for (const until = Date.now() + LIMIT_MS; (await tables()) !== ""; await sleep(100))
    assert.ok(Date.now() < until, await tables());
  daemon.reload(configuration("10.99.0.50-51"));
  await waitForServices(BY_MARK);
  await daemon.stop();
  assert.deepEqual(await services(), []);
  assert.equal(await tables(), "");
});
