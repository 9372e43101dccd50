/** Restarts and the watchdog in virtual time. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { nextDelay } from "../../../src/core/supervised-child.js";
import { Bench, SECOND } from "./bench.js";

test("restart delays are 0, 1, 2, 4 ... 32, 60, 60 seconds while the child dies early", () => {
  const bench = new Bench().start();
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    bench.advance(SECOND / 10);
    const died = bench.now;
    bench.killed();
    bench.advance(61 * SECOND - (bench.now - died));
    const spawned = bench.spawns[i + 1];
    assert.ok(spawned !== undefined);
    waits.push((spawned.at - died) / SECOND);
    bench.now = spawned.at; // go on from the restart: its run must be an early death again
    bench.child().nextBeat = bench.now + SECOND / 2;
  }
  assert.deepEqual(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
});

test("the delay after a delay is double, and never above a minute", () => {
  const delays = [0];
  for (let i = 0; i < 9; i++) delays.push(nextDelay(delays.at(-1) ?? 0));
  assert.deepEqual(
    delays.map((delay) => delay / SECOND),
    [0, 1, 2, 4, 8, 16, 32, 60, 60, 60],
  );
});

test("a run of a minute forgets the earlier deaths", () => {
  const bench = new Bench().start();
  for (let i = 0; i < 3; i++) {
    bench.killed();
    bench.advance(2 * SECOND);
  }
  bench.advance(60 * SECOND);
  const before = bench.spawns.length;
  bench.killed();
  assert.equal(bench.spawns.length, before + 1, "restarted at once");
});

test("one line says how a child ended and what follows", () => {
  const bench = new Bench().start();
  const { pid } = bench.child();
  bench.killed();
  assert.ok(
    bench.said.includes(`Keepalived_vrrp pid ${pid} exited due to signal 9 (SIGKILL): restarting at once`),
  );
  bench.die({ status: 70 });
  assert.ok(bench.said.some((text) => text.endsWith("exited with status 70: restarting in 1 s")));
});

test("what a dead child left is removed before the next one is started", () => {
  const bench = new Bench().start();
  bench.withdraws = false;
  bench.killed();
  assert.equal(bench.effects.at(-2), "withdraw vrrp");
  assert.equal(bench.spawns.length, 1);
  bench.post({ kind: "withdrawn", child: "vrrp" });
  assert.equal(bench.spawns.length, 2);
});

test("a removal that hangs does not hold up the restart for more than 2 seconds", () => {
  const bench = new Bench().start();
  bench.withdraws = false;
  bench.killed();
  bench.advance(1.9 * SECOND);
  assert.equal(bench.spawns.length, 1);
  bench.advance(0.2 * SECOND);
  assert.equal(bench.spawns.length, 2);
});

test("an orderly end that nobody asked for is followed by a restart without a removal", () => {
  const bench = new Bench().start();
  bench.die({ status: 0 });
  assert.ok(!bench.effects.includes("withdraw vrrp"));
  assert.equal(bench.spawns.length, 2);
});

test("a stop while a restart is pending: no second process ever", () => {
  const bench = new Bench().start();
  bench.killed();
  bench.killed(); // the next one waits a second
  bench.advance(SECOND / 2);
  bench.post({ kind: "stopRequested", cause: "SIGTERM" });
  assert.equal(bench.finished, 0);
  bench.advance(100 * SECOND);
  assert.equal(bench.spawns.length, 2);
});

test("a reload while a restart is pending starts the child at once, and only once", () => {
  const bench = new Bench().start();
  bench.killed();
  bench.killed();
  bench.edition = 2;
  bench.post({ kind: "reloadRequested" });
  assert.equal(bench.spawns.length, 3);
  assert.deepEqual(bench.child().slices, ["edition 2 of vrrp"]);
  bench.advance(30 * SECOND);
  assert.equal(bench.spawns.length, 3);
});

test("a reload that drops a child whose restart is pending cancels it", () => {
  const bench = new Bench().start();
  bench.killed();
  bench.killed();
  bench.file = ["check"];
  bench.post({ kind: "reloadRequested" });
  bench.advance(100 * SECOND);
  assert.deepEqual(
    bench.spawns.map(({ child }) => child),
    ["vrrp", "vrrp", "check"],
  );
});

test("a child that dies over a new configuration comes back with the old one", () => {
  const bench = new Bench().start();
  bench.ready = false;
  bench.edition = 2;
  bench.post({ kind: "reloadRequested" });
  bench.killed();
  assert.ok(bench.said.some((text) => text.includes("the old one stays in force")));
  assert.deepEqual(bench.child().slices, ["edition 1 of vrrp"]);
});

test("a fork that fails is tried again after the usual delay", () => {
  const bench = new Bench();
  const out = bench.supervisor.handle({ kind: "started", slices: bench.slices() }, 0);
  assert.ok(out.some(({ kind }) => kind === "spawn"));
  const first = bench.supervisor.handle({ kind: "spawnFailed", child: "vrrp", reason: "EAGAIN" }, 0);
  assert.ok(first.some(({ kind }) => kind === "spawn"));
  const second = bench.supervisor.handle({ kind: "spawnFailed", child: "vrrp", reason: "EAGAIN" }, 0);
  assert.ok(!second.some(({ kind }) => kind === "spawn"));
  assert.equal(bench.supervisor.deadline, SECOND);
});

test("watchdog: four missed beats and the child is killed and replaced", () => {
  const bench = new Bench().start();
  bench.advance(10 * SECOND);
  const { pid } = bench.child();
  const lastBeat = bench.now;
  bench.child().responsive = false;
  bench.advance(1.99 * SECOND);
  assert.ok(!bench.effects.includes("kill vrrp"));
  bench.advance(0.02 * SECOND);
  assert.ok(bench.effects.includes("kill vrrp"));
  assert.equal(bench.spawns.at(-1)?.at, lastBeat + 2 * SECOND);
  assert.ok(bench.said.includes(`Keepalived_vrrp pid ${pid} is killed: it was silent for 2 s`));
});

test("watchdog: a child that beats lives for ever", () => {
  const bench = new Bench().start();
  bench.advance(3600 * SECOND);
  assert.equal(bench.spawns.length, 1);
});

test("watchdog: a child that is still starting has 30 seconds", () => {
  const bench = new Bench();
  bench.ready = false;
  bench.start();
  bench.advance(29.9 * SECOND);
  assert.equal(bench.spawns.length, 1);
  bench.advance(0.2 * SECOND);
  assert.equal(bench.spawns.length, 2);
});

test("watchdog: the time that core itself was away does not count", () => {
  const bench = new Bench().start();
  bench.advance(SECOND);
  bench.stall(20 * SECOND);
  assert.ok(bench.said.some((text) => text.startsWith("The parent process was held up")));
  bench.advance(10 * SECOND);
  assert.equal(bench.spawns.length, 1);
  bench.child().responsive = false;
  bench.advance(2.1 * SECOND);
  assert.equal(bench.spawns.length, 2, "it still works afterwards");
});

test("watchdog: beats of an earlier process do not keep its successor alive", () => {
  const bench = new Bench().start();
  const { pid } = bench.child();
  bench.killed();
  bench.child().responsive = false;
  for (let i = 0; i < 10; i++) {
    bench.post({ kind: "beatReceived", child: "vrrp", pid });
    bench.advance(SECOND / 4);
  }
  assert.ok(bench.effects.includes("kill vrrp"));
});

test("whatever happens, there is never a second process of a child, and a stop always ends", () => {
  const step = fc.oneof(
    fc.constantFrom("kill", "hang", "reload", "bug", "leave", "wait", "long"),
    fc.record({ file: fc.subarray(["vrrp", "check"]) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const bench = new Bench().start();
      for (const what of steps) {
        const alive = [...bench.children].find(([, child]) => child.alive);
        if (typeof what === "object") bench.file = what.file;
        else if (what === "reload") bench.post({ kind: "reloadRequested" });
        else if (what === "wait") bench.advance(SECOND / 3);
        else if (what === "long") bench.advance(70 * SECOND);
        else if (alive === undefined) continue;
        else if (what === "kill") bench.killed(alive[0]);
        else if (what === "bug") bench.die({ status: 70 }, alive[0]);
        else if (what === "leave") bench.die({ status: 0 }, alive[0]);
        else alive[1].responsive = false;
      }
      bench.post({ kind: "stopRequested", cause: "SIGTERM" });
      bench.advance(8 * SECOND);
      assert.equal(bench.finished, 0);
      assert.ok([...bench.children.values()].every(({ alive }) => !alive));
    }),
    { numRuns: 2000 },
  );
});
