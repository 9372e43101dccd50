/** The order of changes (reference 12.1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { objectOf, sameWish } from "../../../src/net/kernel-object.js";
import { type Placed, planSteps } from "../../../src/net/plan.js";
import { address, route, rule } from "./settings.js";

const place = (objects: Placed["object"][]): Placed[] => objects.map((object, order) => ({ object, order }));

test("routes go first and come last, everything in the order of the configuration", () => {
  const old = place([
    objectOf(address("192.0.2.9")),
    objectOf(route("10.9.0.0/16")),
    objectOf(address("192.0.2.1")),
  ]);
  const wanted = place([
    objectOf(route("10.1.0.0/16")),
    objectOf(address("192.0.2.2")),
    objectOf(address("192.0.2.1")),
  ]);
  const steps = planSteps(wanted.reverse(), old).map(({ verb, object }) => `${verb} ${object.key}`);
  assert.deepEqual(steps, [
    "remove route 10.9.0.0/16 254 0 0 1  eth0",
    "remove address eth0 192.0.2.9/32",
    "add address eth0 192.0.2.2/32",
    "add route 10.1.0.0/16 254 0 0 1  eth0",
  ]);
});

test("rules go first and come last; what changed is away for as short a time as possible", () => {
  const old = place([objectOf(route("10.1.0.0/16")), objectOf(route("10.2.0.0/16")), objectOf(rule())]);
  const wanted = place([
    objectOf(rule({ preference: 5 })),
    objectOf(route("10.3.0.0/16")),
    objectOf(route("10.1.0.0/16", { mtu: 1400 })),
  ]);
  const steps = planSteps(wanted, old).map(({ verb, object }) => `${verb} ${object.key.slice(0, 17).trim()}`);
  assert.deepEqual(steps, [
    "remove rule,2,100,18,1,1",
    "remove route 10.2.0.0/16",
    "add route 10.3.0.0/16",
    "remove route 10.1.0.0/16",
    "add route 10.1.0.0/16",
    "add rule,2,5,18,1,100",
  ]);
});

test("carried out, the steps lead from what is present to what is wanted", () => {
  const some = fc
    .uniqueArray(fc.nat(15))
    .map((numbers) =>
      place(
        numbers.map((n) => (n % 2 ? objectOf(address(`192.0.2.${n}`)) : objectOf(route(`10.${n}.0.0/16`)))),
      ),
    );
  fc.assert(
    fc.property(some, some, (wanted, present) => {
      const kernel = new Set(present.map(({ object }) => object.key));
      for (const { verb, object } of planSteps(wanted, present)) {
        if (verb === "add") assert.ok(!kernel.has(object.key) && kernel.add(object.key));
        else assert.ok(kernel.delete(object.key));
      }
      assert.deepEqual([...kernel].sort(), wanted.map(({ object }) => object.key).sort());
    }),
  );
});

test("where a wish is written does not make it another wish", () => {
  const vip = address("192.0.2.1");
  assert.ok(sameWish(vip, { ...vip, position: { file: "x", line: 7, column: 7 }, noTrack: true }));
  assert.ok(!sameWish(vip, { ...vip, label: "eth0:1" }));
  assert.ok(!sameWish(route("10.0.0.0/8"), route("10.0.0.0/8", { mtu: 1400 })));
});
