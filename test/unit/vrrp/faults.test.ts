/** Links to faults and weights: reference sections 10.2 and 10.3. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrackedInterface, VrrpInstanceConfig } from "../../../src/config/model.js";
import * as faults from "../../../src/vrrp/faults.js";
import type { LinkView } from "../../../src/vrrp/faults.js";
import { address, group, settings } from "./settings.js";

/** Without the marks, which the verdict is made of. */
function judge(
  instance: VrrpInstanceConfig,
  trackInterfaces: TrackedInterface[],
  links: LinkView,
  hasSource: boolean,
  devices: string[] = [],
): Omit<faults.Verdict, "marks"> {
  const { marks: _marks, ...verdict } = faults.judge(instance, {
    links,
    group: { ...group("G", []), trackInterfaces },
    trackers: { find: () => undefined },
    devices,
    hasSource,
  });
  return verdict;
}

/** Names of links: up, or down when marked with "-". */
function links(...names: string[]): LinkView {
  return {
    isUp: (name) => names.includes(name),
    exists: (name) => names.includes(name) || names.includes(`-${name}`),
    downBy: () => undefined,
  };
}

const tracked = (name: string, weight = 0, reverse = false): TrackedInterface => ({ name, weight, reverse });

test("nothing is wrong when everything is up", () => {
  assert.deepEqual(judge(settings(), [], links("eth0"), true), { faults: [], weight: 0, cause: "" });
});

test("the own interface down is a fault, with its name as cause", () => {
  const verdict = judge(settings(), [], links("-eth0"), true);
  assert.deepEqual(verdict, { faults: ["interfaceDown"], weight: 0, cause: "eth0 is down" });
});

test("a link that was asked for and is down: the cause says who was asked", () => {
  const asked = { ...links("-eth0"), downBy: () => "ETHTOOL" };
  assert.equal(judge(settings(), [], asked, true).cause, "eth0 is down by ETHTOOL");
});

test("a missing interface is told from one that is down", () => {
  assert.equal(judge(settings(), [], links(), true).cause, "eth0 does not exist");
});

test("dont_track_primary: the own interface may be down, but not missing", () => {
  const instance = settings({ trackPrimary: false });
  assert.deepEqual(judge(instance, [], links("-eth0"), true).faults, []);
  assert.deepEqual(judge(instance, [], links(), true).faults, ["interfaceDown"]);
});

test("no address to send from is a fault, and what is known of it is said", () => {
  const { cause } = faults.judge(settings(), {
    links: links("eth0"),
    group: undefined,
    trackers: { find: () => undefined },
    devices: [],
    hasSource: false,
    sourceProblem: "fe80::2 is in use on another host",
  });
  assert.equal(cause, "no IPv4 address on eth0 to send from: fe80::2 is in use on another host");
  assert.deepEqual(judge(settings(), [], links("eth0"), false).faults, ["noAddress"]);
});

test("the device of an address counts unless no_track", () => {
  const elsewhere = { ...address("198.51.100.1"), device: "eth1" };
  assert.deepEqual(judge(settings({ addresses: [elsewhere] }), [], links("eth0"), true).faults, [
    "interfaceDown",
  ]);
  const loose = { ...elsewhere, noTrack: true };
  assert.deepEqual(judge(settings({ addresses: [loose] }), [], links("eth0"), true).faults, []);
});

test("tracked without weight: down is a fault, with reverse up is one", () => {
  const plain = settings({ trackInterfaces: [tracked("eth1")] });
  assert.deepEqual(judge(plain, [], links("eth0"), true).faults, ["interfaceDown"]);
  const reverse = settings({ trackInterfaces: [tracked("eth1", 0, true)] });
  assert.deepEqual(judge(reverse, [], links("eth0", "eth1"), true).faults, ["tracker"]);
  assert.deepEqual(judge(reverse, [], links("eth0"), true).faults, []);
});

for (const [weight, reverse, up, down] of [
  [10, false, 10, 0],
  [-10, false, 0, -10],
  [10, true, -10, 0],
  [-10, true, 0, 10],
] as const) {
  test(`weight ${weight}${reverse ? " reverse" : ""}: ${up} when up, ${down} when down`, () => {
    const instance = settings({ trackInterfaces: [tracked("eth1", weight, reverse)] });
    assert.equal(judge(instance, [], links("eth0", "eth1"), true).weight, up);
    assert.equal(judge(instance, [], links("eth0"), true).weight + 0, down);
    assert.deepEqual(judge(instance, [], links("eth0"), true).faults, []);
  });
}

test("a configuration that holds the instance in fault does, with its reason", () => {
  const held = settings({ permanentFault: "no unicast peer" });
  const verdict = judge(held, [], links("eth0"), true);
  assert.deepEqual(verdict, { faults: ["configuration"], weight: 0, cause: "no unicast peer" });
});

test("what the sync group tracks counts for each member", () => {
  assert.equal(judge(settings(), [tracked("eth1", 5)], links("eth0", "eth1"), true).weight, 5);
});

test("tracked by the instance and its group: the entry without weight of the instance counts, else that of the group", () => {
  const unweighted = settings({ trackInterfaces: [tracked("eth1")] });
  assert.deepEqual(judge(unweighted, [tracked("eth1", 5)], links("eth0"), true).faults, ["interfaceDown"]);
  const weighted = settings({ trackInterfaces: [tracked("eth1", 7)] });
  assert.equal(judge(weighted, [tracked("eth1", 5)], links("eth0", "eth1"), true).weight, 5);
  assert.deepEqual(judge(weighted, [tracked("eth1")], links("eth0"), true).faults, ["interfaceDown"]);
});

test("track_group: the interface of a static entry down is a fault (reference 12.5)", () => {
  const verdict = judge(settings(), [], links("eth0", "-eth3"), true, ["eth3"]);
  assert.deepEqual(verdict, { faults: ["interfaceDown"], weight: 0, cause: "eth3 is down" });
});

test("track_src_ip: the message names the address that is missing", () => {
  const held = settings({ trackSourceAddress: true, sourceAddress: "192.0.2.9" });
  const verdict = judge(held, [], links("eth0"), false);
  assert.deepEqual(verdict, {
    faults: ["noAddress"],
    weight: 0,
    cause: "the source address 192.0.2.9 is missing",
  });
});
