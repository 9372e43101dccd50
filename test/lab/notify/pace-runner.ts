/**
 * A process like keepalived_vrrp that starts 50 scripts a second or none, in turns, and measures how late its own timer
 * of 1 ms fires. Prints one line of JSON per turn.
 */
import { chmodSync, writeFileSync } from "node:fs";
import { loadAddon } from "../../../src/native/load.js";
import { ScriptRunner } from "../../../src/platform/script-runner.js";

const TURN_MICROS = 2_000_000;
const TICK_MICROS = 1000;
const START_MICROS = 20_000;
/** For the scripts of a turn, from its end. */
const ENDS_MILLIS = 300;
const ENDS_LIMIT_MILLIS = 5000;

const [folder = "/tmp", turns = "10"] = process.argv.slice(2);
const addon = loadAddon();
const runner = new ScriptRunner(addon);
const script = `${folder}/quick.sh`;
writeFileSync(script, "#!/bin/sh\necho said >&2\nexit 0\n");
chmodSync(script, 0o755);
addon.setRealtime(1);

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** @returns how late each tick was, in microseconds. */
function measure(withScripts: boolean): Promise<{ late: number[]; started: number; ended: number }> {
  const late: number[] = [];
  let [started, ended] = [0, 0];
  const begin = addon.monotonicMicros();
  let due = begin + TICK_MICROS;
  let nextStart = withScripts ? begin : Number.POSITIVE_INFINITY;
  return new Promise((resolve) => {
    const timer = new addon.Timer(() => {
      const now = addon.monotonicMicros();
      late.push(now - due);
      if (now >= nextStart) {
        nextStart += START_MICROS;
        started++;
        runner.run({ args: [script], identity: { uid: 0, gid: 0 } }, ({ status }) => {
          if (status === 0) ended++;
        });
      }
      if (now - begin > TURN_MICROS) {
        timer.close();
        const limit = Date.now() + ENDS_LIMIT_MILLIS;
        const end = (): void => {
          if (ended < started && Date.now() < limit) setTimeout(end, ENDS_MILLIS);
          else resolve({ late: late.sort((a, b) => a - b), started, ended });
        };
        setTimeout(end, ENDS_MILLIS);
        return;
      }
      due = Math.max(due + TICK_MICROS, now);
      timer.arm(due);
    });
    timer.arm(due);
  });
}

for (let turn = 0; turn < Number(turns); turn++) {
  const scripts = turn % 2 === 1;
  const { late, started, ended } = await measure(scripts);
  const row = {
    scripts,
    started,
    ended,
    p50: percentile(late, 0.5),
    p99: percentile(late, 0.99),
    max: late.at(-1),
  };
  console.log(JSON.stringify(row));
}
