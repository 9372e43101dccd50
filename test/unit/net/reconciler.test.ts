/** Desired state of addresses, routes and rules, against a fake kernel in virtual time (reference 12.1, 12.2, 12.4, 12.5). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Links } from "../../../src/net/links.js";
import { Reconciler } from "../../../src/net/reconciler.js";
import type { Setting } from "../../../src/net/settings.js";
import { FakeKernel } from "./fake-kernel.js";
import { address, manyAddresses, route, rule } from "./settings.js";
import { second, VirtualLoop } from "./virtual-loop.js";

function setUp() {
  const loop = new VirtualLoop();
  const links = new Links();
  const kernel = new FakeKernel(links, loop);
  const told: string[] = [];
  const name = (setting: Setting): string => {
    if ("address" in setting) return setting.address;
    return "destination" in setting ? setting.destination : `rule ${setting.preference}`;
  };
  const reconciler = new Reconciler(kernel, links, loop, {
    applied: (owner) => told.push(`applied ${owner}`),
    cleared: (owner) => told.push(`cleared ${owner}`),
    failed: (owner, setting, { code }) => told.push(`failed ${owner} ${name(setting)} ${code}`),
    lost: (owner, setting, putBack) => told.push(`lost ${owner} ${name(setting)} ${putBack}`),
    restored: (owner, setting) => told.push(`restored ${owner} ${name(setting)}`),
    accepted: (owner, setting) => told.push(`accepted ${owner} ${name(setting)}`),
    duplicate: (owner, setting) => told.push(`duplicate ${owner} ${name(setting)}`),
    usable: (owner, setting) => told.push(`usable ${owner} ${name(setting)}`),
  });
  kernel.link(3, "eth0", true);
  return { loop, links, kernel, reconciler, told };
}

const VIP = address("192.0.2.1/24");
const VIP_TEXT = "192.0.2.1/24 on 3";
const ROUTE = route("10.0.0.0/8");

test("addresses are added before routes, and removed after them", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP, address("192.0.2.2/24")], routes: [ROUTE] });
  loop.settle();
  reconciler.clear("VI_1");
  loop.settle();
  assert.deepEqual(kernel.log, [
    "add 192.0.2.1/24 on 3",
    "add 192.0.2.2/24 on 3",
    "add route 10.0.0.0/8",
    "remove route 10.0.0.0/8",
    "remove 192.0.2.1/24 on 3",
    "remove 192.0.2.2/24 on 3",
  ]);
  assert.deepEqual(told, ["applied VI_1", "cleared VI_1"]);
});

test("what exists already, and what is gone already, is success", () => {
  const { loop, kernel, reconciler, told } = setUp();
  kernel.refusals.set(`add ${VIP_TEXT}`, "EEXIST");
  kernel.refusals.set(`remove ${VIP_TEXT}`, "EADDRNOTAVAIL");
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  reconciler.clear("VI_1");
  loop.settle();
  assert.deepEqual(told, ["applied VI_1", "cleared VI_1"]);
});

test("a master that steps down in the middle adds no more and removes what it added", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: manyAddresses(1000) });
  for (let i = 0; i < 10; i++) loop.turn();
  const added = kernel.log.length;
  assert.ok(added > 0 && added < 1000);
  reconciler.clear("VI_1");
  loop.settle();
  assert.equal(kernel.log.filter((line) => line.startsWith("add")).length, added);
  assert.equal(kernel.log.filter((line) => line.startsWith("remove")).length, added);
  assert.equal(kernel.present.size, 0);
  assert.deepEqual(told, ["cleared VI_1"]);
});

test("a change of mind within one turn does nothing at all", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  reconciler.clear("VI_1");
  loop.settle();
  assert.deepEqual(kernel.log, []);
  assert.deepEqual(told, ["cleared VI_1"]);
});

test("only the difference is carried out when the wish changes", () => {
  const { loop, kernel, reconciler } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP, address("192.0.2.2/24")] });
  loop.settle();
  kernel.log.length = 0;
  reconciler.setDesired("VI_1", { addresses: [VIP, address("192.0.2.3/24")] });
  loop.settle();
  assert.deepEqual(kernel.log, ["remove 192.0.2.2/24 on 3", "add 192.0.2.3/24 on 3"]);
});

test("another label for the same address means removing and adding it", () => {
  const { loop, kernel, reconciler } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  kernel.log.length = 0;
  const labelled = { ...VIP, label: "eth0:1", position: { file: "x", line: 9, column: 9 } };
  reconciler.setDesired("VI_1", { addresses: [labelled] });
  loop.settle();
  assert.deepEqual(kernel.log, [`remove ${VIP_TEXT}`, `add ${VIP_TEXT}`]);
});

test("what two owners want stays until the second gives it up", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("static", { addresses: [VIP] });
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  reconciler.clear("VI_1");
  loop.settle();
  assert.deepEqual(kernel.log, [`add ${VIP_TEXT}`]);
  reconciler.clear("static");
  loop.settle();
  assert.deepEqual([...kernel.present], []);
  assert.deepEqual(told, ["applied static", "applied VI_1", "cleared VI_1", "cleared static"]);
});

test("an owner that wants nothing is told so", () => {
  const { loop, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", {});
  loop.settle();
  assert.deepEqual(told, ["applied VI_1"]);
});

test("a refusal comes back as an event, and the rest is carried out", () => {
  const { loop, kernel, reconciler, told } = setUp();
  kernel.refusals.set(`add ${VIP_TEXT}`, "EPERM");
  reconciler.setDesired("VI_1", { addresses: [VIP, address("192.0.2.2/24")] });
  loop.settle();
  assert.deepEqual(told, ["failed VI_1 192.0.2.1 EPERM", "applied VI_1"]);
  assert.deepEqual([...kernel.present.keys()], ["192.0.2.2/24 on 3"]);
});

test("an address on a missing device is refused once and added when the device comes", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [address("192.0.2.9/24", { device: "eth7" })] });
  loop.settle();
  assert.deepEqual(told, ["failed VI_1 192.0.2.9 ENODEV", "applied VI_1"]);
  kernel.link(7, "eth7", true);
  loop.settle();
  assert.deepEqual([...kernel.present.keys()], ["192.0.2.9/24 on 7"]);
});

test("an address that somebody else removes is put back at once", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  kernel.steal(VIP_TEXT);
  loop.settle();
  assert.deepEqual(told.slice(1), ["lost VI_1 192.0.2.1 now", "restored VI_1 192.0.2.1"]);
  assert.ok(kernel.present.has(VIP_TEXT));
});

test("so is a route", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { routes: [ROUTE] });
  loop.settle();
  kernel.steal("route 10.0.0.0/8");
  loop.settle();
  assert.deepEqual(told.slice(1), ["lost VI_1 10.0.0.0 now", "restored VI_1 10.0.0.0"]);
});

test("with no_track it stays missing", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [{ ...VIP, noTrack: true }] });
  loop.settle();
  kernel.steal(VIP_TEXT);
  loop.settle();
  assert.deepEqual(told.slice(1), ["lost VI_1 192.0.2.1 never"]);
  assert.equal(kernel.present.size, 0);
});

test("it is put back five times in ten seconds, then every ten seconds, with one word about it", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  for (let i = 0; i < 5; i++) {
    kernel.steal(VIP_TEXT);
    loop.settle();
    assert.ok(kernel.present.has(VIP_TEXT), `restored ${i + 1} times`);
  }
  kernel.steal(VIP_TEXT);
  loop.advance(9.9 * second);
  assert.equal(kernel.present.size, 0);
  loop.advance(0.2 * second);
  assert.ok(kernel.present.has(VIP_TEXT));
  kernel.steal(VIP_TEXT);
  loop.advance(9.8 * second);
  assert.equal(kernel.present.size, 0);
  loop.advance(0.3 * second);
  assert.ok(kernel.present.has(VIP_TEXT));
  assert.equal(told.filter((line) => line.endsWith("later")).length, 2);
});

test("a rate-limited address that is given up is not put back later", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  for (let i = 0; i < 6; i++) {
    kernel.steal(VIP_TEXT);
    loop.settle();
  }
  reconciler.clear("VI_1");
  loop.advance(60 * second);
  assert.equal(kernel.present.size, 0);
  assert.equal(told.at(-1), "cleared VI_1");
});

test("old news of our own removal does not pass for a loss", () => {
  const { loop, kernel, reconciler, told } = setUp();
  kernel.lagging = true;
  reconciler.setDesired("VI_1", { addresses: [VIP], routes: [ROUTE] });
  loop.settle();
  reconciler.clear("VI_1");
  loop.settle();
  reconciler.setDesired("VI_1", { addresses: [VIP], routes: [ROUTE] });
  loop.settle();
  kernel.deliver();
  loop.settle();
  assert.deepEqual(told, ["applied VI_1", "cleared VI_1", "applied VI_1"]);
  kernel.steal(VIP_TEXT);
  kernel.deliver();
  loop.settle();
  assert.equal(told.at(-1), "restored VI_1 192.0.2.1");
});

test("an address that goes with a link that is down comes back when the link is up", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP], routes: [ROUTE] });
  loop.settle();
  kernel.link(3, "eth0", false);
  kernel.steal(VIP_TEXT);
  // The kernel says nothing about IPv4 routes.
  kernel.present.delete("route 10.0.0.0/8");
  loop.advance(second);
  assert.equal(kernel.present.size, 0);
  kernel.link(3, "eth0", true);
  loop.settle();
  assert.deepEqual([...kernel.present.keys()], [VIP_TEXT, "route 10.0.0.0/8"]);
  assert.deepEqual(told.slice(1), ["restored VI_1 192.0.2.1"]);
});

test("an IPv4 route that went silently with its source or the last address is added again", () => {
  const { loop, kernel, reconciler } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP], routes: [route("10.0.0.0/8", { source: "192.0.2.1" })] });
  reconciler.setDesired("static", { routes: [route("10.7.0.0/16")] });
  loop.settle();
  kernel.log.length = 0;
  for (const text of ["route 10.0.0.0/8", "route 10.7.0.0/16"]) kernel.present.delete(text);
  kernel.steal(VIP_TEXT);
  loop.settle();
  assert.deepEqual(kernel.log, [`add ${VIP_TEXT}`, "add route 10.0.0.0/8", "add route 10.7.0.0/16"]);
});

test("an IPv6 route that its source address left is made anew when that is back and can be used", () => {
  const { loop, kernel, reconciler, told } = setUp();
  const source = "2001:db8::1/128 on 3";
  const [address6, route6] = [address("2001:db8::1"), route("2001:db8:5::/64", { source: "2001:db8::1" })];
  reconciler.setDesired("VI_1", { addresses: [address6], routes: [route6] });
  loop.settle();
  kernel.log.length = 0;
  kernel.steal(source);
  loop.settle();
  const anew = ["remove route 2001:db8:5::/64", "add route 2001:db8:5::/64"];
  assert.deepEqual(kernel.log, [`add ${source}`, ...anew]);
  assert.deepEqual(told, ["applied VI_1", "lost VI_1 2001:db8::1 now", "restored VI_1 2001:db8::1"]);
  kernel.log.length = 0;
  kernel.flag(source, 0x80);
  loop.settle();
  assert.deepEqual(kernel.log, [], "once");
});

test("a device that goes and comes gets its addresses again", () => {
  const { loop, kernel, reconciler } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  kernel.unlink(3);
  loop.settle();
  kernel.link(5, "eth0", true);
  loop.settle();
  assert.deepEqual([...kernel.present.keys()], ["192.0.2.1/24 on 5"]);
});

test("after an overrun what is missing in the dump is put back", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP, address("192.0.2.2/24")], routes: [ROUTE] });
  loop.settle();
  kernel.lagging = true;
  kernel.steal(VIP_TEXT);
  kernel.steal("route 10.0.0.0/8");
  kernel.overrun();
  kernel.lagging = false;
  loop.settle();
  assert.deepEqual(told.slice(1), [
    "lost VI_1 192.0.2.1 now",
    "lost VI_1 10.0.0.0 now",
    "restored VI_1 192.0.2.1",
    "restored VI_1 10.0.0.0",
  ]);
  assert.equal(kernel.present.size, 3);
});

test("a kernel that refuses IFA_PROTO gets addresses without it", () => {
  const { loop, kernel, reconciler, told } = setUp();
  const perform = kernel.refusals;
  const texts = ["192.0.2.1/24 on 3", "192.0.2.2/24 on 3"];
  for (const text of texts) perform.set(`add ${text}`, "EINVAL");
  reconciler.setDesired("VI_1", { addresses: [VIP, address("192.0.2.2/24")] });
  loop.turn();
  perform.clear();
  loop.settle();
  assert.deepEqual([...kernel.present.keys()], texts);
  assert.deepEqual(told, ["applied VI_1"]);
});

test("an address that is refused with and without IFA_PROTO has failed", () => {
  const { loop, kernel, reconciler, told } = setUp();
  kernel.refusals.set(`add ${VIP_TEXT}`, "EINVAL");
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  assert.deepEqual(told, ["failed VI_1 192.0.2.1 EINVAL", "applied VI_1"]);
});

test("idle resolves when nothing is left to do", async () => {
  const { loop, kernel, reconciler } = setUp();
  reconciler.setDesired("VI_1", { addresses: manyAddresses(100) });
  const idle = reconciler.idle().then(() => kernel.present.size);
  loop.settle();
  assert.equal(await idle, 100);
});

test("rules come after routes and go before them, and are put back", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP], routes: [ROUTE], rules: [rule()] });
  loop.settle();
  kernel.steal("rule 100");
  loop.settle();
  reconciler.clear("VI_1");
  loop.settle();
  assert.deepEqual(kernel.log, [
    `add ${VIP_TEXT}`,
    "add route 10.0.0.0/8",
    "add rule 100",
    "add rule 100",
    "remove rule 100",
    "remove route 10.0.0.0/8",
    `remove ${VIP_TEXT}`,
  ]);
  assert.deepEqual(told, [
    "applied VI_1",
    "lost VI_1 rule 100 now",
    "restored VI_1 rule 100",
    "cleared VI_1",
  ]);
});

test("a rule with no_track stays away when somebody removes it; our own removal is no loss", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { rules: [rule({ noTrack: true }), rule({ preference: 5 })] });
  loop.settle();
  kernel.steal("rule 100");
  loop.settle();
  reconciler.setDesired("VI_1", { rules: [rule({ noTrack: true })] });
  loop.settle();
  // Asked for once more (a reload), it is added once more.
  assert.deepEqual(kernel.log, ["add rule 100", "add rule 5", "remove rule 5", "add rule 100"]);
  assert.deepEqual(told, ["applied VI_1", "lost VI_1 rule 100 never", "applied VI_1"]);
});

test("a rule that vanished while notifications were lost is put back; what is still there is not touched", () => {
  const { loop, kernel, reconciler } = setUp();
  reconciler.setDesired("VI_1", { rules: [rule(), rule({ preference: 5, inputInterface: "eth7" })] });
  loop.settle();
  kernel.log.length = 0;
  kernel.lagging = true;
  kernel.steal("rule 100");
  kernel.overrun();
  loop.settle();
  assert.deepEqual(kernel.log, ["add rule 100"]);
});

test("a refused route is tried again when an address comes to its link, and told once it is taken", () => {
  const { loop, kernel, links, reconciler, told } = setUp();
  kernel.refusals.set("add route 10.0.0.0/8", "ENETUNREACH");
  reconciler.setDesired("VI_1", { routes: [route("10.0.0.0/8", { gateway: "192.0.2.9" })] });
  loop.settle();
  kernel.refusals.clear();
  const { addresses } = links.byName("eth0") ?? { addresses: new Map() };
  assert.equal(addresses.size, 0);
  reconciler.setDesired("static", { addresses: [VIP] });
  loop.settle();
  assert.deepEqual(told, [
    "failed VI_1 10.0.0.0 ENETUNREACH",
    "applied VI_1",
    "applied static",
    "accepted VI_1 10.0.0.0",
  ]);
});

/** RFC 4862 section 5.4: an address is tentative while the kernel looks for duplicates. */
const IFA_F_TENTATIVE = 0x40;
const IFA_F_DADFAILED = 0x08;
const VIP6 = address("2001:db8::1/64");
const VIP6_TEXT = "2001:db8::1/64 on 3";

