/** Ours beside FRR's vrrpd: version 3, each side master in turn, over IPv4 and IPv6. */
import assert from "node:assert/strict";
import { describe, type TestContext } from "node:test";
import { addFrrInterfaces, type FrrSettings, missingFrr, startFrr, virtualMac } from "./harness/frr.js";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import { unlawfulAdverts } from "./harness/mastership.js";
import type { Host } from "./harness/network.js";
import type { Program } from "./harness/program.js";

const VRID = 83;
const INTERVAL_MS = 500;
const HIGH = 200;
const LOW = 100;
const VIRTUAL = {
  4: { watched: "10.83.0.100", all: ["10.83.0.100/24", "10.83.0.101/24"] },
  6: { watched: "fd83::100", all: ["fe80::83:100/64", "fd83::100/64"] },
} as const;
type Family = keyof typeof VIRTUAL;

interface Router {
  host: Host;
  /** The sender of its adverts. */
  mac: string;
  priority: number;
  start: () => Program;
}

async function addOurs(lab: Lab, family: Family, priority: number): Promise<Router> {
  const host = await lab.addHost("ours", { addresses: ["10.83.0.1/24", "fd83::1/64"] });
  const text = `vrrp_instance FRR {
interface eth0
virtual_router_id ${VRID}
version 3
advert_int ${INTERVAL_MS / 1000}
priority ${priority}
virtual_ipaddress {\n${VIRTUAL[family].all.join("\n")}\n}
}
`;
  return { host, mac: host.mac, priority, start: () => lab.startRouter(host, "ours", text) };
}

async function addFrr(lab: Lab, family: Family, priority: number): Promise<Router> {
  const host = await lab.addHost("frr", { addresses: ["10.83.0.2/24", "fd83::2/64"] });
  const settings: FrrSettings = {
    vrid: VRID,
    priority,
    intervalMs: INTERVAL_MS,
    addresses4: family === 4 ? VIRTUAL[4].all : [],
    addresses6: family === 6 ? VIRTUAL[6].all : [],
  };
  addFrrInterfaces(host, settings);
  return { host, mac: virtualMac(family, VRID), priority, start: () => startFrr(lab, host, settings) };
}

/** Three adverts in a row of this router and of nobody else. */
function soleMaster(lab: Lab, { mac, priority }: Router, since: number): boolean {
  const late = lab.capture.adverts.filter(({ at }) => at >= since).slice(-3);
  return (
    late.length === 3 && late.every((advert) => advert.sourceMac === mac && advert.priority === priority)
  );
}

async function handOverAndBack(
  lab: Lab,
  family: Family,
  high: Router,
  low: Router,
  t: TestContext,
): Promise<void> {
  const client = await lab.addHost("client", { addresses: ["10.83.0.9/24", "fd83::9/64"] });
  const becomesMaster = async (router: Router): Promise<void> => {
    const since = Date.now();
    await lab.waitFor(
      () => soleMaster(lab, router, since),
      15_000,
      `${router.host.name} to be the only master`,
    );
    // FRR's addresses stay on interfaces of their own, which it takes down.
    const { name } = router.host;
    const oursHolds = (): boolean => lab.holders.of(VIRTUAL[family].watched).includes("ours");
    await lab.waitFor(
      () => oursHolds() === (name === "ours"),
      2_000,
      `the address to be where ${name} is master`,
    );
  };
  low.start();
  await becomesMaster(low);
  const first = high.start();
  await becomesMaster(high);
  const replies = lab.startPinger(client, VIRTUAL[family].watched);
  await lab.waitFor(() => replies.steadySince(0), 5_000, "answers of the first master");

  const stoppedAt = Date.now();
  first.kill("SIGTERM");
  await becomesMaster(low);
  const resigned = lab.capture.adverts.filter(
    ({ priority, sourceMac }) => priority === 0 && sourceMac === high.mac,
  );
  assert.ok(resigned.length > 0, "the master resigns when it is stopped");
  const takenOverAt = lab.capture.adverts.find(
    ({ at, sourceMac }) => at > stoppedAt && sourceMac === low.mac,
  )?.at;
  await lab.waitFor(() => replies.steadySince(takenOverAt ?? 0), 3_000, "answers of the second master");
  t.diagnostic(`client gap ${Math.round(replies.largestGapMs(stoppedAt, Date.now()))} ms`);
  await lab.waitFor(() => first.exit !== undefined, 5_000, "the stopped router to end");

  high.start();
  await becomesMaster(high);
  const backAt = Date.now();
  await lab.waitFor(() => replies.steadySince(backAt), 3_000, "answers of the first master again");

  const { adverts, undecoded } = lab.capture;
  assert.deepEqual(undecoded, [], "tcpdump decodes every packet");
  assert.deepEqual(
    adverts.filter(({ checksumGood, ttl }) => !checksumGood || ttl !== 255),
    [],
  );
  assert.deepEqual(unlawfulAdverts(adverts), [], "nobody advertises against a better router");
}

describe("interoperation with FRR", { concurrency: 2, skip: missingFrr() ?? false }, () => {
  for (const family of [4, 6] as const) {
    labTest(`IPv${family}: ours above FRR`, ["ours"], async (lab, t) => {
      const high = await addOurs(lab, family, HIGH);
      await handOverAndBack(lab, family, high, await addFrr(lab, family, LOW), t);
    });
    labTest(`IPv${family}: FRR above ours`, ["ours"], async (lab, t) => {
      const high = await addFrr(lab, family, HIGH);
      await handOverAndBack(lab, family, high, await addOurs(lab, family, LOW), t);
    });
  }
});
