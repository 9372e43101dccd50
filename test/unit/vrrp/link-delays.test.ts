/** interface_up_down_delays (reference section 10.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LinkDelays, longestDelay } from "../../../src/vrrp/link-delays.js";
import { seconds, settings } from "./settings.js";

const FOREVER = Number.POSITIVE_INFINITY;

function delays(): LinkDelays {
  const it = new LinkDelays();
  it.setDelays([{ name: "eth0", downMicros: seconds(2), upMicros: seconds(3) }]);
  return it;
}

test("down counts after its delay, up after the other", () => {
  const it = delays();
  assert.equal(it.changed("eth0", true, false, seconds(10), FOREVER), seconds(12));
  assert.equal(it.isUp("eth0", false), true);
  assert.deepEqual(it.takeDue(seconds(11.9)), []);
  assert.deepEqual(it.takeDue(seconds(12)), ["eth0"]);
  assert.equal(it.isUp("eth0", false), false);
  assert.equal(it.changed("eth0", false, true, seconds(20), FOREVER), seconds(23));
  assert.equal(it.isUp("eth0", true), false);
  assert.deepEqual(it.takeDue(seconds(23)), ["eth0"]);
  assert.equal(it.deadline, undefined);
});

test("a change that is taken back never counts, and the next one waits anew", () => {
  const it = delays();
  it.changed("eth0", true, false, seconds(10), FOREVER);
  assert.equal(it.changed("eth0", false, true, seconds(11), FOREVER), undefined);
  assert.equal(it.isUp("eth0", true), true);
  assert.equal(it.deadline, undefined);
  assert.equal(it.changed("eth0", true, false, seconds(11.5), FOREVER), seconds(13.5));
});

test("without a delay, for a link that has never been up, and for one that is gone there is no wait", () => {
  const it = delays();
  assert.equal(it.changed("eth1", true, false, seconds(1), FOREVER), undefined);
  assert.equal(it.isUp("eth1", false), false);
  assert.equal(it.changed("eth0", false, true, seconds(1), FOREVER), undefined);
  assert.equal(it.isUp("eth0", true), true);
  it.changed("eth0", true, false, seconds(2), FOREVER);
  assert.equal(it.changed("eth0", false, undefined, seconds(3), FOREVER), undefined);
  assert.equal(it.isUp("eth0", false), false);
});

test("the wait ends before a backup could take over; with down_timer_adverts 1 there is none", () => {
  const of = (changes: Parameters<typeof settings>[0], learnt = seconds(1)) => ({
    settings: settings(changes),
    masterIntervalMicros: learnt,
  });
  assert.equal(longestDelay([of({})]), seconds(2) - Math.ceil(1_000_000 / 256));
  assert.equal(longestDelay([of({}), of({}, 100_000)]), 200_000 - Math.ceil(100_000 / 256));
  assert.equal(longestDelay([of({ downTimerAdverts: 1 })]), 0);
  assert.equal(longestDelay([]), FOREVER);
  const it = delays();
  assert.equal(it.changed("eth0", true, false, 0, 500_000), 500_000);
  assert.equal(delays().changed("eth0", true, false, 0, 0), undefined);
});