test("an IPv6 address that another host has is told, and tried again every ten seconds", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP6] });
  loop.settle();
  kernel.flag(VIP6_TEXT, IFA_F_TENTATIVE);
  kernel.flag(VIP6_TEXT, IFA_F_TENTATIVE | IFA_F_DADFAILED);
  kernel.flag(VIP6_TEXT, IFA_F_TENTATIVE | IFA_F_DADFAILED);
  loop.settle();
  kernel.log.length = 0;
  loop.advance(9 * second);
  assert.deepEqual(kernel.log, []);
  loop.advance(2 * second);
  assert.deepEqual(kernel.log, [`remove ${VIP6_TEXT}`, `add ${VIP6_TEXT}`]);
  kernel.flag(VIP6_TEXT, IFA_F_TENTATIVE);
  kernel.flag(VIP6_TEXT, 0);
  assert.deepEqual(told, ["applied VI_1", "duplicate VI_1 2001:db8::1", "usable VI_1 2001:db8::1"]);
});

test("an address that is looked for on other hosts is removed like any other", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.setDesired("VI_1", { addresses: [VIP6] });
  loop.settle();
  kernel.flag(VIP6_TEXT, IFA_F_TENTATIVE | IFA_F_DADFAILED);
  reconciler.clear("VI_1");
  loop.advance(30 * second);
  assert.deepEqual(kernel.log, [`add ${VIP6_TEXT}`, `remove ${VIP6_TEXT}`]);
  assert.deepEqual(told, ["applied VI_1", "duplicate VI_1 2001:db8::1", "cleared VI_1"]);
});

