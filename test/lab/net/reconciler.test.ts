/** Addresses and routes in a real kernel: a thousand at once, removed by others, with their link, after an overrun. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { AddressSetting, RouteSetting, RuleSetting, Setting } from "../../../src/net/settings.js";
import { until } from "../harness/patience.js";
import { address, manyAddresses, route, rule } from "../../unit/net/settings.js";
import {
  addressesOnV0,
  enterOwnNamespace,
  ip,
  ipBatch,
  type Networking,
  onV0,
  openNetworking,
  skip,
} from "./namespace.js";

let told: string[] = [];
let net: Networking;
const VIP = onV0(address("192.0.2.1/24"));
const VIP6 = onV0(address("2001:db8::1/64", { flags: 0x02 }));
const ROUTE = route("10.99.0.0/16", { device: "v0" });

const name = (setting: Setting): string => {
  if ("address" in setting) return setting.address;
  return "destination" in setting ? setting.destination : `rule ${setting.preference}`;
};
const listener = {
  applied: (owner: string) => void told.push(`applied ${owner}`),
  cleared: (owner: string) => void told.push(`cleared ${owner}`),
  failed: (owner: string, setting: Setting, { code }: { code: string }) =>
    void told.push(`failed ${owner} ${name(setting)} ${code}`),
  lost: (_owner: string, setting: Setting) => void told.push(`lost ${name(setting)}`),
  restored: (_owner: string, setting: Setting) => void told.push(`restored ${name(setting)}`),
};

before(async () => {
  if (skip) return;
  enterOwnNamespace("rec");
  net = await openNetworking(listener);
  await until("v0 is up", () => net.links.byName("v0")?.up === true);
});

afterEach(async () => {
  if (skip) return;
  net.reconciler.clear("VI_1");
  await net.reconciler.idle();
  told = [];
});

after(() => {
  if (!skip) net.close();
});

async function hold(
  addresses: readonly AddressSetting[],
  routes: readonly RouteSetting[] = [],
  rules: readonly RuleSetting[] = [],
) {
  net.reconciler.setDesired("VI_1", { addresses, routes, rules });
  await until("everything is applied", () => told.includes("applied VI_1"));
}

test("a thousand addresses and routes are really there, and really gone", { skip }, async () => {
  const addresses = manyAddresses(1000).map(onV0);
  const routes = Array.from({ length: 1000 }, (_, i) =>
    route(`10.2.${i >> 8}.${i & 255}/32`, { device: "v0" }),
  );
  await hold(addresses, routes);
  assert.equal(addressesOnV0().filter((text) => text.startsWith("10.1.")).length, 1000);
  assert.equal(ip("route show proto 18").trim().split("\n").length, 1000);
  await until("the table has them", () => (net.links.byName("v0")?.addresses.size ?? 0) >= 1000);
  net.reconciler.clear("VI_1");
  await until("everything is cleared", () => told.includes("cleared VI_1"));
  assert.equal(addressesOnV0().filter((text) => text.startsWith("10.1.")).length, 0);
  assert.equal(ip("route show proto 18"), "");
  assert.deepEqual(told, ["applied VI_1", "cleared VI_1"]);
});

test("answers that have no room in the receive buffer are no refusals, and nothing is left behind", {
  skip,
}, async () => {
  const addresses = manyAddresses(40).map(onV0);
  ipBatch(addresses.slice(0, 32).map((each) => `address add ${each.address}/${each.prefixLength} dev v0`));
  net.channel.setReceiveBuffer({ bytes: 2304, force: false });
  try {
    await hold(addresses);
    net.reconciler.clear("VI_1");
    await until("everything is cleared", () => told.includes("cleared VI_1"));
  } finally {
    net.channel.setReceiveBuffer({ force: false });
  }
  assert.deepEqual(told, ["applied VI_1", "cleared VI_1"]);
  assert.equal(addressesOnV0().filter((text) => text.startsWith("10.1.")).length, 0);
});

test("stepping down in the middle of a thousand leaves nothing", { skip }, async () => {
  net.reconciler.setDesired("VI_1", { addresses: manyAddresses(1000).map(onV0) });
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!told.includes("applied VI_1"));
  net.reconciler.clear("VI_1");
  await until("everything is cleared", () => told.includes("cleared VI_1"));
  assert.equal(addressesOnV0().filter((text) => text.startsWith("10.1.")).length, 0);
});

test("all details of an address arrive in the kernel", { skip }, async () => {
  const labelled = { ...VIP, label: "v0:7", broadcast: "192.0.2.255", scope: 253 };
  const peer = onV0(address("192.0.2.9", { peer: "192.0.2.10" }));
  await hold(
    [labelled, peer, { ...VIP6, preferredSeconds: 0 }],
    [
      { ...ROUTE, source: "192.0.2.1", metric: 5, mtu: 1400, table: 1000 },
      route("10.98.0.0/16", { device: "v0", gateway: "192.0.2.77", onlink: true }),
      route("2001:db8:9::/48", { device: "v0", gateway: "fe80::77" }),
    ],
  );
  const shown = ip("-o address show dev v0");
  assert.match(shown, /inet 192\.0\.2\.1\/24 brd 192\.0\.2\.255 scope link (proto \S+ )?v0:7/);
  assert.match(shown, /inet 192\.0\.2\.9 peer 192\.0\.2\.10\/32 scope global/);
  assert.match(shown, /inet6 2001:db8::1\/64 scope global (nodad deprecated|deprecated nodad)/);
  assert.match(
    ip("route show table 1000"),
    /10\.99\.0\.0\/16 dev v0 proto keepalived scope link src 192\.0\.2\.1 metric 5 mtu 1400/,
  );
  assert.match(ip("route show proto 18"), /10\.98\.0\.0\/16 via 192\.0\.2\.77 dev v0 onlink/);
  assert.match(ip("-6 route show proto 18"), /2001:db8:9::\/48 via fe80::77 dev v0/);
});

test("what somebody else removes comes back", { skip }, async () => {
  await hold([VIP, VIP6], [ROUTE]);
  ip("route delete 10.99.0.0/16");
  ip("address delete 192.0.2.1/24 dev v0");
  ip("-6 address delete 2001:db8::1/64 dev v0");
  await until("all are restored", () => told.filter((line) => line.startsWith("restored")).length === 3);
  assert.ok(addressesOnV0().includes("192.0.2.1/24") && addressesOnV0().includes("2001:db8::1/64"));
  assert.match(ip("route show proto 18"), /10\.99\.0\.0\/16/);
});

test("rules are added last, removed first, and put back when somebody removes them", { skip }, async () => {
  const rules = [
    rule({ preference: 100, from: { address: "10.98.0.0", prefixLength: 16 }, inputInterface: "later0" }),
    rule({ family: 6, preference: 101, action: { kind: "unreachable" } }),
  ];
  await hold([VIP], [ROUTE], rules);
  assert.match(ip("rule show"), /100:\tfrom 10\.98\.0\.0\/16 iif later0 \[detached\] lookup 100/);
  assert.match(ip("-6 rule show"), /101:\tfrom all unreachable/);
  ip("rule delete preference 100");
  ip("-6 rule delete preference 101");
  await until(
    "both are restored",
    () => told.filter((line) => line.startsWith("restored rule")).length === 2,
  );
  assert.ok(ip("rule show").includes("100:") && ip("-6 rule show").includes("101:"));
  net.reconciler.clear("VI_1");
  await until("everything is cleared", () => told.includes("cleared VI_1"));
  assert.ok(!ip("rule show").includes("10.98.0.0") && !ip("-6 rule show").includes("101:"));
  assert.equal(told.filter((line) => line.startsWith("lost")).length, 2, told.join(", "));
});

test("a route that somebody replaces by his own comes back", { skip }, async () => {
  await hold([VIP], [ROUTE, route("2001:db8:5::/48", { device: "v0", metric: 7 })]);
  ip("route replace 10.99.0.0/16 dev lo");
  ip("-6 route replace 2001:db8:5::/48 dev lo metric 7");
  await until("both are restored", () => told.filter((line) => line.startsWith("restored")).length === 2);
  assert.match(ip("route show proto 18"), /10\.99\.0\.0\/16 dev v0/);
  assert.match(ip("-6 route show proto 18"), /2001:db8:5::\/48 dev v0/);
  ip("route delete 10.99.0.0/16 dev lo");
  ip("-6 route delete 2001:db8:5::/48 dev lo metric 7");
});

test("a rule that is removed while notifications are lost comes back", { skip }, async () => {
  const small = await openNetworking(listener, { receiveBuffer: 4096 });
  try {
    small.reconciler.setDesired("VI_2", { rules: [rule()] });
    await until("it is applied", () => told.includes("applied VI_2"));
    const before = small.refreshes();
    // Unread, the notifications do not fit: what follows them is not heard of.
    ipBatch(Array.from({ length: 200 }, (_, i) => `address add 10.3.0.${i}/32 dev v0`));
    ip("rule delete preference 100");
    await until("it is restored", () => told.includes("restored rule 100"));
    assert.ok(small.refreshes() > before);
  } finally {
    small.reconciler.clear("VI_2");
    await small.reconciler.idle();
    small.close();
    ipBatch(Array.from({ length: 200 }, (_, i) => `address delete 10.3.0.${i}/32 dev v0`));
  }
});

test("each option of a route arrives in the kernel; a next hop that is taken away comes back", {
  skip,
}, async () => {
  ip("address add 198.51.100.1/24 dev v0");
  ip("-6 address add 2001:db8:77::1/64 dev v0 nodad");
  const hops = [
    { gateway: "198.51.100.2", weight: 3, onlink: false },
    { gateway: "fe80::9", gatewayFamily: 6 as const, device: "v0", weight: 1, onlink: true },
  ];
  const { device: _device, ...nowhere } = ROUTE;
  const six = ["2001:db8:77::2", "2001:db8:77::3"].map((gateway) => ({ gateway, weight: 1, onlink: false }));
  await hold(
    [],
    [
      { ...nowhere, nextHops: hops, metric: 9 },
      { ...route("2001:db8:1::/48"), device: "v0", nextHops: six },
      { ...nowhere, destination: "10.98.0.0", type: 7 },
    ],
  );
  assert.match(
    ip("route show 10.99.0.0/16"),
    /metric 9 \n\tnexthop via 198\.51\.100\.2 dev v0 weight 3 \n\tnexthop via inet6 fe80::9 dev v0 weight 1 onlink/,
  );
  assert.match(ip("route show type unreachable"), /unreachable 10\.98\.0\.0\/16/);
  const both = /2001:db8:1::\/48 .*\n\tnexthop via 2001:db8:77::2 .*\n\tnexthop via 2001:db8:77::3 /;
  assert.match(ip("-6 route show 2001:db8:1::/48"), both);
  ip("route delete 10.99.0.0/16");
  ip("route delete unreachable 10.98.0.0/16");
  ip("-6 route delete 2001:db8:1::/48 via 2001:db8:77::3");
  await until("all are back", () => told.filter((line) => line.startsWith("restored")).length === 3);
  assert.match(ip("-6 route show 2001:db8:1::/48"), both);
  net.reconciler.clear("VI_1");
  await until("everything is cleared", () => told.includes("cleared VI_1"));
  assert.equal(ip("route show proto 18") + ip("-6 route show proto 18"), "");
  ip("address delete 198.51.100.1/24 dev v0");
  ip("-6 address delete 2001:db8:77::1/64 dev v0");
});

test("a route that went with its source address, or with the last address, comes back", {
  skip,
}, async () => {
  ip("address add 198.51.100.1/24 dev v0");
  await hold([VIP], [{ ...ROUTE, source: "192.0.2.1" }, route("10.98.0.0/16", { device: "v0" })]);
  ip("address delete 192.0.2.1/24 dev v0");
  await until("the route with the source is back", () => ip("route show proto 18").includes("10.99.0.0/16"));
  net.reconciler.setDesired("VI_1", { routes: [route("10.98.0.0/16", { device: "v0" })] });
  await until("the address is gone", () => !addressesOnV0().includes("192.0.2.1/24"));
  ip("address delete 198.51.100.1/24 dev v0");
  await until("the route is back", () => ip("route show proto 18").includes("10.98.0.0/16"));
});

test("secondaries that went with somebody else's primary come back", { skip }, async () => {
  ip("address add 192.0.2.200/24 dev v0");
  await hold([VIP, onV0(address("192.0.2.2/24"))], []);
  ip("address delete 192.0.2.200/24 dev v0");
  await until("both are restored", () => told.filter((line) => line.startsWith("restored")).length === 2);
  assert.deepEqual(
    addressesOnV0().filter((text) => text.startsWith("192.")),
    ["192.0.2.1/24", "192.0.2.2/24"],
  );
});

test("one owner's secondary survives the removal of another's primary", { skip }, async () => {
  net.reconciler.setDesired("VI_0", { addresses: [VIP] });
  await until("the primary is there", () => told.includes("applied VI_0"));
  await hold([onV0(address("192.0.2.2/24"))], []);
  net.reconciler.clear("VI_0");
  await until("the secondary is restored", () => told.includes("restored 192.0.2.2"));
  assert.deepEqual(
    addressesOnV0().filter((text) => text.startsWith("192.")),
    ["192.0.2.2/24"],
  );
});

test("after the link went down and up everything is there again", { skip }, async () => {
  await hold([VIP, VIP6], [ROUTE]);
  ip("link set v0 down");
  await until("v0 is down", () => net.links.byName("v0")?.up === false);
  assert.equal(ip("route show proto 18"), "");
  ip("link set v0 up");
  await until("the route is back", () => ip("route show proto 18").includes("10.99.0.0/16"));
  await until("the IPv6 address is back", () => addressesOnV0().includes("2001:db8::1/64"));
  assert.ok(addressesOnV0().includes("192.0.2.1/24"));
});

test("a device that is deleted and made anew gets its address again", { skip }, async () => {
  ip("link add w0 type veth peer name w1");
  ip("link set w0 up");
  await until("w0 is there", () => net.links.byName("w0") !== undefined);
  await hold([{ ...VIP, device: "w0" }], []);
  ip("link delete w0");
  await until("w0 is gone", () => net.links.byName("w0") === undefined);
  ip("link add w0 type veth peer name w1");
  ip("link set w0 up");
  ip("link set w1 up");
  await until("the address is back", () => ip("-o address show dev w0").includes("192.0.2.1/24"));
  ip("link delete w0");
  assert.deepEqual(
    told.filter((line) => line.startsWith("failed")),
    [],
  );
});

test("the kernel's refusal comes back with its own words", { skip }, async () => {
  await hold([], [route("10.97.0.0/16", { gateway: "203.0.113.1", device: "v0" })]);
  assert.deepEqual(told, ["failed VI_1 10.97.0.0 ENETUNREACH", "applied VI_1"]);
});

test("of many in one batch each refused one is told, at its beginning, in its middle and at its end", {
  skip,
}, async () => {
  const refused = new Set([1, 32, 33, 50, 51, 64, 70]);
  const routes = Array.from({ length: 70 }, (_, i) => {
    const gateway = refused.has(i + 1) ? { gateway: "203.0.113.1" } : {};
    return route(`10.3.0.${i + 1}/32`, { device: "v0", ...gateway });
  });
  await hold([], routes);
  const failed = [...refused].map((n) => `failed VI_1 10.3.0.${n} ENETUNREACH`);
  assert.deepEqual(told, [...failed, "applied VI_1"]);
  assert.equal(ip("route show proto 18").trim().split("\n").length, routes.length - refused.size);
});

test("after an overrun the table is right and what is missing is put back", { skip }, async () => {
  const small = await openNetworking(listener, { receiveBuffer: 4096 });
  try {
    small.reconciler.setDesired("VI_9", { addresses: [VIP] });
    await until("the address is there", () => told.includes("applied VI_9"));
    const before = small.refreshes();
    const churn = Array.from({ length: 500 }, (_, i) => `address add 10.3.${i >> 8}.${i & 255}/32 dev v0`);
    ipBatch([...churn, "address delete 192.0.2.1/24 dev v0"]);
    await until("a refresh", () => small.refreshes() > before);
    await until("the table has everything", () => (small.links.byName("v0")?.addresses.size ?? 0) > 500);
    await until("the address is back", () => addressesOnV0().includes("192.0.2.1/24"));
    assert.ok(told.includes("lost 192.0.2.1") && told.includes("restored 192.0.2.1"));
    ipBatch(Array.from({ length: 500 }, (_, i) => `address delete 10.3.${i >> 8}.${i & 255}/32 dev v0`));
    await until("they are gone from the table", () => (small.links.byName("v0")?.addresses.size ?? 0) < 10);
    small.reconciler.clear("VI_9");
    await small.reconciler.idle();
  } finally {
    small.close();
  }
});
