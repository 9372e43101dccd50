/** The supervisor in virtual time: start, reload, stop, what an end means. Restarts and the watchdog: supervised-child.test.ts. */
import assert from "node:assert/strict";
import test from "node:test";
import { Bench, SECOND } from "./bench.js";

test("a start spawns, configures, waits for ready, starts, and only then says so", () => {
  const bench = new Bench();
  bench.ready = false;
  bench.start();
  assert.deepEqual(bench.effects.slice(0, 3), ["forget check", "spawn vrrp", "log"]);
  assert.ok(bench.effects.includes("configure vrrp"));
  assert.ok(!bench.effects.includes("start vrrp"));
  assert.ok(!bench.said.includes("Startup complete"));
  bench.post({ kind: "readyReported", child: "vrrp", pid: bench.child().pid, generation: 1 });
  assert.deepEqual(bench.effects.slice(-3), ["start vrrp", "log", "notifyService"]);
  assert.equal(bench.said.at(-1), "Startup complete");
});

test("the pid of a child is in the log, by the name operators know", () => {
  const bench = new Bench().start();
  assert.ok(bench.said.includes(`Starting VRRP child process, pid=${bench.child().pid}`));
});

test("a daemon without any child stays up and is ready", () => {
  const bench = new Bench();
  bench.file = [];
  bench.start();
  assert.equal(bench.spawns.length, 0);
  assert.equal(bench.finished, undefined);
  assert.ok(bench.said.includes("Startup complete"));
});

test("ready of an earlier process or generation does not start anything", () => {
  const bench = new Bench();
  bench.ready = false;
  bench.start();
  bench.post({ kind: "readyReported", child: "vrrp", pid: 1, generation: 1 });
  bench.post({ kind: "readyReported", child: "vrrp", pid: bench.child().pid, generation: 7 });
  assert.ok(!bench.effects.includes("start vrrp"));
});

test("a reload hands the new slice to the running process and ends with its answer", () => {
  const bench = new Bench().start();
  bench.ready = false;
  bench.post({ kind: "reloadRequested" });
  assert.deepEqual(bench.child().generations, [1, 2]);
  assert.ok(bench.effects.includes("notifyService"));
  assert.ok(!bench.said.includes("Reload complete"));
  bench.post({ kind: "readyReported", child: "vrrp", pid: bench.child().pid, generation: 2 });
  assert.ok(bench.said.includes("Reload complete"));
  assert.equal(bench.spawns.length, 1, "the process stays the same");
  assert.equal(bench.effects.filter((effect) => effect === "start vrrp").length, 1, "start comes only once");
});

test("a bad file changes nothing", () => {
  const bench = new Bench().start();
  bench.file = undefined;
  bench.post({ kind: "reloadRequested" });
  assert.deepEqual(bench.child().generations, [1]);
  assert.ok(bench.said.some((text) => text.startsWith("Reload refused")));
  assert.ok(!bench.said.includes("Reload complete"));
  bench.advance(10 * SECOND);
  assert.equal(bench.spawns.length, 1);
  assert.deepEqual(bench.supervisor.reloads, { accepted: 0, refused: 1 });
});

test("reloads during a reload are remembered once", () => {
  const bench = new Bench().start();
  bench.ready = false;
  for (let i = 0; i < 4; i++) bench.post({ kind: "reloadRequested" });
  assert.deepEqual(bench.child().generations, [1, 2]);
  bench.post({ kind: "readyReported", child: "vrrp", pid: bench.child().pid, generation: 2 });
  assert.deepEqual(bench.child().generations, [1, 2, 3]);
  bench.post({ kind: "readyReported", child: "vrrp", pid: bench.child().pid, generation: 3 });
  assert.deepEqual(bench.child().generations, [1, 2, 3]);
});

test("a reload during the start waits for its end", () => {
  const bench = new Bench();
  bench.ready = false;
  bench.start();
  bench.post({ kind: "reloadRequested" });
  assert.deepEqual(bench.child().generations, [1]);
  bench.post({ kind: "readyReported", child: "vrrp", pid: bench.child().pid, generation: 1 });
  assert.deepEqual(bench.child().generations, [1, 2]);
});

test("a reload starts a child that is now needed and stops one that no longer is", () => {
  const bench = new Bench().start();
  bench.file = ["check"];
  bench.post({ kind: "reloadRequested" });
  assert.ok(!bench.child("vrrp").alive);
  assert.ok(bench.child("check").alive);
  assert.ok(bench.effects.includes("forget vrrp"));
  bench.file = ["vrrp", "check"];
  bench.post({ kind: "reloadRequested" });
  assert.deepEqual(
    bench.spawns.map(({ child }) => child),
    ["vrrp", "check", "vrrp"],
  );
  assert.equal(bench.finished, undefined);
});

