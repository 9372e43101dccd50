/** What the kernel has to allow for the checks of a running daemon, and what happens to it: ping sockets, interfaces. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { labTest } from "../harness/lab-test.js";
import { startServer, stopServer } from "./real-servers.js";
import { CHECK, configuration, realServer, reload, type Scene, scene, start } from "./scene.js";

const pingRange = ({ balancer }: Scene): string =>
  execFileSync("ip", [
    ...["netns", "exec", balancer.namespace],
    ...["cat", "/proc/sys/net/ipv4/ping_group_range"],
  ])
    .toString()
    .trim()
    .replace(/\s+/, " ");

labTest(
  "PING_CHECK works where nobody may ping, and the kernel's setting is back after it",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const ping = (last: number): string =>
      `real_server 10.91.0.${last} 80 {\n PING_CHECK {\n ${CHECK}\n }\n}\n`;
    assert.equal(pingRange(it), "1 0", "the kernel's default in a new namespace");
    const daemon = start(it, configuration(it, ping(11) + ping(99)));
    const said = (pattern: RegExp): Promise<unknown> =>
      lab.waitFor(() => daemon.output.find(pattern), 8_000, String(pattern));
    await said(/PING_CHECK on service \[10\.91\.0\.11\]:tcp:80 succeeded/);
    await said(/PING_CHECK on service \[10\.91\.0\.99\]:tcp:80 failed: no reply within 1 s/);
    assert.equal(pingRange(it), "0 0");
    await reload(it, daemon, configuration(it, realServer(11)));
    assert.equal(pingRange(it), "1 0", "nothing pings after this reload");
    await reload(it, daemon, configuration(it, ping(11)));
    assert.equal(pingRange(it), "0 0");
    daemon.kill("SIGTERM");
    await lab.waitFor(() => daemon.exit !== undefined, 5_000, "the end");
    assert.equal(pingRange(it), "1 0");
  },
);

labTest(
  "checks through an interface go on when it is made anew, with another number, link-local addresses included",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const makeLink = (): void => {
      it.balancer.ip(
        "link",
        "add",
        "lab1",
        "type",
        "veth",
        "peer",
        "name",
        "lab1",
        "netns",
        it.farm.namespace,
      );
      for (const [host, address] of [
        [it.balancer, "fe80::a/64"],
        [it.farm, "fe80::b/64"],
      ] as const) {
        host.ip("link", "set", "lab1", "up");
        host.ip("address", "add", address, "dev", "lab1", "nodad");
      }
    };
    const through = (kind: string, more = ""): string =>
      `${kind} {\n ${CHECK}\n bind_if lab1\n bindto fe80::a\n ${more}\n}\n`;
    const server = `real_server fe80::b 80 {\n ${through("TCP_CHECK")}${through("PING_CHECK")}}\n`;
    makeLink();
    const web = await startServer(lab, it.farm, "::", 80);
    const text = configuration(it, server).replace("10.91.9.1", "2001:db8::1");
    const daemon = start(it, text);
    let from = 0;
    const said = async (pattern: RegExp): Promise<void> => {
      await lab.waitFor(() => daemon.output.find(pattern, from), 8_000, String(pattern));
      from = daemon.output.all.length;
    };
    await said(/PING_CHECK on service \[fe80::b\]:tcp:80 succeeded/);
    it.balancer.ip("link", "delete", "lab1");
    await said(/TCP_CHECK on service \[fe80::b\]:tcp:80 could not be carried out: SO_BINDTODEVICE: ENODEV/);
    makeLink();
    await stopServer(lab, web);
    await said(/TCP_CHECK on service \[fe80::b\]:tcp:80 failed: connection refused/);
    it.farm.ip("address", "delete", "fe80::b/64", "dev", "lab1");
    await said(/PING_CHECK on service \[fe80::b\]:tcp:80 failed: no reply/);
  },
);
