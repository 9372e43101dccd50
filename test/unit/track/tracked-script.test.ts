/** When scripts run, and what is told of them, in virtual time: VRRP reference 10.4, notify-track reference 8. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrackScriptConfig } from "../../../src/config/model.js";
import type { RunOutcome, RunRequest } from "../../../src/platform/script-runner.js";
import { ScriptTrackers } from "../../../src/track/effects/script-trackers.js";
import { second, VirtualLoop } from "../net/virtual-loop.js";

const position = { file: "test", line: 1, column: 1 };

function script(changes: Partial<TrackScriptConfig> = {}): TrackScriptConfig {
  return {
    name: "chk",
    command: { args: ["/bin/check"], position },
    intervalMicros: second,
    timeoutMicros: second,
    weight: 0,
    reverse: false,
    rise: 1,
    fall: 1,
    initFail: false,
    position,
    ...changes,
  };
}

/** A runner whose runs end when the test says so, or after their limit when nobody does. */
class Bench {
  readonly loop = new VirtualLoop();
  readonly told: string[] = [];
  readonly log: string[] = [];
  readonly runs: { at: number; request: RunRequest; end: (outcome: Partial<RunOutcome>) => void }[] = [];
  terminated = 0;
  /** How the next runs end, at once; undefined: not by themselves. */
  outcome: Partial<RunOutcome> | undefined = {};
  readonly trackers = new ScriptTrackers({
    loop: this.loop,
    log: {
      info: (text) => this.log.push(text),
      warning: (text) => this.log.push(text),
      error: (text) => this.log.push(text),
      detail: () => {},
    },
    identityOf: ({ user }) => (user === "nobody-there" ? undefined : { uid: 0, gid: 0 }),
    open: (path) => (path === "/missing" ? Promise.reject(new Error("ENOENT")) : Promise.resolve()),
    changed: (name) => this.told.push(`${name} ${String(this.trackers.get(name)?.finding.value)}`),
    runner: {
      run: (request, done) => {
        let ended = false;
        const end = (outcome: Partial<RunOutcome>): void => {
          if (ended) return;
          ended = true;
          done({ timedOut: false, status: 0, stderr: "", ...outcome });
        };
        this.runs.push({ at: this.loop.now(), request, end });
        const { outcome } = this;
        if (outcome !== undefined) this.loop.soon(() => end(outcome));
        else if (request.timeoutMillis !== undefined)
          this.loop.at(this.loop.now() + request.timeoutMillis * 1000, () => {
            if (!ended) request.onTimeout?.();
          });
        return { terminate: () => this.terminated++, kill: () => {} };
      },
    },
  });

  begin(...configs: TrackScriptConfig[]): void {
    this.trackers.setConfigs(configs);
    this.trackers.start();
    this.loop.settle();
  }
}

const failed: Partial<RunOutcome> = { status: 1, failure: "exited with status 1" };

test("it runs at once, and then measured from start to start, also below a second", () => {
  const bench = new Bench();
  bench.begin(script({ intervalMicros: second / 4 }));
  bench.loop.advance(second);
  assert.deepEqual(
    bench.runs.map(({ at }) => at),
    [0, 1, 2, 3, 4].map((n) => (n * second) / 4),
  );
});

test("nothing is known before the first result, and each change is told once, in upstream's words", () => {
  const bench = new Bench();
  bench.trackers.setConfigs([script()]);
  assert.equal(bench.trackers.get("chk")?.finding.value, undefined);
  bench.trackers.start();
  bench.loop.advance(2 * second);
  bench.outcome = failed;
  bench.loop.advance(2 * second);
  bench.outcome = { status: -1, signal: 9, failure: "ended by signal 9" };
  bench.loop.advance(second);
  bench.outcome = {};
  bench.loop.advance(second);
  assert.deepEqual(bench.told, ["chk true", "chk false", "chk true"]);
  assert.deepEqual(bench.log, [
    "VRRP_Script(chk) succeeded",
    "Script `chk` now returning 1",
    "VRRP_Script(chk) failed (exited with status 1)",
    "Script `chk` now returning 0",
    "VRRP_Script(chk) succeeded",
  ]);
});

test("the cause names the script, how it ended and what it said", () => {
  const bench = new Bench();
  bench.outcome = { ...failed, stderr: "connection refused" };
  bench.begin(script());
  assert.equal(bench.trackers.get("chk")?.finding.said, "script chk failed (exited with status 1)");
  assert.ok(
    bench.log.includes("VRRP_Script(chk) failed (exited with status 1); it said: connection refused"),
  );
  const signalled = new Bench();
  signalled.outcome = { status: -1, signal: 11, failure: "ended by signal 11" };
  signalled.begin(script());
  assert.equal(signalled.trackers.get("chk")?.finding.said, "script chk failed (due to signal 11)");
});

