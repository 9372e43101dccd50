/** Keywords outside all blocks, and the small blocks: garp_group, track_group, SSL, delays and polling of interfaces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, good, instance, read } from "./fake-files.js";
import { checkKeywords, flag, s } from "./keyword-cases.js";

const only = (name: string) => ({ interfaceExists: (other: string) => other === name });

checkKeywords("root", (line) => `${line}\n`, [
  {
    keyword: "net_namespace",
    of: (c) => [c.global.daemon.netNamespace, c.global.daemon.usePidDirectory],
    byDefault: [undefined, false],
    accepted: [["a", ["a", true]]],
    alone: "lenient",
  },
  {
    keyword: "net_namespace_ipvs",
    of: (c) => c.global.daemon.ipvsNetNamespace,
    accepted: [
      ["a", "a"],
      ["", null],
    ],
  },
  {
    keyword: "namespace_with_ipsets",
    of: (c) => c.global.daemon.namespaceWithIpsets,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "use_pid_dir",
    of: (c) => c.global.daemon.usePidDirectory,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "instance",
    of: (c) => [c.global.daemon.instance, c.global.daemon.usePidDirectory],
    byDefault: [undefined, false],
    accepted: [["a", ["a", true]]],
    alone: "lenient",
  },
  {
    keyword: "child_wait_time",
    of: (c) => c.global.daemon.childWaitMicros,
    byDefault: 5 * s,
    accepted: [
      ["0", 0],
      ["4294967295", 4294967295 * s],
    ],
    refused: ["4294967296", "x", "-1"],
    alone: "fatal",
  },
  {
    keyword: "linkbeat_use_polling",
    of: (c) => c.vrrp.interfaces.pollAll,
    byDefault: false,
    accepted: flag,
  },
]);

test("names of the daemon stay as they were first", () => {
  for (const keyword of ["net_namespace", "net_namespace_ipvs", "instance"]) {
    assert.deepEqual(brief(read(`${keyword} a\n${keyword} b\n`)), [
      `2:1 error '${keyword}' is already set; this line is ignored`,
    ]);
  }
});

test("linkbeat_interfaces: a way to poll, or the first that works", () => {
  const { polled } = good("linkbeat_interfaces {\n a MII\n b\n c IOCTL\n}\n").vrrp.interfaces;
  assert.deepEqual(polled, [{ name: "a", method: "MII" }, { name: "b" }, { name: "c", method: "IOCTL" }]);
  for (const line of ["a mii", "a MII ETHTOOL"])
    assert.equal(read(`linkbeat_interfaces {\n ${line}\n}\n`).testStatus, 5, line);
});

test("interface_up_down_delays: one delay counts for both ways, as the manual says", () => {
  const { delays } = good("interface_up_down_delays {\n a 1\n b 0.5 255\n a 2 0\n}\n").vrrp.interfaces;
  assert.deepEqual(delays, [
    { name: "a", downMicros: 2 * s, upMicros: 0 },
    { name: "b", downMicros: s / 2, upMicros: 255 * s },
  ]);
  const { delays: one } = good("interface_up_down_delays {\n a 1.5\n}\n").vrrp.interfaces;
  assert.deepEqual(one, [{ name: "a", downMicros: 1.5 * s, upMicros: 1.5 * s }]);
  for (const line of ["a 256", "a 0.5 256", "a x"])
    assert.equal(read(`interface_up_down_delays {\n ${line}\n}\n`).testStatus, 5, line);
  assert.equal(read("interface_up_down_delays {\n a\n}\n").testStatus, 0);
});

test("an unknown interface in these two blocks is of the kind fatal: status 4, but a daemon starts", () => {
  for (const text of ["linkbeat_interfaces {\n no0\n}\n", "interface_up_down_delays {\n no0 1\n}\n"]) {
    const result = read(text, only("lo"));
    assert.deepEqual([result.testStatus, result.usable, result.reloadable], [4, true, false]);
    assert.match(brief(result)[0] ?? "", /^2:2 error there is no interface 'no0'/);
    const { polled, delays } = result.config.vrrp.interfaces;
    assert.deepEqual([polled, delays], [[], []]);
    assert.equal(read(`global_defs {\n dynamic_interfaces\n}\n${text}`, only("lo")).testStatus, 0);
  }
});

test("garp_group: limits and the interfaces that share them", () => {
  const text =
    "garp_group {\n garp_interval 0\n interface a\n interfaces {\n b c\n d\n }\n interface e\n}\n" +
    "garp_group {\n gna_interval 0.5\n interface f\n}\n";
  const groups = good(text).vrrp.garpGroups.map(({ position, ...group }) => group);
  assert.deepEqual(groups, [
    { interfaces: ["a", "b", "c", "d", "e"], garpIntervalMicros: 0 },
    { interfaces: ["f"], gnaIntervalMicros: s / 2 },
  ]);
});

test("garp_group: without limit, with an interface of another group, with an unknown interface", () => {
  const none = read("garp_group {\n interface a\n}\n");
  assert.deepEqual(none.config.vrrp.garpGroups, []);
  assert.deepEqual(brief(none), [
    "1:1 error this 'garp_group' needs 'garp_interval' or 'gna_interval'; it is ignored",
  ]);
  const twice = read("garp_group {\n gna_interval 0\n interface a\n interfaces {\n a b\n }\n}\n");
  assert.deepEqual(twice.config.vrrp.garpGroups[0]?.interfaces, ["a", "b"]);
  assert.deepEqual(brief(twice), ["5:2 error 'a' is in a 'garp_group' already; it is ignored here"]);
  const unknown = read("garp_group {\n gna_interval 0\n interface a\n}\n", only("lo"));
  assert.deepEqual([unknown.testStatus, unknown.exitStatus], [5, 2]);
  assert.equal(read("garp_group {\n gna_interval 4294.967296\n interface a\n}\n").testStatus, 5);
  assert.equal(read("garp_group {\n gna_interval 1\n interface a\n}\n").testStatus, 0);
  assert.equal(read("garp_group {\n gna_interval 0\n interface\n}\n").testStatus, 2);
});

test("track_group: members in any order, unknown ones ignored", () => {
  const result = read(`track_group T {\n group {\n V nosuch\n V\n }\n}\n${instance("")}`);
  assert.deepEqual(
    result.config.vrrp.trackGroups.map(({ name, members }) => [name, members]),
    [["T", ["V"]]],
  );
  assert.deepEqual(brief(result), ["3:4 warning there is no instance 'nosuch'; it is ignored in the group"]);
  assert.equal(result.testStatus, 0);
});

test("track_group: names are unique, and each has one list that is not empty", () => {
  const group = "track_group T {\n group {\n V\n }\n}\n";
  for (const text of [
    group.replace(" T", ""),
    group.replace(" T", " T U"),
    group + group,
    group.replace("V", ""),
    group.replace(" group", " group {\n V\n }\n group"),
  ])
    assert.equal(read(text + instance("")).testStatus, 5, text);
});

test("SSL: files and passphrase; what is given again replaces, and that is reported", () => {
  assert.equal(good("").ssl, undefined);
  const { ssl } = good('SSL {\n password "a b"\n ca /ca\n certificate /c\n key /k\n}\n');
  assert.deepEqual(ssl, { password: "a b", caFile: "/ca", certificateFile: "/c", keyFile: "/k" });
  const twice = read("SSL {\n ca /a\n ca /b\n}\n");
  assert.deepEqual(twice.config.ssl, { caFile: "/b" });
  assert.deepEqual(brief(twice), ["3:2 warning 'ca' is already set; this line replaces it"]);
  const again = read("SSL {\n ca /a\n}\nSSL {\n key /k\n}\n");
  assert.deepEqual(again.config.ssl, { keyFile: "/k" });
  assert.deepEqual(brief(again), ["4:1 error there is an 'SSL' already; this one replaces it"]);
  assert.equal(read("SSL {\n ca\n}\n").testStatus, 5);
});

test("what people slip into: a hint, and upstream's status where it says nothing", () => {
  const hinted = (text: string) => brief(read(text)).join("\n");
  assert.match(hinted("inculde x\n"), /unknown keyword 'inculde'; did you mean 'include'\?/);
  assert.match(
    hinted("$I=5\nstatic_ipaddress {\n 10.0.0.$I/24 dev lo\n}\n"),
    /3:9 note '\$I' is not replaced before '\/'; write '\$\{I\}'/,
  );
  const relay = read("global_defs {\n smtp_server 300.1.2.3\n}\n");
  assert.equal(relay.testStatus, 5);
  assert.deepEqual(brief(relay), [
    "2:14 error '300.1.2.3' is no IPv4 address, and no name either; it is ignored",
  ]);
  for (const [address, what] of [
    ["0.0.0.0", "no address of a host"],
    ["224.0.0.1", "a multicast group"],
    ["255.255.255.255", "reserved"],
    ["ff02::1", "a multicast group"],
    ["::", "no address of a host"],
  ] as const) {
    const result = read(`static_ipaddress {\n ${address} dev lo\n}\n`);
    assert.equal(result.testStatus, 0, address);
    assert.deepEqual(brief(result), [
      `2:2 warning ${address} is ${what}: the kernel will refuse it or nobody can reach it`,
    ]);
  }
});

test("a message does not turn the direction of writing", () => {
  const { diagnostics } = read(
    "nonsense\u202e\u2066 x\n".replace(/[\u202e\u2066]/g, (c) => Buffer.from(c).toString("latin1")),
  );
  assert.doesNotMatch(JSON.stringify(diagnostics), /[\u202a-\u202e\u2066-\u2069]/);
});

test("a running daemon does not take a file in which nothing is configured", () => {
  for (const text of ["", "# all gone\n", "$A=1\n"]) {
    const result = read(text);
    assert.deepEqual(
      [result.testStatus, result.usable, result.empty, result.reloadable],
      [0, true, true, false],
    );
  }
  const blank = read("global_defs {\n}\n");
  assert.deepEqual([blank.empty, blank.reloadable], [false, true]);
});

test("a script in a block that is skipped still counts for the complaint about security", () => {
  for (const keyword of ["script", "quorum_up", "quorum_down", "notify_up", "notify_down", "misc_path"]) {
    const result = read(`no_such_block {\n inner {\n  ${keyword} /bin/true\n }\n}\n`);
    assert.match(
      brief(result).join("\n"),
      /3:3 security scripts are configured, but script security is not/,
      keyword,
    );
  }
});

test("of several things wrong, an include that had to be there decides the status, then a missing argument", () => {
  const all = read("global_defs {\n include_check\n}\nvrrp_script {\n}\ninclude nix.conf\n");
  assert.deepEqual([all.testStatus, all.exitStatus], [6, 6]);
  const missing = read("vrrp_script {\n}\nnonsense\n");
  assert.deepEqual([missing.testStatus, missing.exitStatus], [2, 2]);
});
