/** The lab itself, with Debian's keepalived on both routers: what it shows is true, and nothing is left behind. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../setup/repository.js";
import { parseAddressEvent } from "./harness/addresses.js";
import { type CapturedAdvert, parseAdvert } from "./harness/capture.js";
import { labTest } from "./harness/lab-test.js";
import { ownNamespaces } from "./harness/left-behind.js";
import { until } from "./harness/patience.js";
import { unlawfulAdverts, unlawfulOverlaps } from "./harness/mastership.js";

const configuration = (priority: number): string => `
vrrp_instance A {
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  virtual_ipaddress { 10.83.0.100/24 }
}
`;
const VIP = "10.83.0.100";

labTest("two of Debian's routers fail over and the lab sees it", ["debian"], async (lab) => {
  const a = await lab.addHost("a", { addresses: ["10.83.0.1/24"] });
  const b = await lab.addHost("b", { addresses: ["10.83.0.2/24"] });
  const client = await lab.addHost("client", { addresses: ["10.83.0.9/24"] });
  const first = lab.startRouter(a, "debian", configuration(200));
  lab.startRouter(b, "debian", configuration(100));
  await lab.waitFor(() => lab.holders.of(VIP).includes("a"), 8_000, "a to hold the address");
  const replies = lab.startPinger(client, VIP);
  await lab.waitFor(() => replies.times.length > 20, 5_000, "replies");
  assert.ok(first.processes().length >= 2, "core and child are both seen");

  const pulledAt = Date.now();
  a.unplug();
  await lab.waitFor(() => lab.holders.of(VIP).join() === "b", 8_000, "b alone to hold the address");
  const movedAt = Date.now();
  await lab.waitFor(() => replies.steadySince(movedAt), 5_000, "replies of b");
  const gap = replies.largestGapMs(pulledAt, Date.now());
  assert.ok(gap > 2_500 && gap < 4_500, `master down after 3.6 s, the client saw ${gap} ms`);

  a.plug();
  await lab.waitFor(() => lab.holders.of(VIP).join() === "a", 10_000, "a alone to hold the address");
  assert.deepEqual(unlawfulOverlaps(lab.holders, VIP), []);

  first.killAll();
  await lab.waitFor(() => lab.holders.of(VIP).includes("b"), 8_000, "b to hold the address");
  assert.ok(first.processes().length === 0, "SIGKILL reached all processes");
  assert.deepEqual(
    lab.capture.adverts.filter((advert) => !advert.checksumGood),
    [],
  );
  assert.deepEqual(lab.capture.undecoded, []);
  assert.deepEqual(unlawfulAdverts(lab.capture.adverts), []);
  // a was killed and keeps its address: the overlap is real and must be reported.
  assert.equal(unlawfulOverlaps(lab.holders, VIP).length, 1);
  assert.ok(lab.capture.announcements.some((announcement) => announcement.address === VIP));
});

test("nothing of a closed lab is left behind", () => {
  assert.deepEqual(ownNamespaces(), []);
});

test("a lab whose process is interrupted is removed", {
  skip: process.getuid?.() === 0 ? false : "needs root",
}, () => {
  const script = `
    import { Lan } from "${new URL("./harness/network.js", import.meta.url).href}";
    new Lan("x").addHost("h", { addresses: [] });
    console.log(process.pid);
    setTimeout(() => process.kill(process.pid, "SIGINT"), 10);
    setTimeout(() => {}, 5000);
  `;
  const { stdout, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  assert.equal(signal, "SIGINT");
  for (const name of ["lan", "h"]) assert.ok(!existsSync(`/run/netns/kalab-${stdout.trim()}-x-${name}`));
});

labTest("what was said in time counts, though this process had no time to hear it", [], async (lab) => {
  const command = ["sh", "-c", "echo begin; sleep 0.1; echo said; sleep 1000"];
  const program = lab.run("a program", { namespace: lab.lan.namespace, command });
  await lab.waitFor(() => program.output.find(/begin/), 5_000, "its start");
  const said = lab.waitFor(() => program.output.find(/said/), 300, "its word");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
  await said;
});

test("without a lab, too: what has come is looked at once more after the limit", async () => {
  const [program, words] = ["sh", ["-c", "sleep 0.1; echo said"]];
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const heard = until("its word", () => said === "said\n", 300);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
  await heard;
  await assert.rejects(
    until("what never comes", () => false, 10),
    /in vain for what never comes/,
  );
});

labTest("what has become true without a word is seen at the limit, what has not fails", [], async (lab) => {
  const begin = Date.now();
  const isDone = (): boolean => Date.now() > begin + 50;
  await lab.waitFor(isDone, 200, "it to be done");
  await assert.rejects(
    lab.waitFor(() => false, 10, "what never comes"),
    /in vain for what never comes\n {2}tcpdump \(running\)/,
  );
});

labTest("a state that has passed while this process slept is seen all the same", [], async (lab) => {
  const command = ["sh", "-c", "echo begin; sleep 0.1; echo low; echo high; sleep 1000"];
  const program = lab.run("a program", { namespace: lab.lan.namespace, command });
  const last = (): string | undefined => program.output.all.at(-1)?.text;
  await lab.waitFor(() => last() === "begin", 5_000, "its start");
  const low = lab.waitFor(() => last() === "low", 1_000, "the low state");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  await low;
  await lab.waitFor(() => last() === "high", 1_000, "the high state");
});

labTest("what the kernel says is asked for again and again", [], async (lab) => {
  const begin = Date.now();
  await lab.poll(() => Date.now() > begin + 50, 60_000, "the time");
  assert.ok(Date.now() < begin + 30_000);
});

/** A lab of another process; SIGKILL ends that in the midst of it. @returns its id, and what ran in its namespaces. */
async function killedLab(): Promise<{ maker: number; pids: number[] }> {
  const script = `
    import { execFileSync } from "node:child_process";
    import { Lab } from "${new URL("./harness/lab.js", import.meta.url).href}";
    const lab = await Lab.open();
    const host = await lab.addHost("h", { addresses: ["10.83.0.1/24"] });
    lab.startPinger(host, "10.83.0.1");
    // A program with a child that nobody ends.
    const command = ["sh", "-c", "sleep 1000 & echo up; exec sleep 1000"];
    const program = lab.run("sleepers", { namespace: host.namespace, command, ownFolders: true });
    await lab.waitFor(() => program.output.find(/up/), 5000, "the sleepers");
    const pidsIn = (name) => execFileSync("ip", ["netns", "pids", name], { encoding: "utf8" }).trim().split("\\n");
    console.log([lab.lan, host].flatMap(({ namespace }) => pidsIn(namespace)).join(" "));
    for (;;) {}
  `;
  const maker = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed] = (await once(maker.stdout, "data")) as [Buffer];
  maker.kill("SIGKILL");
  await once(maker, "exit");
  return { maker: maker.pid ?? 0, pids: printed.toString().trim().split(" ").map(Number) };
}

