/** Kinds of interfaces that this machine's kernel may lack: VLAN, VRF, dummy and ipvlan (reference 6.5, 14.3). */
import assert from "node:assert/strict";
import type { Lab } from "../lab/harness/lab.js";
import { labTest } from "../lab/harness/lab-test.js";
import { deviceOf, linkOf } from "../lab/harness/links.js";
import type { Host } from "../lab/harness/network.js";
import type { Product } from "../lab/harness/products.js";
import type { Program } from "../lab/harness/program.js";

const VIP = "10.89.0.100";
/** virtual_router_id 89 is 0x59. */
const MAC = "00:00:5e:00:01:59";
/** The guest has one slow processor. */
const PATIENCE_MS = 30_000;

function configuration(device: string, priority: number, lines = ""): string {
  return `vrrp_instance V {\ninterface ${device}\nvirtual_router_id 89\npriority ${priority}\nadvert_int 1\n${lines}\nvirtual_ipaddress {\n${VIP}/24\n}\n}\n`;
}

interface Pair {
  a: Host;
  b: Host;
  first: Program;
}

/** Two hosts; `prepare` makes the interface that both use. The better one holds the address afterwards. */
async function startPair(
  lab: Lab,
  [better, worse]: readonly [Product, Product],
  prepare: (host: Host, address: string) => void,
  text: (priority: number, host: Host) => string,
): Promise<Pair> {
  const a = await lab.addHost("a", { addresses: [] });
  const b = await lab.addHost("b", { addresses: [] });
  prepare(a, "10.89.0.1/24");
  prepare(b, "10.89.0.2/24");
  const first = lab.startRouter(a, better, text(200, a));
  lab.startRouter(b, worse, text(100, b));
  await lab.waitFor(() => lab.holders.of(VIP).join() === "a", PATIENCE_MS, "a alone to hold the address");
  return { a, b, first };
}

/** a stops, and b takes over: they have heard each other. */
async function handOver(lab: Lab, { first }: Pair): Promise<void> {
  first.kill("SIGTERM");
  await lab.waitFor(() => lab.holders.of(VIP).join() === "b", PATIENCE_MS, "b alone to hold the address");
  await lab.waitFor(() => first.exit !== undefined, PATIENCE_MS, "a to end");
}

for (const products of [
  ["ours", "debian"],
  ["debian", "ours"],
] as const)
  labTest(
    `a VMAC on a VLAN: ${products.join(" before ")}`,
    ["ours", "debian"],
    async (lab) => {
      const pair = await startPair(
        lab,
        products,
        (host, address) => {
          host.ip("link", "add", "link", "eth0", "name", "eth0.5", "type", "vlan", "id", "5");
          host.ip("address", "add", address, "dev", "eth0.5");
          host.ip("link", "set", "eth0.5", "up");
        },
        (priority) => configuration("eth0.5", priority, "use_vmac"),
      );
      const { base, mac, mode } = linkOf(pair.a, "vrrp.89") ?? {};
      assert.deepEqual([base, mac, mode], ["eth0.5", MAC, "private"]);
      await handOver(lab, pair);
      assert.equal(deviceOf(pair.b, VIP), "vrrp.89");
      assert.equal(linkOf(pair.a, "vrrp.89"), undefined);
    },
    180_000,
  );

/** Makes a VRF and puts eth0 into it. */
function intoVrf(host: Host, address: string): void {
  host.ip("link", "add", "red", "type", "vrf", "table", "10");
  host.ip("link", "set", "red", "up");
  host.ip("link", "set", "eth0", "master", "red");
  host.ip("address", "add", address, "dev", "eth0");
}