test("a run that hangs has failed when its limit passes, and there is no second one while it hangs", () => {
  const bench = new Bench();
  bench.begin(script());
  bench.outcome = undefined;
  bench.loop.advance(second);
  assert.deepEqual(bench.told, ["chk true"]);
  bench.loop.advance(1.1 * second);
  assert.deepEqual(bench.told, ["chk true", "chk false"]);
  bench.loop.advance(5 * second);
  assert.equal(bench.runs.length, 2);
  const skips = bench.log.filter((line) => line.includes("already running"));
  assert.deepEqual(skips, ["Track script chk is already running, expect idle - skipping run"]);
  // Its end long after the limit says nothing, but the next run may begin.
  bench.outcome = {};
  bench.runs[1]?.end({ timedOut: true, failure: "timed out", status: -1 });
  assert.equal(bench.told.length, 2);
  bench.loop.advance(second);
  assert.equal(bench.runs.length, 3);
  assert.deepEqual(bench.told.at(-1), "chk true");
});

test("a run that overran counts once, however it ends afterwards", () => {
  const bench = new Bench();
  bench.begin(script({ fall: 2 }));
  bench.outcome = undefined;
  bench.loop.advance(2.1 * second);
  bench.outcome = {};
  bench.runs[1]?.end({ timedOut: true, failure: "timed out", status: -1 });
  bench.loop.advance(second);
  assert.deepEqual(bench.told, ["chk true"]);
});

test("an account that does not exist is a failure, and so is a file that does not open", async () => {
  const bench = new Bench();
  bench.begin(
    script({ command: { args: ["/x"], user: "nobody-there", position } }),
    script({ name: "there", opens: "/there" }),
    script({ name: "missing", opens: "/missing" }),
  );
  await Promise.resolve();
  await Promise.resolve();
  const finding = (name: string) => bench.trackers.get(name)?.finding;
  assert.equal(finding("chk")?.said, "script chk failed (its user or group does not exist)");
  assert.equal(finding("there")?.value, true);
  assert.equal(finding("missing")?.said, "script missing failed (ENOENT)");
  assert.equal(bench.runs.length, 0);
});

test("a reload: the same script keeps its state and its timing, another command is run at once, a removed one ends", () => {
  const bench = new Bench();
  bench.begin(script(), script({ name: "other" }), script({ name: "gone" }));
  bench.outcome = undefined;
  bench.loop.advance(1.5 * second);
  const runs = bench.runs.length;
  bench.begin(
    script({ weight: -30, fall: 2 }),
    script({ name: "other", command: { args: ["/bin/another"], position } }),
  );
  assert.equal(bench.trackers.get("chk")?.finding.value, true);
  assert.equal(bench.trackers.get("other")?.finding.value, true);
  assert.equal(bench.trackers.get("gone"), undefined);
  assert.equal(bench.terminated, 2);
  assert.deepEqual(
    bench.runs.slice(runs).map(({ request }) => request.args),
    [["/bin/another"]],
  );
});

for (const [was, told] of [
  [{}, "succeeded"],
  [failed, "failed (exited with status 1)"],
] as const)
  test(`a reload with another command: that the old one ${told} stays in force until the new one has a result`, () => {
    for (const initFail of [false, true]) {
      const bench = new Bench();
      const said = (): unknown => bench.trackers.get("chk")?.finding;
      bench.outcome = was;
      bench.begin(script({ weight: 10 }));
      bench.outcome = undefined;
      const up = was !== failed;
      for (const command of ["/bin/second", "/bin/third"]) {
        bench.begin(script({ weight: 10, rise: 3, initFail, command: { args: [command], position } }));
        const words = `script chk ${told} before its command was changed`;
        assert.deepEqual(said(), { value: up, said: words }, command);
      }
      assert.equal(bench.terminated, 1);
      bench.runs.at(-1)?.end(up ? failed : {});
      const now = up ? "failed (exited with status 1)" : "succeeded";
      assert.deepEqual(said(), { value: !up, said: `script chk ${now}` });
      assert.equal(bench.told.at(-1), `chk ${!up}`);
    }
  });

test("another interval at a reload counts from the last start", () => {
  const bench = new Bench();
  bench.begin(script({ intervalMicros: 10 * second }));
  bench.loop.advance(second);
  bench.begin(script({ intervalMicros: 3 * second }));
  bench.loop.advance(5 * second);
  assert.deepEqual(
    bench.runs.map(({ at }) => at),
    [0, 3 * second, 6 * second],
  );
});

test("a stall of the process is not followed by a burst of runs", () => {
  const bench = new Bench();
  bench.begin(script());
  bench.loop.stall(10.5 * second);
  bench.loop.advance(2 * second);
  assert.deepEqual(
    bench.runs.map(({ at }) => at / second),
    [0, 10.5, 11.5, 12.5],
  );
});
