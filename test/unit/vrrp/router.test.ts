/** Which instance goes on as which after a reload, when names, peers and groups are not all the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { addressBytes } from "../../../src/vrrp/outgoing.js";
import { Router } from "../../../src/vrrp/router.js";
import { group, seconds, settings } from "./settings.js";

const source = addressBytes("192.0.2.1");
const toA = settings({ name: "A", sourceAddress: "192.0.2.1", unicastPeers: [{ address: "192.0.2.2" }] });
const toB = settings({ name: "B", sourceAddress: "192.0.2.1", unicastPeers: [{ address: "192.0.2.3" }] });

function running(instances: readonly VrrpInstanceConfig[]): Router {
  const router = new Router({ instances, syncGroups: [] });
  router.start(0);
  for (const instance of router.instances) {
    router.handle(instance, { kind: "sourceChanged", source }, 0);
    router.handle(instance, { kind: "timerFired", timer: "masterDown" }, seconds(4));
  }
  return router;
}

const kinds = (effects: ReturnType<Router["reconfigure"]>): string[] =>
  effects.map(({ effect }) => effect.kind);

test("two unicast instances that differ in their peers only both go on, in either order", () => {
  const router = running([toA, toB]);
  const [a, b] = router.instances;
  assert.deepEqual(kinds(router.reconfigure({ instances: [toB, toA], syncGroups: [] }, seconds(5))), []);
  assert.deepEqual(router.instances, [b, a]);
  assert.deepEqual(
    router.instances.map(({ state }) => state),
    ["master", "master"],
  );
});

test("an instance that gets another peer goes on", () => {
  const router = running([toA]);
  const [a] = router.instances;
  const more = { ...toA, unicastPeers: [...toA.unicastPeers, { address: "192.0.2.9" }] };
  router.reconfigure({ instances: [more], syncGroups: [] }, seconds(5));
  assert.deepEqual(router.instances, [a]);
  assert.equal(a?.state, "master");
});

test("of two that share all but their peers, the one whose peers went is the one that stops", () => {
  const router = running([toA, toB]);
  const [a, b] = router.instances;
  router.reconfigure({ instances: [toB], syncGroups: [] }, seconds(5));
  assert.deepEqual(router.instances, [b]);
  assert.equal(a?.running, false);
});

test("only instances that are new or have other settings are news of a reload", () => {
  const [a, b, c] = ["A", "B", "C"].map((name, i) => settings({ name, virtualRouterId: i + 1 }));
  assert.ok(a && b && c);
  const router = running([a, b]);
  const next = [c, { ...b, priority: 50 }, a];
  assert.deepEqual(kinds(router.reconfigure({ instances: next, syncGroups: [] }, seconds(5))), [
    "settingsChanged",
    "log",
    "notifyPriority",
  ]);
  assert.deepEqual(
    router.renewed.map(({ name }) => name),
    ["C", "B"],
  );
  const started = router.start(seconds(5)).map(({ instance }) => instance?.name);
  assert.deepEqual([...new Set(started)], ["C"]);
});

test("who waits for the end of the startup delay hears of another one, also with the very same settings", () => {
  const config = { instances: [settings()], syncGroups: [] };
  const router = new Router(config);
  router.start(0, seconds(10));
  router.reconfigure(config, seconds(5));
  assert.deepEqual(router.renewed, []);
  const before = router.instances[0]?.deadline ?? 0;
  router.start(seconds(5), seconds(7));
  assert.equal(router.instances[0]?.deadline, before - seconds(3));
});

test("an unchanged sync group in BACKUP is not disturbed by a reload: who waits for the last member goes on waiting", () => {
  const members = [settings({ name: "A" }), settings({ name: "B", virtualRouterId: 52 })];
  const config = { instances: members, syncGroups: [group("G", ["A", "B"])] };
  const router = new Router(config);
  router.start(0);
  const [a, b] = router.instances;
  assert.ok(a && b);
  router.handle(a, { kind: "timerFired", timer: "masterDown" }, seconds(3.6));
  assert.equal(a.wantsMaster, true);
  assert.deepEqual(kinds(router.reconfigure(config, seconds(3.7))), []);
  assert.equal(a.wantsMaster, true);
  router.handle(b, { kind: "timerFired", timer: "masterDown" }, seconds(3.8));
  assert.deepEqual([a.state, b.state], ["master", "master"]);
});

test("an advert with our own address and priority is told of once per term", () => {
  const router = running([settings()]);
  const [instance] = router.instances;
  assert.ok(instance);
  const advert = { priority: 100, intervalMicros: seconds(1), source };
  const told = (): string[] => kinds(router.handle(instance, { kind: "advertReceived", advert }, seconds(5)));
  assert.deepEqual(told(), ["log"]);
  assert.deepEqual(told(), []);
});
