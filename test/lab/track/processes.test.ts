/** Tracked processes, real ones: told by the kernel, and where it tells nothing found in /proc. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import type { TrackProcessConfig } from "../../../src/config/model.js";
import type { Addon } from "../../../src/native/addon.js";
import { loadAddon } from "../../../src/native/load.js";
import { createEventLoop } from "../../../src/platform/event-loop.js";
import { ProcessTrackers } from "../../../src/track/effects/process-trackers.js";
import { trackProcess } from "../../unit/track/track-process.js";

const addon = loadAddon();
/** Without netlink: as in a container. */
const deaf: Addon = {
  ...addon,
  Socket: class {
    constructor() {
      throw Object.assign(new Error("socket: EPERM"), { code: "EPERM", errno: 1, syscall: "socket" });
    }
  } as unknown as Addon["Socket"],
};
const quiet = { force: false };

class Bench {
  readonly log: string[] = [];
  readonly trackers: ProcessTrackers;
  readonly #children = new Set<ChildProcess>();
  #wake = (): void => {};

  constructor(t: TestContext, native: Addon) {
    const write = (text: string): void => void this.log.push(text);
    this.trackers = new ProcessTrackers({
      addon: native,
      loop: createEventLoop(addon),
      log: { info: write, warning: write, error: write, detail: () => {} },
      changed: () => this.#wake(),
    });
    t.after(() => {
      this.trackers.close();
      for (const child of this.#children) child.kill("SIGKILL");
    });
  }

  get listens(): boolean {
    return !this.log.some((line) => line.includes("does not tell of processes"));
  }

  take(...changes: Partial<TrackProcessConfig>[]): Promise<void> {
    const configs = changes.map((change, i) => trackProcess({ name: `p${i}`, process: "sleep", ...change }));
    return this.trackers.setConfigs(configs, quiet);
  }

  start(...words: string[]): ChildProcess {
    const [file = "", ...args] = words;
    const child = spawn(file, args, { stdio: "ignore" });
    this.#children.add(child);
    return child;
  }

  up(name = "p0"): unknown {
    return this.trackers.find(name)?.value;
  }

  async becomes(up: boolean, name = "p0", limit = 6000): Promise<number> {
    const from = performance.now();
    const timer = setTimeout(() => this.#wake(), limit);
    while (this.up(name) !== up && performance.now() - from < limit - 50)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
    assert.equal(this.up(name), up, this.log.join("; "));
    return performance.now() - from;
  }
}

/** A parameter that no other process of this machine has. */
const unique = (): string => `300.${process.pid}${Math.trunc(performance.now())}`;

for (const [how, native] of [
  ["told by the kernel", addon],
  ["found in /proc", deaf],
] as const) {
  test(`${how}: start, end, quorum of two, and one that was there before`, async (t) => {
    const bench = new Bench(t, native);
    const parameter = unique();
    const before = bench.start("sleep", parameter);
    await once(before, "spawn");
    const exact = { parameters: [parameter], parameterMatch: "exact" as const, fullCommand: true };
    await bench.take(exact, { ...exact, quorum: 2 }, { ...exact, quorum: 0, quorumMax: 1 });
    if (native === addon && !bench.listens) return t.skip("NOT RUN: the kernel tells of no processes here");
    assert.deepEqual([bench.up("p0"), bench.up("p1"), bench.up("p2")], [true, false, true]);
    const another = bench.start("sleep", parameter);
    t.diagnostic(`a start is known after ${Math.round(await bench.becomes(true, "p1"))} ms`);
    assert.equal(bench.up("p2"), false);
    another.kill();
    t.diagnostic(`an end is known after ${Math.round(await bench.becomes(false, "p1"))} ms`);
    before.kill();
    await bench.becomes(false, "p0");
    assert.match(bench.log.join("\n"), /Quorum gained for tracked process p1 \(2 running\)/);
    assert.match(bench.log.join("\n"), /Quorum lost for tracked process p0 \(0 running\)/);
  });

  test(`${how}: a shell that becomes the process by exec`, async (t) => {
    const bench = new Bench(t, native);
    const parameter = unique();
    await bench.take({ parameters: [parameter], parameterMatch: "exact", fullCommand: true });
    if (native === addon && !bench.listens) return t.skip("NOT RUN: the kernel tells of no processes here");
    bench.start("sh", "-c", `sleep 0.3; exec sleep ${parameter}`);
    await bench.becomes(true);
  });
}

test("terminate_delay: a restart within it is no loss", async (t) => {
  const bench = new Bench(t, addon);
  const parameter = unique();
  const exact = { parameters: [parameter], parameterMatch: "exact" as const, fullCommand: true };
  const first = bench.start("sleep", parameter);
  await once(first, "spawn");
  await bench.take({ ...exact, terminateDelayMicros: 700_000 });
  if (!bench.listens) return t.skip("NOT RUN: the kernel tells of no processes here");
  first.kill();
  await once(first, "exit");
  const second = bench.start("sleep", parameter);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal(bench.up(), true);
  second.kill();
  const waited = await bench.becomes(false);
  assert.ok(waited > 600, `${waited} ms`);
});

test("a storm of processes: the count is right in it and afterwards", { timeout: 60_000 }, async (t) => {
  const bench = new Bench(t, addon);
  const parameter = unique();
  const exact = { parameters: [parameter], parameterMatch: "exact" as const, fullCommand: true };
  await bench.take(exact, { ...exact, quorum: 20 });
  if (!bench.listens) return t.skip("NOT RUN: the kernel tells of no processes here");
  let longest = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const kept = `p=; for i in $(seq 20); do sleep ${parameter} & p="$p $!"; done`;
  const storm = bench.start(
    "sh",
    "-c",
    `${kept}; i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done; kill $p; wait`,
  );
  await bench.becomes(true, "p1", 20_000);
  await once(storm, "exit");
  await bench.becomes(false, "p0", 20_000);
  clearInterval(beat);
  t.diagnostic(`1,000 processes: the loop was held up for at most ${Math.round(longest)} ms`);
});
