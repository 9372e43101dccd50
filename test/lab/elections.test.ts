/**
 * Elections among ours and Debian's keepalived: strict, every form of preemption, equal priorities, sync groups, five
 * routers, and reloads under traffic.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe } from "node:test";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import { unlawfulAdverts, unlawfulOverlaps } from "./harness/mastership.js";
import type { Host } from "./harness/network.js";
import { type Product, underTest } from "./harness/products.js";
import type { Program } from "./harness/program.js";

const VIP = "10.87.0.100";
const SECOND_VIP = "10.87.0.101";
const ours = underTest();
const BOTH_WAYS: [Product, Product][] = [
  [ours, "debian"],
  ["debian", ours],
];

interface InstanceText {
  name?: string;
  device?: string;
  vrid?: number;
  priority: number;
  address?: string;
  lines?: string;
}

function instance({
  name = "SHARED",
  device = "eth0",
  vrid = 87,
  priority,
  address = VIP,
  lines = "",
}: InstanceText): string {
  return `
vrrp_instance ${name} {
interface ${device}
virtual_router_id ${vrid}
version 3
advert_int 0.2
priority ${priority}
${lines}
virtual_ipaddress {
${address}/24
}
}
`;
}

interface Router {
  host: Host;
  program: Program;
}

/** Adds a host whose own address ends in `number` and starts a router on it. */
async function addRouter(lab: Lab, product: Product, number: number, text: string): Promise<Router> {
  const host = await lab.addHost(`r${number}`, { addresses: [`10.87.0.${number}/24`] });
  return { host, program: lab.startRouter(host, product, text) };
}

function becomesSoleHolder(lab: Lab, { host }: Router, address = VIP, limitMs = 8_000): Promise<boolean> {
  return lab.waitFor(
    () => lab.holders.of(address).join() === host.name,
    limitMs,
    `${host.name} to be the only holder of ${address}`,
  );
}

/** Adverts of a router with this priority that came since. */
function advertsOf(lab: Lab, { host }: Router, since: number): number {
  const { mac } = host;
  return lab.capture.adverts.filter(({ sourceMac, at }) => sourceMac === mac && at >= since).length;
}

function judgeOverlaps(lab: Lab, ...addresses: string[]): void {
  assert.deepEqual(lab.capture.undecoded, [], "tcpdump decodes every packet");
  for (const address of addresses) {
    assert.deepEqual(unlawfulOverlaps(lab.holders, address), [], `one holder of ${address}`);
  }
}

async function reloadWith(lab: Lab, { host, program }: Router, text: string): Promise<void> {
  const from = program.output.all.length;
  writeFileSync(lab.configurationOf(host), text);
  program.kill("SIGHUP");
  await lab.waitFor(() => program.output.find(/reload/i, from), 4_000, "the reload to be noticed");
}

