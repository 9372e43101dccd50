/** Blocks with entries of their own: addresses, routes, peers, trackers, scripts, authentication. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config, VrrpInstanceConfig } from "../../../src/config/model.js";
import { brief, good, instance, messages, read } from "./fake-files.js";

const first = (c: Config): VrrpInstanceConfig => {
  const [found] = c.vrrp.instances;
  assert.ok(found);
  return found;
};

test("authentication: PASS with up to 8 bytes, longer ones are cut", () => {
  const auth = (lines: string) => read(instance(`authentication {\n${lines}\n}`));
  assert.deepEqual(first(auth("auth_type PASS\nauth_pass 12345678").config).auth, {
    type: "pass",
    password: "12345678",
  });
  const long = auth("auth_type PASS\nauth_pass 123456789");
  assert.deepEqual(first(long.config).auth, { type: "pass", password: "12345678" });
  assert.deepEqual(brief(long), ["6:11 warning 'auth_pass' has 9 bytes; only the first 8 are used"]);
  assert.deepEqual([long.testStatus, long.reloadable], [5, true]);
  assert.deepEqual(brief(auth("auth_type PASS")), [
    "5:11 error 'auth_type PASS' without 'auth_pass': there is no authentication",
  ]);
  assert.match(messages(auth("auth_type MD5\nauth_pass x")), /'auth_type' must be PASS or AH, not 'MD5'/);
});

test("virtual_ipaddress: everything an address may carry", () => {
  const config = good(
    instance(
      "virtual_ipaddress {\n 10.0.0.2/24 dev eth1 label NIC:1 brd + scope link no_track\n 10.0.0.3 peer 10.0.0.4 noprefixroute\n}",
    ),
  );
  const [second, third] = first(config).addresses.map(({ position: _, ...rest }) => rest);
  const base = { family: 4, preferredSeconds: 0xffffffff };
  assert.deepEqual(
    { ...base, ...second },
    {
      ...base,
      address: "10.0.0.2",
      prefixLength: 24,
      device: "eth1",
      scope: 253,
      flags: 0,
      noTrack: true,
      label: "NIC:1",
      broadcast: "10.0.0.255",
    },
  );
  assert.deepEqual(
    { ...base, ...third },
    {
      ...base,
      address: "10.0.0.3",
      prefixLength: 32,
      device: "eth0",
      scope: 0,
      flags: 0x200,
      noTrack: false,
      peer: "10.0.0.4",
    },
  );
});

test("virtual_ipaddress: IPv6 flags and lifetimes", () => {
  const text = instance(
    "virtual_ipaddress {\n FE80:0:0::1\n 2001:db8::1/64 -nodad home\n 2001:db8::2 preferred_lft forever\n}",
    "address",
  );
  const got = first(good(text)).addresses.map((a) => [
    a.address,
    a.prefixLength,
    a.flags,
    a.preferredSeconds,
  ]);
  assert.deepEqual(got, [
    ["fe80::1", 128, 2, 0],
    ["2001:db8::1", 64, 0x10, 0xffffffff],
    ["2001:db8::2", 128, 2, 0xffffffff],
  ]);
});

test("virtual_ipaddress: mistakes, each under its word", () => {
  const lines = [
    "10.0.0.1000/24",
    "10.0.0.5/33",
    "10.0.0.6/2x",
    "10.0.0.7 dev",
    "10.0.0.8 labl x",
    "10.0.0.9/24 10.0.0.10/24",
    "10.0.0.11/31 brd +",
    "10.0.0.12 label 0123456789abcdef",
  ];
  const result = read(instance(`virtual_ipaddress {\n${lines.join("\n")}\n}`));
  assert.deepEqual(brief(result), [
    "5:1 error '10.0.0.1000/24' is not an IP address; the entry is ignored",
    "6:10 error the prefix length must be 0 to 32, not '33'; /32 is used",
    "7:10 error the prefix length must be 0 to 32, not '2x'; /32 is used",
    "8:10 error 'dev' needs INTERFACE; the entry is ignored",
    "9:10 error unknown option 'labl'; it is ignored; did you mean 'label'?",
    "10:13 error unknown option '10.0.0.10/24'; write one address per line",
    "11:1 error 'brd +' needs a prefix length of at most 30",
    "12:17 error '0123456789abcdef' must be at most 15 characters; the option is ignored",
  ]);
});

test("virtual_routes and static_routes", () => {
  const config = good(
    `static_routes {\n default via 10.0.0.254 dev eth0 metric 5 src 10.0.0.9\n}\n${instance("virtual_routes {\n to blackhole 10.2.3.4/16 no_track\n 2001:db8::/32 via fe80::1 dev eth0 table 100 onlink\n}")}`,
  );
  const plain = (list: Config["vrrp"]["staticRoutes"]) => list.map(({ position: _, ...rest }) => rest);
  const common = { table: 254, protocol: 18, onlink: false, noTrack: false };
  assert.deepEqual(plain(config.vrrp.staticRoutes), [
    {
      ...common,
      family: 4,
      type: 1,
      destination: "0.0.0.0",
      prefixLength: 0,
      gateway: "10.0.0.254",
      device: "eth0",
      source: "10.0.0.9",
      metric: 5,
    },
  ]);
  assert.deepEqual(plain(first(config).routes), [
    { ...common, family: 4, type: 6, destination: "10.2.0.0", prefixLength: 16, noTrack: true },
    {
      ...common,
      family: 6,
      type: 1,
      destination: "2001:db8::",
      prefixLength: 32,
      gateway: "fe80::1",
      device: "eth0",
      table: 100,
      onlink: true,
    },
  ]);
});

test("unicast_peer with limits, unicast_src_ip and unicast_ttl", () => {
  const config = good(
    instance(
      "unicast_src_ip 10.0.0.9\nunicast_ttl 255\nunicast_peer {\n 10.0.0.8\n 10.0.0.7 min_ttl 0 max_ttl 255\n}",
    ),
  );
  const { sourceAddress, unicastPeers, unicastTtl } = first(config);
  assert.deepEqual([sourceAddress, unicastTtl], ["10.0.0.9", 255]);
  assert.deepEqual(unicastPeers, [{ address: "10.0.0.8" }, { address: "10.0.0.7", minTtl: 0, maxTtl: 255 }]);
  assert.deepEqual(brief(read(instance("unicast_peer {\n 10.0.0.7 min_ttl 256\n x\n}"))), [
    "5:19 error '256' must be a whole number from 0 to 255; the option is ignored",
    "6:2 error 'x' is not an IP address; the peer is ignored",
  ]);
});

test("track_interface with weights", () => {
  const track = (entry: string) => read(instance(`track_interface {\n ${entry}\n}`));
  assert.deepEqual(first(track("eth1 weight -253 reverse").config).trackInterfaces, [
    { name: "eth1", weight: -253, reverse: true },
  ]);
  const limited = track("eth1 weight 254");
  assert.equal(first(limited.config).trackInterfaces[0]?.weight, 253);
  assert.deepEqual(brief(limited), ["5:14 warning '254' is beyond 253, which is used"]);
  assert.deepEqual(brief(track("eth1 weight 255")), [
    "5:14 error '255' must be a whole number from -254 to 254; the option is ignored",
  ]);
});

test("notify scripts of instances and groups", () => {
  const secure = "global_defs {\n enable_script_security\n script_user root\n}\n";
  const config = good(
    `${secure}${instance("notify_master \"/bin/x a 'b c'\" nobody\nnotify_backup /bin/y\nnotify_fault /bin/z\nnotify_stop /bin/s\nnotify run/n.sh")}${instance("").replace("V", "W").replace("51", "52").replace("0.1/", "0.2/")}vrrp_sync_group G {\n group { V W }\n notify /bin/g\n}\n`,
  );
  const { master, backup, fault, stop, any } = first(config).notify;
  assert.deepEqual([master?.args, master?.user], [["/bin/x", "a", "b c"], "nobody"]);
  assert.deepEqual(
    [backup, fault, stop, any].map((script) => script?.args[0]),
    ["/bin/y", "/bin/z", "/bin/s", "/etc/keepalived/run/n.sh"],
  );
  assert.deepEqual(config.vrrp.syncGroups[0]?.notify.any?.args, ["/bin/g"]);
});
