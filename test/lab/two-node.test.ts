/** The two-node example of etc/samples: 192.168.1.4 with priority 100 and 192.168.1.8 with 90 share 192.168.1.100. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../setup/repository.js";
import { labTest } from "./harness/lab-test.js";
import { unlawfulAdverts, unlawfulOverlaps } from "./harness/mastership.js";
import { underTest } from "./harness/products.js";

const sample = (priority: number): string =>
  readFileSync(join(repository, "etc", "samples", `two-node-${priority}.conf`), "utf8");

const VIP = "192.168.1.100";
/** (256 - 90) / 256 of a second: what the 90 waits after a resignation. */
const SKEW_90_MS = 648.4375;
/** Three adverts and the skew time of 100. */
const MASTER_DOWN_100_MS = 3609.375;
const product = underTest();

labTest(
  "two nodes: the 90 serves alone, the 100 takes over, and hands back when stopped",
  [product],
  async (lab, t) => {
    const node100 = await lab.addHost("node100", { device: "NIC", addresses: ["192.168.1.4/24"] });
    const node90 = await lab.addHost("node90", { device: "NIC", addresses: ["192.168.1.8/24"] });
    const client = await lab.addHost("client", { addresses: ["192.168.1.20/24"] });
    const { adverts } = lab.capture;

    // The 90 alone becomes master.
    lab.startRouter(node90, product, sample(90));
    await lab.waitFor(() => lab.holders.of(VIP).join() === "node90", 6_000, "the 90 to become master");
    const replies = lab.startPinger(client, VIP);
    await lab.waitFor(
      () => replies.times.length > 20 && adverts.length > 1,
      5_000,
      "replies and adverts of the 90",
    );
    const [advert90] = adverts;
    assert.match(
      advert90?.text ?? "",
      /^VRRPv2, Advertisement, vrid 88, prio 90, authtype simple, intvl 1s, length 20\b/,
    );
    assert.equal(advert90?.source, "192.168.1.8");
    assert.equal(advert90?.destination, "224.100.100.100");
    assert.equal(advert90?.ttl, 255);
    assert.deepEqual(advert90?.addresses, [VIP]);
    assert.match(node90.ip("address", "show", "dev", "NIC"), /192\.168\.1\.100\/24 .*NIC:1/);

    // The 100 joins: after its own master-down time it takes over, and one advert is enough.
    const joinedAt = Date.now();
    const router100 = lab.startRouter(node100, product, sample(100));
    await lab.waitFor(
      () => lab.holders.of(VIP).join() === "node100",
      6_000,
      "the 100 alone to hold the address",
    );
    const takeover = adverts.find((advert) => advert.priority === 100);
    assert.ok(takeover !== undefined, "the 100 has sent an advert");
    assert.ok(
      takeover.at - joinedAt < MASTER_DOWN_100_MS + 1_000,
      `took over after ${takeover.at - joinedAt} ms`,
    );
    await lab.waitFor(
      () => adverts.filter((a) => a.priority === 100).length > 2,
      4_000,
      "adverts of the 100",
    );
    const after = adverts.filter((advert) => advert.source === "192.168.1.8" && advert.at > takeover.at);
    assert.deepEqual(after, [], "the 90 is silent after the first advert of the 100");
    const takeoverGapMs = replies.largestGapMs(joinedAt, Date.now());
    assert.ok(takeoverGapMs < 1_000, `the client lost ${takeoverGapMs} ms at the take-over`);

    // The 100 is stopped: it resigns, and the 90 waits its skew time alone.
    const stoppedAt = Date.now();
    router100.kill("SIGTERM");
    await lab.waitFor(
      () => lab.holders.of(VIP).join() === "node90",
      3_000,
      "the 90 to hold the address again",
    );
    const movedAt = Date.now();
    await lab.waitFor(() => replies.steadySince(movedAt), 3_000, "replies of the 90");
    const resignation = adverts.find((advert) => advert.priority === 0);
    assert.equal(resignation?.source, "192.168.1.4");
    const held = lab.holders.events.findLast((event) => event.host === "node90" && event.added);
    const waitedMs = (held?.at ?? 0) - (resignation?.at ?? 0);
    assert.ok(
      Math.abs(waitedMs - SKEW_90_MS) < 50,
      `the 90 held the address ${waitedMs} ms after the resignation`,
    );
    const stopGapMs = replies.largestGapMs(stoppedAt, Date.now());
    assert.ok(stopGapMs < 1_000, `the client lost ${stopGapMs} ms at the stop`);
    await lab.waitFor(() => router100.exit !== undefined, 3_000, "the stopped router to end");
    assert.equal(router100.exit, "0");

    assert.deepEqual(
      adverts.filter((advert) => !advert.checksumGood),
      [],
    );
    assert.deepEqual(lab.capture.undecoded, []);
    assert.deepEqual(unlawfulAdverts(adverts), []);
    assert.deepEqual(unlawfulOverlaps(lab.holders, VIP), []);
    t.diagnostic(
      `${product}: first advert of the 100 ${Math.round(takeover.at - joinedAt)} ms after its start, client gap ${Math.round(takeoverGapMs)} ms; ` +
        `stop: 90 holds after ${waitedMs.toFixed(1)} ms, client gap ${Math.round(stopGapMs)} ms`,
    );
  },
);
