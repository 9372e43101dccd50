/** The rate limit of gratuitous ARP and NA (reference 11.4). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AnnounceQueue } from "../../../src/net/announce-queue.js";

const key = (item: string): string => item;

/** Everything that is sent, with its time, when the queue is served on time. */
function play(queue: AnnounceQueue<string>, first: string | undefined, now: number): string[] {
  const sent = first === undefined ? [] : [`${now} ${first}`];
  for (let due = queue.due; due !== undefined; due = queue.due) {
    assert.equal(queue.take(due - 1), undefined);
    sent.push(`${due} ${queue.take(due)?.item}`);
  }
  return sent;
}

test("the first frame goes at once, the others one per interval, in rotation", () => {
  const queue = new AnnounceQueue<string>(100);
  const first = queue.request("VI_1", ["a", "b", "c"], 2, 1000, key);
  assert.deepEqual(play(queue, first, 1000), ["1000 a", "1100 b", "1200 c", "1300 a", "1400 b", "1500 c"]);
});

test("a request that comes too early waits, and adds up to its repeat only", () => {
  const queue = new AnnounceQueue<string>(100);
  assert.equal(queue.request("VI_1", ["a"], 1, 1000, key), "a");
  assert.equal(queue.request("VI_1", ["a"], 3, 1010, key), undefined);
  assert.equal(queue.request("VI_1", ["a"], 3, 1020, key), undefined);
  assert.deepEqual(play(queue, undefined, 1020), ["1100 a", "1200 a", "1300 a"]);
});

test("leaving MASTER clears what waits, of this instance alone", () => {
  const queue = new AnnounceQueue<string>(100);
  queue.request("VI_1", ["a", "b"], 2, 0, key);
  queue.request("VI_2", ["x"], 1, 0, key);
  queue.cancel("VI_1");
  assert.deepEqual(play(queue, undefined, 0), ["100 x"]);
  assert.equal(queue.due, undefined);
});

test("never two frames within the interval, and k addresses get r frames each", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 6 }), (k, r) => {
      const queue = new AnnounceQueue<string>(7);
      const items = Array.from({ length: k }, (_, i) => `a${i}`);
      const sent = play(queue, queue.request("o", items, r, 0, key), 0);
      assert.equal(sent.length, k * r);
      assert.deepEqual(
        sent,
        Array.from({ length: k * r }, (_, i) => `${i * 7} a${i % k}`),
      );
    }),
  );
});
