/** One virtual router twice on a LAN: which instance may not take part, as its interfaces lie (reference 14.4, core 19). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import type { Link } from "../../../src/net/links.js";
import { SameLan } from "../../../src/vrrp/same-lan.js";
import { settings } from "./settings.js";

/** A host with these links: name, index, and kind and base of one that lies on another. */
function host(...table: Array<[name: string, index: number, kind?: string, parent?: number]>) {
  const links = table.map(
    ([name, index, kind, parent = 0]) =>
      ({ name, index, kind, parent, addresses: new Map() }) as unknown as Link,
  );
  return {
    byName: (name: string) => links.find((link) => link.name === name),
    byIndex: (index: number) => links.find((link) => link.index === index),
  };
}

const instance = (
  name: string,
  device: string,
  changes: Partial<VrrpInstanceConfig> = {},
): VrrpInstanceConfig => settings({ name, interface: device, ...changes });

/** Names of those that may not take part. */
function refused(instances: readonly VrrpInstanceConfig[], links: ReturnType<typeof host>): string[] {
  const sameLan = new SameLan(instances);
  return instances.filter((one) => sameLan.conflict(one, links) !== undefined).map(({ name }) => name);
}

const onMacvlan = instance("M", "m0");
const onBase = instance("A", "a0");

test("an instance on a macvlan gives way to the one on its base, wherever it stands in the file", () => {
  const links = host(["a0", 2], ["m0", 3, "macvlan", 2]);
  assert.deepEqual(refused([onMacvlan, onBase], links), ["M"]);
  assert.deepEqual(refused([onBase, onMacvlan], links), ["M"]);
  const words = new SameLan([onMacvlan, onBase]).conflict(onMacvlan, links);
  assert.equal(words, "VRID conflict between M and A IPv4 vrid 51: m0 is on the LAN of a0");
});

test("of several on links above the same base the first in the file takes part", () => {
  const links = host(["a0", 2], ["m0", 3, "macvlan", 2], ["m1", 4, "ipvlan", 2], ["m2", 5, "macvtap", 4]);
  const all = [instance("X", "m2"), instance("Y", "m1"), onMacvlan];
  assert.deepEqual(refused(all, links), ["Y", "M"]);
});

test("on another base, as another kind, or gone: it may take part", () => {
  const both = [onMacvlan, onBase];
  assert.deepEqual(refused(both, host(["a0", 2], ["b0", 4], ["m0", 3, "macvlan", 4])), []);
  assert.deepEqual(refused(both, host(["a0", 2], ["m0", 3, "vlan", 2])), [], "a VLAN is a LAN of its own");
  assert.deepEqual(refused(both, host(["a0", 2], ["m0", 3, "veth", 4])), []);
  assert.deepEqual(refused(both, host(["a0", 2])), []);
  assert.deepEqual(refused(both, host(["m0", 3, "macvlan", 0])), [], "its base is in another namespace");
});

test("another vrid, family or multicast group is another router, and unicast has no LAN", () => {
  const links = host(["a0", 2], ["m0", 3, "macvlan", 2]);
  const peer = { address: "192.0.2.9" };
  for (const changes of [
    { virtualRouterId: 52 },
    { family: 6 },
    { multicastGroup: "224.0.0.99" },
    { unicastPeers: [peer] },
  ] as Array<Partial<VrrpInstanceConfig>>)
    assert.deepEqual(refused([instance("M", "m0", changes), onBase], links), []);
});

test("a change of the other's interface concerns an instance, of an unrelated one does not", () => {
  const sameLan = new SameLan([onMacvlan, onBase, instance("Z", "z0", { virtualRouterId: 7 })]);
  assert.deepEqual(
    ["a0", "m0", "z0"].map((link) => sameLan.concerns(onMacvlan, link)),
    [true, true, false],
  );
});

test("a reload concerns an instance when another one of its router came, went or changed", () => {
  const other = instance("Z", "z0", { virtualRouterId: 7 });
  const changed = (before: VrrpInstanceConfig[], now: VrrpInstanceConfig[]): string[] => [
    ...new SameLan(now).changedSince(new SameLan(before)),
  ];
  assert.deepEqual(changed([onMacvlan, onBase, other], [other, onMacvlan, onBase]), []);
  assert.deepEqual(changed([onBase, other], [onMacvlan, onBase, other]), ["M", "A"]);
  assert.deepEqual(changed([onMacvlan, onBase, other], [onBase, other]), ["A"]);
  assert.deepEqual(changed([onMacvlan, onBase, other], [onMacvlan, { ...onBase, interface: "b0" }, other]), [
    "M",
    "A",
  ]);
});