test("a lab whose process is killed is removed, with all that ran in it", {
  skip: process.getuid?.() === 0 ? false : "needs root",
  timeout: 30_000,
}, async () => {
  const { maker, pids } = await killedLab();
  assert.equal(pids.length, 5, "tcpdump, ip monitor, ping, two sleepers");
  const left = (): string[] => [
    ...pids.map((pid) => `/proc/${pid}`).filter((path) => existsSync(path)),
    ...["/run/netns", join(repository, "build", "lab"), "/tmp"].flatMap((folder) =>
      readdirSync(folder).filter((name) => name.includes(`${maker}-`)),
    ),
  ];
  await until(
    () => `the end of ${left().join(", ")}`,
    () => left().length === 0,
  );
});

test("tcpdump's text of a version 2 advert is read", () => {
  const record =
    "1795629170.377084 b6:4f:99:00:8d:de > 01:00:5e:00:00:12, ethertype IPv4 (0x0800), length 54: (tos 0xc0, ttl 255, " +
    "id 1, offset 0, flags [none], proto VRRP (112), length 40) 10.9.0.1 > 224.0.0.18: VRRPv2, Advertisement, vrid 5, " +
    'prio 255, authtype simple, intvl 1s, length 20, addrs: 10.9.0.100 auth "123456"';
  const advert = parseAdvert(record);
  assert.deepEqual(advert, {
    at: 1795629170377.084,
    sourceMac: "b6:4f:99:00:8d:de",
    source: "10.9.0.1",
    destination: "224.0.0.18",
    version: 2,
    vrid: 5,
    priority: 255,
    authentication: "simple",
    sequence: undefined,
    intervalMs: 1000,
    ttl: 255,
    checksumGood: true,
    addresses: ["10.9.0.100"],
    text: 'VRRPv2, Advertisement, vrid 5, prio 255, authtype simple, intvl 1s, length 20, addrs: 10.9.0.100 auth "123456"',
  });
});

test("tcpdump's text of an advert under an authentication header", () => {
  const record =
    "1.000000 02:00:00:00:b1:01 > 01:00:5e:00:00:12, ethertype IPv4 (0x0800), length 78: (tos 0xc0, ttl 255, id 1, " +
    "offset 0, flags [none], proto AH (51), length 64) 192.0.2.1 > 224.0.0.18: " +
    "AH(length=4(24-bytes),spi=0xc0000201,seq=0x1f,icv=0x620aa085c6d579b13a678ddf): VRRPv2, Advertisement, vrid 51, " +
    "prio 150, authtype ah, intvl 1s, length 20, addrs: 192.0.2.100";
  const { authentication, sequence, source, ttl } = parseAdvert(record) ?? {};
  assert.deepEqual([authentication, sequence, source, ttl], ["ah", 31, "192.0.2.1", 255]);
});

test("ip's text of an address event is read to the microsecond", () => {
  const text =
    "[2026-11-25T17:52:53.342391] Deleted 2: e0    inet 10.9.0.100/24 scope global secondary e0:1\\ ...";
  const event = parseAddressEvent("a", { at: 0, text });
  assert.equal(event?.added, false);
  assert.equal(event?.address, "10.9.0.100");
  assert.equal(event?.at.toFixed(3), "1795629173342.391");
});

const advert = (at: number, source: string, priority: number): CapturedAdvert => ({
  at,
  source,
  priority,
  intervalMs: 1000,
  destination: "224.0.0.18",
  version: 2,
  vrid: 1,
  authentication: undefined,
  sequence: undefined,
  ttl: 255,
  sourceMac: "",
  checksumGood: true,
  addresses: [],
  text: "",
});

test("a router that does not yield to its better is found", () => {
  const lawful = [advert(0, "10.0.0.1", 90), advert(500, "10.0.0.2", 100), advert(501, "10.0.0.1", 90)];
  assert.deepEqual(unlawfulAdverts(lawful), []);
  const late = advert(1500, "10.0.0.1", 90);
  assert.deepEqual(unlawfulAdverts([...lawful, late]), [late]);
  const afterResignation = [...lawful, advert(600, "10.0.0.2", 0), late];
  assert.deepEqual(unlawfulAdverts(afterResignation), []);
});
