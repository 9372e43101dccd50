/** Sync groups (reference section 15): MASTER together or not at all; with upstream's FIFO traces (section 20). */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import type { RouterConfig } from "../../../src/vrrp/router.js";
import { randomFrom, Segment } from "./segment.js";
import { announce, group, seconds, settings } from "./settings.js";

const one = (changes: Partial<VrrpInstanceConfig> = {}) => settings({ name: "VI_1", ...changes });
const two = (changes: Partial<VrrpInstanceConfig> = {}) =>
  settings({ name: "VI_2", virtualRouterId: 52, ...changes });

function pair(first = one(), second = two()): RouterConfig {
  return { instances: [first, second], syncGroups: [group("SG", ["VI_1", "VI_2"])] };
}

function grouped(config = pair(), at = seconds(5)): Segment {
  const lan = new Segment();
  lan.join("a", config, "192.0.2.1");
  lan.advance(at);
  return lan;
}

test("the trace of upstream: start, link of one member down and up, stop", () => {
  const lan = grouped();
  const link = (faults: Array<"interfaceDown">) =>
    lan.tell(
      "a",
      { kind: "faultsChanged", faults, cause: faults.length > 0 ? "eth1 is down" : "eth1 is up" },
      "VI_2",
    );
  link(["interfaceDown"]);
  lan.advance(seconds(5));
  link([]);
  lan.advance(seconds(5));
  lan.stop("a");
  assert.deepEqual(lan.notices("a"), [
    ...["SG BACKUP", "VI_1 BACKUP", "VI_2 BACKUP"],
    // Equal priorities: the timer of the first member expires first, that of the last one brings the group up.
    ...["VI_2 MASTER", "VI_1 MASTER", "SG MASTER"],
    ...["VI_2 FAULT", "VI_1 FAULT", "SG FAULT"],
    ...["VI_2 BACKUP", "VI_1 BACKUP", "SG BACKUP"],
    // VI_2 was back first, so its timer was armed first and that of VI_1 is the last.
    ...["VI_1 MASTER", "VI_2 MASTER", "SG MASTER"],
    ...["VI_1 STOP", "VI_2 STOP", "SG STOP"],
  ]);
});

test("the slowest member decides when the group comes up", () => {
  const lan = grouped(pair(one({ priority: 200 }), two({ priority: 50 })), seconds(3.8));
  assert.deepEqual([lan.state("a", "VI_1"), lan.state("a", "VI_2")], ["backup", "backup"]);
  lan.advance(seconds(0.1));
  assert.deepEqual([lan.state("a", "VI_1"), lan.state("a", "VI_2")], ["master", "master"]);
  assert.deepEqual(
    lan
      .sent("a")
      .map(({ at }) => at)
      .slice(0, 2),
    [3_804_687, 3_804_687],
  );
});

test("a member that hears a good master keeps the whole group BACKUP", () => {
  const lan = new Segment();
  lan.join("a", pair(), "192.0.2.1");
  for (let i = 0; i < 20; i++) {
    lan.advance(seconds(1));
    lan.outsider("192.0.2.9", two({ priority: 200 }));
  }
  assert.deepEqual([lan.state("a", "VI_1"), lan.state("a", "VI_2")], ["backup", "backup"]);
  assert.equal(lan.sent("a").length, 0);
  lan.advance(seconds(8));
  assert.deepEqual([lan.state("a", "VI_1"), lan.state("a", "VI_2")], ["master", "master"]);
});

test("a member that loses MASTER takes the others to BACKUP without priority 0", () => {
  const lan = grouped();
  lan.outsider("192.0.2.9", one({ priority: 200 }));
  lan.advance(0);
  assert.deepEqual(lan.notices("a", seconds(5)), ["VI_1 BACKUP", "VI_2 BACKUP", "SG BACKUP"]);
  assert(lan.sent("a").every(({ priority }) => priority === 100));
  assert.equal(lan.node("a").holding.size, 0);
});

test("two hosts: the group moves as one, and the two never hold one address each", () => {
  const lan = new Segment();
  lan.join("a", pair(one({ priority: 150 }), two({ priority: 150 })), "192.0.2.1");
  lan.join("b", pair(), "192.0.2.2");
  lan.advance(seconds(10));
  assert.deepEqual([...lan.node("a").holding].sort(), ["VI_1", "VI_2"]);
  lan.tell("a", { kind: "faultsChanged", faults: ["interfaceDown"], cause: "eth1 is down" }, "VI_2");
  lan.advance(seconds(2));
  assert.deepEqual([...lan.node("a").holding, ...[...lan.node("b").holding].sort()], ["VI_1", "VI_2"]);
  lan.tell("a", { kind: "faultsChanged", faults: [], cause: "eth1 is up" }, "VI_2");
  lan.advance(seconds(6));
  assert.deepEqual([[...lan.node("a").holding].sort(), lan.node("b").holding.size], [["VI_1", "VI_2"], 0]);
});

test("a lower-priority advert makes the other members announce too", () => {
  const timing = announce({ masterDelayMicros: 0, lowerPrioRepeat: 2, lowerPrioDelayMicros: seconds(1) });
  const lan = grouped(pair(one({ announce: timing }), two({ announce: timing })));
  lan.outsider("192.0.2.9", one({ priority: 50 }));
  lan.advance(seconds(2));
  const bursts = lan.history.filter(({ what, at }) => what === "announceAddresses" && at >= seconds(5));
  assert.deepEqual(
    bursts.map(({ who, at }) => `${at / 1e6} ${who}`),
    ["5 VI_1", "5 VI_2", "6 VI_1", "6 VI_2"],
  );
  assert.equal(lan.sent("a").filter(({ who, at }) => who === "VI_2" && at === seconds(5)).length, 0);
});

