/** RFC 9568 section 6.4, one test per rule. Where keepalived differs the name says so. "master" is their Active. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Segment } from "./segment.js";
import { seconds, settings } from "./settings.js";

const v3 = (priority: number, changes = {}) => settings({ version: 3, priority, ...changes });
const A = "192.0.2.1";
const B = "192.0.2.2";

function kinds(lan: Segment, node: string, from: number): string[] {
  return lan.history.filter((entry) => entry.node === node && entry.at >= from).map(({ what }) => what);
}

test("6.4.1 (105) an owner becomes master at the start, with an advert and an announcement at once", () => {
  const lan = new Segment();
  lan.join("a", v3(255, { initialState: "MASTER" }), A);
  lan.advance(10);
  assert.equal(lan.state("a"), "master");
  assert.deepEqual(
    lan.sent("a").map(({ priority }) => priority),
    [255],
  );
  assert.equal(lan.did("a", "announceAddresses").length, 1);
  assert.equal(lan.did("a", "addAddresses").length, 1);
  assert.deepEqual(lan.notices("a"), ["VI_1 MASTER"]);
});

test("6.4.1 (150) everybody else starts as backup and waits 3 intervals and the skew", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  assert.equal(lan.state("a"), "backup");
  lan.advance(3_609_374);
  assert.equal(lan.state("a"), "backup");
  lan.advance(1);
  assert.equal(lan.state("a"), "master");
});

test("6.4.1 keepalived: state MASTER does not make a router master that does not own the addresses", () => {
  const lan = new Segment();
  lan.join("a", v3(100, { initialState: "MASTER" }), A);
  lan.advance(3_609_374);
  assert.equal(lan.state("a"), "backup");
});

test("6.4.2 (305) a backup neither holds the addresses nor sends anything", () => {
  const lan = new Segment();
  lan.join("a", v3(200), A);
  lan.join("b", v3(100), B);
  lan.advance(seconds(30));
  assert.equal(lan.state("b"), "backup");
  assert.equal(lan.node("b").holding.size, 0);
  assert.deepEqual(lan.sent("b"), []);
});

test("6.4.2 (345) shutdown of a backup: no advert, and it stays in initialize", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  const instance = lan.instance("a");
  lan.stop("a");
  lan.advance(seconds(30));
  assert.equal(instance.state, "init");
  assert.deepEqual(lan.sent("a"), []);
  assert.deepEqual(lan.notices("a"), ["VI_1 BACKUP", "VI_1 STOP"]);
});

test("6.4.2 (370) timer expiry: advert, then addresses, then announcement, then word of it", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  lan.advance(seconds(3.7));
  const order = ["sendAdvert", "addAddresses", "announceAddresses", "notify"];
  assert.deepEqual(
    kinds(lan, "a", 1).filter((kind) => order.includes(kind)),
    order,
  );
  assert.equal(lan.sent("a")[0]?.at, 3_609_375);
});

test("6.4.2 (425) priority 0: the backup waits for its skew alone", () => {
  const lan = new Segment();
  lan.join("a", v3(200), A);
  lan.join("b", v3(100), B);
  lan.advance(seconds(10));
  lan.stop("a");
  const stopped = lan.now;
  lan.advance(seconds(1));
  assert.equal(lan.sent("b")[0]?.at, stopped + 609_375);
});

test("6.4.2 (425) priority 0 counts from anybody, nopreempt and preempt delay or not", () => {
  for (const changes of [{ preempt: false }, { preemptDelayMicros: seconds(60) }]) {
    const lan = new Segment();
    lan.join("a", v3(100, changes), A);
    lan.outsider("192.0.2.9", v3(0));
    lan.advance(609_375);
    assert.equal(lan.state("a"), "master");
  }
});

test("6.4.2 (450) a higher or equal priority restarts the wait, whatever the address", () => {
  for (const [priority, source] of [
    [200, "192.0.2.9"],
    [100, "192.0.2.9"],
    [100, "192.0.2.0"],
  ] as const) {
    const lan = new Segment();
    lan.join("a", v3(100), A);
    lan.advance(seconds(3));
    lan.outsider(source, v3(priority));
    lan.advance(3_609_374);
    assert.equal(lan.state("a"), "backup", `${priority} from ${source}`);
    lan.advance(1);
    assert.equal(lan.state("a"), "master");
  }
});

test("6.4.2 (450) without preemption a lower priority restarts the wait too", () => {
  const lan = new Segment();
  lan.join("a", v3(100, { preempt: false }), A);
  lan.advance(seconds(3));
  lan.outsider("192.0.2.9", v3(50));
  lan.advance(seconds(3.6));
  assert.equal(lan.state("a"), "backup");
  assert.equal(lan.instance("a").masterPriority, 50);
});

test("6.4.2 (455) the interval of the master is learnt: skew and wait follow it", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  lan.outsider("192.0.2.9", v3(200, { advertIntervalMicros: seconds(0.2) }));
  lan.advance(0);
  assert.equal(lan.instance("a").masterIntervalMicros, seconds(0.2));
  assert.equal(lan.instance("a").skewMicros, 121_875);
  lan.advance(721_874);
  assert.equal(lan.state("a"), "backup");
  lan.advance(1);
  assert.equal(lan.state("a"), "master");
});

test("6.4.2 (470) with preemption a lower priority is discarded: the wait goes on", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  lan.advance(seconds(3));
  lan.outsider("192.0.2.9", v3(99));
  lan.advance(609_375);
  assert.equal(lan.state("a"), "master");
});

test("6.4.3 (605) a master holds the addresses", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  lan.advance(seconds(4));
  assert.deepEqual([...lan.node("a").holding], ["VI_1"]);
});

test("6.4.3 (655) shutdown of a master: one advert of priority 0 while it still has the addresses", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  lan.advance(seconds(4));
  const instance = lan.instance("a");
  lan.stop("a");
  const order = ["sendAdvert", "removeAddresses", "notify"];
  assert.deepEqual(
    kinds(lan, "a", lan.now).filter((kind) => order.includes(kind)),
    order,
  );
  assert.equal(lan.sent("a").at(-1)?.priority, 0);
  assert.equal(instance.state, "init");
  const count = lan.sent("a").length;
  lan.advance(seconds(10));
  assert.equal(lan.sent("a").length, count);
});

test("6.4.3 (680) an advert every interval", () => {
  const lan = new Segment();
  lan.join("a", v3(100, { advertIntervalMicros: seconds(0.1) }), A);
  lan.advance(seconds(1));
  const times = lan.sent("a").map(({ at }) => at);
  assert.deepEqual(times, [360_937, 460_937, 560_937, 660_937, 760_937, 860_937, 960_937]);
});

test("6.4.3 (700) priority 0: an advert at once, and the period starts anew from it", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  lan.advance(seconds(4));
  lan.outsider("192.0.2.9", v3(0));
  lan.advance(seconds(1.5));
  assert.deepEqual(
    lan.sent("a").map(({ at }) => at),
    [3_609_375, seconds(4), seconds(5)],
  );
  assert.equal(lan.state("a"), "master");
});

test("6.4.3 (725) a higher priority: to backup without a word, waiting by the other's interval", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  lan.advance(seconds(4));
  lan.outsider("192.0.2.9", v3(200, { advertIntervalMicros: seconds(2) }));
  lan.advance(0);
  assert.equal(lan.state("a"), "backup");
  assert.equal(lan.node("a").holding.size, 0);
  assert.deepEqual(
    lan.sent("a").map(({ priority }) => priority),
    [100],
  );
  assert.equal(lan.instance("a").masterIntervalMicros, seconds(2));
  lan.advance(7_218_749);
  assert.equal(lan.state("a"), "backup");
  lan.advance(1);
  assert.equal(lan.state("a"), "master");
  assert.equal(lan.instance("a").masterIntervalMicros, seconds(1));
});

test("6.4.3 (725) of equal priorities the higher address stays, compared as an unsigned number", () => {
  for (const [source, state] of [
    ["192.0.2.200", "backup"],
    ["192.0.2.0", "master"],
    ["200.0.0.1", "backup"],
  ] as const) {
    const lan = new Segment();
    lan.join("a", v3(100), A);
    lan.advance(seconds(4));
    lan.outsider(source, v3(100));
    lan.advance(0);
    assert.equal(lan.state("a"), state, source);
  }
});

test("6.4.3 (725) IPv6: of equal priorities the higher address stays", () => {
  for (const [source, state] of [
    ["fe80::9", "backup"],
    ["fe80::1", "master"],
  ] as const) {
    const lan = new Segment();
    lan.join("a", settings({ family: 6 }), "fe80::5");
    lan.advance(seconds(4));
    lan.outsider(source, settings({ family: 6 }));
    lan.advance(0);
    assert.equal(lan.state("a"), state, source);
  }
});

test("6.4.3 (755) a lower priority: an advert at once asserts who is master", () => {
  const lan = new Segment();
  lan.join("a", v3(100), A);
  lan.advance(seconds(4));
  lan.outsider("192.0.2.9", v3(50));
  lan.advance(seconds(1));
  assert.deepEqual(
    lan.sent("a").map(({ at }) => at),
    [3_609_375, seconds(4), seconds(5)],
  );
});

test("6.1 Skew_Time is (256 - priority) * Active_Adver_Interval / 256 in whole microseconds", () => {
  const skew = (priority: number, interval: number) => {
    const lan = new Segment();
    lan.join("a", v3(priority, { advertIntervalMicros: interval }), A);
    return lan.instance("a").skewMicros;
  };
  assert.equal(skew(100, seconds(1)), 609_375);
  assert.equal(skew(150, seconds(1)), 414_062);
  assert.equal(skew(254, seconds(1)), 7_812);
  assert.equal(skew(100, seconds(0.01)), 6_093);
  assert.equal(skew(1, seconds(40.95)), 40_790_039);
});
