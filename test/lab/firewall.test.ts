/** no_accept and strict mode: packets to the addresses are dropped, whatever becomes of the rules meanwhile. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import type { Host } from "./harness/network.js";
import type { Program } from "./harness/program.js";
import { commandOf, type Product } from "./harness/products.js";

const VIP = "10.87.0.100";
const VIP6 = "2001:db8:87::100";
const LINES = "interface eth0\nversion 3\nadvert_int 0.2\npriority 100";

function configuration(lines = "no_accept", global = ""): string {
  const instance = (name: string, vrid: number, address: string): string =>
    `vrrp_instance ${name} {\n${LINES}\nvirtual_router_id ${vrid}\n${lines}\nvirtual_ipaddress {\n${address}\n}\n}\n`;
  const v6 = `fe80::87\n${VIP6}/64`;
  return `global_defs {\n${global}\n}\n${instance("V4", 87, `${VIP}/24`)}${instance("V6", 88, v6)}`;
}

interface Scene {
  lab: Lab;
  router: Host;
  client: Host;
  program: Program;
}

async function start(lab: Lab, text: string, product: Product = "ours"): Promise<Scene> {
  const router = await lab.addHost("router", { addresses: ["10.87.0.1/24", "2001:db8:87::1/64"] });
  const client = await lab.addHost("client", { addresses: ["10.87.0.9/24", "2001:db8:87::9/64"] });
  const program = lab.startRouter(router, product, text);
  for (const address of [VIP, VIP6])
    await lab.waitFor(() => lab.holders.of(address).length === 1, 6_000, `the router to hold ${address}`);
  return { lab, router, client, program };
}

function pings({ client }: Scene, address: string): boolean {
  const command = ["netns", "exec", client.namespace, "ping", "-c", "3", "-i", "0.1", "-W", "1", address];
  return spawnSync("ip", command, { encoding: "utf8" }).status === 0;
}

/** What a neighbour knows of an address after it has asked: resolution must work though packets are dropped. */
function resolves({ client }: Scene, address: string): boolean {
  return /lladdr ([0-9a-f:]{17})/.test(client.ip("neighbour", "show", address));
}

function ruleset({ router }: Scene): string {
  return execFileSync("ip", ["netns", "exec", router.namespace, "nft", "list", "ruleset"], {
    encoding: "utf8",
  });
}

function nft({ router }: Scene, ...words: string[]): void {
  execFileSync("ip", ["netns", "exec", router.namespace, "nft", ...words]);
}

async function reload(scene: Scene, text: string): Promise<void> {
  const { lab, router, program } = scene;
  const before = program.output.all.length;
  writeFileSync(lab.configurationOf(router), text);
  program.kill("SIGHUP");
  await lab.waitFor(() => program.output.find(/Reload complete/, before), 5_000, "the reload");
}

for (const product of ["debian", "ours"] as const) {
  labTest(
    `${product}: RFC 9568 section 6.4.3: without accept mode packets are dropped, neighbours still find the address`,
    [product],
    async (lab) => {
      const scene = await start(lab, configuration(), product);
      assert.equal(pings(scene, "10.87.0.1"), true, "the router's own address");
      for (const address of [VIP, VIP6]) {
        assert.equal(pings(scene, address), false, `${address} answers`);
        assert.equal(resolves(scene, address), true, `${address} cannot be resolved`);
      }
    },
  );
}

