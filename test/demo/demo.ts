/**
 * `npm run demo`: two routers share an address, a client pings it every 10 ms, and one router after the other is stopped,
 * killed and unplugged. Everything happens in network namespaces that are gone afterwards, also after Ctrl-C.
 * KEEPALIVED_UNDER_TEST=debian runs Debian's keepalived instead, for comparison.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Lab } from "../lab/harness/lab.js";
import type { Host } from "../lab/harness/network.js";
import type { PingReplies } from "../lab/harness/pinger.js";
import { missing, underTest } from "../lab/harness/products.js";
import type { Program } from "../lab/harness/program.js";
import { repository } from "../setup/repository.js";
import { bold, green, red, Screen } from "./screen.js";

const ADDRESS = "192.168.83.100";
const product = underTest();

interface Step {
  title: string;
  act: () => void;
  /** Router that must answer afterwards. */
  holder: string;
  /** Whether the other one must have given the address up: not when it was killed. */
  alone: boolean;
  /** Longest silence that the client may see, in milliseconds. */
  limitMs: number;
  remark?: string;
}

/** A router of the demo: a host and, while it runs, the program on it. */
class Router {
  #program: Program | undefined;

  constructor(
    readonly lab: Lab,
    readonly host: Host,
  ) {}

  start(): void {
    const file = join(repository, "etc", "samples", `router-${this.host.name}.conf`);
    this.#program = this.lab.startRouter(this.host, product, readFileSync(file, "utf8"));
  }

  stop(): void {
    this.#program?.kill("SIGTERM");
  }

  kill(): void {
    this.#program?.killAll();
  }
}

const MASTER_DOWN_LIMIT_MS = 4_500;
const BACK_LIMIT_MS = 500;

function steps(left: Router, right: Router): Step[] {
  const start = (): void => {
    left.start();
    right.start();
  };
  return [
    {
      title: "start both routers",
      act: start,
      holder: "left",
      alone: true,
      limitMs: Number.POSITIVE_INFINITY,
    },
    {
      title: "stop left (SIGTERM)",
      act: () => {
        left.stop();
      },
      holder: "right",
      alone: true,
      limitMs: 1_000,
      remark: "it says goodbye with priority 0: right waits its skew time only",
    },
    {
      title: "start left again",
      act: () => {
        left.start();
      },
      holder: "left",
      alone: true,
      limitMs: BACK_LIMIT_MS,
      remark: "the higher priority takes over, without a break",
    },
    {
      title: "kill all of left (SIGKILL)",
      act: () => {
        left.kill();
      },
      holder: "right",
      alone: false,
      limitMs: MASTER_DOWN_LIMIT_MS,
      remark:
        "no goodbye; left's kernel keeps the address and answers until right's ARP has reached the client",
    },
    {
      title: "start left again",
      act: () => {
        left.start();
      },
      holder: "left",
      alone: true,
      limitMs: BACK_LIMIT_MS,
    },
    {
      title: "pull left's cable",
      act: () => {
        left.host.unplug();
      },
      holder: "right",
      alone: true,
      limitMs: MASTER_DOWN_LIMIT_MS,
      remark: "three adverts and a skew time of silence",
    },
    {
      title: "plug it in again",
      act: () => {
        left.host.plug();
      },
      holder: "left",
      alone: true,
      limitMs: BACK_LIMIT_MS,
    },
  ];
}

/** Carries a step out. @returns the gap that the client saw, in milliseconds. */
async function perform(step: Step, lab: Lab, replies: PingReplies): Promise<number> {
  const beganAt = Date.now();
  const seen = lab.holders.events.length;
  step.act();
  const holds = (): boolean => {
    const holders = lab.holders.of(ADDRESS);
    const moved = lab.holders.events.slice(seen).some((event) => event.host === step.holder && event.added);
    return moved && (step.alone ? holders.join() === step.holder : holders.includes(step.holder));
  };
  await lab.waitFor(holds, 10_000, `${step.holder} to hold ${ADDRESS}`);
  const movedAt = Date.now();
  await lab.waitFor(() => replies.steadySince(movedAt), 5_000, "the client to be answered");
  // The new master's adverts belong to the picture, and late double answers would show now.
  await lab.watch(1_200);
  return replies.largestGapMs(beganAt, Date.now());
}

/** Carries all steps out and shows them. @returns a line for each, and whether all were as they should be. */
async function performAll(lab: Lab): Promise<{ lines: string[]; good: boolean }> {
  const left = new Router(lab, await lab.addHost("left", { addresses: ["192.168.83.1/24"] }));
  const right = new Router(lab, await lab.addHost("right", { addresses: ["192.168.83.2/24"] }));
  const client = await lab.addHost("client", { addresses: ["192.168.83.9/24"] });
  const replies = lab.startPinger(client, ADDRESS);
  const routers = new Map([
    ["192.168.83.1", "left"],
    ["192.168.83.2", "right"],
  ]);
  const screen = new Screen({ lab, address: ADDRESS, routers, replies });
  const lines: string[] = [];
  let good = true;
  try {
    for (const [index, step] of steps(left, right).entries()) {
      screen.say(bold(`${index + 1}. ${step.title}`));
      const gapMs = await perform(step, lab, replies);
      const inTime = gapMs <= step.limitMs;
      good &&= inTime;
      const gap = index === 0 ? "" : `the client waited ${Math.round(gapMs)} ms at most`;
      const verdict = inTime ? green("✔") : red(`✖ more than ${step.limitMs} ms`);
      lines.push(`${verdict} ${step.title.padEnd(28)} ${step.holder.padEnd(6)} answers  ${gap}`);
      screen.say(
        `${verdict} ${step.holder} answers${gap === "" ? "" : `; ${gap}`}${step.remark === undefined ? "" : ` (${step.remark})`}`,
      );
    }
  } finally {
    screen.close();
  }
  return { lines, good };
}

async function main(): Promise<void> {
  const reason = missing(product);
  if (reason !== undefined) throw new Error(reason);
  const who = product === "ours" ? "this keepalived" : "Debian's keepalived";
  console.log(bold(`Two routers (${who}), one address, and a client that pings it every 10 ms\n`));
  process.once("SIGINT", () => {
    console.log("\n\nInterrupted: everything is removed.");
  });
  const lab = await Lab.open();
  try {
    const { lines, good } = await performAll(lab);
    const { adverts, undecoded } = lab.capture;
    const faulty = adverts.filter((advert) => !advert.checksumGood).length + undecoded.length;
    lines.push(
      `${faulty === 0 ? green("✔") : red("✖")} ${adverts.length} adverts, ${faulty} faulty by tcpdump`,
    );
    console.log(`\n${lines.map((line) => `  ${line}`).join("\n")}`);
    if (!good || faulty > 0) throw new Error("not everything went as it should");
  } finally {
    await lab.close();
  }
  console.log("\nThe namespaces and everything in them are gone again.");
}

try {
  await main();
} catch (error) {
  console.error(`\n${red("The demo failed:")} ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
