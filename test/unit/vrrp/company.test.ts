/** Waiting for company: by the rhythm of the last burst, so that nobody is woken by an empty tick twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Company } from "../../../src/vrrp/company.js";

const TICK = 5_000;

/**
 * How often a process wakes up that hears adverts at these times, in order, as the channel does it: polled, or after a tick.
 * Times and ticks in microseconds.
 */
function wakeUps(arrivals: readonly number[]): number[] {
  const company = new Company();
  const woken: number[] = [];
  let next = 0;
  const takeUntil = (now: number): number => {
    const from = next;
    while ((arrivals[next] ?? Number.POSITIVE_INFINITY) <= now) next++;
    woken.push(now);
    return next - from;
  };
  while (next < arrivals.length) {
    let now = arrivals[next] ?? 0;
    takeUntil(now);
    for (let waits = company.onWakeUp(now, TICK); waits; ) {
      now += TICK;
      if (takeUntil(now) > 0) {
        waits = company.onTick(now);
      } else {
        company.onEmptyTick();
        waits = false;
      }
    }
  }
  return woken;
}

/** `rounds` times the same adverts, 100 ms apart. */
function rhythm(rounds: number, burst: readonly number[]): number[] {
  return Array.from({ length: rounds }, (_, i) => burst.map((at) => i * 100_000 + at)).flat();
}

test("the advert of a lone instance is waited for once; afterwards each wakes the process once", () => {
  assert.deepEqual(wakeUps(rhythm(4, [0])), [0, TICK, 100_000, 200_000, 300_000]);
});

test("a burst takes as many ticks as the one before, and none that is empty", () => {
  const burst = [0, 1, 2, 7_000, 7_001];
  const first = [0, TICK, 2 * TICK, 3 * TICK];
  assert.deepEqual(wakeUps(rhythm(1, burst)), first);
  const later = [0, TICK, 2 * TICK].map((at) => 100_000 + at);
  assert.deepEqual(wakeUps(rhythm(2, burst)), [...first, ...later]);
});

test("a burst that became longer is waited for anew, one that became shorter has one empty tick", () => {
  const longer = [...rhythm(2, [0]), 200_000, 200_100, 200_200, 203_000];
  // The second advert shows that the first should have waited; then a tick with the rest, and the empty one.
  assert.deepEqual(wakeUps(longer).slice(3), [200_000, 200_100, 205_100, 210_100]);
  const shorter = [0, 1_000, 100_000, 200_000];
  assert.deepEqual(wakeUps(shorter), [0, TICK, 2 * TICK, 100_000, 100_000 + TICK, 200_000]);
});

test("what never ceases wakes the process once a tick, also when it stood still before", () => {
  const stream = Array.from({ length: 1000 }, (_, i) => 1_000_000 + i * 500);
  const woken = wakeUps([...rhythm(3, [0]), ...stream]).filter((at) => at >= 1_000_000);
  assert.ok(woken.length <= 500_000 / TICK + 3, `${woken.length} times`);
});
