/** What settings mean together: repairs, conditions that refuse a start, verdicts (section 6 and 7 of the language). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, good, instance, read } from "./fake-files.js";

const strict = "global_defs {\n vrrp_strict\n}\n";

test("the two-node example", () => {
  const config = good(`global_defs {
   router_id node1
   vrrp_mcast_group4 224.100.100.100
}
vrrp_instance VI_1 {
    state BACKUP
    interface NIC
    virtual_router_id 88
    priority 90
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 123456
    }
    virtual_ipaddress {
        192.168.1.100/24 dev NIC label NIC:1
    }
}
`);
  const [found] = config.vrrp.instances;
  assert.equal(found?.multicastGroup, "224.100.100.100");
  assert.equal(found?.priority, 90);
  assert.deepEqual(found?.auth, { type: "pass", password: "123456" });
  assert.deepEqual(found?.addresses[0]?.label, "NIC:1");
  assert.deepEqual(found?.position, { file: "keepalived.conf", line: 5, column: 15 });
});

test("conditions that refuse a start, with status 2", () => {
  const refused: [string, RegExp][] = [
    ["vrrp_instance V {\n interface eth0\n virtual_ipaddress { 10.0.0.1 }\n}\n", /needs 'virtual_router_id/],
    ["vrrp_instance V {\n virtual_router_id 1\n virtual_ipaddress { 10.0.0.1 }\n}\n", /needs 'interface/],
    [
      "vrrp_instance V {\n virtual_router_id 1\n unicast_peer { 10.0.0.9 }\n virtual_ipaddress { 10.0.0.1 }\n}\n",
      /without interface needs 'unicast_src_ip'/,
    ],
    [strict + instance("unicast_peer { 10.0.0.9 }"), /does not allow unicast peers/],
    [strict + instance("", "address"), /strict mode needs at least one address/],
    [instance("version 3", "address"), /version 3 needs at least one address/],
    [instance("") + instance("").replace("V", "W"), /virtual_router_id 51 is used by 'V' and 'W' on eth0/],
    [instance("").replace("eth0", "lo"), /loopback/],
  ];
  for (const [text, expected] of refused) {
    const result = read(text);
    assert.deepEqual([result.usable, result.exitStatus, result.reloadable], [false, 2, false], text);
    assert.match(result.refusals.join(), expected);
    assert.equal(result.testStatus, 5);
  }
});

test("the same virtual_router_id is fine on another interface, family or group", () => {
  good(instance("") + instance("").replace("V", "W").replace("eth0", "eth1"));
  good(instance("") + instance("").replace("V", "W").replace("10.0.0.1/24", "fe80::1"));
  good(instance("") + instance("mcast_dst_ip 224.0.0.99").replace("V", "W").replace("0.1/", "0.2/"));
  const unicast = (peer: string) => instance(`unicast_peer { ${peer} }`);
  good(unicast("10.0.0.8") + unicast("10.0.0.9").replace("V", "W").replace("0.1/", "0.2/"));
  assert.equal(read(unicast("10.0.0.8") + unicast("10.0.0.8").replace("V", "W")).usable, false);
});

test("an interface that does not exist refuses, unless dynamic_interfaces", () => {
  const host = { interfaceExists: (name: string) => name === "eth0" };
  const result = read(instance("track_interface {\n eth7\n}"), host);
  assert.deepEqual(brief(result), [
    "5:2 error there is no interface 'eth7' (dynamic_interfaces in global_defs allows it to come later)",
  ]);
  assert.deepEqual([result.usable, result.exitStatus, result.testStatus], [false, 2, 5]);
  assert.equal(
    read(`global_defs {\n dynamic_interfaces\n}\n${instance("track_interface {\n eth7\n}")}`, host)
      .testStatus,
    0,
  );
  assert.equal(read(instance("").replace("/24", "/24 dev eth7"), host).usable, false);
});

test("the seventh decimal is rounded half up", () => {
  const gap = (seconds: string) =>
    read(`global_defs {\n vrrp_garp_interval ${seconds}\n}\n`).config.global.garpIntervalMicros;
  assert.deepEqual(["0.0000015", "0.0000014", "0.9999995"].map(gap), [2, 1, 1_000_000]);
});

test("repairs are warnings that count for -t and do not stop a reload", () => {
  const repaired: [string, string][] = [
    [instance("", "address"), "1:15 warning the instance has no address in 'virtual_ipaddress'"],
    [instance("advert_int 1.5"), "4:12 warning version 2 needs whole seconds; 2 is used"],
    [instance("advert_int 0.3"), "4:12 warning version 2 needs whole seconds; 1 is used"],
    [
      instance("advert_int 50\nversion 3"),
      "4:12 warning version 3 needs hundredths of a second up to 40.95; 40.95 is used",
    ],
    [
      instance("advert_int 1.1234567\nversion 3"),
      "4:12 warning 'advert_int' has more than six decimals; 1.123457 is used",
    ],
    [instance("nopreempt\npriority 255"), "4:1 warning 'nopreempt' is ignored with priority 255"],
    [
      instance("nopreempt\nstate MASTER\npriority 9"),
      "4:1 warning 'nopreempt' is ignored with 'state MASTER'; write 'state BACKUP'",
    ],
    [instance("preempt_delay 5\nnopreempt"), "4:15 warning 'preempt_delay' is ignored with 'nopreempt'"],
    [instance("unicast_ttl 5"), "4:13 warning 'unicast_ttl' without unicast peers has no effect"],
    [
      instance("version 3\nauthentication {\n auth_type PASS\n auth_pass x\n}"),
      "5:1 warning version 3 has no authentication; the block is ignored",
    ],
    [
      `${strict}${instance("down_timer_adverts 4")}`,
      "7:20 warning strict mode needs 'down_timer_adverts 3', which is used",
    ],
    [
      `${strict}${instance("state MASTER\npriority 9")}`,
      "7:7 warning strict mode: with priority 9 the state is BACKUP",
    ],
    [
      `${strict}${instance("garp_lower_prio_repeat 4")}`,
      "7:24 warning strict mode does not allow 'garp_lower_prio_repeat'; 0 is used",
    ],
    [
      instance("track_interface {\n eth0\n}"),
      "5:2 warning 'eth0' is the interface of the instance and tracked anyway; this entry is ignored",
    ],
    [
      "global_defs {\n vrrp_garp_master_repeat 0\n}\n",
      "2:26 warning 'vrrp_garp_master_repeat' must not be 0; 1 is used",
    ],
  ];
  for (const [text, expected] of repaired) {
    const result = read(text);
    assert.ok(brief(result).includes(expected), `${expected}\n${brief(result).join("\n")}`);
    assert.deepEqual([result.testStatus, result.usable, result.reloadable], [5, true, true], expected);
  }
});

test("the first address decides the family; the others are ignored", () => {
  const result = read(
    instance("virtual_ipaddress_excluded { 2001:db8::9 }\nvirtual_ipaddress {\n fe80::1\n}"),
  );
  assert.deepEqual(brief(result), [
    "8:21 error an IPv4 address in an IPv6 instance is ignored; use a second instance or virtual_ipaddress_excluded",
  ]);
  const [found] = result.config.vrrp.instances;
  assert.deepEqual(
    [found?.family, found?.version, found?.multicastGroup, found?.addresses.length],
    [6, 3, "ff02::12", 1],
  );
  assert.equal(result.reloadable, false);
  assert.equal(read(instance("mcast_src_ip fe80::5")).config.vrrp.instances[0]?.family, 6);
});

test("state MASTER without priority owns the addresses", () => {
  const [found] = good(instance("state MASTER")).vrrp.instances;
  assert.deepEqual([found?.priority, found?.initialState], [255, "MASTER"]);
  assert.equal(good(instance("priority 255")).vrrp.instances[0]?.initialState, "MASTER");
});

test("strict mode sets what the protocol demands", () => {
  const [found] = good(`${strict}${instance("")}`).vrrp.instances;
  assert.deepEqual(
    [found?.lowerPrioNoAdvert, found?.higherPrioSendAdvert, found?.announce.lowerPrioRepeat],
    [true, false, 0],
  );
});

test("the last of preempt and nopreempt wins", () => {
  assert.equal(good(instance("nopreempt\npreempt")).vrrp.instances[0]?.preempt, true);
  assert.equal(good(instance("preempt\nnopreempt")).vrrp.instances[0]?.preempt, false);
});

test("duplicate names, addresses and peers", () => {
  assert.deepEqual(brief(read(instance("") + instance("").replace("51", "52"))), [
    "7:15 error 'V' is already defined; this block is ignored",
  ]);
  assert.deepEqual(brief(read(instance("virtual_ipaddress_excluded { 10.0.0.1/24 }"))), [
    "4:30 error the address 10.0.0.1/24 is given twice; this one is ignored",
  ]);
  assert.deepEqual(brief(read(instance("unicast_peer {\n 10.0.0.8\n 10.0.0.8\n}"))), [
    "6:2 warning the peer 10.0.0.8 is given twice; this one is ignored",
  ]);
  assert.deepEqual(brief(read("vrrp_instance {\n}\n")), [
    "1:1 error 'vrrp_instance' needs exactly one name; the block is skipped",
  ]);
});

test("addresses that do not fit into an advert are excluded from it", () => {
  const many = (family: number, count: number) =>
    Array.from({ length: count }, (_, i) =>
      family === 4 ? `10.1.${i >> 8}.${i & 255}` : `2001:db8::${(i + 1).toString(16)}`,
    ).join("\n");
  const six = read(instance(`virtual_ipaddress {\n${many(6, 100)}\n}`, "address")).config.vrrp.instances[0];
  assert.deepEqual([six?.addresses.length, six?.excludedAddresses.length], [89, 11]);
  const four = read(instance(`virtual_ipaddress {\n${many(4, 300)}\n}`, "address"));
  assert.deepEqual([four.config.vrrp.instances[0]?.addresses.length, four.testStatus], [255, 5]);
  assert.equal(four.config.vrrp.instances[0]?.excludedAddresses[0]?.address, "10.1.0.255");
});

test("sync groups: members that exist, in one group only", () => {
  const two = instance("") + instance("").replace("V", "W").replace("51", "52").replace("0.1/", "0.2/");
  const group = (name: string, members: string) =>
    `vrrp_sync_group ${name} {\n group {\n ${members}\n }\n}\n`;
  assert.deepEqual(good(group("G", "V W") + two).vrrp.syncGroups[0]?.members, ["V", "W"]);
  assert.deepEqual(brief(read(two + group("G", "V W VI"))), [
    "15:6 error there is no instance 'VI'; it is ignored in the group; did you mean 'V'?",
  ]);
  assert.deepEqual(brief(read(two + group("G", "V W") + group("H", "W"))), [
    "18:17 error the sync group 'H' has no member and is ignored",
    "20:2 error 'W' is already in a sync group; it is ignored in this one",
  ]);
  assert.deepEqual(brief(read(two + group("G", "V"))), [
    "13:17 warning the sync group 'G' has only one member",
  ]);
  const weighted =
    instance("track_interface {\n eth1 weight 5\n}") +
    instance("").replace("V", "W").replace("51", "52").replace("0.1/", "0.2/");
  assert.equal(read(weighted + group("G", "V W")).config.vrrp.instances[0]?.trackInterfaces[0]?.weight, 0);
});

test("scripts: program, arguments, account, and the security complaint once", () => {
  const text = instance("notify_master \"/bin/x 'a b'\" nobody nogroup\nnotify run/n.sh");
  const result = read(text);
  assert.deepEqual(brief(result), [
    "4:15 security scripts are configured, but script security is not; add enable_script_security (and script_user) to global_defs",
  ]);
  assert.deepEqual([result.testStatus, result.usable, result.reloadable], [6, true, true]);
  const { master, any } = result.config.vrrp.instances[0]?.notify ?? {};
  assert.deepEqual([master?.args, master?.user, master?.group], [["/bin/x", "a b"], "nobody", "nogroup"]);
  assert.deepEqual([any?.args, any?.user], [["/etc/keepalived/run/n.sh"], undefined]);
  const secure = `global_defs {\n script_user me\n enable_script_security\n}\n${text}`;
  assert.equal(good(secure).vrrp.instances[0]?.notify.any?.user, "me");
});

test("scripts that cannot run are left out with a word that does not count", () => {
  const host = { scriptStatus: () => "missing" as const };
  const result = read(instance("notify /bin/x"), host);
  assert.deepEqual(brief(result), ["4:8 warning script '/bin/x' does not exist; it will not be run"]);
  assert.equal(result.testStatus, 0);
  assert.deepEqual(result.config.vrrp.instances[0]?.notify, {});
});

test("a missing top file refuses a start with status 6 and fails a test", () => {
  const result = read("", { path: "nosuch.conf" });
  assert.deepEqual(
    [result.usable, result.exitStatus, result.testStatus, result.reloadable],
    [false, 6, 4, false],
  );
  assert.equal(
    brief(result)[0],
    "undefined:undefined error there is no file 'nosuch.conf' in /etc/keepalived",
  );
});

test("an error stops a reload and not a start", () => {
  const result = read(instance("priorty 5"));
  assert.deepEqual([result.usable, result.reloadable, result.testStatus], [true, false, 5]);
});

test("deprecated words work and do not stop a reload", () => {
  const result = read(instance("unicast_src_ip 10.0.0.9"));
  assert.deepEqual(brief(result), ["4:16 deprecated there are no unicast peers; multicast is used"]);
  assert.equal(result.reloadable, true);
});

test("vrrp_min_garp lowers what nobody set", () => {
  const [found] = good(`global_defs {\n vrrp_min_garp\n vrrp_garp_master_delay 3\n}\n${instance("")}`).vrrp
    .instances;
  assert.deepEqual([found?.announce.masterRepeat, found?.announce.masterDelayMicros], [1, 3_000_000]);
});
