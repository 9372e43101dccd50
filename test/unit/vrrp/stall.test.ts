/**
 * A MASTER whose process did not run for longer than any BACKUP waits (SIGSTOP, suspend) listens before it asserts
 * itself: what it hears decides, and once is enough. In virtual time; `freeze` stops the process and not the kernel.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { judgeSilence, listeningMicros } from "../../../src/vrrp/stall.js";
import { Segment } from "./segment.js";
import { group, seconds, settings } from "./settings.js";

const FROZEN_AT = seconds(10);
const THAWED_AT = seconds(20);

/** `a` (200) is master of `b` (100) and stops at 10 s; `b` is master from 13.6 s on; `a` goes on at 20 s. */
function stalled(changes: Partial<VrrpInstanceConfig> = {}, thawed = THAWED_AT): Segment {
  const lan = new Segment();
  lan.join("a", settings({ priority: 200, ...changes }), "192.0.2.2");
  lan.join("b", settings({ priority: 100 }), "192.0.2.1");
  lan.advance(FROZEN_AT);
  assert.equal(lan.state("a"), "master");
  lan.freeze("a");
  lan.advance(thawed - FROZEN_AT);
  lan.thaw("a");
  return lan;
}

/** `a` alone is master and stops at 10 s; after what happens `meanwhile` it goes on at 20 s. */
function stalledAlone(
  changes: Partial<VrrpInstanceConfig> = {},
  meanwhile: (lan: Segment) => void = () => {},
): Segment {
  const lan = new Segment();
  lan.join("a", settings(changes), "192.0.2.2");
  lan.advance(FROZEN_AT);
  lan.freeze("a");
  meanwhile(lan);
  lan.advance(THAWED_AT - FROZEN_AT);
  lan.thaw("a");
  return lan;
}

const sentSince = (lan: Segment, name: string, from: number) =>
  lan
    .sent(name)
    .filter(({ at }) => at >= from)
    .map(({ at, priority }) => [at, priority]);

test("who preempts asserts itself once against the adverts that wait, and tells the neighbours", () => {
  const lan = stalled();
  assert.deepEqual(lan.notices("b", FROZEN_AT), ["VI_1 MASTER", "VI_1 BACKUP"]);
  lan.advance(seconds(0.5));
  assert.deepEqual(sentSince(lan, "a", THAWED_AT), [[THAWED_AT, 200]], "one advert for six that waited");
  assert.equal(lan.state("b"), "backup");
  lan.advance(seconds(9.5));
  assert.deepEqual(lan.did("a", "announceAddresses", THAWED_AT), ["20 5", "25 5"]);
  assert.deepEqual(lan.did("a", "notifyLowerPriority", THAWED_AT), ["20 100"]);
  assert.deepEqual(lan.notices("a", FROZEN_AT), []);
});

for (const [what, changes] of [
  ["nopreempt", { preempt: false }],
  ["preempt_delay", { preemptDelayMicros: seconds(60) }],
] as const) {
  test(`with ${what} it follows the one who took over, without a word`, () => {
    const lan = stalled(changes);
    lan.advance(seconds(10));
    assert.deepEqual(sentSince(lan, "a", FROZEN_AT + 1), []);
    assert.deepEqual([lan.state("a"), lan.state("b")], ["backup", "master"]);
    assert.deepEqual(lan.notices("b", THAWED_AT), [], "the other does not notice");
    assert.match(
      lan.did("a", "log", THAWED_AT).join("\n"),
      /192\.0\.2\.1 with priority 100 took over meanwhile/,
    );
  });
}

test("when no advert waits it listens until the other's next one", () => {
  const lan = new Segment();
  lan.join("a", settings({ priority: 200, preempt: false }), "192.0.2.2");
  lan.join("b", settings({ priority: 100 }), "192.0.2.1");
  lan.advance(FROZEN_AT);
  lan.freeze("a");
  lan.partition({ a: 1 });
  lan.advance(seconds(10));
  lan.heal();
  lan.thaw("a");
  assert.equal(lan.state("a"), "master");
  lan.advance(seconds(1));
  assert.deepEqual(sentSince(lan, "a", FROZEN_AT + 1), []);
  assert.equal(lan.state("a"), "backup");
});

