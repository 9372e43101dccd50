/** Core and its VRRP process under fire: killed or stopped, one never leaves the other's work undone. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { TestContext } from "node:test";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import { HAND_OVER_MS, unlawfulAdverts, unlawfulOverlaps } from "./harness/mastership.js";
import type { Program } from "./harness/program.js";

const VIP = "10.83.0.100";
const A = "10.83.0.1";
/** (256 - 100) / 256 of a second: what b waits after a resignation. */
const SKEW_B_MS = 609.375;

const configuration = (priority: number): string => `
vrrp_instance SHARED {
    interface eth0
    virtual_router_id 83
    priority ${priority}
    advert_int 1
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;

/** Process id of a child while it runs. */
function childOf(router: Program, name: "keepalived_vrrp" | "keepalived_check"): number | undefined {
  return router.processes().find(({ pid, command }) => pid !== router.pid && command.includes(name))?.pid;
}

const vrrpChild = (router: Program): number | undefined => childOf(router, "keepalived_vrrp");

/** Two routers of ours; a, the better one, is master. */
async function startPair(lab: Lab): Promise<{ a: Program; child: number }> {
  const hostA = await lab.addHost("a", { addresses: [`${A}/24`] });
  const hostB = await lab.addHost("b", { addresses: ["10.83.0.2/24"] });
  const a = lab.startRouter(hostA, "ours", configuration(200));
  lab.startRouter(hostB, "ours", configuration(100));
  await lab.waitFor(() => lab.holders.of(VIP).join() === "a", 8_000, "a to hold the address");
  await lab.waitFor(() => lab.capture.adverts.length > 1, 3_000, "adverts of a");
  const child = vrrpChild(a);
  assert.ok(child !== undefined, `no VRRP child among ${JSON.stringify(a.processes())}`);
  return { a, child };
}

/** The moment of the first event of a kind at or after `since`. */
function momentOf(lab: Lab, host: string, added: boolean, since: number): number | undefined {
  return lab.holders.events.find(
    (e) => e.host === host && e.address === VIP && e.added === added && e.at >= since,
  )?.at;
}

async function waitForNewChild(lab: Lab, a: Program, old: number, t: TestContext): Promise<void> {
  const since = Date.now();
  const replaced = (): number | undefined => {
    const now = vrrpChild(a);
    return now === old ? undefined : now;
  };
  await lab.waitFor(replaced, 15_000, "core to start another VRRP process");
  t.diagnostic(`another VRRP process runs after ${Date.now() - since} ms`);
}

/**
 * In the end a is master again, says so, and holds the address alone. Adverts first, as the address may still be that of
 * the dead process: the new one sends the second of them 3.2 s (three intervals and skew) and 1 s after its start.
 */
async function waitForOrder(lab: Lab): Promise<void> {
  const since = Date.now();
  await lab.waitFor(
    () => lab.capture.adverts.filter((advert) => advert.at > since && advert.source === A).length > 1,
    15_000,
    "adverts of a",
  );
  await lab.waitFor(() => lab.holders.of(VIP).join() === "a", 12_000, "a alone to hold the address");
}

labTest(
  "kill -9 of the VRRP process: it comes back, and never do two hosts hold the address",
  ["ours"],
  async (lab, t) => {
    const { a, child } = await startPair(lab);
    process.kill(child, "SIGKILL");
    await waitForNewChild(lab, a, child, t);
    await waitForOrder(lab);
    assert.ok(a.running, "core lives on");
    assert.ok(a.output.find(/vrrp.*(signal 9|SIGKILL)/i) !== undefined, "core says what became of the child");
    assert.deepEqual(unlawfulOverlaps(lab.holders, VIP), []);
    assert.deepEqual(unlawfulAdverts(lab.capture.adverts), []);
  },
);

labTest("kill -9 of core: its child withdraws the address and resigns", ["ours"], async (lab, t) => {
  const { a } = await startPair(lab);
  const killedAt = Date.now();
  process.kill(a.pid, "SIGKILL");
  const goneAt = await lab.waitFor(
    () => momentOf(lab, "a", false, killedAt),
    2_000,
    "a to give the address up",
  );
  const resigned = await lab.waitFor(
    () => lab.capture.adverts.find((advert) => advert.priority === 0 && advert.source === A),
    2_000,
    "a to resign",
  );
  const heldAt = await lab.waitFor(() => momentOf(lab, "b", true, killedAt), 3_000, "b to hold the address");
  assert.ok(goneAt - killedAt < 1_000, `a gave the address up after ${goneAt - killedAt} ms`);
  assert.ok(Math.abs(heldAt - resigned.at - SKEW_B_MS) < HAND_OVER_MS, `b waited ${heldAt - resigned.at} ms`);
  await lab.waitFor(() => a.processes().length === 0, 3_000, "all processes of a to end");
  assert.deepEqual(unlawfulOverlaps(lab.holders, VIP), []);
  t.diagnostic(`a gave the address up ${(goneAt - killedAt).toFixed(1)} ms after the kill`);
});

labTest("SIGSTOP of the VRRP process: noticed, killed, replaced", ["ours"], async (lab, t) => {
  const { a, child } = await startPair(lab);
  process.kill(child, "SIGSTOP");
  await waitForNewChild(lab, a, child, t);
  await waitForOrder(lab);
  assert.ok(a.running, "core lives on");
  assert.ok(
    a.output.find(/vrrp.*(beat|respond|silent|answer|hung)/i) !== undefined,
    "core says why it killed the child",
  );
  // A stopped process cannot give the address up: whether b took over meanwhile depends on when core noticed.
  const longest = Math.max(0, ...lab.holders.overlaps(VIP).map(({ from, until }) => until - from));
  t.diagnostic(`both held the address for at most ${longest.toFixed(1)} ms`);
});

labTest(
  "a reload that another process does not survive is abandoned: an address that it would have made virtual stays",
  ["ours"],
  async (lab) => {
    const server = "virtual_server 10.83.0.200 80 {\nreal_server 10.83.0.201 80 {\n}\n}\n";
    const OTHERS = "10.83.0.150";
    const host = await lab.addHost("a", { addresses: [`${A}/24`, `${OTHERS}/24`] });
    const a = lab.startRouter(host, "ours", configuration(200) + server);
    await lab.waitFor(() => lab.holders.of(VIP).join() === "a", 8_000, "a to hold the address");
    const vrrp = vrrpChild(a);
    const check = childOf(a, "keepalived_check");
    assert.ok(check !== undefined, `no check process among ${JSON.stringify(a.processes())}`);
    process.kill(check, "SIGSTOP");
    const more = configuration(150).replace("SHARED", "MORE").replace("id 83", "id 84").replace(VIP, OTHERS);
    writeFileSync(lab.configurationOf(host), configuration(200) + more + server);
    a.kill("SIGHUP");
    await lab.waitFor(() => a.output.find(/Reloading/), 5_000, "the reload to begin");
    process.kill(check, "SIGKILL");
    await lab.waitFor(() => a.output.find(/Reload refused/), 5_000, "the reload to be refused");
    assert.deepEqual(
      lab.holders.events.filter(({ address, added }) => address === OTHERS && !added),
      [],
      "the address that somebody else has put there was taken away",
    );
    // Nor is it written down as ours, for core to take back.
    assert.ok(vrrp !== undefined);
    process.kill(vrrp, "SIGKILL");
    await lab.waitFor(
      () => a.output.find(/that a dead child left/),
      5_000,
      "core to take back what was ours",
    );
    await waitForOrder(lab);
    assert.match(host.ip("address", "show", "dev", "eth0"), new RegExp(OTHERS.replaceAll(".", "\\.")));
  },
);
