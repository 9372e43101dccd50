/** Garbage is collected when it disturbs nobody: before service, and what is short-lived once more when all is quiet. */
import assert from "node:assert/strict";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { mock, test } from "node:test";
import { collectBeforeService, collectWhenQuiet } from "../../../src/platform/heap.js";

const { NODE_PERFORMANCE_GC_MAJOR: MAJOR, NODE_PERFORMANCE_GC_MINOR: MINOR } = constants;

/** Kinds of the collections that were asked for while `act` ran, whatever memory demanded meanwhile. */
async function collections(act: () => void): Promise<number[]> {
  const kinds: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind, flags } = (entry as unknown as { detail: { kind: number; flags: number } }).detail;
      if (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) kinds.push(kind);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  act();
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  observer.disconnect();
  return kinds;
}

test("everything at once, the short-lived after 6 s and 6 s later; a second start moves that", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  assert.deepEqual(await collections(collectBeforeService), [MAJOR]);
  mock.timers.tick(4000);
  assert.deepEqual(await collections(collectBeforeService), [MAJOR]);
  assert.deepEqual(await collections(() => mock.timers.tick(5999)), []);
  assert.deepEqual(await collections(() => mock.timers.tick(1)), [MINOR]);
  assert.deepEqual(await collections(() => mock.timers.tick(6000)), [MINOR]);
  assert.deepEqual(await collections(() => mock.timers.tick(60_000)), []);
  mock.timers.reset();
});

test("after a reload the short-lived objects when all is quiet; everything when more than 8 MiB have come", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const afterReload = (): Promise<number[]> => {
    collectWhenQuiet();
    return collections(() => mock.timers.tick(6000));
  };
  collectBeforeService();
  const kept = [new Array<number>(7 << 17).fill(1)];
  assert.deepEqual(await afterReload(), [MINOR]);
  kept.push(new Array<number>(1 << 18).fill(1));
  assert.deepEqual(await afterReload(), [MAJOR]);
  assert.deepEqual(await afterReload(), [MINOR]);
  assert.equal(kept.length, 2);
  mock.timers.reset();
});
