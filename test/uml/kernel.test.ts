/** The guest itself: what the tests beside this one count on. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { repository } from "../setup/repository.js";

const sh = (script: string): string => execFileSync("sh", ["-c", script], { encoding: "utf8" });

test("the kernel is one in user mode, and we are root in it", () => {
  assert.match(sh("uname -a"), /GNU\/Linux/);
  assert.match(readFileSync("/proc/cpuinfo", "utf8"), /UML/);
  assert.equal(process.getuid?.(), 0);
});

test("it has the kinds of interfaces of the tests", () => {
  sh("ip netns add kinds");
  const links = [
    "d0 type dummy",
    "v0 type veth peer name v1",
    "b0 type bridge",
    "r0 type vrf table 10",
    "vlan5 link d0 type vlan id 5",
    "m0 link d0 type macvlan mode private",
    "i0 link v0 type ipvlan mode l2",
  ];
  for (const link of links) sh(`ip -n kinds link add ${link}`);
  sh("ip netns delete kinds");
});

test("it has IPVS", () => {
  assert.match(sh("ipvsadm -A -t 192.0.2.1:80 -s mh && ipvsadm -Ln && ipvsadm -C"), /192\.0\.2\.1:80 mh/);
});

test("nothing that it writes reaches the machine around it", () => {
  assert.throws(() => {
    writeFileSync(`${repository}/stray`, "");
  }, /EROFS/);
  writeFileSync("/tmp/of-the-guest", "");
  writeFileSync("/run/of-the-guest", "");
});
