/** A reload over several children: it is offered to all, and comes into force for all of them or for none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, SECOND } from "./bench.js";

function twoChildren(): Bench {
  const bench = new Bench();
  bench.file = ["check", "vrrp"];
  bench.start();
  bench.effects.length = 0;
  bench.said.length = 0;
  bench.edition = 2;
  return bench;
}

function answer(bench: Bench, child: string): void {
  const { pid, generations } = bench.child(child);
  bench.post({ kind: "readyReported", child, pid, generation: generations.at(-1) ?? 0 });
}

/** What the children and core are told, in order. */
function orders(bench: Bench): string[] {
  return bench.effects.filter((effect) => /^(configure|commit|abandon|adopt|spawn)/.test(effect));
}

test("nobody changes before everybody has taken the offer", () => {
  const bench = twoChildren();
  bench.ready = false;
  bench.post({ kind: "reloadRequested" });
  answer(bench, "check");
  assert.deepEqual(orders(bench), ["configure check", "configure vrrp"]);
  answer(bench, "vrrp");
  assert.deepEqual(orders(bench).slice(2), ["adoptConfiguration", "commit check", "commit vrrp"]);
  assert.ok(bench.said.includes("Reload complete"));
  assert.deepEqual(bench.supervisor.reloads, { accepted: 1, refused: 0 });
});

test("the reload is complete when it is in force everywhere", () => {
  const bench = twoChildren();
  bench.commits = false;
  bench.post({ kind: "reloadRequested" });
  for (const child of ["check", "vrrp"]) {
    assert.ok(!bench.said.includes("Reload complete"));
    bench.post({ kind: "committedReported", child, pid: bench.child(child).pid, generation: 2 });
  }
  assert.ok(bench.said.includes("Reload complete"));
});

test("one that refuses keeps all others from changing, for their restarts too", () => {
  const bench = twoChildren();
  bench.refusal = { reason: "no certificate", permanent: false, child: "vrrp" };
  bench.post({ kind: "reloadRequested" });
  assert.deepEqual(orders(bench), ["configure check", "configure vrrp", "abandon check"]);
  assert.ok(bench.said.some((text) => text.includes("no certificate")));
  assert.ok(bench.said.includes("Reload refused: the running configuration stays in force"));
  assert.ok(!bench.said.includes("Reload complete"));
  assert.deepEqual(bench.supervisor.reloads, { accepted: 0, refused: 1 });
  for (const child of ["check", "vrrp"]) {
    bench.killed(child);
    assert.deepEqual(bench.child(child).slices, [`edition 1 of ${child}`]);
  }
});

test("one that dies over the offer has refused it", () => {
  const bench = twoChildren();
  bench.ready = false;
  bench.post({ kind: "reloadRequested" });
  answer(bench, "vrrp");
  bench.ready = true;
  bench.killed("check");
  assert.ok(orders(bench).includes("abandon vrrp"));
  assert.ok(!orders(bench).includes("adoptConfiguration"));
  assert.deepEqual(bench.child("check").slices, ["edition 1 of check"]);
});

test("after a refusal the next reload is as any other", () => {
  const bench = twoChildren();
  bench.refusal = { reason: "no", permanent: false, child: "check" };
  bench.post({ kind: "reloadRequested" });
  bench.refusal = undefined;
  bench.edition = 3;
  bench.post({ kind: "reloadRequested" });
  assert.ok(bench.said.includes("Reload complete"));
  bench.killed("vrrp");
  assert.deepEqual(bench.child("vrrp").slices, ["edition 3 of vrrp"]);
});

test("a child that is dead meanwhile is started when it is decided, with what was decided", () => {
  for (const refused of [false, true]) {
    const bench = twoChildren();
    bench.ready = false;
    // It dies twice, so that its restart is not immediate, and is due while the reload is being decided.
    bench.ready = true;
    bench.killed("vrrp");
    bench.killed("vrrp");
    const spawned = bench.spawns.length;
    bench.ready = false;
    bench.post({ kind: "reloadRequested" });
    bench.advance(1.5 * SECOND);
    assert.equal(bench.spawns.length, spawned, "nobody knows yet what it will run with");
    bench.ready = true;
    if (refused) {
      const { pid } = bench.child("check");
      bench.post({
        kind: "refusalReported",
        child: "check",
        pid,
        generation: 2,
        reason: "no",
        permanent: false,
      });
    } else answer(bench, "check");
    assert.equal(bench.spawns.length, spawned + 1);
    assert.deepEqual(bench.child("vrrp").slices, [`edition ${refused ? 1 : 2} of vrrp`]);
  }
});

test("a child that is not needed any more goes only when the others have taken the offer", () => {
  const bench = twoChildren();
  bench.file = ["vrrp"];
  bench.refusal = { reason: "no", permanent: false };
  bench.post({ kind: "reloadRequested" });
  assert.ok(bench.child("check").alive);
  bench.refusal = undefined;
  bench.post({ kind: "reloadRequested" });
  assert.ok(!bench.child("check").alive);
});

