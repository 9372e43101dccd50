/** Routes and rules that need more than the machine's own kernel may have: VRF, MPLS and ILA. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Lab } from "../lab/harness/lab.js";
import { labTest } from "../lab/harness/lab-test.js";
import type { Host } from "../lab/harness/network.js";
import { type Product, removesRoutes } from "../lab/harness/products.js";

const MODULES = ["mpls_router", "mpls_iptunnel", "ila"];
for (const name of MODULES) {
  try {
    execFileSync("modprobe", ["-d", "/run/guest/modules", name], { stdio: "ignore" });
  } catch {
    // Said by the test that misses it.
  }
}

function routes(extra: string): string {
  return `
static_routes {
  10.1.0.0/16 via 10.86.0.9 dev eth0 vrf blue
  unreachable 10.2.0.0/16 vrf blue no_track
  10.3.0.0/16 via 10.86.0.9 dev eth0
  ${extra}
}
static_rules {
  l3mdev preference 50
  iif blue table 77 preference 51
}
static_ipaddress {
  10.89.0.1/32 dev lo
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 86
  virtual_ipaddress {
    10.86.0.100/24
  }
}
`;
}

function shown(host: Host): string[] {
  const lists = [
    host.ip("-4", "-d", "route", "show", "table", "all"),
    host.ip("-6", "-d", "route", "show", "table", "all"),
    host.ip("-d", "rule"),
  ];
  return lists
    .flatMap((text) => text.split("\n"))
    .map((line) => line.trim())
    .filter((line) => /proto (keepalived|18)\b/.test(line));
}

async function settle(lab: Lab, host: Host, count: number, what: string): Promise<string[]> {
  const end = Date.now() + 20_000;
  while (shown(host).length !== count && Date.now() < end) await lab.watch(200);
  assert.equal(shown(host).length, count, `${what}:\n${shown(host).join("\n")}`);
  return shown(host);
}

/** MPLS and ILA, as far as this kernel takes them from ip(8). */
function tunnels(host: Host): string[] {
  const candidates = [
    "10.4.0.0/16 encap mpls 100/200 via 10.86.0.9 dev eth0",
    "2001:db8:4:0:2000::1/128 encap ila 1:2:3:4 via fe80::9 dev eth0",
  ];
  return candidates.filter((words) => {
    try {
      host.ip("route", "add", ...words.split(" "));
      host.ip("route", "delete", words.split(" ")[0] ?? "");
      return true;
    } catch (error) {
      process.stderr.write(
        `SKIPPED: this kernel does not take '${words}': ${String(error).split("\n")[1] ?? ""}\n`,
      );
      return false;
    }
  });
}

async function installed(lab: Lab, product: Product, number: number): Promise<string[]> {
  const host = await lab.addHost(product, { addresses: [`10.86.0.${number}/24`] });
  host.ip("link", "add", "blue", "type", "vrf", "table", "77");
  host.ip("link", "set", "blue", "up");
  const extra = tunnels(host);
  const router = lab.startRouter(host, product, routes(extra.join("\n  ")));
  const lines = await settle(lab, host, 5 + extra.length, `routes and rules of ${product}`);
  router.kill("SIGTERM");
  await lab.waitFor(() => !router.running, 20_000, `${product} to end`);
  if (removesRoutes(product)) assert.deepEqual(shown(host), [], `${product} left something`);
  return lines;
}

labTest(
  "routes of a VRF and tunnels are in the kernel as Debian's keepalived puts them there",
  ["ours", "debian"],
  async (lab) => {
    const theirs = await installed(lab, "debian", 1);
    assert.deepEqual(await installed(lab, "ours", 2), theirs);
  },
);

labTest("routes of a VRF come with it and leave with the daemon", ["ours"], async (lab) => {
  const host = await lab.addHost("router", { addresses: ["10.86.0.1/24"] });
  const text = `global_defs {\n dynamic_interfaces\n}\n${routes("")}`;
  const router = lab.startRouter(host, "ours", text);
  await lab.waitFor(() => router.output.find(/waits: there is no VRF blue/), 20_000, "the log");
  await settle(lab, host, 3, "without the VRF");
  host.ip("link", "add", "blue", "type", "vrf", "table", "77");
  host.ip("link", "set", "blue", "up");
  await settle(lab, host, 5, "with it");
  host.ip("route", "delete", "10.1.0.0/16", "table", "77");
  await lab.waitFor(() => router.output.find(/somebody removed route 10\.1\.0\.0\/16/), 20_000, "the log");
  await settle(lab, host, 5, "put back");
  writeFileSync(lab.configurationOf(host), text.replace(/.*vrf blue\n/, "").replace(/.*vrf blue.*\n/, ""));
  router.kill("SIGHUP");
  await settle(lab, host, 3, "after a reload");
});
