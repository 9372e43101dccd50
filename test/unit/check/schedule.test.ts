/**
 * When checks take place and when results count: the schedule of each policy alone, in virtual time. Rules are those of
 * sections 3 and 4 of the reference of checks: L delay_loop, R retry, D delay_before_retry.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  FIRST_CHECK_DELAY,
  type Micros,
  type Policy,
  type Report,
  Schedule,
  type ScheduleOptions,
  spreadShare,
} from "../../../src/check/schedule.js";
import { SECOND } from "./farm.js";

const L = 10 * SECOND;
const R = 2;
const D = 3 * SECOND;

function schedule(more: Partial<ScheduleOptions> = {}, alpha = false): Schedule {
  return new Schedule({
    policy: "usual",
    parts: 1,
    fastRecovery: false,
    ...more,
    settings: {
      alpha,
      delayLoopMicros: L,
      retry: R,
      delayBeforeRetryMicros: D,
      warmupMicros: 0,
      logAllFailures: false,
      ...more.settings,
    },
  });
}

/** Runs checks of no duration with these results; gives the time (in seconds) and the report of each. */
function run(machine: Schedule, results: string, start: Micros = 0): Array<[number, Report | undefined]> {
  machine.nextAt = start;
  return [...results].map((result) => {
    const now = machine.nextAt;
    machine.onStarted(now);
    const report = result === "+" ? machine.onPassed(now) : machine.onFailed(now);
    return [now / SECOND, report];
  });
}

/** The times of the checks and, last, when the next one is due. */
function times(machine: Schedule, results: string): number[] {
  return [...run(machine, results).map(([at]) => at), machine.nextAt / SECOND];
}

function reports(machine: Schedule, results: string): Array<Report | undefined> {
  return run(machine, results).map(([, report]) => report);
}

test("3.2: the first check is 1 s after the start, and a share of the warm-up later", () => {
  const settings = { ...schedule().settings, warmupMicros: 4 * SECOND };
  const machine = schedule({ settings });
  assert.equal(FIRST_CHECK_DELAY, SECOND);
  assert.equal(machine.nextAt, Number.POSITIVE_INFINITY);
  machine.begin(100, 0);
  assert.equal(machine.nextAt, 100 + FIRST_CHECK_DELAY);
  machine.begin(100, 0.5);
  assert.equal(machine.nextAt, 100 + FIRST_CHECK_DELAY + 2 * SECOND);
});

test("3.2: first checks of any number of servers are spread evenly over the warm-up", () => {
  for (const count of [10, 100, 2000]) {
    const shares = Array.from({ length: count }, (_, i) => spreadShare(i, 0.3)).sort((a, b) => a - b);
    const gaps = shares.map((share, i) =>
      i === 0 ? share + 1 - (shares.at(-1) ?? 0) : share - (shares[i - 1] ?? 0),
    );
    assert.ok(Math.max(...gaps) < 3 / count, `largest gap with ${count}`);
    assert.ok(Math.min(...gaps) > 0.3 / count, `smallest gap with ${count}`);
  }
});

test("3.2: without alpha a checker is up before it has run, with alpha it is not", () => {
  assert.equal(schedule().up, true);
  assert.equal(schedule({}, true).up, false);
});

test("3.2: the very first failure is final", () => {
  assert.deepEqual(reports(schedule(), "-"), ["down"]);
  assert.deepEqual(reports(schedule({}, true), "-"), ["stillDown"]);
});

test("3.2: the first success is said, although nothing changes by it", () => {
  assert.deepEqual(reports(schedule(), "++"), ["stillUp", undefined]);
  assert.deepEqual(reports(schedule({}, true), "++"), ["up", undefined]);
});

test("3.3: R failures are forgiven, D apart; then L counts", () => {
  const machine = schedule();
  assert.deepEqual(times(machine, "+---"), [0, 10, 13, 16, 26]);
  assert.equal(machine.up, false);
});

