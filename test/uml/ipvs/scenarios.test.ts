/**
 * The recorded scenarios of a balancer (test/data/ipvs-scenarios.json: seen with upstream 2.2.7 in a real kernel, part of
 * them with 2.4.3) with our daemon in a real kernel: after each step the table is as it was recorded. What is said in FIFOs
 * and scripts meanwhile is tested in virtual time (test/unit/check/scenarios.test.ts).
 * Where a scenario kills core and checker together, both are stopped before: else the checker may see core die, and
 * rightly withdraws.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CHECKERS } from "../../../src/check/checkers/table.js";
import type { KernelDestination, KernelService } from "../../../src/check/ipvs/kernel-table.js";
import { formatAddress } from "../../../src/net/ip-address.js";
import { Balancer, closeShell } from "./balancer.js";

/** Each has its own namespaces, and most of its time is waiting. */
const AT_A_TIME = 6;
/** On top of the recorded time: machines are busy. */
const PATIENCE_MS = 20_000;
const POLL_MS = 200;

interface RecordedDestination {
  address: string;
  port: number;
  forward: "NAT" | "DR" | "TUN";
  weight: number;
  tun_type?: string;
  tun_port?: number;
  tun_csum?: string;
}

interface RecordedService {
  protocol?: string;
  address?: string;
  port?: number;
  fwmark?: number;
  family?: string;
  scheduler: string;
  persistence_timeout?: number;
  netmask?: string;
  pe?: string;
  one_packet?: boolean;
  sched_flags?: string[];
  destinations: RecordedDestination[];
}

interface Step {
  action: "start" | "stop" | "reload" | "rs_up" | "rs_down" | "write_file" | "sh" | "wait";
  settle_s: number;
  rs?: string;
  path?: string;
  content?: string;
  config?: string;
  cmd?: string;
  expected: {
    services: RecordedService[];
    sync_daemons?: string[];
    /** As `ipvsadm -L --timeout` prints them. */
    timeouts?: string[];
    /** As `ipvsadm -Ln --thresholds` prints them. */
    thresholds?: string[];
  };
}

interface Scenario {
  name: string;
  config: string;
  listening: string[];
  setup?: string[];
  with_vrrp?: boolean;
  steps: Step[];
}

const scenarios = JSON.parse(
  readFileSync(new URL("../../data/ipvs-scenarios.json", import.meta.url), "utf8"),
) as Scenario[];

const METHODS = new Map([
  [0, "NAT"],
  [2, "TUN"],
  [3, "DR"],
]);
const TUNNELS = ["ipip", "gue", "gre"];
const CHECKSUMS = ["nocsum", "csum", "remcsum"];
const FLAGS = [
  { bit: 0x08, names: { sh: "sh-fallback", mh: "mh-fallback" } },
  { bit: 0x10, names: { sh: "sh-port", mh: "mh-port" } },
] as const;

/** In the words of the records. */
function recorded({ key, message, destinations }: KernelService): RecordedService {
  const { scheduler, flags, timeoutSeconds, granularity, engine } = message;
  const identity =
    key.kind === "mark"
      ? { fwmark: key.mark, family: key.family === 6 ? "inet6" : "inet" }
      : { protocol: key.protocol.toLowerCase(), address: key.address, port: key.port };
  const named = scheduler === "sh" || scheduler === "mh" ? scheduler : undefined;
  const names = FLAGS.flatMap(({ bit, names }) => (named !== undefined && flags & bit ? [names[named]] : []));
  return {
    ...identity,
    scheduler,
    ...(timeoutSeconds > 0 && { persistence_timeout: timeoutSeconds }),
    ...(granularity?.length === 4 && { netmask: formatAddress(granularity) }),
    ...(engine !== undefined && { pe: engine }),
    ...((flags & 0x04) !== 0 && { one_packet: true }),
    ...(names.length > 0 && { sched_flags: names }),
    destinations: destinations.map(recordedDestination),
  };
}

function recordedDestination({ address, port, message }: KernelDestination): RecordedDestination {
  const { tunnel } = message;
  const type = tunnel === undefined ? undefined : TUNNELS[tunnel.type];
  return {
    address,
    port,
    forward: METHODS.get(message.method) as RecordedDestination["forward"],
    weight: message.weight,
    ...(tunnel !== undefined && type !== undefined && { tun_type: type }),
    ...(tunnel !== undefined && type === "gue" && { tun_port: tunnel.port }),
    ...(tunnel !== undefined && type !== "ipip" && { tun_csum: CHECKSUMS[tunnel.flags] ?? "?" }),
  };
}

