/** Two owners of the same addresses (reference section 8.5); keepalived only, RFC 9568 compares addresses and no more. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Segment } from "./segment.js";
import { seconds, settings } from "./settings.js";

const owner = settings({ priority: 255, initialState: "MASTER" });
const A = "192.0.2.5";

function alone(): Segment {
  const lan = new Segment();
  lan.join("a", owner, A);
  lan.advance(seconds(0.5));
  return lan;
}

test("of two owners the one with the lower address gives way, and the other stays", () => {
  const lan = new Segment();
  lan.join("b", owner, "192.0.2.2");
  lan.advance(seconds(5));
  lan.join("a", owner, A);
  lan.advance(seconds(20));
  assert.deepEqual([lan.state("a"), lan.state("b")], ["master", "backup"]);
  assert.equal(lan.instance("a").effectivePriority, 255);
  assert.match(lan.did("b", "log").join("\n"), /also owns the addresses/);
});

test("a rogue that goes on after two adverts of ours keeps mastership: we stand at 254 and follow", () => {
  const lan = alone();
  lan.outsider("192.0.2.2", owner); // 0.5 s: told at once, and again at 1.5 s
  lan.advance(seconds(1.2));
  assert.equal(lan.instance("a").effectivePriority, 255);
  lan.outsider("192.0.2.2", owner); // 1.7 s, within the watch until 2.7 s
  lan.advance(0);
  assert.equal(lan.instance("a").effectivePriority, 254);
  assert.equal(lan.state("a"), "backup");
});

test("an advert before we have said twice who we are proves nothing", () => {
  const lan = alone();
  lan.outsider("192.0.2.2", owner);
  lan.advance(0);
  assert.equal(lan.state("a"), "master");
  assert.equal(lan.instance("a").effectivePriority, 255);
});

test("silence in the watch ends the conflict: a later rival is a new one", () => {
  const lan = alone();
  lan.outsider("192.0.2.2", owner);
  lan.advance(seconds(5));
  lan.outsider("192.0.2.2", owner);
  lan.advance(0);
  assert.equal(lan.state("a"), "master");
  assert.equal(lan.instance("a").effectivePriority, 255);
});

/** A stands at 254 under a rogue; at 2 s. */
function yielded(): Segment {
  const lan = alone();
  lan.outsider("192.0.2.2", owner);
  lan.advance(seconds(1.2));
  lan.outsider("192.0.2.2", owner);
  lan.advance(seconds(0.3));
  assert.equal(lan.instance("a").effectivePriority, 254);
  return lan;
}

test("priority 255 returns when the rogue falls silent and we become MASTER, before our first advert", () => {
  const lan = yielded();
  const count = lan.sent("a").length;
  lan.advance(seconds(4));
  assert.equal(lan.state("a"), "master");
  assert.equal(lan.sent("a")[count]?.priority, 255);
});

test("priority 255 returns when somebody else, or a lesser priority, is heard", () => {
  for (const [source, priority] of [
    ["192.0.2.2", 200],
    ["192.0.2.7", 255],
  ] as const) {
    const lan = yielded();
    lan.outsider(source, settings({ priority }));
    lan.advance(0);
    assert.equal(lan.instance("a").effectivePriority, 255, `${priority} of ${source}`);
  }
  const lan = yielded();
  lan.outsider("192.0.2.2", owner);
  lan.advance(0);
  assert.equal(lan.instance("a").effectivePriority, 254, "the rogue itself does not lift it");
});