describe("elections", { concurrency: 3 }, () => {
  for (const [first, second] of BOTH_WAYS) {
    const pair = `${first} and ${second}`;

    labTest(`a higher priority takes over at once: ${pair}`, [first, second], async (lab) => {
      const low = await addRouter(lab, first, 1, instance({ priority: 100 }));
      await becomesSoleHolder(lab, low);
      const high = await addRouter(lab, second, 2, instance({ priority: 150 }));
      await becomesSoleHolder(lab, high);
      assert.deepEqual(unlawfulAdverts(lab.capture.adverts), []);
      judgeOverlaps(lab, VIP);
    });

    labTest(`nopreempt leaves the lower one alone: ${pair}`, [first, second], async (lab) => {
      const low = await addRouter(lab, first, 1, instance({ priority: 100 }));
      await becomesSoleHolder(lab, low);
      const high = await addRouter(lab, second, 2, instance({ priority: 150, lines: "nopreempt" }));
      await lab.waitFor(
        () => high.program.output.find(/Entering BACKUP STATE/),
        6_000,
        "the higher to be BACKUP",
      );
      const since = Date.now();
      await lab.waitFor(() => advertsOf(lab, low, since) >= 10, 5_000, "ten more adverts of the lower");
      assert.equal(advertsOf(lab, high, 0), 0, "the higher is silent");
      assert.deepEqual(lab.holders.of(VIP), [low.host.name]);
      low.program.kill("SIGTERM");
      await becomesSoleHolder(lab, high);
      judgeOverlaps(lab, VIP);
    });

    labTest(`preempt_delay is waited for: ${pair}`, [first, second], async (lab) => {
      const low = await addRouter(lab, first, 1, instance({ priority: 100 }));
      await becomesSoleHolder(lab, low);
      const high = await addRouter(lab, second, 2, instance({ priority: 150, lines: "preempt_delay 2" }));
      await lab.waitFor(
        () => high.program.output.find(/Entering BACKUP STATE/),
        6_000,
        "the higher to be BACKUP",
      );
      const backupAt = Date.now();
      await becomesSoleHolder(lab, high);
      const took = lab.holders.events.find(
        ({ host, added, address }) => host === high.host.name && added && address === VIP,
      );
      const waitedMs = (took?.at ?? 0) - backupAt;
      assert.ok(waitedMs > 1_500 && waitedMs < 4_000, `took over after ${waitedMs} ms`);
      judgeOverlaps(lab, VIP);
    });

    labTest(
      `equal priorities: of two masters the higher address stays: ${pair}`,
      [first, second],
      async (lab) => {
        const low = await addRouter(lab, first, 1, instance({ priority: 100 }));
        await becomesSoleHolder(lab, low);
        const high = await addRouter(lab, second, 2, instance({ priority: 100 }));
        await lab.waitFor(
          () => high.program.output.find(/Entering BACKUP STATE/),
          6_000,
          "the other to be BACKUP",
        );
        const since = Date.now();
        await lab.waitFor(() => advertsOf(lab, low, since) >= 6, 5_000, "six more adverts");
        assert.equal(advertsOf(lab, high, 0), 0, "a BACKUP of the same priority stays silent");
        high.host.isolate();
        await lab.waitFor(
          () => lab.holders.of(VIP).length === 2,
          4_000,
          "two holders on either side of the cut",
        );
        high.host.rejoin();
        await becomesSoleHolder(lab, high);
      },
    );

    labTest(`vrrp_strict on both sides: ${pair}`, [first, second], async (lab) => {
      const strict = "global_defs {\nvrrp_strict\nvrrp_iptables\n}\n";
      const low = await addRouter(lab, first, 1, strict + instance({ priority: 100 }));
      await becomesSoleHolder(lab, low);
      const high = await addRouter(lab, second, 2, strict + instance({ priority: 150 }));
      await becomesSoleHolder(lab, high);
      high.program.kill("SIGTERM");
      await becomesSoleHolder(lab, low);
      assert.deepEqual(unlawfulAdverts(lab.capture.adverts), []);
      judgeOverlaps(lab, VIP);
    });

    labTest(`a sync group moves as one: ${pair}`, [first, second], async (lab) => {
      const group = "vrrp_sync_group G {\ngroup {\nSHARED\nOTHER\n}\n}\n";
      const members = (priority: number): string =>
        group + instance({ priority }) + instance({ priority, name: "OTHER", vrid: 88, address: SECOND_VIP });
      const high = await addRouter(lab, first, 1, members(150));
      const low = await addRouter(lab, second, 2, members(100));
      const bothAt = async (router: Router): Promise<void> => {
        await becomesSoleHolder(lab, router);
        await becomesSoleHolder(lab, router, SECOND_VIP);
      };
      await bothAt(high);
      high.host.unplug();
      await lab.waitFor(
        () => [VIP, SECOND_VIP].every((address) => lab.holders.of(address).includes(low.host.name)),
        6_000,
        "both addresses at the other",
      );
      high.host.plug();
      await bothAt(high);
      judgeOverlaps(lab, VIP, SECOND_VIP);
    });

    labTest(`reloads on either side under traffic: ${pair}`, [first, second], async (lab) => {
      const high = await addRouter(lab, first, 1, instance({ priority: 150 }));
      const low = await addRouter(lab, second, 2, instance({ priority: 100 }));
      await becomesSoleHolder(lab, high);
      const client = await lab.addHost("client", { addresses: ["10.87.0.9/24"] });
      const replies = lab.startPinger(client, VIP);
      await lab.waitFor(() => replies.steadySince(0), 5_000, "replies");
      const since = Date.now();
      for (const [router, priority] of [
        [low, 100],
        [high, 150],
        [low, 110],
        [high, 160],
      ] as const) {
        await reloadWith(lab, router, instance({ priority }));
        const reloadedAt = Date.now();
        await lab.waitFor(() => advertsOf(lab, high, reloadedAt) >= 3, 4_000, "adverts after the reload");
      }
      assert.equal(advertsOf(lab, low, since), 0, "the lower never speaks");
      assert.deepEqual(lab.holders.of(VIP), [high.host.name]);
      const gapMs = replies.largestGapMs(since, Date.now());
      assert.ok(gapMs < 100, `the client waited ${gapMs} ms`);
      await lab.waitFor(
        () => lab.capture.adverts.at(-1)?.priority === 160,
        3_000,
        "the new priority on the wire",
      );
      judgeOverlaps(lab, VIP);
    });
  }

  labTest("five routers: mastership goes down the line and back", [ours, "debian"], async (lab) => {
    const products: Product[] = [ours, "debian", ours, "debian", ours];
    const routers: Router[] = [];
    for (const [index, product] of products.entries()) {
      routers.push(await addRouter(lab, product, index + 1, instance({ priority: 250 - 40 * index })));
    }
    const [first] = routers;
    assert.ok(first !== undefined);
    await becomesSoleHolder(lab, first);
    for (const [index, { program }] of routers.slice(0, -1).entries()) {
      program.kill("SIGTERM");
      const next = routers[index + 1];
      assert.ok(next !== undefined);
      await becomesSoleHolder(lab, next);
      await lab.waitFor(() => program.exit !== undefined, 6_000, "the stopped router to end");
    }
    const product = products[0] ?? ours;
    first.program = lab.startRouter(first.host, product, instance({ priority: 250 }));
    await becomesSoleHolder(lab, first);
    assert.deepEqual(unlawfulAdverts(lab.capture.adverts), []);
    judgeOverlaps(lab, VIP);
  });
});
