/**
 * Three routers, ours and Debian's mixed, under a random mix of trouble: stop, kill, reload, partition, link flap,
 * theft of the address. One trouble at a time, so that two routers are always well. What happened is judged afterwards.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Lab } from "../harness/lab.js";
import { wallClockMs } from "../harness/lines.js";
import type { Host } from "../harness/network.js";
import type { Product } from "../harness/products.js";
import type { Program } from "../harness/program.js";
import { judge, type SoakEvent } from "./judge.js";
import { MemoryLog } from "./memory.js";

const VIP = "10.87.0.100";
const INTERVAL_MS = 200;
/** Master-down time of the lowest priority: three adverts and the skew. */
const MASTER_DOWN_MS = 3 * INTERVAL_MS + INTERVAL_MS;
/** Wake-ups, netlink and the start of a process on a busy machine of two cores. */
const SLACK_MS = 500;
const LIMITS = { overlapMs: INTERVAL_MS + SLACK_MS, gapMs: MASTER_DOWN_MS + SLACK_MS };
const SETTLE_MS = 1500;
const SAMPLE_MS = 2000;
/** A process that grows by more than this is leaking; V8 itself breathes by some MiB. */
const GROWTH_LIMIT_KIB_PER_MINUTE = 6 * 1024;

interface Node {
  host: Host;
  product: Product;
  priority: number;
  program: Program;
}

/** mulberry32: a seed gives the same troubles again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function configuration(priority: number): string {
  return `vrrp_instance SOAK {\ninterface eth0\nversion 3\nadvert_int 0.2\nvirtual_router_id 87\npriority ${priority}\ngarp_master_delay 0\nvirtual_ipaddress {\n${VIP}/32\n}\n}\n`;
}

class Soak {
  readonly nodes: Node[] = [];
  readonly events: SoakEvent[] = [];
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  async add(name: string, index: number, product: Product, priority: number): Promise<void> {
    const host = await this.#lab.addHost(name, { addresses: [`10.87.0.${index}/24`] });
    const program = this.#lab.startRouter(host, product, configuration(priority));
    this.nodes.push({ host, product, priority, program });
    this.#tell(host, "joins");
  }

  #tell(host: Host, kind: "joins" | "leaves"): void {
    this.events.push({ at: wallClockMs(), kind, host: host.name });
  }

  async #restart(node: Node): Promise<void> {
    node.program = this.#lab.startRouter(node.host, node.product, configuration(node.priority));
    await this.#lab.waitFor(
      () => node.program.output.find(/Entering (BACKUP|FAULT|MASTER) STATE/),
      10_000,
      `${node.host.name} to run again`,
    );
  }

  /** Ends in order; the address is given up before. */
  async stop(node: Node): Promise<void> {
    node.program.kill("SIGTERM");
    await this.#lab.waitFor(() => node.program.exit !== undefined, 10_000, `${node.host.name} to stop`);
    this.#tell(node.host, "leaves");
    await this.#lab.watch(SETTLE_MS);
    this.#tell(node.host, "joins");
    await this.#restart(node);
  }

  /** Power failure: the host is gone from the lan at once. It comes back with its leftovers removed. */
  async crash(node: Node): Promise<void> {
    this.#tell(node.host, "leaves");
    node.host.isolate();
    node.program.killAll();
    await this.#lab.waitFor(() => node.program.exit !== undefined, 10_000, `${node.host.name} to be dead`);
    await this.#lab.watch(SETTLE_MS);
    await this.#restart(node);
    node.host.rejoin();
    this.#tell(node.host, "joins");
  }

  async reload(node: Node): Promise<void> {
    node.program.kill("SIGHUP");
    await this.#lab.watch(SETTLE_MS);
  }

  async partition(node: Node): Promise<void> {
    this.#tell(node.host, "leaves");
    node.host.isolate();
    await this.#lab.watch(SETTLE_MS);
    node.host.rejoin();
    this.#tell(node.host, "joins");
  }

  async linkFlap(node: Node): Promise<void> {
    this.#tell(node.host, "leaves");
    node.host.unplug();
    await this.#lab.watch(SETTLE_MS / 2);
    node.host.plug();
    this.#tell(node.host, "joins");
  }

  async theft(): Promise<void> {
    const holder = this.nodes.find(({ host }) => this.#lab.holders.of(VIP)[0] === host.name);
    try {
      holder?.host.ip("address", "delete", `${VIP}/32`, "dev", "eth0");
    } catch {
      // it was given up in this very moment
    }
    await this.#lab.watch(SETTLE_MS / 2);
  }
}

