/** A reload passes over instances whose settings are the very same object: that must make no difference (reference 16.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { UnicastPeer, VrrpInstanceConfig } from "../../../src/config/model.js";
import type { InstanceEvent } from "../../../src/vrrp/events.js";
import { Router, type RoutedEffect, type RouterConfig } from "../../../src/vrrp/router.js";
import { address, group, seconds, settings } from "./settings.js";

const SOURCE = new Uint8Array([192, 0, 2, 1]);
const NAMES = ["a", "b", "c"];

const wish = fc.record({
  interface: fc.constantFrom("eth0", "eth1"),
  priority: fc.constantFrom(100, 150, 255),
  unicastPeers: fc.subarray<UnicastPeer>([{ address: "192.0.2.9" }]),
  addresses: fc.subarray([address("192.0.2.100"), address("192.0.2.101")], { minLength: 1 }),
});
type Wish = typeof wish extends fc.Arbitrary<infer T> ? T : never;

const event: fc.Arbitrary<InstanceEvent> = fc.oneof(
  fc.constant<InstanceEvent>({ kind: "timerFired", timer: "masterDown" }),
  fc.constant<InstanceEvent>({ kind: "timerFired", timer: "advert" }),
  fc.constantFrom(0, 50, 200).map(
    (priority): InstanceEvent => ({
      kind: "advertReceived",
      advert: { priority, intervalMicros: seconds(1), source: new Uint8Array([192, 0, 2, 9]) },
    }),
  ),
  fc
    .constantFrom(["tracker" as const], [])
    .map((faults): InstanceEvent => ({ kind: "faultsChanged", faults, cause: "test" })),
);

/** Something that happens to one instance, or a reload that changes, makes or removes one, with a group or without. */
const step = fc.oneof(
  fc.record({ at: fc.nat(2), event }),
  fc.record({ at: fc.nat(2), next: fc.option(wish, { nil: undefined }), grouped: fc.boolean() }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a router does, in words; the objects of settings do not count. */
function wordsOf(effects: readonly RoutedEffect[]): string[] {
  return effects.map(({ instance, effect }) => `${instance?.name ?? ""} ${JSON.stringify(effect)}`);
}

/** A router that lives through these steps; `kept`: what a reload does not change is the same object, or an equal one. */
function live(first: readonly Wish[], steps: readonly Step[], kept: boolean): string[] {
  const settingsOf = (i: number, one: Wish | undefined): VrrpInstanceConfig | undefined =>
    one && settings({ name: NAMES[i] ?? "", virtualRouterId: 51 + i, ...one });
  let wishes = first.map((one, i) => settingsOf(i, one));
  const configOf = (grouped: boolean): RouterConfig => {
    const instances = wishes.flatMap((one) => (one === undefined ? [] : kept ? one : structuredClone(one)));
    return { instances, syncGroups: grouped ? [group("G", ["a", "b"])] : [] };
  };
  const router = new Router(configOf(false));
  let now = seconds(1);
  const said: string[] = [];
  const hear = (effects: readonly RoutedEffect[]): void => void said.push(...wordsOf(effects));
  const begin = (): void => {
    for (const instance of router.instances)
      if (!instance.running) hear(router.handle(instance, { kind: "sourceChanged", source: SOURCE }, now));
    hear(router.start(now));
  };
  begin();
  for (const one of steps) {
    now += seconds(1);
    if ("event" in one) {
      const instance = router.instances[one.at];
      if (instance !== undefined) hear(router.handle(instance, one.event, now));
    } else {
      const { at, next, grouped } = one;
      wishes = wishes.map((old, i) => (i === at ? settingsOf(i, next) : old));
      hear(router.reconfigure(configOf(grouped), now));
      begin();
    }
    said.push(router.instances.map(({ name, state, deadline }) => `${name} ${state} ${deadline}`).join());
  }
  return said;
}

test("an instance that a reload passes over does what it would do if it were given equal settings", () => {
  fc.assert(
    fc.property(
      fc.array(wish, { minLength: 3, maxLength: 3 }),
      fc.array(step, { maxLength: 8 }),
      (first, steps) => {
        assert.deepEqual(live(first, steps, true), live(first, steps, false));
      },
    ),
    { numRuns: 500 },
  );
});
