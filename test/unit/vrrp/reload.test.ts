/** Reload (reference section 16.3), better than upstream: what did not change does not notice. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { Segment } from "./segment.js";
import { address, announce, group, seconds, settings } from "./settings.js";

const A = "192.0.2.1";
const FIRST = 3_609_375;

function running(changes: Partial<VrrpInstanceConfig> = {}, at = seconds(4)): Segment {
  const lan = new Segment();
  lan.join("a", settings(changes), A);
  lan.advance(at);
  return lan;
}

const since = (lan: Segment, at: number) =>
  lan.history
    .filter((entry) => entry.at >= at)
    .map(({ who, what, detail }) => `${who} ${what} ${detail}`.trim());

test("an unchanged MASTER does nothing at all: no advert, no announcement, its period goes on", () => {
  const lan = running();
  lan.reload("a", settings({ position: { file: "other", line: 9, column: 9 } }));
  assert.deepEqual(since(lan, seconds(4)), []);
  lan.advance(seconds(1));
  assert.deepEqual(
    lan.sent("a").map(({ at }) => at),
    [FIRST, FIRST + seconds(1)],
  );
});

test("an unchanged BACKUP keeps its running timer", () => {
  const lan = running({}, seconds(3));
  lan.reload("a", settings());
  lan.advance(seconds(1));
  assert.equal(lan.sent("a")[0]?.at, FIRST);
});

test("a changed priority of a MASTER shows in the next periodic advert, nothing else changes", () => {
  const lan = running();
  lan.reload("a", settings({ priority: 120 }));
  assert.deepEqual(lan.node("a").holding.size, 1);
  lan.advance(seconds(1));
  assert.deepEqual(
    lan.sent("a").map(({ at, priority }) => [at, priority]),
    [
      [FIRST, 100],
      [FIRST + seconds(1), 120],
    ],
  );
  assert.deepEqual(lan.notices("a"), ["VI_1 BACKUP", "VI_1 MASTER"]);
});

test("a changed priority of a BACKUP moves its expiry by the difference", () => {
  const lan = running({}, seconds(1));
  lan.reload("a", settings({ priority: 150 }));
  lan.advance(seconds(3));
  assert.equal(lan.sent("a")[0]?.at, 3_414_062);
});

test("a shorter interval cuts the pending wait, a longer one counts from the next advert", () => {
  const shorter = running({ version: 3, advertIntervalMicros: seconds(10) }, seconds(40));
  assert.equal(shorter.sent("a").length, 1);
  const first = shorter.sent("a")[0]?.at ?? 0;
  shorter.reload("a", settings({ version: 3, advertIntervalMicros: seconds(1) }));
  shorter.advance(seconds(2.5));
  assert.deepEqual(
    shorter.sent("a").map(({ at }) => at),
    [first, seconds(41), seconds(42)],
  );
  const longer = running({ version: 3 });
  longer.reload("a", settings({ version: 3, advertIntervalMicros: seconds(5) }));
  longer.advance(seconds(7));
  assert.deepEqual(
    longer.sent("a").map(({ at }) => at),
    [FIRST, FIRST + seconds(1), FIRST + seconds(6)],
  );
});

test("a version 3 BACKUP keeps the interval that its master told it", () => {
  const lan = running({ version: 3 }, seconds(1));
  lan.outsider("192.0.2.9", settings({ version: 3, priority: 200 }));
  lan.advance(seconds(0.5));
  lan.reload("a", settings({ version: 3, advertIntervalMicros: seconds(0.1) }));
  lan.advance(seconds(3));
  assert.equal(lan.state("a"), "backup");
  assert.equal(lan.instance("a").masterIntervalMicros, seconds(1));
});

test("a new address of a MASTER: old and new settings for the difference, GARPs now and after the delay", () => {
  const lan = running({ announce: announce({ masterDelayMicros: seconds(2) }) }, seconds(10));
  const next = settings({
    announce: announce({ masterDelayMicros: seconds(2) }),
    addresses: [address("192.0.2.100"), address("192.0.2.101")],
  });
  lan.reload("a", next);
  assert.deepEqual(
    since(lan, seconds(10)).map((line) => line.split(" ")[1]),
    ["settingsChanged", "replaceAddresses", "announceAddresses", "armTimer"],
  );
  lan.advance(seconds(3));
  assert.deepEqual(lan.did("a", "announceAddresses", seconds(10)), ["10 5", "12 5"]);
});

test("a removed address of a MASTER: a difference, no GARP", () => {
  const lan = running({ addresses: [address("192.0.2.100"), address("192.0.2.101")] }, seconds(10));
  lan.reload("a", settings());
  assert.equal(lan.did("a", "replaceAddresses").length, 1);
  assert.equal(lan.did("a", "announceAddresses", seconds(10)).length, 0);
});

test("changed addresses of a BACKUP touch nothing in the kernel", () => {
  const lan = running({}, seconds(1));
  lan.reload("a", settings({ addresses: [address("192.0.2.101")] }));
  assert.deepEqual(since(lan, seconds(1)), ["VI_1 settingsChanged"]);
});

test("another VRID is another router: the old one stops with priority 0, the new one starts as BACKUP", () => {
  const lan = running();
  lan.reload("a", settings({ virtualRouterId: 61 }));
  assert.deepEqual(lan.notices("a", seconds(4)), ["VI_1 DELETED", "VI_1 BACKUP"]);
  assert.equal(lan.sent("a").at(-1)?.priority, 0);
  lan.advance(seconds(4));
  assert.equal(lan.sent("a").at(-1)?.at, seconds(4) + FIRST);
});

test("another name is the same router", () => {
  const lan = running();
  lan.reload("a", settings({ name: "RENAMED" }));
  assert.equal(lan.state("a", "RENAMED"), "master");
  assert.deepEqual(lan.notices("a", seconds(4)), []);
});

test("one of two removed: it stops with priority 0 and everything of it goes, the other does not notice", () => {
  const lan = new Segment();
  const both = [settings(), settings({ name: "VI_2", virtualRouterId: 52 })];
  lan.join("a", { instances: both, syncGroups: [] }, A);
  lan.advance(seconds(4));
  lan.reload("a", settings());
  const lines = since(lan, seconds(4));
  assert(lines.every((line) => line.startsWith("VI_2 ")));
  assert(lines.includes("VI_2 sendAdvert 0") && lines.includes("VI_2 removeAddresses"));
  assert.equal(lines.at(-1), "VI_2 removed");
  lan.advance(seconds(2));
  assert.deepEqual(
    lan
      .sent("a")
      .filter(({ at }) => at > seconds(4))
      .map(({ who }) => who),
    ["VI_1", "VI_1"],
  );
});

test("counters and ids survive a reload", () => {
  const lan = running();
  const { id, counters } = lan.instance("a");
  lan.reload("a", settings({ priority: 120 }));
  assert.equal(lan.instance("a").id, id);
  assert.equal(lan.instance("a").counters, counters);
  assert.equal(counters.becameMaster, 1);
});

test("multicast and unicast are different routers", () => {
  const lan = running();
  lan.reload("a", settings({ unicastPeers: [{ address: "192.0.2.2" }] }));
  assert.deepEqual(lan.notices("a", seconds(4)), ["VI_1 DELETED", "VI_1 BACKUP"]);
});

const one = settings();
const two = settings({ name: "VI_2", virtualRouterId: 52 });
const three = settings({ name: "VI_3", virtualRouterId: 53 });

test("a member added to a MASTER group does not disturb it, and joins when its wait is over", () => {
  const lan = new Segment();
  lan.join("a", { instances: [one, two], syncGroups: [group("SG", ["VI_1", "VI_2"])] }, A);
  lan.advance(seconds(5));
  lan.reload("a", { instances: [one, two, three], syncGroups: [group("SG", ["VI_1", "VI_2", "VI_3"])] });
  assert.deepEqual(lan.notices("a", seconds(5)), ["VI_3 BACKUP"]);
  lan.advance(seconds(4));
  assert.deepEqual(lan.notices("a", seconds(6)), ["VI_3 MASTER"]);
});

test("a member added to a MASTER group that hears a better master takes the group with it", () => {
  const lan = new Segment();
  lan.join("a", { instances: [one, two], syncGroups: [group("SG", ["VI_1", "VI_2"])] }, A);
  lan.advance(seconds(5));
  lan.reload("a", { instances: [one, two, three], syncGroups: [group("SG", ["VI_1", "VI_2", "VI_3"])] });
  lan.outsider("192.0.2.9", settings({ virtualRouterId: 53, priority: 200 }));
  lan.advance(0);
  assert.deepEqual(lan.notices("a", seconds(5)).slice(1), ["VI_1 BACKUP", "VI_2 BACKUP", "SG BACKUP"]);
});

test("a MASTER and a BACKUP put into one group become BACKUP, with priority 0 from the MASTER", () => {
  const lan = new Segment();
  lan.join("a", { instances: [one, two], syncGroups: [] }, A);
  for (let i = 0; i < 5; i++) {
    lan.advance(seconds(1));
    lan.outsider("192.0.2.9", settings({ virtualRouterId: 52, priority: 200 }));
  }
  lan.advance(0);
  assert.deepEqual([lan.state("a", "VI_1"), lan.state("a", "VI_2")], ["master", "backup"]);
  lan.reload("a", { instances: [one, two], syncGroups: [group("SG", ["VI_1", "VI_2"])] });
  assert.deepEqual(lan.notices("a", seconds(5)), ["VI_1 BACKUP", "SG BACKUP"]);
  assert.equal(lan.sent("a").at(-1)?.priority, 0);
});

test("out of a faulted group, a sound member takes part again", () => {
  const lan = new Segment();
  lan.join("a", { instances: [one, two], syncGroups: [group("SG", ["VI_1", "VI_2"])] }, A);
  lan.advance(seconds(5));
  lan.tell("a", { kind: "faultsChanged", faults: ["interfaceDown"], cause: "eth1 is down" }, "VI_2");
  lan.reload("a", { instances: [one, two], syncGroups: [] });
  assert.deepEqual([lan.state("a", "VI_1"), lan.state("a", "VI_2")], ["backup", "fault"]);
  lan.advance(seconds(4));
  assert.equal(lan.state("a", "VI_1"), "master");
});

test("the faulted member leaves the group: the rest recovers", () => {
  const lan = new Segment();
  const members = ["VI_1", "VI_2"];
  lan.join("a", { instances: [one, two, three], syncGroups: [group("SG", [...members, "VI_3"])] }, A);
  lan.advance(seconds(5));
  lan.tell("a", { kind: "faultsChanged", faults: ["tracker"], cause: "script failed" }, "VI_3");
  lan.reload("a", { instances: [one, two], syncGroups: [group("SG", members)] });
  lan.advance(seconds(4));
  assert.deepEqual([lan.state("a", "VI_1"), lan.state("a", "VI_2")], ["master", "master"]);
  assert.equal(lan.notices("a").at(-1), "SG MASTER");
});
