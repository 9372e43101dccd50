/**
 * The VRRP process of a master is stopped by SIGSTOP for longer than its backup waits, and shorter than the watchdog:
 * when it goes on it looks before it speaks. `advert_int 0.1`: the backup takes over after 0.36 s.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import type { Product } from "./harness/products.js";
import type { Program } from "./harness/program.js";
import { rawAdvert } from "./harness/raw-advert.js";

const VIP = "10.88.0.100";
const FIRST = "10.88.0.1";
/** Ten adverts of the successor wait in the socket. */
const STOPPED_MS = 1_300;

function configuration(priority: number, lines = ""): string {
  return `vrrp_instance VI_1 {
interface eth0
virtual_router_id 88
version 3
advert_int 0.1
priority ${priority}
${lines}
virtual_ipaddress {
${VIP}/24
}
}
`;
}

interface Outcome {
  router: Program;
  resumedAt: number;
  /** Line of its log from which on it runs again. */
  from: number;
}

/** The process that runs VRRP: of Debian's the child of the child, of ours the one with that name. */
function vrrpOf(program: Program): number {
  const candidates = program.processes().filter(({ command }) => /keepalived/.test(command));
  const named = candidates.find(({ command }) => command.includes("keepalived_vrrp"));
  const pid = named?.pid ?? candidates[0]?.pid;
  assert.ok(pid !== undefined);
  return pid;
}

async function stallMaster(lab: Lab, product: Product, lines: string): Promise<Outcome> {
  const first = await lab.addHost("first", { addresses: [`${FIRST}/24`] });
  const second = await lab.addHost("second", { addresses: ["10.88.0.2/24"] });
  const router = lab.startRouter(first, product, configuration(200, lines));
  await lab.waitFor(() => lab.holders.of(VIP).join() === "first", 6_000, "the first to be master");
  lab.startRouter(second, "ours", configuration(100));
  await lab.watch(800);
  const pid = vrrpOf(router);
  process.kill(pid, "SIGSTOP");
  await lab.watch(STOPPED_MS);
  assert.ok(lab.holders.of(VIP).includes("second"), "the second took over");
  const from = router.output.all.length;
  const resumedAt = Date.now();
  process.kill(pid, "SIGCONT");
  return { router, resumedAt, from };
}

/** Times of its adverts since it goes on, after all that may come has come. */
async function advertsOfFirst(lab: Lab, resumedAt: number): Promise<number[]> {
  await lab.watch(1_000);
  return lab.capture.adverts
    .filter(({ source, at }) => source === FIRST && at >= resumedAt)
    .map(({ at }) => at - resumedAt);
}

/** How many left together with the first one: the next regular one is 100 ms away. */
function together(times: readonly number[]): number {
  return times.filter((at) => at < (times[0] ?? 0) + 60).length;
}

labTest("a master that preempts asserts itself once, and the backup gives way", ["ours"], async (lab, t) => {
  const { router, resumedAt, from } = await stallMaster(lab, "ours", "");
  await lab.waitFor(
    () => lab.holders.of(VIP).join() === "first",
    2_000,
    "the first alone to hold the address",
  );
  const times = await advertsOfFirst(lab, resumedAt);
  t.diagnostic(`first advert ${times[0]?.toFixed(0)} ms after going on, ${together(times)} together`);
  assert.equal(together(times), 1, times.join(" "));
  await lab.waitFor(
    () => lab.capture.announcements.some(({ at }) => at >= resumedAt),
    1_000,
    "the neighbours to be told",
  );
  const lines = router.output.all.slice(from).filter(({ text }) => /forcing new election/.test(text));
  assert.equal(lines.length, 1, "ten adverts waited, one is answered");
  assert.equal(router.output.find(/Entering/, from), undefined, "no transition");
});

labTest("a master with nopreempt follows its successor without a single advert", ["ours"], async (lab) => {
  const { router, resumedAt, from } = await stallMaster(lab, "ours", "nopreempt");
  await lab.waitFor(
    () => lab.holders.of(VIP).join() === "second",
    2_000,
    "the second alone to hold the address",
  );
  assert.deepEqual(await advertsOfFirst(lab, resumedAt), []);
  assert.ok(
    router.output.find(/Entering BACKUP STATE \(10\.88\.0\.2 with priority 100 took over meanwhile/, from),
  );
  assert.equal(lab.holders.of(VIP).join(), "second");
});

labTest("timer_expired_backup: BACKUP at once, without priority 0", ["ours"], async (lab) => {
  const { router, resumedAt, from } = await stallMaster(lab, "ours", "nopreempt\ntimer_expired_backup");
  await lab.waitFor(
    () => lab.holders.of(VIP).join() === "second",
    2_000,
    "the second alone to hold the address",
  );
  assert.deepEqual(await advertsOfFirst(lab, resumedAt), []);
  assert.ok(router.output.find(/VRRP thread timer expired/, from));
});

labTest(
  "for comparison: what Debian's keepalived does after the same stall",
  ["ours", "debian"],
  async (lab, t) => {
    const { router, resumedAt, from } = await stallMaster(lab, "debian", "");
    await lab.waitFor(
      () => lab.holders.of(VIP).join() === "first",
      3_000,
      "the first alone to hold the address",
    );
    const times = await advertsOfFirst(lab, resumedAt);
    const answers = router.output.all
      .slice(from)
      .filter(({ text }) => /forcing new election/.test(text)).length;
    t.diagnostic(`Debian: ${together(times)} adverts together, ${answers} forced elections`);
  },
);

const INJECTOR = fileURLToPath(new URL("harness/injector.js", import.meta.url));

labTest(
  "a backup that was stopped reads its master's 'I stop' and the successor's advert in the order of arrival",
  ["ours"],
  async (lab) => {
    const first = await lab.addHost("first", { addresses: [`${FIRST}/24`] });
    const peer = await lab.addHost("peer", { addresses: ["10.88.0.2/24"] });
    const inject = async (source: string, priority: number, when: string): Promise<Program> => {
      const advert = { source, vrid: 88, priority, addresses: [VIP], interval: 100 };
      const packet = Buffer.from(rawAdvert(advert)).toString("hex");
      const command = [process.execPath, INJECTOR, peer.device, when, packet];
      const program = lab.run(`injector of ${source} ${priority}`, { namespace: peer.namespace, command });
      await lab.waitFor(() => program.output.find(/sending/), 5_000, "an injector");
      return program;
    };
    const master = await inject("10.88.0.2", 200, "250");
    const resigns = await inject("10.88.0.2", 0, "signal");
    const successor = await inject("10.88.0.3", 150, "signal");
    const router = lab.startRouter(first, "ours", configuration(100).replace("0.1", "1"));
    await lab.waitFor(() => router.output.find(/Entering BACKUP STATE/), 6_000, "BACKUP");
    await lab.watch(1_000);
    const pid = vrrpOf(router);
    process.kill(pid, "SIGSTOP");
    for (const program of [resigns, successor]) {
      if (program === resigns) master.kill("SIGKILL");
      program.kill("SIGUSR2");
      await lab.waitFor(() => program.output.find(/sent/), 1_000, "an advert");
    }
    process.kill(pid, "SIGCONT");
    // 0.61 s after an "I stop" that came last it would be MASTER; after the successor's advert it waits for 3.61 s.
    await lab.watch(1_500);
    assert.equal(router.output.find(/Entering MASTER STATE/), undefined);
    await lab.waitFor(() => router.output.find(/Entering MASTER STATE/), 6_000, "MASTER, as nobody speaks");
  },
);