labTest(
  "accept and no_accept change with a reload, and the table goes at the stop",
  ["ours"],
  async (lab) => {
    const scene = await start(lab, configuration("accept"));
    assert.equal(ruleset(scene), "", "no table without need");
    assert.equal(pings(scene, VIP), true);
    await reload(scene, configuration("no_accept"));
    assert.equal(pings(scene, VIP), false);
    assert.equal(pings(scene, VIP6), false);
    await reload(scene, configuration("no_accept", "nftables other\nnftables_counters\nnftables_priority 7"));
    assert.match(ruleset(scene), /^table ip other \{[^]*priority filter \+ 7;[^]*counter packets/);
    assert.doesNotMatch(ruleset(scene), /keepalived/);
    assert.equal(pings(scene, VIP), false);
    await reload(scene, configuration("accept"));
    assert.equal(ruleset(scene), "");
    assert.equal(pings(scene, VIP), true);
    await reload(scene, configuration("no_accept"));
    scene.program.kill("SIGTERM");
    await lab.waitFor(() => scene.program.exit !== undefined, 5_000, "the router to end");
    assert.equal(ruleset(scene), "");
  },
);

labTest("strict mode accepts only for an owner, without being asked", ["ours"], async (lab) => {
  const strict = configuration("", "vrrp_strict");
  const scene = await start(lab, strict);
  assert.equal(pings(scene, VIP), false);
  assert.equal(pings(scene, VIP6), false);
  await reload(scene, strict.replaceAll("priority 100", "priority 255"));
  assert.equal(pings(scene, VIP), true);
});

labTest("rules that somebody flushes are back at once, and said so", ["ours"], async (lab, t) => {
  const scene = await start(lab, configuration());
  const before = ruleset(scene);
  for (const words of [
    ["flush", "ruleset"],
    ["delete", "table", "ip6", "keepalived"],
    ["flush", "chain", "ip", "keepalived", "in"],
  ]) {
    const from = scene.program.output.all.length;
    const flushedAt = Date.now();
    nft(scene, ...words);
    await lab.waitFor(
      () => scene.program.output.find(/somebody changed the nftables table keepalived/, from),
      3_000,
      `the log to say so after ${words.join(" ")}`,
    );
    await lab.poll(
      () => ruleset(scene) === before,
      3_000,
      () => ruleset(scene),
    );
    t.diagnostic(`${words.join(" ")}: seen to be back after ${Date.now() - flushedAt} ms`);
  }
  assert.equal(pings(scene, VIP), false);
  const from = scene.program.output.all.length;
  nft(scene, "add", "table", "ip", "foreign");
  nft(scene, "delete", "table", "ip", "foreign");
  await lab.watch(300);
  assert.equal(
    scene.program.output.find(/somebody changed/, from),
    undefined,
    "a foreign table is none of ours",
  );
});

labTest("rules of one family alone are made without a word, and put back once", ["ours"], async (lab) => {
  const text = configuration().replace(/vrrp_instance V6 [^]*/, "");
  const router = await lab.addHost("router", { addresses: ["10.87.0.1/24"] });
  const program = lab.startRouter(router, "ours", text);
  await lab.waitFor(() => lab.holders.of(VIP).length === 1, 6_000, "the router to be master");
  await lab.watch(300);
  const said = (): number =>
    program.output.all.filter(({ text }) => text.includes("somebody changed")).length;
  assert.equal(said(), 0, "our own doing is nobody else's");
  execFileSync("ip", ["netns", "exec", router.namespace, "nft", "flush", "ruleset"]);
  await lab.waitFor(() => said() > 0, 3_000, "the log to say so");
  await lab.watch(500);
  assert.equal(said(), 1);
});

labTest("a flush while nft is still busy with the one before is not missed", ["ours"], async (lab) => {
  const router = await lab.addHost("router", { addresses: ["10.87.0.1/24", "2001:db8:87::1/64"] });
  const file = lab.configurationOf(router);
  writeFileSync(file, configuration());
  // Ends some time after its transaction, as under load.
  const slow = `${file}.nft`;
  copyFileSync("/usr/sbin/nft", `${slow}.real`);
  writeFileSync(slow, `#!/bin/sh\n"${slow}.real" "$@"; status=$?; sleep 0.3; exit $status\n`, {
    mode: 0o755,
  });
  const program = lab.run("router with a slow nft", {
    namespace: router.namespace,
    command: ["sh", "-c", `mount --bind ${slow} /usr/sbin/nft; exec "$@"`, "sh", ...commandOf("ours", file)],
    ownFolders: true,
  });
  await lab.waitFor(() => program.output.find(/Entering MASTER STATE/), 6_000, "it to be master");
  const nftHere = (...words: string[]): string =>
    execFileSync("ip", ["netns", "exec", router.namespace, "nft", ...words], { encoding: "utf8" });
  const before = nftHere("list", "ruleset");
  assert.match(before, /^table ip keepalived/);
  for (let flush = 0; flush < 2; flush++) {
    nftHere("flush", "ruleset");
    const now = (): string => nftHere("list", "ruleset");
    await lab.poll(
      () => now() === before,
      3_000,
      () => `the rules after flush ${flush}: ${now()}`,
    );
  }
});

labTest(
  "a process that died leaves no rules: core removes them, the next one makes them anew",
  ["ours"],
  async (lab) => {
    const scene = await start(lab, configuration());
    const { program } = scene;
    const killVrrp = (router: Program): void => {
      const vrrp = router.processes().find(({ command }) => command.includes("keepalived_vrrp"));
      assert.ok(vrrp !== undefined);
      process.kill(vrrp.pid, "SIGKILL");
    };
    const from = program.output.all.length;
    killVrrp(program);
    await lab.waitFor(
      () => program.output.find(/Entering MASTER STATE/, from),
      6_000,
      "the next process to be master",
    );
    assert.match(ruleset(scene), /^table ip keepalived/);
    assert.equal(pings(scene, VIP), false);
    assert.equal(program.output.find(/Packet filter|Cannot remove/, from), undefined);
    program.kill("SIGTERM");
    await lab.waitFor(() => program.exit !== undefined, 5_000, "the router to end");
    const single = lab.run("router that is not started again", {
      namespace: scene.router.namespace,
      command: [...commandOf("ours", lab.configurationOf(scene.router)), "-R"],
      ownFolders: true,
    });
    await lab.waitFor(() => single.output.find(/Entering MASTER STATE/), 6_000, "it to be master");
    assert.match(ruleset(scene), /^table ip keepalived/);
    killVrrp(single);
    await lab.waitFor(() => single.exit !== undefined, 5_000, "core to end");
    assert.equal(ruleset(scene), "");
  },
);

labTest("without nft one line says which addresses are not protected", ["ours"], async (lab) => {
  const router = await lab.addHost("router", { addresses: ["10.87.0.1/24"] });
  const file = lab.configurationOf(router);
  writeFileSync(file, configuration());
  const program = lab.run("router without nft", {
    namespace: router.namespace,
    command: [
      "sh",
      "-c",
      'mount --bind /dev/null /usr/sbin/nft; exec "$@"',
      "sh",
      ...commandOf("ours", file),
    ],
    ownFolders: true,
  });
  await lab.waitFor(() => program.output.find(/Entering MASTER STATE/), 6_000, "it to serve all the same");
  const said = program.output.all.filter(({ text }) => text.includes("nft"));
  assert.equal(said.length, 1, said.map(({ text }) => text).join("\n"));
  assert.match(said[0]?.text ?? "", /nft is not installed; packets to the addresses of V4, V6 are accepted/);
});