test("a route whose time is over is not put back, one that somebody removes before is", () => {
  const { loop, kernel, reconciler, told } = setUp();
  const passing = route("2001:db8:1::/48", { expiresSeconds: 100 });
  reconciler.setDesired("VI_1", { routes: [passing] });
  loop.settle();
  kernel.steal("route 2001:db8:1::/48", 77);
  loop.settle();
  kernel.steal("route 2001:db8:1::/48", 0);
  loop.settle();
  assert.deepEqual(told, [
    "applied VI_1",
    "lost VI_1 2001:db8:1:: now",
    "restored VI_1 2001:db8:1::",
    "lost VI_1 2001:db8:1:: never",
  ]);
});

test("an IPv6 address that goes before the kernel has told that it came is put back all the same", () => {
  const { loop, kernel, reconciler, told } = setUp();
  kernel.lagging = true;
  reconciler.setDesired("VI_1", { addresses: [VIP6] });
  loop.settle();
  // IFA_F_NODAD: the kernel tells when its work queue comes to it, which is too late here.
  kernel.pending.length = 0;
  kernel.lagging = false;
  kernel.steal(VIP6_TEXT);
  loop.settle();
  assert.deepEqual(told, ["applied VI_1", "lost VI_1 2001:db8::1 now", "restored VI_1 2001:db8::1"]);
});