test("3.3: a success in between starts the count anew", () => {
  assert.deepEqual(reports(schedule(), "+--+--+"), [
    "stillUp",
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("3.3: a checker that is down is checked every L, and one success brings it up", () => {
  const machine = schedule();
  assert.deepEqual(times(machine, "----+"), [0, 10, 20, 30, 40, 50]);
  assert.equal(machine.up, true);
});

test("3.3: delays count from the result of a check, not from its start", () => {
  const machine = schedule();
  machine.onStarted(0);
  machine.onPassed(5 * SECOND);
  assert.equal(machine.nextAt, 5 * SECOND + L);
});

test("a check that we start late comes back to its place among the others, by a quarter of L at most", () => {
  const machine = schedule();
  const places = [];
  machine.nextAt = 0;
  for (const late of [4 * SECOND, 0, 0, 21 * SECOND, 0]) {
    const now = machine.nextAt + late;
    machine.onStarted(now);
    machine.onPassed(now);
    places.push(machine.nextAt / SECOND);
  }
  assert.deepEqual(places, [11.5, 20, 30, 60, 70]);
});

test("after a failure the delay is as configured, however late the check was, and the place is found again later", () => {
  const machine = schedule();
  run(machine, "+");
  machine.onStarted(L + 2 * SECOND);
  machine.onFailed(L + 2 * SECOND);
  assert.equal(machine.nextAt, L + 2 * SECOND + D);
  machine.onStarted(machine.nextAt);
  machine.onPassed(L + 2 * SECOND + D);
  assert.equal(machine.nextAt, 2 * L + D);
});

test("a failure that counts is followed by L as configured, however late it was, and so is one of a server that is down", () => {
  for (const policy of ["usual", "urls", "dialogue"] as const) {
    const machine = schedule({ policy, settings: { ...schedule().settings, retry: 0 } });
    run(machine, "+");
    for (const report of ["down", undefined]) {
      const now = machine.nextAt + 2 * SECOND;
      machine.onStarted(now);
      assert.equal(machine.onFailed(now), report, policy);
      assert.equal(machine.nextAt, now + L, policy);
    }
  }
});

test("a turn that is passed over late (ha_suspend) comes back to its place too: nobody is crowded when checks go on", () => {
  const machine = schedule();
  machine.nextAt = L;
  const places = [];
  for (const late of [4 * SECOND, 0, 0]) {
    machine.onSkipped(machine.nextAt + late);
    places.push(machine.nextAt / SECOND);
  }
  assert.deepEqual(places, [21.5, 30, 40]);
});

test("3.3: a check that was not carried out says nothing, and is due again after L", () => {
  const machine = schedule();
  run(machine, "+--");
  machine.onStarted(machine.nextAt);
  machine.onSkipped(20 * SECOND);
  assert.equal(machine.nextAt, 20 * SECOND + L);
  assert.deepEqual(reports(machine, "-"), ["down"], "the failures before still count");
});

test("4.8: delays of a script count from its start, and one that is late starts at once", () => {
  const machine = schedule({ policy: "script" });
  machine.onStarted(0);
  machine.onPassed(4 * SECOND);
  assert.equal(machine.nextAt, L);
  machine.onStarted(10 * SECOND);
  machine.onFailed(12 * SECOND);
  assert.equal(machine.nextAt, 13 * SECOND);
  machine.onStarted(13 * SECOND);
  machine.onFailed(40 * SECOND);
  assert.equal(machine.nextAt, 40 * SECOND);
});

test("4.6: every cycle of a dialogue has its retries, at the start and while it is down too", () => {
  const machine = schedule({ policy: "dialogue" });
  assert.deepEqual(times(machine, "---" + "---"), [0, 3, 6, 16, 19, 22, 32]);
  assert.deepEqual(reports(schedule({ policy: "dialogue" }), "---"), [undefined, undefined, "down"]);
});

test("4.4: URLs are checked in turn, L apart, and all have to pass", () => {
  const machine = schedule({ policy: "urls", parts: 2 }, true);
  machine.nextAt = 0;
  assert.equal(machine.part, 0);
  assert.deepEqual(run(machine, "+"), [[0, undefined]]);
  assert.equal(machine.part, 1);
  assert.equal(machine.nextAt, L);
  assert.deepEqual(run(machine, "+", L), [[10, "up"]]);
  assert.equal(machine.part, 0);
});

test("4.4: after a failure the same URL is checked again until it passes, then all of them", () => {
  const machine = schedule({ policy: "urls", parts: 2 });
  assert.deepEqual(reports(machine, "++"), [undefined, "stillUp"]);
  assert.deepEqual(reports(machine, "+---"), [undefined, undefined, undefined, "down"]);
  assert.deepEqual([machine.part, machine.failedPart], [1, 1]);
  assert.deepEqual(reports(machine, "-"), [undefined]);
  assert.equal(machine.part, 1);
  assert.deepEqual(reports(machine, "+"), [undefined]);
  assert.deepEqual([machine.part, machine.failedPart], [0, undefined]);
  assert.deepEqual(reports(machine, "++"), [undefined, "up"]);
});

test("4.4: a single URL that failed needs two good answers, L apart", () => {
  const machine = schedule({ policy: "urls" });
  run(machine, "+");
  assert.deepEqual(run(machine, "---", 0), [
    [0, undefined],
    [3, undefined],
    [6, "down"],
  ]);
  assert.deepEqual(run(machine, "++", 16 * SECOND), [
    [16, undefined],
    [26, "up"],
  ]);
});

test("4.4: after a failure that counts the longer of L and D passes", () => {
  const settings = { ...schedule().settings, retry: 0, delayBeforeRetryMicros: 25 * SECOND };
  assert.deepEqual(times(schedule({ policy: "urls", settings }), "--"), [0, 25, 50]);
});

test("4.4: a URL that fails before all have passed once is final", () => {
  assert.deepEqual(reports(schedule({ policy: "urls", parts: 3 }), "+-"), [undefined, "down"]);
});

test("4.4: with fast_recovery there is no delay on the way up", () => {
  const fast = { policy: "urls", parts: 3, fastRecovery: true } as const;
  assert.deepEqual(
    times(schedule(fast), "++++"),
    [0, 0, 0, 10, 20],
    "until all have passed once, without alpha too",
  );
  const machine = schedule(fast, true);
  assert.deepEqual(times(machine, "+++"), [0, 0, 0, 10]);
  run(machine, "---", 0);
  assert.deepEqual(
    run(machine, "++++", 50 * SECOND).map(([at]) => at),
    [50, 50, 50, 50],
  );
  assert.equal(machine.up, true);
});

test("4.9, 4.10: what follows events has no delays and counts at once", () => {
  const machine = schedule({ policy: "events" });
  machine.begin(0, 0.5);
  assert.equal(machine.nextAt, Number.POSITIVE_INFINITY);
  assert.equal(machine.onFailed(5), "down");
  assert.equal(machine.onFailed(6), undefined);
  assert.equal(machine.onPassed(7), "up");
});

test("7.3: a reload caps the failures that were forgiven, and a shorter L counts from now", () => {
  const machine = schedule();
  run(machine, "+--");
  const settings = { ...machine.settings, retry: 1, delayLoopMicros: SECOND };
  machine.nextAt = 40 * SECOND;
  machine.adopt({ policy: "usual", settings, parts: 1, fastRecovery: false }, 20 * SECOND);
  assert.equal(machine.failures, 1);
  assert.equal(machine.nextAt, 21 * SECOND);
});

test("7.3: a shorter L leaves what is due within it where it is, a retry and one that is due in just so long", () => {
  const settings = { ...schedule().settings, delayLoopMicros: SECOND };
  for (const [results, left] of [
    ["+-", SECOND / 2],
    ["+", SECOND],
  ] as const) {
    const machine = schedule();
    run(machine, results);
    machine.nextAt = 20 * SECOND + left;
    machine.adopt({ policy: "usual", settings, parts: 1, fastRecovery: false }, 20 * SECOND);
    assert.equal(machine.nextAt, 20 * SECOND + left);
  }
});

test("7.3: a reload with the same interval hurries nobody, and with another one no check that is under way", () => {
  const settings = { ...schedule().settings, warmupMicros: 100 * SECOND };
  const machine = schedule({ settings });
  const options = { policy: "usual", settings, parts: 1, fastRecovery: false } as const;
  machine.begin(0, 1);
  machine.adopt(options, 0);
  assert.equal(machine.nextAt, 101 * SECOND);
  machine.onStarted(101 * SECOND);
  machine.adopt({ ...options, settings: { ...settings, delayLoopMicros: SECOND } }, 102 * SECOND);
  assert.equal(machine.nextAt, Number.POSITIVE_INFINITY);
});

test("7.3: a shorter L crowds nobody: checks that were spread over the old interval are spread over the new one", () => {
  const turns = Array.from({ length: 100 }, (_, i) => {
    const machine = schedule();
    const settings = { ...machine.settings, delayLoopMicros: SECOND };
    run(machine, "+");
    machine.nextAt = 40 * SECOND + (i * L) / 100;
    machine.adopt({ policy: "usual", settings, parts: 1, fastRecovery: false }, 40 * SECOND);
    assert.ok(machine.nextAt >= 40 * SECOND && machine.nextAt <= 41 * SECOND);
    return Math.floor(machine.nextAt / (SECOND / 10));
  });
  const busiest = Math.max(...[...new Set(turns)].map((turn) => turns.filter((one) => one === turn).length));
  assert.ok(busiest <= 11, `${busiest} of 100 in a tenth of the interval`);
});

test("7.3: a shorter L takes less time to come back to a place, and never more than a round of it", () => {
  const machine = schedule();
  const settings = { ...machine.settings, delayLoopMicros: SECOND };
  machine.nextAt = L;
  machine.onStarted(L + 8 * SECOND);
  machine.adopt({ policy: "usual", settings, parts: 1, fastRecovery: false }, L + 8 * SECOND);
  machine.onPassed(L + 8 * SECOND);
  assert.equal(machine.nextAt, L + 9 * SECOND);
});

const anyPolicy = fc.constantFrom<Policy>("usual", "urls", "dialogue", "script");

test("whatever the results, reports alternate, the next check comes, and never later than the longer delay", () => {
  fc.assert(
    fc.property(
      anyPolicy,
      fc.boolean(),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      fc.array(fc.boolean(), { maxLength: 60 }),
      (policy, alpha, parts, retry, results) => {
        const machine = schedule(
          { policy, parts, settings: { ...schedule().settings, alpha, retry } },
          alpha,
        );
        let last: Report | undefined;
        let now = 0;
        for (const passed of results) {
          machine.onStarted(now);
          const before = machine.up;
          const report = passed ? machine.onPassed(now) : machine.onFailed(now);
          if (report === "up" || report === "down") {
            assert.notEqual(report, last);
            assert.notEqual(machine.up, before);
            last = report;
          } else assert.equal(machine.up, before);
          if (report === "stillUp" || report === "stillDown") assert.equal(last, undefined);
          assert.ok(machine.nextAt >= now && machine.nextAt <= now + Math.max(L, D));
          assert.ok(machine.part >= 0 && machine.part < parts);
          now = machine.nextAt;
        }
      },
    ),
  );
});

test("however late checks are, none comes sooner than three quarters of L, and five later all is as it was", () => {
  const lateness = fc.array(fc.integer({ min: 0, max: 5 * L }), { maxLength: 20 });
  fc.assert(
    fc.property(anyPolicy, lateness, fc.boolean(), (policy, delays, suspended) => {
      const machine = schedule({ policy });
      machine.nextAt = 0;
      for (const late of [...delays, 0, 0, 0, 0, 0]) {
        const now = machine.nextAt + late;
        if (suspended) machine.onSkipped(now);
        else {
          machine.onStarted(now);
          machine.onPassed(now);
        }
        assert.ok(machine.nextAt >= now + 0.75 * L && machine.nextAt <= now + L);
      }
      assert.equal(machine.nextAt % L, 0);
    }),
  );
});

test("an up checker goes down after exactly R + 1 failures in a row", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), anyPolicy, (retry, policy) => {
      const machine = schedule({ policy, settings: { ...schedule().settings, retry } });
      const [, ...found] = reports(machine, `+${"-".repeat(retry + 1)}`);
      assert.deepEqual(found, [...Array.from({ length: retry }, () => undefined), "down"]);
    }),
  );
});