/** Runs for `durationMs`, then judges. A failure names the seed: SOAK_SEED replays its troubles. */
export async function soak(lab: Lab, t: TestContext, durationMs: number): Promise<void> {
  const seed = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 1e9));
  const next = random(seed);
  const run = new Soak(lab);
  await run.add("high", 1, "ours", 200);
  await run.add("middle", 2, "debian", 150);
  await run.add("low", 3, "ours", 100);
  await lab.waitFor(() => lab.holders.of(VIP).length === 1, 6_000, "the first master");
  const from = wallClockMs();
  const memory = new MemoryLog();
  const sampling = setInterval(() => {
    for (const { product, program } of run.nodes)
      if (product === "ours") memory.sample(program.processes(), wallClockMs());
  }, SAMPLE_MS);
  const told: string[] = [];
  try {
    while (wallClockMs() - from < durationMs) {
      const node = run.nodes[Math.floor(next() * run.nodes.length)];
      assert.ok(node);
      const troubles = [
        ["stop", () => run.stop(node)],
        ["crash", () => run.crash(node)],
        ["reload", () => run.reload(node)],
        ["partition", () => run.partition(node)],
        ["link flap", () => run.linkFlap(node)],
        ["theft", () => run.theft()],
      ] as const;
      const chosen = troubles[Math.floor(next() * troubles.length)] ?? troubles[0];
      const ends = chosen[0] === "stop" || chosen[0] === "crash";
      // Memory tells something of processes that live: each of ours is spared for half of the time.
      const spared = wallClockMs() - from < durationMs / 2 ? "high" : "low";
      const [name, cause] = ends && node.host.name === spared ? troubles[2] : chosen;
      told.push(`${((wallClockMs() - from) / 1000).toFixed(1)} s ${name} ${node.host.name}`);
      await cause();
      await lab.watch(SETTLE_MS * (0.5 + next()));
    }
  } finally {
    clearInterval(sampling);
  }
  const until = wallClockMs();
  for (const { at, added, host, address } of lab.holders.events) {
    if (address === VIP) run.events.push({ at, kind: added ? "holds" : "lets go", host });
  }
  const violations = judge(run.events, until, LIMITS).filter(({ from: since }) => since > from);
  const story = `SOAK_SEED=${seed}, ${told.length} troubles:\n  ${told.join("\n  ")}`;
  assert.deepEqual(
    violations.map((violation) => ({
      ...violation,
      from: `${((violation.from - from) / 1000).toFixed(2)} s`,
    })),
    [],
    story,
  );
  assert.deepEqual(
    lab.capture.adverts.filter(({ checksumGood }) => !checksumGood),
    [],
  );
  const slopes = memory.slopes(durationMs / 3, 10_000);
  for (const router of ["keepalived.js", "keepalived_vrrp.js"])
    assert.ok(
      slopes.filter(({ name }) => name === router).length >= 2,
      `${router}: nothing known of its memory`,
    );
  for (const { name, pid, kibPerMinute, lastKib } of slopes) {
    t.diagnostic(
      `${name} ${pid}: ${Math.round(lastKib / 1024)} MiB, ${Math.round(kibPerMinute)} KiB per minute`,
    );
    if (durationMs >= 240_000)
      assert.ok(kibPerMinute < GROWTH_LIMIT_KIB_PER_MINUTE, `${name} grows; ${story}`);
  }
  t.diagnostic(
    `seed ${seed}: ${told.length} troubles in ${Math.round((until - from) / 1000)} s, no violation`,
  );
}