test("a group of owners is MASTER at the start; one owner among others is not", () => {
  const owner = { priority: 255, initialState: "MASTER" } as const;
  const owners = grouped(pair(one(owner), two(owner)), 10);
  assert.deepEqual(owners.notices("a"), ["VI_1 MASTER", "VI_2 MASTER", "SG MASTER"]);
  const mixed = grouped(pair(one(owner), two({ initialState: "MASTER" })), seconds(3.5));
  assert.deepEqual(mixed.notices("a"), ["SG BACKUP", "VI_1 BACKUP", "VI_2 BACKUP"]);
});

test("reference 8.2: members with state MASTER wait for one interval and the least skew only", () => {
  const wish = { initialState: "MASTER" } as const;
  const lan = grouped(pair(one(wish), two(wish)), seconds(2));
  assert.deepEqual(
    lan
      .sent("a")
      .map(({ at }) => at)
      .slice(0, 2),
    [1_003_906, 1_003_906],
  );
});

function startedWith(faults: Record<string, "interfaceDown" | "undecided">): Segment {
  const lan = new Segment();
  lan.join("a", pair(), "192.0.2.1");
  lan.kill("a");
  lan.history.length = 0;
  lan.start("a", 0, (router) => {
    for (const [name, fault] of Object.entries(faults)) {
      router.instance(name)?.handle({ kind: "faultsChanged", faults: [fault], cause: "" }, 0);
    }
  });
  return lan;
}

test("a member faulted at the start: group first, then all members FAULT", () => {
  const lan = startedWith({ VI_2: "interfaceDown" });
  assert.deepEqual(lan.notices("a"), ["SG FAULT", "VI_1 FAULT", "VI_2 FAULT"]);
});

test("a member without a word from its tracker keeps the group in INIT", () => {
  const lan = startedWith({ VI_2: "undecided" });
  lan.advance(seconds(10));
  assert.deepEqual(lan.notices("a"), []);
  lan.tell("a", { kind: "faultsChanged", faults: [], cause: "script succeeded" }, "VI_2");
  assert.deepEqual(lan.notices("a"), ["VI_2 BACKUP", "VI_1 BACKUP", "SG BACKUP"]);
});

test("two faulted members: the group recovers when the last one does", () => {
  const lan = grouped();
  const fault = (who: string, faults: Array<"tracker">) =>
    lan.tell("a", { kind: "faultsChanged", faults, cause: "script" }, who);
  fault("VI_1", ["tracker"]);
  fault("VI_2", ["tracker"]);
  fault("VI_1", []);
  assert.deepEqual(lan.notices("a", seconds(5)), ["VI_1 FAULT", "VI_2 FAULT", "SG FAULT"]);
  fault("VI_2", []);
  assert.deepEqual(lan.notices("a", seconds(5)).slice(3), ["VI_2 BACKUP", "VI_1 BACKUP", "SG BACKUP"]);
});

/** Hosts of one group each, bothered at random; the seed is in every message. */
function bother(seed: number): void {
  const random = randomFrom(seed);
  const pick = (limit: number) => Math.floor(random() * limit);
  const lan = new Segment(seed);
  lan.maxDelayMicros = 300;
  lan.maxLatenessMicros = 300;
  const names = ["a", "b", "c"].slice(0, 2 + pick(2));
  const bothIn = (name: string) => lan.node(name).router?.instances.map(({ state }) => state) ?? [];
  lan.observe = () => {
    for (const { name } of lan.nodes) {
      assert.equal(
        new Set(bothIn(name)).size <= 1,
        true,
        `seed ${seed}: ${name} is ${bothIn(name).join()} at ${lan.now}`,
      );
    }
  };
  const preempt = pick(2) === 0;
  names.forEach((name, i) => {
    const priority = 1 + pick(254);
    lan.join(name, pair(one({ priority, preempt }), two({ priority, preempt })), `192.0.2.${i + 1}`);
  });
  for (let i = 0; i < 10; i++) {
    lan.advance(pick(seconds(5)));
    const name = names[pick(names.length)] ?? "a";
    const action = pick(7);
    if (action === 0) lan.stop(name);
    else if (action === 1) lan.kill(name);
    else if (action === 2) lan.start(name);
    else if (action === 3) lan.partition({ [name]: 1 });
    else if (action === 4) lan.heal();
    else if (action === 5) lan.loss = pick(2) * 0.5;
    else if (lan.node(name).router !== undefined) {
      const faults = pick(2) === 0 ? (["interfaceDown"] as const) : [];
      lan.tell(name, { kind: "faultsChanged", faults, cause: "link" }, `VI_${1 + pick(2)}`);
    }
  }
  lan.heal();
  lan.loss = 0;
  for (const name of names) {
    lan.start(name);
    for (const who of ["VI_1", "VI_2"])
      lan.tell(name, { kind: "faultsChanged", faults: [], cause: "link" }, who);
  }
  lan.advance(seconds(30));
  const masters = names.filter((name) => lan.node(name).holding.size > 0);
  assert.equal(masters.length, 1, `seed ${seed}: masters ${masters.join()}`);
  assert.deepEqual(bothIn(masters[0] ?? ""), ["master", "master"], `seed ${seed}`);
}

test("300 random schedules: members of a group never differ, and one host ends with all addresses", () => {
  for (let seed = 1; seed <= 300; seed++) bother(seed);
});
