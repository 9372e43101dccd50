/** The two-node example of etc/samples: 192.168.1.4 with priority 100 and 192.168.1.8 with 90 share 192.168.1.100. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { repository } from "../setup/repository.js";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import { unlawfulAdverts, unlawfulOverlaps } from "./harness/mastership.js";
import type { Host } from "./harness/network.js";
import type { PingReplies } from "./harness/pinger.js";
import { underTest } from "./harness/products.js";
import type { Program } from "./harness/program.js";

const VIP = "192.168.1.100";
const ADDRESS_100 = "192.168.1.4";
const ADDRESS_90 = "192.168.1.8";
/** (256 - 90) / 256 of a second: what the 90 waits after a resignation. */
const SKEW_90_MS = 648.4375;
/** Three adverts and the skew time of 100. */
const MASTER_DOWN_100_MS = 3609.375;
/** What starting a process and a wake-up may take on a busy machine. */
const START_LIMIT_MS = 1_000;
const WAKE_UP_LIMIT_MS = 50;
/** "The client loses under 1 s." */
const CLIENT_LIMIT_MS = 1_000;

const product = underTest();

interface Scene {
  lab: Lab;
  node100: Host;
  node90: Host;
  client: Host;
  t: TestContext;
}

function start({ lab }: Scene, host: Host, priority: 100 | 90): Program {
  const sample = join(repository, "etc", "samples", `two-node-${priority}.conf`);
  return lab.startRouter(host, product, readFileSync(sample, "utf8"));
}

/** The 90 alone becomes master; its adverts are as tcpdump prints those of the original. */
async function the90Alone(scene: Scene): Promise<PingReplies> {
  const { lab, node90, client } = scene;
  start(scene, node90, 90);
  await lab.waitFor(() => lab.holders.of(VIP).join() === "node90", 6_000, "the 90 to become master");
  const replies = lab.startPinger(client, VIP);
  await lab.waitFor(() => replies.times.length > 20, 5_000, "replies of the 90");
  const advert = await lab.waitFor(() => lab.capture.adverts[0], 1_000, "an advert of the 90");
  const text = /^VRRPv2, Advertisement, vrid 88, prio 90, authtype simple, intvl 1s, length 20\b/;
  assert.match(advert.text, text);
  assert.equal(advert.source, ADDRESS_90);
  assert.equal(advert.destination, "224.100.100.100");
  assert.equal(advert.ttl, 255);
  assert.deepEqual(advert.addresses, [VIP]);
  assert.match(node90.ip("address", "show", "dev", "NIC"), /192\.168\.1\.100\/24 .*NIC:1/);
  return replies;
}

/** The 100 joins: after its own master-down time it takes over, and one advert is enough. */
async function the100TakesOver(scene: Scene, replies: PingReplies): Promise<Program> {
  const { lab, node100, t } = scene;
  const { adverts } = lab.capture;
  const joinedAt = Date.now();
  const router = start(scene, node100, 100);
  await lab.waitFor(
    () => lab.holders.of(VIP).join() === "node100",
    6_000,
    "the 100 alone to hold the address",
  );
  const first = await lab.waitFor(
    () => adverts.find((advert) => advert.priority === 100),
    1_000,
    "its advert",
  );
  const delayMs = first.at - joinedAt;
  assert.ok(delayMs < MASTER_DOWN_100_MS + START_LIMIT_MS, `the 100 took over after ${delayMs} ms`);
  await lab.waitFor(
    () => adverts.filter((advert) => advert.priority === 100).length > 2,
    4_000,
    "its next adverts",
  );
  const late = adverts.filter((advert) => advert.source === ADDRESS_90 && advert.at > first.at);
  assert.deepEqual(late, [], "the 90 is silent after the first advert of the 100");
  const gapMs = replies.largestGapMs(joinedAt, Date.now());
  assert.ok(gapMs < CLIENT_LIMIT_MS, `the client lost ${gapMs} ms at the take-over`);
  t.diagnostic(
    `${product}: the 100 advertises ${Math.round(delayMs)} ms after its start, client gap ${Math.round(gapMs)} ms`,
  );
  return router;
}

/** The 100 is stopped: it resigns with priority 0, and the 90 waits its skew time alone. */
async function the100Stops({ lab, t }: Scene, router: Program, replies: PingReplies): Promise<void> {
  const stoppedAt = Date.now();
  router.kill("SIGTERM");
  await lab.waitFor(() => lab.holders.of(VIP).join() === "node90", 3_000, "the 90 to hold the address again");
  const movedAt = Date.now();
  await lab.waitFor(() => replies.steadySince(movedAt), 3_000, "replies of the 90");
  const resignation = await lab.waitFor(
    () => lab.capture.adverts.find((advert) => advert.priority === 0),
    1_000,
    "the resignation",
  );
  assert.equal(resignation.source, ADDRESS_100);
  const held = lab.holders.events.findLast((event) => event.host === "node90" && event.added);
  const waitedMs = (held?.at ?? 0) - resignation.at;
  assert.ok(
    Math.abs(waitedMs - SKEW_90_MS) < WAKE_UP_LIMIT_MS,
    `the 90 waited ${waitedMs} ms after the resignation`,
  );
  const gapMs = replies.largestGapMs(stoppedAt, Date.now());
  assert.ok(gapMs < CLIENT_LIMIT_MS, `the client lost ${gapMs} ms at the stop`);
  await lab.waitFor(() => router.exit !== undefined, 3_000, "the stopped router to end");
  assert.equal(router.exit, "0");
  t.diagnostic(
    `${product}: the 90 holds the address ${waitedMs.toFixed(1)} ms after priority 0, client gap ${Math.round(gapMs)} ms`,
  );
}

labTest(
  "two nodes: the 90 serves alone, the 100 takes over, and hands back when stopped",
  [product],
  async (lab, t) => {
    const node100 = await lab.addHost("node100", { device: "NIC", addresses: [`${ADDRESS_100}/24`] });
    const node90 = await lab.addHost("node90", { device: "NIC", addresses: [`${ADDRESS_90}/24`] });
    const client = await lab.addHost("client", { addresses: ["192.168.1.20/24"] });
    const scene = { lab, node100, node90, client, t };
    const replies = await the90Alone(scene);
    const router100 = await the100TakesOver(scene, replies);
    await the100Stops(scene, router100, replies);
    const { adverts, undecoded } = lab.capture;
    assert.deepEqual(
      adverts.filter((advert) => !advert.checksumGood),
      [],
    );
    assert.deepEqual(undecoded, []);
    assert.deepEqual(unlawfulAdverts(adverts), []);
    assert.deepEqual(unlawfulOverlaps(lab.holders, VIP), []);
  },
);
