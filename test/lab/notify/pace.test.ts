/** Many scripts, and a loop that must not feel them: its lateness, and the adverts of a hundred instances. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Lab } from "../harness/lab.js";
import { labTest } from "../harness/lab-test.js";
import { Recorder } from "./recorder.js";

interface Turn {
  scripts: boolean;
  ended: number;
  p50: number;
  p99: number;
  max: number;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const skip = process.getuid?.() === 0 ? false : "needs root for real-time scheduling, as the daemon has it";

/** Processes that never rest, two per processor: where an ordinary process waits long for its turn. */
function makeBusy(): () => void {
  const loops = Array.from({ length: 2 * cpus().length }, () =>
    spawn("/bin/sh", ["-c", "while :; do :; done"], { stdio: "ignore" }),
  );
  return () => {
    for (const loop of loops) loop.kill("SIGKILL");
  };
}

for (const busy of [false, true]) {
  const where = busy ? "a busy host" : "a quiet host";
  test(`50 scripts a second on ${where} make the loop at most 2 ms later, in the 99th percentile`, {
    skip,
  }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "keepalived-pace-"));
    const runner = fileURLToPath(new URL("./pace-runner.js", import.meta.url));
    const rest = busy ? makeBusy() : (): void => undefined;
    t.after(() => {
      rest();
      rmSync(folder, { recursive: true });
    });
    // Turns with and without alternate, so that a busy neighbour hits both; one of each pair may be spoilt.
    const args = [runner, folder, "10"];
    const output = execFileSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
    const turns = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Turn);
    const of = (scripts: boolean, key: "p50" | "p99" | "max"): number =>
      median(turns.filter((turn) => turn.scripts === scripts).map((turn) => turn[key]));
    for (const scripts of [false, true]) {
      const [p50, p99, max] = (["p50", "p99", "max"] as const).map((key) => of(scripts, key));
      const what = scripts ? "50 scripts/s" : "no scripts  ";
      t.diagnostic(`${what}: late by ${p50} µs, 99th percentile ${p99} µs, longest ${max} µs`);
    }
    const ended = turns.filter(({ scripts }) => scripts).map((turn) => turn.ended);
    assert.ok(Math.min(...ended) >= 90, `scripts that ended per turn: ${ended.join(", ")}`);
    assert.ok(of(true, "p99") - of(false, "p99") < 2000);
  });
}

const COUNT = 100;
const INTERVAL_MS = 100;

function instances(notify: string): string {
  return Array.from(
    { length: COUNT },
    (_, i) => `vrrp_instance V${i + 1} {
interface eth0
virtual_router_id ${i + 1}
version 3
advert_int ${INTERVAL_MS / 1000}
virtual_ipaddress {
10.88.1.${i + 1}/16
}
notify "${notify}"
}
`,
  ).join("");
}

/** How much longer than the interval each gap between two adverts of an instance was, in a span of time. */
function lateness(lab: Lab, from: number, until: number): number[] {
  const last = new Map<number, number>();
  const late: number[] = [];
  for (const { vrid, at } of lab.capture.adverts) {
    const before = last.get(vrid);
    last.set(vrid, at);
    if (before !== undefined && at >= from && at <= until) late.push(Math.abs(at - before - INTERVAL_MS));
  }
  return late.sort((a, b) => a - b);
}

labTest(
  "a hundred instances change at once, each with a script that takes a second",
  ["ours"],
  async (lab, t) => {
    const host = await lab.addHost("router", { addresses: ["10.88.0.1/16"] });
    const recorder = new Recorder(lab, host);
    const slow = recorder.makeScript(
      "slow.sh",
      `${recorder.script} begin "$2" "$3"\nsleep 1\n${recorder.script} end "$2" "$3"`,
    );
    const router = lab.startRouter(host, "ours", instances(slow));
    const masters = (): number => lab.holders.events.filter(({ added }) => added).length;
    await lab.waitFor(() => masters() === COUNT, 15_000, "all to be master");
    const from = Date.now();
    const ended = (state: string): number =>
      recorder.lines.filter((line) => line.startsWith("end") && line.endsWith(state)).length;
    const limit = Date.now() + 20_000;
    while (ended("MASTER") < COUNT && Date.now() < limit) await lab.watch(100);
    const until = Date.now();
    await lab.watch(3000);

    const wanted = ["begin BACKUP", "end BACKUP", "begin MASTER", "end MASTER"];
    for (let i = 1; i <= COUNT; i++) {
      const told = recorder.lines
        .map((line) => line.split(" "))
        .filter(([, name]) => name === `V${i}`)
        .map(([what, , state]) => `${what} ${state}`);
      assert.deepEqual(told, wanted, `V${i}`);
    }
    const busy = lateness(lab, from + INTERVAL_MS, until);
    const quiet = lateness(lab, until + INTERVAL_MS, until + 3000);
    const p99 = (late: readonly number[]): number => late[Math.floor(late.length * 0.99)] ?? Number.NaN;
    t.diagnostic(
      `adverts off their time while ${COUNT} scripts run: 99th percentile ${p99(busy).toFixed(2)} ms, worst ${busy.at(-1)?.toFixed(2)} ms (${busy.length}); afterwards ${p99(quiet).toFixed(2)} and ${quiet.at(-1)?.toFixed(2)} ms (${quiet.length})`,
    );
    assert.ok(busy.length > 5 * COUNT);
    assert.ok(p99(busy) < p99(quiet) + 15, `${p99(busy)} ms and ${p99(quiet)} ms`);
    // A peer takes over after three intervals.
    assert.ok((busy.at(-1) ?? 0) < INTERVAL_MS / 2, `worst ${busy.at(-1)} ms`);
    router.kill("SIGTERM");
    await lab.waitFor(() => router.exit !== undefined, 8_000, "the end");
  },
);
