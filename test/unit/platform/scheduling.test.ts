/** What a child process does to itself when `global_defs` asks for it, at the start and at reloads. */
import assert from "node:assert/strict";
import { getPriority } from "node:os";
import { test } from "node:test";
import type { Addon } from "../../../src/native/addon.js";
import { Scheduling, type SchedulingWish, type UsualScheduling } from "../../../src/platform/scheduling.js";

const RTTIME = 15;
const nothing: SchedulingWish = { nice: 0, noSwap: false, cpus: [], realtimeLimitMicros: 3_000_000 };

/** A process that notes its calls; `refused` names those that the system refuses. */
function subject(usual: Partial<UsualScheduling> = {}, refused: string[] = [], maxAutoPriority = 0) {
  const calls: string[] = [];
  const log: string[] = [];
  const call =
    (name: string) =>
    (...args: unknown[]): void => {
      if (refused.includes(name)) throw new Error(`${name}: EPERM`);
      calls.push([name, ...args].join(" "));
    };
  const names = ["setProcessName", "setAffinity", "setLimit", "setRealtime", "setNice", "lockTextAndStack"];
  const addon = Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as Addon;
  const say =
    (level: string) =>
    (text: string): void =>
      void log.push(`${level}: ${text}`);
  const scheduling = new Scheduling(
    addon,
    {
      info: say("info"),
      warning: say("warning"),
      error: say("error"),
      detail: (text) => void log.push(`detail: ${typeof text === "string" ? text : text()}`),
    },
    { name: "keepalived_vrrp", realtimePriority: 1, ...usual },
  );
  const apply = (changes: Partial<SchedulingWish> = {}): string[] => {
    calls.length = 0;
    scheduling.apply({ ...nothing, ...changes }, { maxAutoPriority, minAutoPriorityDelayMicros: 200_000 });
    return [...calls];
  };
  const late = (micros: number, now = 0): string[] => {
    calls.length = 0;
    scheduling.onLateTimer(micros, now);
    return [...calls];
  };
  return { apply, late, log };
}

test("nothing configured: the usual name and class, with the limit before the class", () => {
  const { apply, log } = subject();
  assert.deepEqual(apply(), [
    "setProcessName keepalived_vrrp",
    `setLimit ${RTTIME} 1500000 3000000`,
    "setRealtime 1",
    "lockTextAndStack",
  ]);
  assert.deepEqual(apply(), [], "a reload that changes nothing touches nothing");
  assert.deepEqual(log, []);
});

test("a process without a usual class stays ordinary and unlocked", () => {
  const { apply } = subject({ name: "keepalived_lvs", realtimePriority: 0 });
  assert.deepEqual(apply(), ["setProcessName keepalived_lvs"]);
  assert.deepEqual(apply({ noSwap: true, nice: 7 }), ["setNice 7", "lockTextAndStack"]);
});

test("priority 0 turns real-time scheduling off, and so does a niceness", () => {
  const { apply } = subject();
  apply();
  assert.deepEqual(apply({ realtimePriority: 0 }), ["setRealtime 0"]);
  assert.deepEqual(apply({ nice: -5 }), ["setNice -5"]);
  assert.deepEqual(apply({ nice: -5, realtimePriority: 20 }), ["setRealtime 20", `setNice ${getPriority()}`]);
  assert.deepEqual(apply({ realtimePriority: 0 }), ["setRealtime 0"], "with the niceness of the start");
});

test("the real-time limit: a long one is taken, a short one is raised and that is said", () => {
  const { apply, log } = subject();
  apply();
  assert.deepEqual(apply({ realtimeLimitMicros: 8_000_000 }), [`setLimit ${RTTIME} 4000000 8000000`]);
  assert.deepEqual(log, []);
  assert.deepEqual(apply({ realtimeLimitMicros: 10_000 }), [`setLimit ${RTTIME} 1500000 3000000`]);
  assert.match(log.join(), /^info: Real-time limit of 10000 us is too short .* 3000000 us/);
});

test("CPUs that are no longer named give way to those of the start", () => {
  const { apply } = subject();
  apply();
  assert.deepEqual(apply({ cpus: [0] }), ["setAffinity 0"]);
  const [all] = apply();
  assert.match(all ?? "", /^setAffinity 0/);
});