test("when nobody has taken over it goes on after 1.25 intervals, its addresses untouched", () => {
  const lan = stalledAlone();
  lan.advance(seconds(2.5));
  const first = THAWED_AT + seconds(1.25);
  assert.deepEqual(sentSince(lan, "a", FROZEN_AT + 1), [
    [first, 100],
    [first + seconds(1), 100],
  ]);
  assert.deepEqual(lan.did("a", "announceAddresses", THAWED_AT), ["21.25 5"]);
  assert.deepEqual(lan.notices("a", FROZEN_AT), []);
  assert.deepEqual(lan.did("a", "removeAddresses", 1), []);
});

test("priority 0 heard while it listens ends the listening: nobody else is master", () => {
  const lan = stalledAlone();
  lan.advance(seconds(0.1));
  lan.outsider("192.0.2.9", settings({ priority: 0 }));
  lan.advance(seconds(0.1));
  assert.deepEqual(sentSince(lan, "a", FROZEN_AT + 1), [[THAWED_AT + seconds(0.1), 100]]);
});

test("a better one that came meanwhile: BACKUP without an advert", () => {
  const lan = stalledAlone({}, (all) => {
    all.join("b", settings({ priority: 150 }), "192.0.2.1");
  });
  lan.advance(seconds(5));
  assert.deepEqual(sentSince(lan, "a", FROZEN_AT + 1), []);
  assert.deepEqual([lan.state("a"), lan.state("b")], ["backup", "master"]);
});

test("a stall shorter than the longest wait of a backup: the advert goes out at once", () => {
  const lan = stalled({}, seconds(12.5));
  assert.deepEqual(sentSince(lan, "a", FROZEN_AT + 1), [[seconds(12.5), 200]]);
  assert.equal(lan.state("b"), "backup");
});

test("a sync group gives way as one", () => {
  const lan = new Segment();
  const pair = (changes: Partial<VrrpInstanceConfig>) => ({
    instances: [
      settings({ name: "V1", virtualRouterId: 1, ...changes }),
      settings({ name: "V2", virtualRouterId: 2, ...changes }),
    ],
    syncGroups: [group("G", ["V1", "V2"])],
  });
  lan.join("a", pair({ priority: 200, preempt: false }), "192.0.2.2");
  lan.join("b", pair({ priority: 100 }), "192.0.2.1");
  lan.advance(FROZEN_AT);
  lan.freeze("a");
  lan.advance(seconds(10));
  lan.thaw("a");
  lan.advance(seconds(5));
  assert.deepEqual(
    ["V1", "V2"].map((who) => lan.state("a", who)),
    ["backup", "backup"],
  );
  assert.deepEqual(
    ["V1", "V2"].map((who) => lan.state("b", who)),
    ["master", "master"],
  );
  assert.deepEqual(sentSince(lan, "a", FROZEN_AT + 1), []);
});

test("reference 8.10: timer_expired_backup gives way without a look and without priority 0", () => {
  const lan = stalledAlone({ preempt: false, timerExpiredBackupPriority: 254 });
  assert.equal(lan.state("a"), "backup");
  lan.advance(seconds(3.7));
  assert.deepEqual(sentSince(lan, "a", FROZEN_AT + 1)[0], [THAWED_AT + 3_609_375, 100], "after a full wait");
  assert.match(lan.did("a", "log", THAWED_AT).join("\n"), /VRRP thread timer expired/);
});

test("a suspended host: the clock of the timers stood still, the next advert is not sent unheard", () => {
  const lan = new Segment();
  lan.join("a", settings({ preempt: false }), "192.0.2.2");
  lan.advance(FROZEN_AT);
  lan.tell("a", { kind: "slept", micros: seconds(3600) });
  lan.advance(seconds(1));
  assert.deepEqual(sentSince(lan, "a", FROZEN_AT + 1), []);
  lan.outsider("192.0.2.1", settings({ priority: 50 }));
  lan.advance(seconds(0.1));
  assert.equal(lan.state("a"), "backup");
});

test("silence is judged by the longest wait of a backup: three adverts and the skew of priority 1", () => {
  const wait = 3_000_000 + Math.floor((255 * 1_000_000) / 256);
  assert.equal(judgeSilence(settings(), wait - 1), "none");
  assert.equal(judgeSilence(settings(), wait), "outlived");
  assert.equal(judgeSilence(settings({ downTimerAdverts: 5 }), wait), "none");
  const expiring = settings({ preempt: false, timerExpiredBackupPriority: 254 });
  assert.equal(judgeSilence(expiring, 3_007_811), "none");
  assert.equal(judgeSilence(expiring, 3_007_812), "expired");
  assert.equal(listeningMicros(settings({ advertIntervalMicros: 10_000 })), 12_500);
});
