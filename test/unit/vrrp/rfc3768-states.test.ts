/** RFC 3768 section 6.4 (version 2), where it differs from version 3, and the rules they share once more in short. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Segment } from "./segment.js";
import { seconds, settings } from "./settings.js";

const A = "192.0.2.1";

test("6.2 Skew_Time is (256 - priority) / 256 seconds, whatever the interval", () => {
  const lan = new Segment();
  lan.join("a", settings({ priority: 100, advertIntervalMicros: seconds(5) }), A);
  assert.equal(lan.instance("a").skewMicros, 609_375);
  assert.equal(lan.instance("a").masterDownMicros, 15_609_375);
});

test("6.4.1 the owner becomes master at the start, others wait as backup", () => {
  const lan = new Segment();
  lan.join("a", settings({ priority: 255, initialState: "MASTER" }), A);
  lan.join("b", settings({ priority: 254 }), "192.0.2.2");
  lan.advance(10);
  assert.deepEqual([lan.state("a"), lan.state("b")], ["master", "backup"]);
});

test("6.4.2 priority 0 shortens the wait to the skew", () => {
  const lan = new Segment();
  lan.join("a", settings(), A);
  lan.advance(seconds(1));
  lan.outsider("192.0.2.9", settings({ priority: 0 }));
  lan.advance(609_374);
  assert.equal(lan.state("a"), "backup");
  lan.advance(1);
  assert.equal(lan.state("a"), "master");
});

test("6.4.2 an advert as good as ours restarts the wait; a worse one only without preemption", () => {
  for (const [priority, preempt, state] of [
    [100, true, "backup"],
    [99, true, "master"],
    [99, false, "backup"],
  ] as const) {
    const lan = new Segment();
    lan.join("a", settings({ preempt }), A);
    lan.advance(seconds(3));
    lan.outsider("192.0.2.9", settings({ priority }));
    lan.advance(seconds(1));
    assert.equal(lan.state("a"), state, `priority ${priority}, preempt ${preempt}`);
  }
});

test("6.4.3 shutdown sends priority 0, a timer sends the priority", () => {
  const lan = new Segment();
  lan.join("a", settings(), A);
  lan.advance(seconds(5));
  lan.stop("a");
  assert.deepEqual(
    lan.sent("a").map(({ priority }) => priority),
    [100, 100, 0],
  );
});

test("6.4.3 priority 0 is answered at once", () => {
  const lan = new Segment();
  lan.join("a", settings(), A);
  lan.advance(seconds(4));
  lan.outsider("192.0.2.9", settings({ priority: 0 }));
  lan.advance(0);
  assert.equal(lan.sent("a").at(-1)?.at, seconds(4));
});

test("6.4.3 higher priority, or equal priority and higher address: to backup", () => {
  for (const [priority, source, state] of [
    [101, "192.0.2.0", "backup"],
    [100, "192.0.2.9", "backup"],
    [100, "192.0.2.0", "master"],
  ] as const) {
    const lan = new Segment();
    lan.join("a", settings(), A);
    lan.advance(seconds(4));
    lan.outsider(source, settings({ priority }));
    lan.advance(0);
    assert.equal(lan.state("a"), state);
  }
});

test("6.4.3 keepalived: a lower priority is answered with an advert, where RFC 3768 only discards it", () => {
  const lan = new Segment();
  lan.join("a", settings(), A);
  lan.advance(seconds(4));
  lan.outsider("192.0.2.9", settings({ priority: 50 }));
  lan.advance(0);
  assert.equal(lan.sent("a").at(-1)?.at, seconds(4));
});

test("version 2 keeps its own interval whatever a master says", () => {
  const lan = new Segment();
  lan.join("a", settings(), A);
  lan.outsider("192.0.2.9", settings({ priority: 200 }));
  lan.advance(0);
  assert.equal(lan.instance("a").masterIntervalMicros, seconds(1));
});
