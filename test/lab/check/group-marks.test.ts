/**
 * nftables_ipvs: the table of the check process on this machine's own kernel. What the marks do for IPVS is shown inside
 * user-mode Linux (test/uml/ipvs/group-marks.test.ts).
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Lab } from "../harness/lab.js";
import { labTest } from "../harness/lab-test.js";
import type { Host } from "../harness/network.js";
import type { Program } from "../harness/program.js";
import { commandOf } from "../harness/products.js";

const VIP = "10.87.0.100";
const VIP6 = "2001:db8:87::100";

interface Scene {
  lab: Lab;
  balancer: Host;
  client: Host;
  program: Program;
}

function configuration(entries: readonly string[], global = "nftables_ipvs\nnftables_counters"): string {
  const service = (protocol: string): string =>
    `virtual_server group web {\nlvs_sched rr\nlvs_method TUN\nprotocol ${protocol}\nreal_server 10.87.0.9 80 {\n}\n}\n`;
  return `global_defs {\nrouter_id marks\n${global}\n}\nvirtual_server_group web {\n${entries.join("\n")}\n}\n${service("TCP")}${service("UDP")}`;
}

const ENTRIES = [`${VIP}-102 80`, `${VIP6} 0`];

async function start(lab: Lab, text: string, before = 'exec "$@"'): Promise<Scene> {
  const addresses = ["10.87.0.1/24", `${VIP}/32`, "10.87.0.101/32", "2001:db8:87::1/64", `${VIP6}/128`];
  const balancer = await lab.addHost("balancer", { addresses });
  const client = await lab.addHost("client", { addresses: ["10.87.0.9/24", "2001:db8:87::9/64"] });
  const file = lab.configurationOf(balancer);
  writeFileSync(file, text);
  const command = ["sh", "-c", before, "sh", ...commandOf("ours", file)];
  const program = lab.run("balancer", { namespace: balancer.namespace, command, ownFolders: true });
  await lab.waitFor(() => program.output.find(/Startup complete/), 6_000, "the start");
  return { lab, balancer, client, program };
}

function nft({ balancer }: Scene, ...words: string[]): string {
  return execFileSync("ip", ["netns", "exec", balancer.namespace, "nft", ...words], { encoding: "utf8" });
}

const ruleset = (scene: Scene): string => nft(scene, "list", "ruleset");

/** The client asks for a connection, which is refused. */
function knock({ client }: Scene, address: string, port: number): void {
  const script = `require("net").connect(${port}, "${address}").on("error", () => {}).setTimeout(1000, function () { this.destroy(); })`;
  spawnSync("ip", ["netns", "exec", client.namespace, process.execPath, "-e", script]);
}

/** Packets that an element of the map, named by its beginning, has marked. */
function marked(scene: Scene, family: string, element: string): number {
  const map = nft(scene, "list", "map", family, "keepalived_ipvs", "tcp_map");
  const rest = map.slice(map.indexOf(element));
  assert.ok(map.includes(element), map);
  return Number(/counter packets (\d+)/.exec(rest)?.[1]);
}

async function reload({ lab, balancer, program }: Scene, text: string): Promise<void> {
  const before = program.output.all.length;
  writeFileSync(lab.configurationOf(balancer), text);
  program.kill("SIGHUP");
  await lab.waitFor(() => program.output.find(/Reload complete/, before), 5_000, "the reload");
}

labTest(
  "check reference 8.2: packets to the addresses and ports of a group are marked, in both families, and no others",
  ["ours"],
  async (lab) => {
    const scene = await start(lab, configuration(ENTRIES));
    for (const [address, port] of [
      [VIP, 80],
      ["10.87.0.101", 80],
      [VIP, 81],
      ["10.87.0.1", 80],
      [VIP6, 80],
      [VIP6, 81],
      ["2001:db8:87::1", 80],
    ] as const)
      knock(scene, address, port);
    assert.equal(marked(scene, "ip", `${VIP}-10.87.0.102 . 80`), 2);
    assert.equal(marked(scene, "ip6", `${VIP6} . 0-65535`), 2);
    assert.match(ruleset(scene), /: 0x000003e8/);
    assert.match(ruleset(scene), /map udp_map \{[^}]*: 0x000003e9/);
  },
);

labTest(
  "the table follows reloads, is put back when flushed, and goes at the stop",
  ["ours"],
  async (lab) => {
    const scene = await start(lab, configuration(ENTRIES));
    const { program } = scene;
    await reload(scene, configuration([`${VIP} 443`], "nftables_ipvs mine\nnftables_ipvs_priority 7"));
    assert.match(
      ruleset(scene),
      /^table ip mine \{[^]*10.87.0.100 . 443 : 0x000003e8[^]*priority filter \+ 7;/,
    );
    assert.doesNotMatch(ruleset(scene), /keepalived_ipvs|table ip6/);
    const before = ruleset(scene);
    nft(scene, "flush", "ruleset");
    await lab.poll(
      () => ruleset(scene) === before,
      3_000,
      () => `the rules in ${ruleset(scene)}`,
    );
    await lab.waitFor(
      () => program.output.find(/somebody changed the nftables table mine: putting it back/),
      3_000,
      "the log to say so",
    );
    await reload(scene, configuration(ENTRIES, ""));
    assert.equal(ruleset(scene), "");
    await reload(scene, configuration(ENTRIES));
    assert.match(ruleset(scene), /keepalived_ipvs/);
    program.kill("SIGTERM");
    await lab.waitFor(() => program.exit !== undefined, 5_000, "the daemon to end");
    assert.equal(ruleset(scene), "");
  },
);

labTest("a check process that died leaves the table to the next one", ["ours"], async (lab) => {
  const scene = await start(lab, configuration(ENTRIES));
  const { program } = scene;
  const checker = (): number | undefined =>
    program.processes().find(({ command }) => command.includes("keepalived_check"))?.pid;
  const first = checker();
  assert.ok(first !== undefined);
  const before = ruleset(scene);
  process.kill(first, "SIGKILL");
  await lab.waitFor(() => ![undefined, first].includes(checker()), 6_000, "the next process");
  assert.equal(ruleset(scene), before);
  await lab.waitFor(() => program.output.find(/IPVS .*|not programmed/), 6_000, "it to go on");
  program.kill("SIGTERM");
  await lab.waitFor(() => program.exit !== undefined, 5_000, "the daemon to end");
  assert.equal(ruleset(scene), "");
});

labTest("without nft one line says what is done instead", ["ours"], async (lab) => {
  const hidden = 'mount --bind /dev/null /usr/sbin/nft; exec "$@"';
  const { program } = await start(lab, configuration(ENTRIES), hidden);
  program.kill("SIGTERM");
  await lab.waitFor(() => program.exit !== undefined, 5_000, "the daemon to end");
  const said = program.output.all.filter(({ text }) => text.includes("nft"));
  assert.equal(said.length, 1, said.map(({ text }) => text).join("\n"));
  assert.match(said[0]?.text ?? "", /nft is not installed; each address of a group is an IPVS service/);
});