/** Comparable: order and what is only recorded where it says something do not count. */
function normal(services: readonly RecordedService[]): string {
  const lines = services.map(({ destinations, ...service }) => {
    const sorted = (object: object): string => JSON.stringify(Object.entries(object).sort());
    return [sorted(service), ...destinations.map(plainTunnel).map(sorted).sort()].join("\n   ");
  });
  return lines.sort().join("\n");
}

/** Of an ipip tunnel the records say the type only where other types are beside it. */
function plainTunnel(destination: RecordedDestination): RecordedDestination {
  return destination.forward === "TUN" ? { tun_type: "ipip", ...destination } : destination;
}

async function perform(balancer: Balancer, scenario: Scenario, step: Step): Promise<void> {
  switch (step.action) {
    case "start":
      await balancer.start(scenario.config, scenario.with_vrrp === true);
      break;
    case "reload":
      balancer.reload(step.config ?? "");
      break;
    case "stop":
      await balancer.stop();
      break;
    case "rs_up":
      await balancer.up(step.rs ?? "");
      break;
    case "rs_down":
      balancer.down(step.rs ?? "");
      break;
    case "write_file":
      balancer.write(step.path ?? "", step.content ?? "");
      break;
    case "sh":
      await balancer.sh(step.cmd ?? "");
      break;
    case "wait":
      break;
  }
}

/** The step, and those after it that only wait: what comes by waiting may be there already, as looking may be late. */
function stepsFrom(steps: readonly Step[], index: number): Step[] {
  const end = steps.findIndex(({ action }, i) => i > index && action !== "wait");
  return steps.slice(index, end < 0 ? steps.length : end);
}

/** Waits until the table is as recorded, and judges the rest of what was recorded. */
async function judge(balancer: Balancer, steps: readonly Step[], index: number): Promise<void> {
  const step = steps[index] as Step;
  const title = `step ${index + 1}, ${step.action}`;
  const reached = stepsFrom(steps, index);
  const states = reached.map(({ expected }) => normal(expected.services));
  const before = normal(steps[index - 1]?.expected.services ?? []);
  // What is to stay as it is must be given the time to change.
  if (states[0] === before) await sleep(step.settle_s * 500);
  const until = Date.now() + step.settle_s * 1000 + PATIENCE_MS;
  let there = "";
  do {
    there = normal((await balancer.table()).map(recorded));
    if (states.includes(there)) break;
    await sleep(POLL_MS);
  } while (Date.now() < until);
  const [wanted] = states;
  if (!states.includes(there)) assert.equal(there, wanted, `${title}\n${balancer.output.slice(-2000)}`);
  const { timeouts, thresholds, sync_daemons } = step.expected;
  if (timeouts !== undefined)
    assert.equal((await balancer.sh("ipvsadm -L --timeout")).trim(), timeouts.join("\n"), title);
  if (thresholds !== undefined) {
    const printed = (await balancer.sh("ipvsadm -Ln --thresholds")).split("\n").map((line) => line.trim());
    for (const line of thresholds) assert.ok(printed.includes(line.trim()), `${title}: ${line}`);
  }
  if (sync_daemons === undefined) return;
  const lists = reached.map(({ expected }) => expected.sync_daemons?.join("\n"));
  let running = "";
  do {
    running = (await balancer.sh("ipvsadm -L --daemon")).trim();
    if (lists.includes(running)) return;
    await sleep(POLL_MS);
  } while (Date.now() < until);
  assert.equal(running, lists[0], `${title}\n${balancer.output.slice(-2000)}`);
}

async function run(scenario: Scenario): Promise<void> {
  const balancer = await Balancer.create(scenario.name.replaceAll("_", ""));
  try {
    for (const endpoint of scenario.listening) await balancer.up(endpoint);
    for (const command of scenario.setup ?? []) await balancer.sh(command);
    for (const [i, step] of scenario.steps.entries()) {
      await perform(balancer, scenario, step);
      await judge(balancer, scenario.steps, i);
    }
  } finally {
    await balancer.close();
  }
}

after(closeShell);

const chosen = process.env["SCENARIOS"]?.split(",");

test("each scenario ends in the services and destinations that were recorded", {
  concurrency: AT_A_TIME,
}, async (t) => {
  const wanted = scenarios.filter(({ name }) => chosen === undefined || chosen.includes(name));
  await Promise.all(
    wanted.map((scenario) => {
      const skip = usesMissingChecker(scenario) && "this version has no FILE_CHECK";
      return t.test(scenario.name, { skip }, () => run(scenario));
    }),
  );
});

/** A scenario about a checker that is still to come. */
function usesMissingChecker({ config }: Scenario): boolean {
  return config.includes("FILE_CHECK") && CHECKERS.file === undefined;
}
