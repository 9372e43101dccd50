/** The keywords of `vrrp_instance`: what the configuration says of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config, VrrpInstanceConfig } from "../../../src/config/model.js";
import { brief, good, instance, messages, read } from "./fake-files.js";

const first = (c: Config): VrrpInstanceConfig => {
  const [found] = c.vrrp.instances;
  assert.ok(found);
  return found;
};
const of = (lines: string): VrrpInstanceConfig => first(good(instance(lines)));
const mended = (lines: string): VrrpInstanceConfig => first(read(instance(lines)).config);
const said = (lines: string): string[] => brief(read(instance(lines)));
const unicast = "unicast_peer { 10.0.0.9 }\n";

test("flags and numbers with their defaults", () => {
  const plain = of("");
  assert.deepEqual(
    [
      plain.accept,
      plain.promoteSecondaries,
      plain.trackSourceAddress,
      plain.checkUnicastSource,
      plain.oldUnicastChecksum,
      plain.checksumAsVersion2,
      plain.notifyDeleted,
      plain.smtpAlert,
      plain.notifyPriorityChanges,
      plain.ownerIgnoreAdverts,
      plain.extraAnnounce,
      plain.receiveBufferBytes,
      plain.timerExpiredBackupPriority,
    ],
    [true, false, false, false, "detect", false, false, false, false, false, undefined, undefined, undefined],
  );
  assert.equal(of("promote_secondaries").promoteSecondaries, true);
  assert.equal(of("track_src_ip\nmcast_src_ip 10.0.0.9").trackSourceAddress, true);
  assert.equal(of(`${unicast}check_unicast_src`).checkUnicastSource, true);
  assert.equal(of("unicast_peer { 10.0.0.9 min_ttl 254 }").checkUnicastSource, true);
  assert.equal(of(`${unicast}old_unicast_checksum`).oldUnicastChecksum, "always");
  assert.equal(of(`${unicast}old_unicast_checksum never`).oldUnicastChecksum, "never");
  assert.equal(of("version 3\nv3_checksum_as_v2").checksumAsVersion2, true);
  assert.equal(of("kernel_rx_buf_size 4294967295").receiveBufferBytes, 4294967295);
  assert.equal(of("nopreempt\ntimer_expired_backup").timerExpiredBackupPriority, 254);
  assert.equal(of("nopreempt\ntimer_expired_backup 1").timerExpiredBackupPriority, 1);
  assert.deepEqual(of("garp_extra_if all 86400").extraAnnounce, {
    intervalMicros: 86_400_000_000,
    all: true,
  });
  assert.equal(of("garp_extra_if 0").extraAnnounce, undefined);
  assert.equal(of("smtp_alert").smtpAlert, true);
  assert.equal(of("notify_priority_changes yes").notifyPriorityChanges, true);
});

test("global defaults of instances", () => {
  const globally = (line: string) => first(good(`global_defs {\n${line}\n}\n${instance("")}`));
  assert.equal(globally("smtp_alert").smtpAlert, true);
  assert.equal(globally("smtp_alert\nsmtp_alert_vrrp off").smtpAlert, false);
  assert.equal(globally("vrrp_check_unicast_src").checkUnicastSource, true);
  assert.equal(globally("v3_checksum_as_v2").checksumAsVersion2, true);
  assert.equal(globally("vrrp_notify_priority_changes").notifyPriorityChanges, true);
  assert.deepEqual(globally("vrrp_garp_extra_if all 5").extraAnnounce, {
    intervalMicros: 5_000_000,
    all: true,
  });
});

test("accept and no_accept share one setting; strict mode speaks against accept", () => {
  assert.equal(of("no_accept").accept, false);
  assert.equal(of("no_accept\naccept").accept, true);
  assert.equal(of("accept\nno_accept").accept, false);
  assert.equal(of("strict_mode").accept, false);
  assert.deepEqual(good(instance("strict_mode")).notActedOn, []);
  assert.equal(of("strict_mode\npriority 255").accept, true);
  assert.equal(of("strict_mode\nversion 3\naccept").accept, true);
  assert.deepEqual(said("strict_mode\naccept"), [
    "5:1 warning strict mode does not allow 'accept' with version 2; it is ignored",
  ]);
});

test("owner_ignore_adverts is for owners", () => {
  assert.equal(of("priority 255\nowner_ignore_adverts").ownerIgnoreAdverts, true);
  assert.equal(of("priority 255\nstrict_mode").ownerIgnoreAdverts, true);
  assert.equal(of("priority 255").ownerIgnoreAdverts, false);
  assert.deepEqual(said("owner_ignore_adverts"), [
    "4:1 warning 'owner_ignore_adverts' is for priority 255 only; it is ignored",
  ]);
});

test("use_vmac: its words come in any order, and given again it adds to them", () => {
  assert.deepEqual(of("use_vmac").vmac, { netlinkNotify: false });
  assert.deepEqual(of("use_vmac group 5 vrrp.7 2:0:0:0:0:a netlink_notify_msg").vmac, {
    netlinkNotify: true,
    name: "vrrp.7",
    macAddress: "02:00:00:00:00:0a",
    group: 5,
  });
  assert.equal(of("use_vmac 02:00:00:00:00").vmac?.macAddress, "02:00:00:00:00:33");
  assert.equal(of("use_vmac name v1\nuse_vmac 02:00:00:00:00:01").vmac?.name, "v1");
  assert.deepEqual(said("use_vmac 01:00:00:00:00:01\nuse_vmac 00:00:5e:00:01:05\nuse_vmac 2:0:0:0"), [
    "4:10 error a multicast MAC address cannot be used; it is ignored",
    "5:10 error the MAC addresses of the standard are used when none is given; it is ignored",
    "6:10 error '2:0:0:0' is no MAC address of 6 bytes, or 5 without the VRID; it is ignored",
  ]);
  assert.deepEqual(said("use_vmac foo bar\nuse_vmac 0123456789abcdef"), [
    "4:14 error the interface is called 'foo' already, not 'bar'; it is ignored",
    "5:10 error the interface name '0123456789abcdef' must be at most 15 plain characters; it is ignored",
  ]);
  assert.deepEqual(said("use_vmac eth0"), [
    "4:10 error 'eth0' is the interface of the instance itself; the name is ignored",
  ]);
});

test("VMACs: unicast, strict mode, names and interfaces that conflict", () => {
  assert.equal(mended(`${unicast}use_vmac`).transmitOnBase, true);
  assert.deepEqual(said(`${unicast}use_vmac`), [
    "5:1 warning unicast with 'use_vmac' needs 'vmac_xmit_base', which is set",
  ]);
  assert.deepEqual(said("vmac_xmit_base"), ["4:1 warning 'vmac_xmit_base' needs 'use_vmac'; it is ignored"]);
  assert.deepEqual(said("strict_mode\nuse_vmac 02:00:00:00:00:01\nvmac_xmit_base"), [
    "5:10 warning strict mode does not allow another MAC address; the standard one is used",
    "6:1 warning strict mode does not allow 'vmac_xmit_base'; it is ignored",
  ]);
  const two = instance("use_vmac v") + instance("use_vmac v").replace("V ", "W ").replace("51", "52");
  assert.deepEqual(brief(read(two.replace("10.0.0.1/24", "10.0.0.2/24"))), [
    "10:10 error the interface 'v' belongs to 'V' already; the name is ignored",
  ]);
  const bare = "vrrp_instance V {\n use_vmac\n virtual_router_id 1\n unicast_src_ip 10.0.0.3\n";
  const without = read(`${bare} unicast_peer { 10.0.0.9 }\n virtual_ipaddress { 10.0.0.1 }\n}\n`);
  assert.deepEqual(brief(without), ["2:2 warning 'use_vmac' needs 'interface INTERFACE'; it is ignored"]);
  assert.equal(first(without.config).vmac, undefined);
});

test("use_ipvlan: IPv4 needs an address, which also decides the family", () => {
  assert.deepEqual(of("use_ipvlan private 10.0.0.9/24 iv").ipvlan, {
    mode: "private",
    name: "iv",
    address: "10.0.0.9",
    prefixLength: 24,
  });
  assert.equal(mended("use_ipvlan").permanentFault, "use_ipvlan without address");
  assert.deepEqual(
    said("use_ipvlan fe80::1"),
    [
      "5:21 error an IPv4 address in an IPv6 instance is ignored; use a second instance or virtual_ipaddress_excluded",
      "1:15 error version 3 needs at least one address in 'virtual_ipaddress' (or 'no_virtual_ipaddress')",
    ].sort(),
  );
  assert.deepEqual(said("use_ipvlan 10.0.0.9\nuse_ipvlan 10.0.0.8"), [
    "5:1 error 'use_ipvlan' is already set; this line is ignored",
  ]);
});

test("vrf is for instances without interface", () => {
  const text =
    "vrrp_instance V {\n vrf blue\n virtual_router_id 1\n unicast_src_ip 10.0.0.3\n unicast_peer { 10.0.0.9 }\n virtual_ipaddress { 10.0.0.1 }\n}\n";
  assert.equal(first(good(text)).vrf, "blue");
  assert.equal(read(text, { interfaceExists: (name) => name !== "blue" }).usable, false);
  assert.deepEqual(said("vrf blue"), ["4:5 error 'vrf' is for instances without 'interface'; it is ignored"]);
});

test("unicast words without peers: multicast, or a fault for good", () => {
  for (const word of ["check_unicast_src", "old_unicast_checksum", "unicast_src_ip 10.0.0.9"]) {
    const result = read(instance(word));
    assert.match(messages(result), /deprecated warning: there are no unicast peers; multicast is used/);
    assert.equal(result.testStatus, 5);
    const faulty = read(instance(`${word}\nunicast_fault_no_peer`));
    assert.equal(faulty.testStatus, 0);
    assert.equal(first(faulty.config).permanentFault, "unicast without peers, and unicast_fault_no_peer");
  }
});

test("settings that are mended, and words that are refused", () => {
  assert.deepEqual(said("timer_expired_backup 200"), [
    "4:22 warning 'timer_expired_backup' needs 'nopreempt'; it is ignored",
  ]);
  assert.match(said("nopreempt\nthread_timer_expired").join(), /'thread_timer_expired' is deprecated/);
  assert.deepEqual(said("state MASTER\nstate BACKUP"), [
    "5:7 error the state is MASTER already; this line is ignored",
  ]);
  assert.equal(mended("state MASTER\nstate BACKUP").initialState, "MASTER");
  assert.deepEqual(said("kernel_rx_buf_size 1 2"), [
    "4:22 error 'kernel_rx_buf_size' takes exactly one number; the line is ignored",
  ]);
  assert.match(said("mcast_dst_ip ff0e::1").join(), /must be of link-local scope/);
  assert.match(said("lvs_sync_daemon_interface eth0").join(), /write 'lvs_sync_daemon' in global_defs/);
  assert.match(said("linkbeat_use_polling").join(), /write the block 'linkbeat_interfaces'/);
  const link = "virtual_ipaddress {\n 2001:db8::1\n fe80::1\n}";
  assert.deepEqual(brief(read(instance(`strict_mode\n${link}`, "address"))), [
    "6:2 error strict mode wants a link-local address (fe80::...) as the first one",
  ]);
});

test("notify_deleted with and without script, notify_master_rx_lower_pri", () => {
  const secure = "global_defs {\n enable_script_security\n script_user root\n}\n";
  const found = (line: string) => first(good(secure + instance(line)));
  assert.deepEqual(
    [found("notify_deleted").notifyDeleted, found("notify_deleted").notify.deleted],
    [true, undefined],
  );
  assert.deepEqual(found("notify_deleted /bin/x root :wheel").notify.deleted?.supplementaryGroups, true);
  assert.deepEqual(found("notify_master_rx_lower_pri /bin/y").notify.masterReceivesLowerPriority?.args, [
    "/bin/y",
  ]);
});

test("authentication: AH is IPv4 only", () => {
  const ah = "authentication {\n auth_type AH\n auth_pass secret\n}";
  const config = good(instance(ah));
  assert.deepEqual(first(config).auth, { type: "ah", password: "secret" });
  assert.deepEqual(config.notActedOn, []);
  const six = read(instance(`version 2\n${ah}\nvirtual_ipaddress { fe80::1 }`, "address"));
  assert.match(messages(six), /'auth_type AH' is not possible with IPv6/);
});

const KEY = "0123456789abcdef0123456789abcdef";

test("auth_hmac: keys as text, digits and files, defaults of the window", () => {
  const hmac = (lines: string, more = "") => of(`auth_hmac {\n${lines}\n}\n${more}`).hmac;
  const hex = Buffer.from(KEY).toString("hex");
  assert.deepEqual(hmac(`key 1 ${KEY}\nkey 255 hex:${hex}\nactive_key 255`), {
    keys: [
      { id: 1, hex },
      { id: 255, hex },
    ],
    activeKey: 255,
    timeWindowSeconds: 5,
    antiReplay: "time",
    mode: "enforce",
  });
  assert.equal(hmac(`key 1 ${KEY}\nactive_key 1`, "advert_int 10")?.timeWindowSeconds, 30);
  assert.equal(hmac(`key 1 ${KEY}\nactive_key 1`, "advert_int 200")?.timeWindowSeconds, 300);
  assert.deepEqual(hmac("key 1 file:k/one\nactive_key 1")?.keys, [{ id: 1, file: "/etc/keepalived/k/one" }]);
  const text = instance("auth_hmac {\nkey 1 file:k\nactive_key 1\n}");
  const exposed = read(text, { keyFile: () => ({ text: `${KEY}\r\n`, exposed: true }) });
  assert.equal(exposed.testStatus, 6);
  assert.deepEqual(first(exposed.config).hmac?.keys, [{ id: 1, hex }]);
  const missing = read(text, { keyFile: () => ({ problem: "it does not exist" }) });
  assert.equal(first(missing.config).hmac, undefined);
});

test("auth_hmac: without its active key it is off, and it replaces authentication", () => {
  const hmac = (lines: string, more = "") => said(`auth_hmac {\n${lines}\n}\n${more}`);
  assert.deepEqual(hmac(`key 1 ${KEY}`), [
    "4:1 error 'auth_hmac' needs 'active_key'; adverts are not signed",
  ]);
  assert.deepEqual(hmac(`key 1 ${KEY}\nactive_key 2`), [
    "6:12 error the active key 2 is not defined, or cannot be used; adverts are not signed",
  ]);
  assert.match(
    hmac(`key 1 short\nactive_key 1`).join(),
    /5:7 error a key has 32 to 64 bytes, not 5; the key is ignored/,
  );
  assert.match(hmac(`key 1 hex:xy\nactive_key 1`).join(), /needs hexadecimal digits in pairs/);
  assert.match(hmac(`key 1 ${KEY}\nkey 1 ${KEY}\nactive_key 1`).join(), /6:5 error key 1 is already defined/);
  const both = "authentication {\nauth_type PASS\nauth_pass x\n}";
  assert.match(hmac(`key 1 ${KEY}\nactive_key 1`, both).join(), /'auth_hmac' replaces 'authentication'/);
  assert.match(
    hmac(`key 1 ${KEY}\nactive_key 1\nmode permissive`, "strict_mode").join(),
    /strict mode needs 'mode enforce'/,
  );
});

test("one address in two instances is mentioned and does not count", () => {
  const result = read(instance("") + instance("").replace("V ", "W ").replace("51", "52"));
  assert.deepEqual(brief(result), [
    "11:21 warning the address 10.0.0.1/24 on eth0 belongs to 'V' too; both hold it while master",
  ]);
  assert.equal(result.testStatus, 0);
});

test("a signature takes its 28 bytes of the room for addresses in an advert", () => {
  const addresses = Array.from({ length: 40 }, (_, i) => `10.0.0.${i + 1}`).join("\n");
  const own = (signed: string) => {
    const text = instance(`version 3\n${signed}\nvirtual_ipaddress {\n${addresses}\n}`, "address");
    const [router] = read(text, { interfaceMtu: () => 200 }).config.vrrp.instances;
    return router?.addresses.length;
  };
  // 200 bytes without Ethernet's 14, IP's 20 and VRRP's 8 hold 39 addresses; 28 less hold 32.
  assert.equal(own(""), 39);
  assert.equal(own(`auth_hmac {\nkey 1 ${KEY}\nactive_key 1\n}`), 32);
});
