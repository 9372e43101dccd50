/** When adverts and announcements leave: the advert grid, late timers, refreshes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Segment } from "./segment.js";
import { announce, seconds, settings } from "./settings.js";
import { VrrpInstance } from "../../../src/vrrp/instance.js";
import { masterDownMicros, nextOnGrid, skewMicros } from "../../../src/vrrp/timing.js";

const A = "192.0.2.1";

test("reference 9: the timer table", () => {
  assert.equal(skewMicros(2, 100, seconds(5)), 609_375);
  assert.equal(masterDownMicros(2, 100, seconds(1), 3), 3_609_375);
  assert.equal(masterDownMicros(3, 100, seconds(0.1), 3), 360_937);
  assert.equal(masterDownMicros(3, 100, seconds(0.01), 3), 36_093);
  assert.equal(masterDownMicros(2, 150, seconds(1), 3), 3_414_062);
  assert.equal(skewMicros(3, 255, seconds(1)), 3_906);
});

test("a timer that fires late by less than a period stays on its grid, a later one starts anew", () => {
  assert.equal(nextOnGrid(1000, 100, 1000), 1100);
  assert.equal(nextOnGrid(1000, 100, 1099), 1100);
  assert.equal(nextOnGrid(1000, 100, 1100), 1200);
  assert.equal(nextOnGrid(1000, 100, 5000), 5100);
});

test("the mean gap of adverts is exact however late each timer is", () => {
  const lan = new Segment();
  lan.maxLatenessMicros = 3_000;
  lan.join("a", settings({ version: 3, advertIntervalMicros: seconds(0.01) }), A);
  lan.advance(seconds(20));
  const times = lan.sent("a").map(({ at }) => at);
  const mean = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / (times.length - 1);
  assert(Math.abs(mean - seconds(0.01)) < 5, `${mean}`);
  assert(times.length > 1990);
});

test("after a stall shorter than the wait of any backup there is one advert, not one for each period missed", () => {
  const instance = new VrrpInstance(settings());
  instance.handle({ kind: "started" }, 0);
  instance.handle({ kind: "timerFired", timer: "masterDown" }, seconds(4));
  const effects = instance.handle({ kind: "timerFired", timer: "advert" }, seconds(7.9));
  assert.deepEqual(effects, [
    { kind: "sendAdvert", priority: 100 },
    { kind: "armTimer", timer: "advert", at: seconds(8.9) },
  ]);
});

test("neither a due advert nor a confirming one makes a new effect", () => {
  const master = new VrrpInstance(settings());
  master.handle({ kind: "started" }, 0);
  master.handle({ kind: "timerFired", timer: "masterDown" }, seconds(4));
  const fire = (at: number) => [...master.handle({ kind: "timerFired", timer: "advert" }, at)];
  const first = fire(seconds(5));
  fire(seconds(6)).forEach((effect, i) => assert.equal(effect, first[i]));
  const backup = new VrrpInstance(settings());
  backup.handle({ kind: "started" }, 0);
  const advert = { priority: 200, intervalMicros: seconds(1), source: new Uint8Array([192, 0, 2, 9]) };
  const hear = (at: number) => [...backup.handle({ kind: "advertReceived", advert }, at)];
  const confirmed = hear(seconds(1));
  assert.equal(confirmed.length, 1);
  assert.equal(hear(seconds(2))[0], confirmed[0]);
});

test("reference 11.2: refreshes come every period, the first one period after the second burst", () => {
  const lan = new Segment();
  const timing = announce({
    masterDelayMicros: seconds(2),
    masterRefreshMicros: seconds(10),
    masterRefreshRepeat: 2,
  });
  lan.join("a", settings({ announce: timing }), A);
  lan.advance(seconds(40));
  assert.deepEqual(lan.did("a", "announceAddresses"), [
    "3.609375 5",
    "5.609375 5",
    "15.609375 2",
    "25.609375 2",
    "35.609375 2",
  ]);
});

test("reference 11.2: no second burst with delay 0, a repeat of 0 counts as 1", () => {
  const lan = new Segment();
  lan.join("a", settings({ announce: announce({ masterDelayMicros: 0, masterRepeat: 0 }) }), A);
  lan.advance(seconds(20));
  assert.deepEqual(lan.did("a", "announceAddresses"), ["3.609375 1"]);
});

test("reference 11.3: no GARPs for a lower priority with repeat 0", () => {
  const lan = new Segment();
  lan.join("a", settings({ announce: announce({ masterDelayMicros: 0, lowerPrioRepeat: 0 }) }), A);
  lan.advance(seconds(4));
  lan.outsider("192.0.2.9", settings({ priority: 50 }));
  lan.advance(seconds(10));
  assert.equal(lan.did("a", "announceAddresses").length, 1);
});

test("losing MASTER cancels refreshes and what waits in a rate limit; bursts due while BACKUP say nothing", () => {
  const lan = new Segment();
  lan.join("a", settings({ announce: announce({ masterRefreshMicros: seconds(10) }) }), A);
  lan.join("b", settings({ priority: 150, preemptDelayMicros: seconds(1) }), "192.0.2.2");
  lan.stop("b");
  lan.advance(seconds(4));
  lan.start("b");
  lan.advance(seconds(60));
  assert.equal(lan.state("a"), "backup");
  assert.equal(lan.did("a", "cancelAnnouncements").length, 1);
  assert.deepEqual(lan.did("a", "announceAddresses"), ["3.609375 5"]);
});