labTest(
  "an interface in a VRF: its VMAC belongs to the VRF, adverts arrive and leave there, and it follows its base out of it",
  ["ours"],
  async (lab) => {
    const pair = await startPair(lab, ["ours", "ours"], intoVrf, (priority) =>
      configuration("eth0", priority, "use_vmac"),
    );
    assert.equal(linkOf(pair.a, "vrrp.89")?.master, "red");
    await lab.waitFor(() => lab.capture.adverts.length > 2, PATIENCE_MS, "adverts");
    assert.deepEqual([...new Set(lab.capture.adverts.map(({ sourceMac }) => sourceMac))], [MAC]);
    assert.match(pair.a.ip("route", "show", "table", "10"), /10\.89\.0\.0\/24 dev vrrp\.89/);
    await handOver(lab, pair);
    pair.b.ip("link", "set", "eth0", "nomaster");
    const until = Date.now() + PATIENCE_MS;
    while (linkOf(pair.b, "vrrp.89")?.master !== undefined && Date.now() < until) await lab.watch(100);
    assert.equal(linkOf(pair.b, "vrrp.89")?.master, undefined);
  },
  180_000,
);

labTest(
  "unicast without interface, inside a VRF",
  ["ours"],
  async (lab) => {
    const unicast = (priority: number, { name }: Host): string => {
      const [own, other] = name === "a" ? ["10.89.0.1", "10.89.0.2"] : ["10.89.0.2", "10.89.0.1"];
      return `vrrp_instance V {\nvrf red\nvirtual_router_id 89\npriority ${priority}\nadvert_int 1\nunicast_src_ip ${own}\nunicast_peer {\n${other}\n}\nvirtual_ipaddress {\n${VIP}/24 dev eth0\n}\n}\n`;
    };
    const pair = await startPair(lab, ["ours", "ours"], intoVrf, unicast);
    await lab.waitFor(() => lab.capture.adverts.length > 2, PATIENCE_MS, "adverts");
    assert.equal(lab.capture.adverts.at(-1)?.destination, "10.89.0.2");
    await handOver(lab, pair);
    const router = pair.b;
    router.ip("link", "set", "red", "down");
    await lab.waitFor(() => lab.holders.of(VIP).length === 0, PATIENCE_MS, "the fault when the VRF is down");
  },
  180_000,
);

labTest(
  "an ipvlan: adverts come from its address, the virtual address is on it",
  ["ours"],
  async (lab) => {
    const pair = await startPair(
      lab,
      ["ours", "ours"],
      () => {},
      (priority, { name }) =>
        configuration("eth0", priority, `use_ipvlan ip89 10.89.0.${name === "a" ? 11 : 12}/24`),
    );
    const { kind, base, mac } = linkOf(pair.a, "ip89") ?? {};
    assert.deepEqual([kind, base, mac], ["ipvlan", "eth0", pair.a.mac]);
    assert.equal(deviceOf(pair.a, VIP), "ip89");
    assert.equal(deviceOf(pair.a, "10.89.0.11"), "ip89");
    await lab.waitFor(() => lab.capture.adverts.length > 2, PATIENCE_MS, "adverts");
    const { source, sourceMac } = lab.capture.adverts.at(-1) ?? {};
    assert.deepEqual([source, sourceMac], ["10.89.0.11", pair.a.mac]);
    await handOver(lab, pair);
    assert.equal(linkOf(pair.a, "ip89"), undefined);
  },
  180_000,
);

labTest(
  "a dummy interface that comes, goes and comes again (dynamic_interfaces)",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("a", { addresses: [] });
    const text = `global_defs {\ndynamic_interfaces\n}\n${configuration("dummy0", 100)}`;
    const router = lab.startRouter(host, "ours", text);
    await lab.waitFor(() => router.output.find(/Entering FAULT STATE/), PATIENCE_MS, "the fault");
    for (const attempt of ["first", "second"]) {
      host.ip("link", "add", "dummy0", "type", "dummy");
      host.ip("address", "add", "10.89.0.1/24", "dev", "dummy0");
      host.ip("link", "set", "dummy0", "up");
      await lab.waitFor(
        () => lab.holders.of(VIP).join() === "a",
        PATIENCE_MS,
        `the ${attempt} time as master`,
      );
      host.ip("link", "delete", "dummy0");
      await lab.waitFor(() => lab.holders.of(VIP).length === 0, PATIENCE_MS, "the address to go with it");
    }
  },
  180_000,
);