test("a child that is wanted again while it stops is started once it is gone", () => {
  const bench = new Bench().start();
  bench.child().responsive = false;
  bench.file = ["check"];
  bench.post({ kind: "reloadRequested" });
  bench.file = ["check", "vrrp"];
  bench.post({ kind: "reloadRequested" });
  assert.equal(bench.spawns.filter(({ child }) => child === "vrrp").length, 1);
  bench.die({ status: 0 });
  assert.equal(bench.spawns.filter(({ child }) => child === "vrrp").length, 2);
});

test("a child that refuses a reload keeps the old configuration, also for its restart", () => {
  const bench = new Bench().start();
  bench.refusal = { reason: "no such interface", permanent: false };
  bench.edition = 2;
  bench.post({ kind: "reloadRequested" });
  assert.ok(
    bench.said.some((text) => text.includes("no such interface") && text.includes("keeps the old one")),
  );
  assert.ok(bench.child().alive);
  bench.refusal = undefined;
  bench.killed();
  assert.deepEqual(bench.child().slices, ["edition 1 of vrrp"]);
});

test("an accepted reload is what a restarted child gets", () => {
  const bench = new Bench().start();
  bench.edition = 2;
  bench.post({ kind: "reloadRequested" });
  bench.killed();
  assert.deepEqual(bench.child().slices, ["edition 2 of vrrp"]);
});

test("a first configuration that can never be used ends the daemon with status 2", () => {
  const bench = new Bench();
  bench.refusal = { reason: "no such interface", permanent: true };
  bench.start();
  assert.equal(bench.finished, 2);
  assert.ok(bench.effects.includes("notifyFailure"));
});

for (const status of [1, 2, 4]) {
  test(`a child's exit with ${status} is permanent: the others stop in order, the daemon ends with it`, () => {
    const bench = new Bench();
    bench.file = ["vrrp", "check"];
    bench.start();
    bench.die({ status });
    assert.ok(bench.effects.includes("stop check"));
    assert.ok(bench.effects.includes("withdraw vrrp"));
    assert.equal(bench.finished, status);
    assert.equal(bench.spawns.length, 2);
  });
}

test("with -R the death of a child is a normal stop", () => {
  const bench = new Bench({ respawn: false });
  bench.file = ["vrrp", "check"];
  bench.start();
  bench.killed();
  assert.equal(bench.spawns.length, 2);
  assert.ok(!bench.child("check").alive);
  assert.equal(bench.finished, 0);
});

test("a stop takes only as long as the children need", () => {
  const bench = new Bench().start();
  bench.post({ kind: "stopRequested", cause: "SIGTERM" });
  assert.equal(bench.finished, 0);
  assert.equal(bench.effects.at(-1), "finish");
  assert.ok(!bench.effects.includes("kill vrrp"));
  assert.ok(!bench.effects.includes("withdraw vrrp"), "an orderly end leaves nothing behind");
});

test("a child that does not stop is killed after 5 seconds and its leftovers are removed", () => {
  const bench = new Bench().start();
  bench.child().responsive = false;
  bench.post({ kind: "stopRequested", cause: "SIGTERM" });
  bench.advance(4.9 * SECOND);
  assert.equal(bench.finished, undefined);
  bench.advance(0.2 * SECOND);
  assert.ok(bench.effects.includes("kill vrrp"));
  assert.ok(bench.effects.includes("withdraw vrrp"));
  assert.equal(bench.finished, 0);
});

test("with -V a killed child's addresses stay when the daemon stops", () => {
  const bench = new Bench({ keepOnStop: true }).start();
  bench.child().responsive = false;
  bench.post({ kind: "stopRequested", cause: "SIGTERM" });
  bench.advance(6 * SECOND);
  assert.ok(!bench.effects.includes("withdraw vrrp"));
  assert.equal(bench.finished, 0);
});

test("nothing is started, reloaded or read after a stop began", () => {
  const bench = new Bench().start();
  bench.child().responsive = false;
  bench.post({ kind: "stopRequested", cause: "SIGTERM" });
  bench.post({ kind: "stopRequested", cause: "SIGINT" });
  bench.post({ kind: "reloadRequested" });
  assert.ok(!bench.effects.includes("readConfiguration"));
  assert.equal(bench.effects.filter((effect) => effect === "stop vrrp").length, 1);
  bench.killed();
  assert.equal(bench.spawns.length, 1);
  assert.equal(bench.finished, 0);
});

test("dumps go to running children only", () => {
  const bench = new Bench();
  bench.ready = false;
  bench.start();
  bench.post({ kind: "dumpRequested", what: "data" });
  assert.ok(!bench.effects.includes("dump vrrp"));
  bench.post({ kind: "readyReported", child: "vrrp", pid: bench.child().pid, generation: 1 });
  bench.post({ kind: "dumpRequested", what: "stats" });
  assert.ok(bench.effects.includes("dump vrrp"));
});

test("the service manager gets its keep-alive in time", () => {
  const bench = new Bench({ keepAlive: 5 * SECOND }).start();
  const before = bench.effects.filter((effect) => effect === "notifyService").length;
  bench.advance(21 * SECOND);
  assert.equal(bench.effects.filter((effect) => effect === "notifyService").length - before, 4);
});