test("a refusal is told, and the rest is done; of what nobody asked for only in detail", () => {
  const { apply, log } = subject({}, ["setRealtime", "setNice"]);
  assert.ok(apply({}).includes("lockTextAndStack"));
  assert.deepEqual(log, ["detail: Cannot set scheduling class of this process: setRealtime: EPERM"]);
  log.length = 0;
  apply({ realtimePriority: 5 });
  apply({ nice: -1 });
  assert.deepEqual(log, [
    "warning: Cannot set scheduling class of this process: setRealtime: EPERM",
    "warning: Cannot set niceness of this process: setNice: EPERM",
  ]);
});

test("what the system refused is tried again by the next reload, and told again while it is refused", () => {
  const refused = ["setRealtime", "setAffinity", "setNice", "lockTextAndStack"];
  const { apply, log } = subject({ realtimePriority: 0 }, refused);
  const wish = { realtimePriority: 5, cpus: [7], noSwap: true };
  apply(wish);
  assert.equal(log.length, 3);
  apply(wish);
  assert.equal(log.length, 6);
  refused.length = 0;
  assert.deepEqual(apply(wish), ["setAffinity 7", "setRealtime 5", "lockTextAndStack"]);
  assert.deepEqual(apply(wish), []);
  refused.push("setRealtime");
  apply({ ...wish, realtimePriority: 6 });
  assert.deepEqual(apply(wish), [], "what was refused has changed nothing");
});

test("max_auto_priority: a late timer raises the priority by one, up to the ceiling; a reload begins anew", () => {
  const { apply, late, log } = subject({}, [], 3);
  apply();
  assert.deepEqual(late(200_000), [], "min_auto_priority_delay");
  assert.deepEqual(late(200_001), ["setRealtime 2"]);
  assert.deepEqual(late(1_500_000), ["setRealtime 3"]);
  assert.deepEqual(late(1_500_000, 60_000_000), [], "the ceiling");
  assert.deepEqual(log, [
    "warning: A thread timer expired 0.200001 seconds ago",
    "info: Set realtime priority 2",
    "warning: A thread timer expired 1.500000 seconds ago",
    "info: Set realtime priority 3",
    "warning: A thread timer expired 1.500000 seconds ago",
  ]);
  assert.deepEqual(apply(), ["setRealtime 1"]);
  assert.deepEqual(late(300_000, 90_000_000), ["setRealtime 2"]);
});

test("max_auto_priority: an ordinary process becomes a real-time one with its limit and its lock", () => {
  const { apply, late } = subject({ realtimePriority: 0 }, [], 1);
  apply();
  assert.deepEqual(late(300_000), [
    `setLimit ${RTTIME} 1500000 3000000`,
    "setRealtime 1",
    "lockTextAndStack",
  ]);
});

test("max_auto_priority: vrrp_no_realtime holds, and what the system refuses is tried once", () => {
  const kept = subject({}, [], 9);
  kept.apply({ realtimePriority: 0 });
  assert.deepEqual(kept.late(300_000), []);
  const refused = subject({}, ["setRealtime"], 9);
  refused.apply();
  refused.late(300_000, 0);
  refused.late(300_000, 60_000_000);
  const refusals = refused.log.filter((line) => line.includes("scheduling class"));
  assert.equal(refusals.filter((line) => line.startsWith("warning:")).length, 1);
});

test("late timers are told at most every ten seconds, with advice once unless max_auto_priority is -1", () => {
  const tell = (maxAutoPriority: number): string[] => {
    const { apply, late, log } = subject({ realtimePriority: 0 }, [], maxAutoPriority);
    apply();
    for (const second of [0, 1, 2, 10, 20]) late(300_000, second * 1_000_000);
    return log.map((line) => line.replace("warning: A thread timer expired 0.300000 seconds ago", "late"));
  };
  assert.deepEqual(tell(-1), ["late", "late (and 2 before)", "late"]);
  const [first, ...others] = tell(0);
  assert.match(first ?? "", /^late; 'max_auto_priority 1' lets this process run before ordinary ones/);
  assert.deepEqual(others, ["late (and 2 before)", "late"]);
});