test("a stop while a reload is being decided ends it", () => {
  const bench = twoChildren();
  bench.ready = false;
  bench.post({ kind: "reloadRequested" });
  bench.post({ kind: "stopRequested", cause: "SIGTERM" });
  bench.advance(6 * SECOND);
  assert.equal(bench.finished, 0);
  assert.ok(!orders(bench).some((effect) => effect.startsWith("commit")));
});

test("one that lives and does not answer the offer: after the limit nobody changes, and it says whom that is due to", () => {
  const bench = twoChildren();
  bench.ready = false;
  bench.post({ kind: "reloadRequested" });
  bench.advance(2 * SECOND);
  answer(bench, "check");
  bench.advance(17.9 * SECOND);
  assert.deepEqual(orders(bench), ["configure check", "configure vrrp"]);
  bench.advance(0.1 * SECOND);
  assert.deepEqual(orders(bench).slice(2).sort(), ["abandon check", "abandon vrrp"]);
  const { pid } = bench.child("vrrp");
  assert.deepEqual(bench.said.slice(1), [
    `Keepalived_vrrp pid ${pid} did not answer the new configuration in 20 s. It keeps the old one`,
    "Reload refused: the running configuration stays in force",
  ]);
  assert.ok(bench.child("vrrp").alive && bench.child("check").alive);
  assert.deepEqual(bench.supervisor.reloads, { accepted: 0, refused: 1 });
  answer(bench, "vrrp");
  assert.ok(
    !bench.effects.some((effect) => /^(adopt|commit)/.test(effect)),
    "its late answer changes nothing",
  );
  bench.ready = true;
  bench.post({ kind: "reloadRequested" });
  assert.ok(bench.said.includes("Reload complete"), "the next reload is as any other");
});

test("one that lives and does not put the configuration into force is killed after the limit, and keeps the old one", () => {
  const bench = twoChildren();
  bench.commits = false;
  bench.post({ kind: "reloadRequested" });
  const { pid } = bench.child("vrrp");
  bench.post({ kind: "committedReported", child: "check", pid: bench.child("check").pid, generation: 2 });
  bench.advance(49.9 * SECOND);
  assert.ok(bench.child("vrrp").pid === pid && bench.child("vrrp").alive);
  bench.advance(0.1 * SECOND);
  assert.ok(
    bench.said.includes(
      `Keepalived_vrrp pid ${pid} is killed: it did not put the new configuration into force in 50 s`,
    ),
  );
  assert.ok(
    bench.said.includes("Keepalived_vrrp died over the new configuration: the old one stays in force for it"),
  );
  assert.notEqual(bench.child("vrrp").pid, pid);
  assert.deepEqual(bench.child("vrrp").slices, ["edition 1 of vrrp"]);
  assert.deepEqual(bench.child("check").slices, ["edition 1 of check", "edition 2 of check"]);
  const incomplete =
    "Reload incomplete: the old configuration is in force for Keepalived_vrrp, until the next reload";
  assert.equal(bench.said.at(-1), incomplete);
  assert.equal(bench.effects.at(-1), "notifyService", "the service manager does not wait for more");
  assert.ok(!bench.said.includes("Reload complete"));
  bench.commits = true;
  bench.edition = 3;
  bench.post({ kind: "reloadRequested" });
  assert.deepEqual(bench.child("vrrp").slices.at(-1), "edition 3 of vrrp");
  assert.equal(bench.said.at(-1), "Reload complete");
  bench.advance(60 * SECOND);
  assert.equal(bench.spawns.length, 3, "no limit is left over");
});

for (const silent of [false, true])
  test(`one that is killed over a reload${silent ? ", as it is silent," : ""} and takes its time to die is killed once`, () => {
    const bench = twoChildren();
    bench.commits = false;
    bench.dies = false;
    bench.post({ kind: "reloadRequested" });
    bench.post({ kind: "committedReported", child: "check", pid: bench.child("check").pid, generation: 2 });
    bench.child("vrrp").responsive = !silent;
    bench.advance(100 * SECOND);
    assert.equal(bench.effects.filter((effect) => effect === "kill vrrp").length, 1);
    bench.killed("vrrp");
    assert.equal(bench.spawns.length, 3);
  });

test("time in which core itself was away does not count against a reload", () => {
  const bench = twoChildren();
  bench.ready = false;
  bench.post({ kind: "reloadRequested" });
  bench.advance(15 * SECOND);
  bench.stall(10 * SECOND);
  bench.advance(19 * SECOND);
  assert.ok(!orders(bench).some((effect) => effect.startsWith("abandon")));
  bench.advance(SECOND);
  assert.ok(orders(bench).includes("abandon vrrp"));
});

test("a late refusal of an offer that was taken back is none of the next one", () => {
  const bench = twoChildren();
  bench.ready = false;
  bench.post({ kind: "reloadRequested" });
  bench.advance(21 * SECOND);
  assert.equal(bench.supervisor.reloads.refused, 1);
  bench.effects.length = 0;
  bench.post({ kind: "reloadRequested" });
  const { pid } = bench.child("check");
  bench.post({ kind: "refusalReported", child: "check", pid, generation: 2, reason: "no", permanent: false });
  answer(bench, "check");
  answer(bench, "vrrp");
  assert.deepEqual(orders(bench).slice(2), ["adoptConfiguration", "commit check", "commit vrrp"]);
});
