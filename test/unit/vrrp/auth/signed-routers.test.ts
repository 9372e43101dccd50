/** auth_hmac between routers that run: roll-out and rotation by reload without a lost advert, clocks that are stepped. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HmacSetting } from "../../../../src/config/model.js";
import { Segment } from "../segment.js";
import { seconds, settings } from "../settings.js";

const keyOf = (id: number) => ({ id, hex: String(id).padStart(2, "0").repeat(32) });
const hmac = (changes: Partial<HmacSetting> = {}): HmacSetting => ({
  keys: [keyOf(1)],
  activeKey: 1,
  timeWindowSeconds: 5,
  antiReplay: "time",
  mode: "enforce",
  ...changes,
});
const PRIORITIES = { a: 150, b: 100 };
type Name = keyof typeof PRIORITIES;
const router = (name: Name, signing?: HmacSetting) =>
  settings({
    name: name.toUpperCase(),
    version: 3,
    priority: PRIORITIES[name],
    ...(signing && { hmac: signing }),
  });

/** Two routers that have settled: a is MASTER. */
function pair(signing?: HmacSetting): Segment {
  const lan = new Segment();
  lan.join("a", router("a", signing), "192.0.2.1");
  lan.join("b", router("b", signing), "192.0.2.2");
  lan.advance(seconds(10));
  assert.deepEqual([lan.state("a"), lan.state("b")], ["master", "backup"]);
  return lan;
}

/** Reloads both, one after the other; each advert in between is heard. */
function roll(lan: Segment, signing: HmacSetting): void {
  for (const name of ["a", "b"] as const) {
    lan.reload(name, router(name, signing));
    lan.advance(seconds(5));
  }
}

const EXTENSION_ERRORS = [
  "extensionMissing",
  "extensionMalformed",
  "extensionUnknownKey",
  "extensionInvalidHmac",
  "extensionStale",
  "extensionReplay",
  "packetLengthErrors",
] as const;

function refused(lan: Segment, name: Name): number {
  const { counters } = lan.instance(name);
  return EXTENSION_ERRORS.reduce((total, key) => total + counters[key], 0);
}

/** Adverts of a that b has not heard. */
const lost = (lan: Segment): number => lan.sent("a").length - lan.instance("b").counters.advertsReceived;

test("reference 5: roll-out by receive-only, permissive and enforce loses no advert", () => {
  const lan = pair();
  const before = lost(lan);
  for (const mode of ["receive-only", "permissive", "enforce"] as const) roll(lan, hmac({ mode }));
  assert.equal(lost(lan), before);
  assert.deepEqual([lan.state("a"), lan.state("b")], ["master", "backup"]);
  assert.deepEqual([refused(lan, "a"), refused(lan, "b")], [0, 0]);
});

test("reference 5: rotation by three reloads loses no advert", () => {
  const lan = pair(hmac());
  const before = lost(lan);
  const both = [keyOf(1), keyOf(2)];
  roll(lan, hmac({ keys: both }));
  roll(lan, hmac({ keys: both, activeKey: 2 }));
  roll(lan, hmac({ keys: [keyOf(2)], activeKey: 2 }));
  assert.equal(lost(lan), before);
  assert.deepEqual([refused(lan, "a"), refused(lan, "b")], [0, 0]);
  assert.equal(lan.state("b"), "backup");
});

test("a key that only one side has: the others do not hear it, and say why", () => {
  const lan = pair(hmac());
  lan.reload("a", router("a", hmac({ keys: [keyOf(7)], activeKey: 7 })));
  lan.advance(seconds(5));
  assert.equal(lan.state("b"), "master");
  assert.ok(lan.instance("b").counters.extensionUnknownKey > 0);
  lan.reload("a", router("a", hmac()));
  lan.advance(seconds(5));
  assert.deepEqual([lan.state("a"), lan.state("b")], ["master", "backup"]);
});

for (const antiReplay of ["time", "monotonic"] as const) {
  test(`anti_replay ${antiReplay}: a clock that goes back within the window is no reason to fail over`, () => {
    const lan = pair(hmac({ antiReplay }));
    lan.node("a").clockErrorMillis = -4_000;
    lan.advance(seconds(30));
    assert.deepEqual([refused(lan, "b"), lan.state("b")], [0, "backup"]);
  });

  test(`anti_replay ${antiReplay}: clocks of all set back by an hour together go on at once`, () => {
    const lan = pair(hmac({ antiReplay }));
    for (const name of ["a", "b"]) lan.node(name).clockErrorMillis = -3_600_000;
    lan.advance(seconds(30));
    assert.deepEqual([refused(lan, "b"), lan.state("b")], [0, "backup"]);
  });
}

test("anti_replay time: a master whose clock is an hour off is not heard; corrected, it is", () => {
  const lan = pair(hmac());
  lan.node("a").clockErrorMillis = 3_600_000;
  lan.advance(seconds(10));
  assert.equal(lan.state("b"), "master");
  assert.ok(lan.instance("b").counters.extensionStale > 0);
  lan.node("a").clockErrorMillis = 0;
  lan.advance(seconds(5));
  assert.deepEqual([lan.state("a"), lan.state("b")], ["master", "backup"]);
});

test("a router that is started again is heard at once: nothing of the numbers is kept on disk", () => {
  const lan = pair(hmac());
  lan.stop("a");
  lan.advance(seconds(3));
  assert.equal(lan.state("b"), "master");
  lan.start("a");
  lan.advance(seconds(5));
  assert.deepEqual([lan.state("a"), lan.state("b"), refused(lan, "b")], ["master", "backup", 0]);
});
