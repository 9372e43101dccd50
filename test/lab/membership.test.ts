/**
 * Membership reports (IGMP, MLD) of a router with VMACs: they leave by the base interface with its MAC address, so that
 * no switch learns the virtual MAC from a BACKUP (reference section 13).
 */
import assert from "node:assert/strict";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import { kernelSetting } from "./harness/links.js";
import type { Lines } from "./harness/lines.js";

const VIRTUAL = /^00:00:5e:00:0[12]:/;

/** Frames of IGMP and MLD on the lan, as tcpdump tells them: the MAC address first. */
async function watchReports(lab: Lab): Promise<Lines> {
  const filter = "igmp or (ip6 and (ip6[40] == 143 or ip6[48] == 143))";
  const tcpdump = lab.run("tcpdump of reports", {
    namespace: lab.lan.namespace,
    command: ["tcpdump", "-l", "-n", "-t", "-e", "-v", "-i", lab.lan.device, filter],
  });
  await lab.waitFor(() => tcpdump.output.find(/listening on/), 5_000, "tcpdump to listen");
  return tcpdump.output;
}

function senders(output: Lines): string[] {
  return output.all.flatMap(({ text }) => /^((?:[0-9a-f]{2}:){5}[0-9a-f]{2}) > /.exec(text)?.[1] ?? []);
}

function configuration(global = ""): string {
  const instance = (name: string, vrid: number, address: string): string =>
    `vrrp_instance ${name} {\ninterface eth0\nuse_vmac\nversion 3\nadvert_int 0.2\nvirtual_router_id ${vrid}\n` +
    `virtual_ipaddress {\n${address}\n}\n}\n`;
  return `global_defs {\n${global}\n}\n${instance("V4", 91, "10.91.0.100/24")}${instance("V6", 92, "fe80::91")}`;
}

for (const [what, global, groups] of [
  ["by the base interface", "", ["224.0.0.18", "ff02::12"]],
  ["not at all for IPv4 with disable_local_igmp", "disable_local_igmp", ["ff02::12"]],
] as const) {
  labTest(`reports of a VMAC leave ${what}`, ["ours"], async (lab) => {
    const host = await lab.addHost("router", { addresses: ["10.91.0.1/24"] });
    const output = await watchReports(lab);
    const router = lab.startRouter(host, "ours", configuration(global));
    await lab.waitFor(
      () => router.output.find(/\(V4\) Entering MASTER STATE/),
      6_000,
      "the router to be master",
    );
    const text = (): string => output.all.map((line) => line.text).join("\n");
    for (const group of groups)
      await lab.waitFor(() => text().includes(group), 5_000, `a report for ${group}`);
    await lab.watch(1_000);
    const virtual = senders(output).filter((mac) => VIRTUAL.test(mac));
    assert.deepEqual(virtual, [], text());
    assert.ok(senders(output).includes(host.mac));
    if (global !== "") assert.doesNotMatch(text(), /224\.0\.0\.18/);
    const setting = (): string => kernelSetting(host, "ipv4/igmp_link_local_mcast_reports");
    assert.equal(setting(), global === "" ? "1" : "0");
    router.kill("SIGTERM");
    await lab.waitFor(() => router.exit !== undefined, 5_000, "the router to end");
    assert.equal(setting(), "1");
  });
}
