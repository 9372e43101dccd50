/** Testing a configuration (`-t`), the whole process from execve to exit: how long, how much memory, how it grows. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plainEnvironment } from "./environment.js";
import { instances, variedServers, virtualServers } from "./config-texts.js";
import { median } from "./statistics.js";
import type { Metric, Program, Samples, Subject } from "./subject.js";

const COUNT = 2000;
/** Sizes that must take proportional times. */
const SIZES = [1, 2, 4] as const;

/** Files in memory, so that no disk is measured. */
const folder = mkdtempSync("/dev/shm/kbench-config-");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const files = new Map<string, { path: string; lines: number }>();

function fileOf(name: string, text: () => string): { path: string; lines: number } {
  let file = files.get(name);
  if (file === undefined) {
    const path = join(folder, `${name}.conf`);
    const content = text();
    writeFileSync(path, content);
    file = { path, lines: content.split("\n").length - 1 };
    files.set(name, file);
  }
  return file;
}

/** @returns milliseconds of the whole process; throws when it says anything but yes. */
function testMillis({ command }: Program, path: string): number {
  const [program = "", ...args] = command;
  const from = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync(program, [...args, "-t", "-f", path], {
    encoding: "utf8",
    env: plainEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const millis = Number(process.hrtime.bigint() - from) / 1e6;
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} -t ends with ${status}: ${stderr.slice(0, 500)}`);
  return millis;
}

/** @returns the largest resident set in MiB, looked at once a millisecond while it runs. */
async function peakMebibytes({ command }: Program, path: string): Promise<number> {
  const [program = "", ...args] = command;
  const child = spawn(program, [...args, "-t", "-f", path], {
    env: plainEnvironment(),
    stdio: "ignore",
  });
  let kibibytes = 0;
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "latin1");
      kibibytes = Math.max(kibibytes, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // it has just ended
    }
  }, 1);
  await new Promise((resolve) => child.on("close", resolve));
  clearInterval(look);
  return kibibytes / 1024;
}

/** An interface that adverts could leave by. */
function someInterface(): string {
  const found = readdirSync("/sys/class/net").find((name) => {
    const flags = Number(readFileSync(`/sys/class/net/${name}/flags`, "latin1"));
    return (flags & MULTICAST) !== 0 && (flags & LOOPBACK) === 0;
  });
  if (found === undefined) throw new Error("there is no interface with multicast to name in the instances");
  return found;
}
const MULTICAST = 0x1000;
const LOOPBACK = 8;

interface Kind {
  name: string;
  what: string;
  atMost?: number;
  readonly text: (count: number) => string;
}

function subjectOf({ name, what, atMost, text }: Kind): Subject {
  const metrics: Metric[] = [
    {
      id: `${name}.time`,
      title: `${what}: whole process`,
      unit: "ms",
      ...(atMost !== undefined && { goal: { kind: "ratio", atMost } as const }),
    },
    { id: `${name}.rate`, title: `${what}: lines per millisecond`, unit: "1/ms" },
    { id: `${name}.peak`, title: `${what}: peak memory`, unit: "MiB" },
    { id: `${name}.growth`, title: `${what}: (4x - 2x) / (2x - 1x), 2 is linear`, unit: "" },
  ];
  return {
    name,
    about: `-t of ${what}`,
    rounds: 7,
    metrics,
    async measure(program, { round }): Promise<Samples> {
      const sized = SIZES.map((size) => fileOf(`${name}-${size}`, () => text(COUNT * size)));
      const [one, two, four] = sized.map(({ path }) => testMillis(program, path));
      if (one === undefined || two === undefined || four === undefined) throw new Error("three sizes");
      const first = sized[0];
      const samples: Record<string, number[]> = {
        [`${name}.time`]: [one],
        [`${name}.rate`]: [(first?.lines ?? 0) / one],
        [`${name}.growth`]: [(four - two) / (two - one)],
      };
      if (round < 2 && first !== undefined)
        samples[`${name}.peak`] = [await peakMebibytes(program, first.path)];
      return samples;
    },
  };
}

export const CONFIG_SUBJECTS: readonly Subject[] = [
  subjectOf({
    name: "services",
    what: `${COUNT} virtual servers x 16`,
    atMost: 0.8,
    text: virtualServers,
  }),
  subjectOf({ name: "varied", what: `${COUNT} x 16, all different`, text: variedServers }),
  subjectOf({
    name: "instances",
    what: `${COUNT} instances x 4 addresses`,
    atMost: 1.6,
    text: (count) => instances(count, someInterface()),
  }),
];

/** @returns the middle of the times of an empty configuration: what starting alone costs. */
export function emptyMillis(program: Program, times: number): number {
  const { path } = fileOf("empty", () => "\n");
  return median(Array.from({ length: times }, () => testMillis(program, path)));
}
