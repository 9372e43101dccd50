/**
 * dynamic_interfaces: interfaces that come later, go, and come back with another number, as another kind or on another base
 * (core reference, section 19).
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import { missingKind } from "./harness/links.js";
import type { Host } from "./harness/network.js";
import type { Program } from "./harness/program.js";

const FAST = "version 3\nadvert_int 0.2\npriority 100";
const WITHOUT = missingKind("macvlan", ["link", "kinda0", "type", "macvlan", "mode", "bridge"]);

const instance = (name: string, device: string, vip: string): string =>
  `vrrp_instance ${name} {\ninterface ${device}\nvirtual_router_id 87\n${FAST}\nvirtual_ipaddress {\n${vip}/24\n}\n}\n`;

function makePair(host: Host, name: string, address: string): void {
  host.ip("link", "add", name, "type", "veth", "peer", "name", `${name}far`);
  host.ip("address", "add", address, "dev", name);
  for (const device of [`${name}far`, name]) host.ip("link", "set", device, "up");
}

function makeMacvlan(host: Host, base: string, address: string): void {
  host.ip("link", "add", "link", base, "name", "m0", "type", "macvlan", "mode", "bridge");
  host.ip("address", "add", address, "dev", "m0");
  host.ip("link", "set", "m0", "up");
}

const numberOf = (host: Host, name: string): string =>
  host.ip("-o", "link", "show", name).split(":", 1)[0] ?? "";

async function says(lab: Lab, router: Program, pattern: RegExp, from = 0): Promise<void> {
  await lab.waitFor(() => router.output.find(pattern, from), 8_000, `the log to say ${pattern.source}`);
}

labTest(
  "an interface that comes later, goes and comes back: the router waits, serves, and serves again",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("router", { addresses: ["10.87.0.1/24"] });
    const text = `global_defs {\ndynamic_interfaces\n}\n${instance("V", "d0", "10.87.1.100")}`;
    const router = lab.startRouter(host, "ours", text);
    await says(lab, router, /\(V\) d0 does not exist/);
    await says(lab, router, /Startup complete/);
    let number = "";
    for (let round = 1; round <= 2; round++) {
      const from = router.output.all.length;
      makePair(host, "d0", "10.87.1.1/24");
      await says(lab, router, /\(V\) Entering MASTER STATE/, from);
      await lab.waitFor(() => lab.holders.of("10.87.1.100").length === 1, 3_000, "the address");
      assert.notEqual(numberOf(host, "d0"), number, "a new number each time");
      number = numberOf(host, "d0");
      // A reload while it is there, and one while it is not, leave things as they are.
      for (const there of [true, false]) {
        if (!there) {
          host.ip("link", "delete", "d0");
          await says(lab, router, /\(V\) Entering FAULT STATE \(d0 /, from);
          await says(lab, router, /Netlink reports d0 gone/, from);
        }
        const before = router.output.all.length;
        writeFileSync(lab.configurationOf(host), `${text}# ${round} ${there}\n`);
        router.kill("SIGHUP");
        await says(lab, router, /Reload complete/, before);
        const entered = router.output.all.slice(before).filter(({ text: line }) => /Entering/.test(line));
        assert.deepEqual(entered, []);
      }
    }
  },
);

labTest(
  "without dynamic_interfaces an interface that is not there refuses the start",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("router", { addresses: ["10.87.0.1/24"] });
    const router = lab.startRouter(host, "ours", instance("V", "d0", "10.87.1.100"));
    await lab.waitFor(() => router.exit !== undefined, 5_000, "the end");
    assert.equal(router.exit, "2");
  },
);

for (const keyword of ["dynamic_interfaces", "dynamic_interfaces allow_if_changes"]) {
  labTest(
    `${keyword}: one router twice on a LAN is a fault, as long as the interfaces lie so`,
    ["ours"],
    async (lab, t) => {
      if (WITHOUT !== undefined) return t.skip(WITHOUT);
      const host = await lab.addHost("router", { addresses: ["10.87.0.1/24"] });
      for (const [name, net] of [
        ["a0", 2],
        ["b0", 3],
      ] as const)
        makePair(host, name, `10.87.${net}.1/24`);
      makeMacvlan(host, "a0", "10.87.4.1/24");
      const instances = instance("M", "m0", "10.87.4.100") + instance("A", "a0", "10.87.2.100");
      const router = lab.startRouter(host, "ours", `global_defs {\n${keyword}\n}\n${instances}`);
      const conflict = /VRID conflict between M and A IPv4 vrid 87: m0 is on the LAN of a0/;
      await says(lab, router, conflict);
      await says(lab, router, /\(A\) Entering MASTER STATE/);
      const remake = async (make: () => void, expected: RegExp): Promise<void> => {
        const from = router.output.all.length;
        host.ip("link", "delete", "m0");
        await says(lab, router, /Netlink reports m0 gone/, from);
        make();
        await says(lab, router, expected, from);
      };
      await remake(() => makeMacvlan(host, "b0", "10.87.4.1/24"), /\(M\) Entering MASTER STATE/);
      await remake(() => makePair(host, "m0", "10.87.4.1/24"), /\(M\) Entering MASTER STATE/);
      await remake(() => makeMacvlan(host, "a0", "10.87.4.1/24"), conflict);
      assert.deepEqual(lab.holders.of("10.87.4.100"), []);
      assert.deepEqual(lab.holders.of("10.87.2.100"), ["router"]);
      const ofA = router.output.all.filter(({ text }) => /\(A\) Entering/.test(text));
      assert.equal(ofA.length, 2, "BACKUP and MASTER: the one on the LAN itself is undisturbed");
    },
  );
}
