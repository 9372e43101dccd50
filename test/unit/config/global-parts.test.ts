/** `global_defs`: settings of several words, scripts and pipes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, good, instance, read } from "./fake-files.js";
import { globalLine } from "./keyword-cases.js";

test("lvs_sync_daemon in its old and its new form", () => {
  const daemon = (line: string) =>
    good(globalLine(`lvs_sync_daemon ${line}`) + instance("")).global.lvs.syncDaemon;
  const rest = { port: 8848, group: "224.0.0.81" };
  assert.deepEqual(daemon("lo"), { interface: "lo", ...rest });
  assert.deepEqual(daemon("lo V"), { interface: "lo", vrrpInstance: "V", ...rest });
  assert.deepEqual(daemon("lo inst V id 0"), { interface: "lo", vrrpInstance: "V", syncId: 0, ...rest });
  assert.deepEqual(daemon("lo id 255 maxlen 65507 port 65535 ttl 255 group FF02::1"), {
    interface: "lo",
    syncId: 255,
    maxLength: 65507,
    port: 65535,
    ttl: 255,
    group: "ff02::1",
  });
});

test("lvs_sync_daemon of an instance that is nowhere is reported, and nothing is synchronised", () => {
  const result = read(globalLine("lvs_sync_daemon lo W") + instance(""));
  assert.deepEqual(brief(result), [
    "2:20 warning there is no vrrp_instance 'W'; connections are not synchronised",
  ]);
  assert.equal(result.config.global.lvs.syncDaemon, undefined);
});

test("lvs_sync_daemon_interface is the old form: the daemon follows the first instance that has it", () => {
  const old = instance("lvs_sync_daemon_interface eth1");
  const rest = { port: 8848, group: "224.0.0.81" };
  const alone = read(old);
  assert.deepEqual(alone.config.global.lvs.syncDaemon, { interface: "eth1", vrrpInstance: "V", ...rest });
  assert.deepEqual(alone.config.notActedOn, []);
  const second = instance("lvs_sync_daemon_interface eth2").replace(" V ", " W ").replace(" 51", " 52");
  const both = read(old + second);
  assert.equal(both.config.global.lvs.syncDaemon?.vrrpInstance, "V");
  assert.match(brief(both).join("\n"), /'lvs_sync_daemon_interface' of 'V' holds/);
  const beside = read(globalLine("lvs_sync_daemon lo id 7") + old);
  assert.deepEqual(beside.config.global.lvs.syncDaemon, { interface: "lo", syncId: 7, ...rest });
  assert.match(brief(beside).join("\n"), /'lvs_sync_daemon' in global_defs holds/);
});

test("lvs_sync_daemon: each wrong word has its message", () => {
  const wrong: [string, string, number][] = [
    ["", "2:1 error 'lvs_sync_daemon' needs an interface; the line is ignored", 5],
    [
      "0123456789abcdef",
      "2:17 error 'lvs_sync_daemon' must be at most 15 characters; the line is ignored",
      5,
    ],
    ["lo V 5", "2:22 warning write 'id 5'", 5],
    ["lo V 256", "2:22 error 'lvs_sync_daemon' has no option '256'; it is ignored", 5],
    ["lo V ttk 5", "2:22 error 'lvs_sync_daemon' has no option 'ttk'; it is ignored; did you mean 'ttl'?", 5],
    ["lo V id", "2:22 error 'id' needs <0-255>; it is ignored", 5],
    ["lo id 256", "2:23 error 'id' must be a whole number from 0 to 255, not '256'; it is ignored", 5],
    ["lo maxlen 0", "2:27 error 'maxlen' must be a whole number from 1 to 65507, not '0'; it is ignored", 5],
    [
      "lo maxlen 65508",
      "2:27 error 'maxlen' must be a whole number from 1 to 65507, not '65508'; it is ignored",
      5,
    ],
    ["lo port 0", "2:25 error 'port' must be a whole number from 1 to 65535, not '0'; it is ignored", 5],
    ["lo ttl 256", "2:24 error 'ttl' must be a whole number from 1 to 255, not '256'; it is ignored", 5],
    ["lo group 10.0.0.1", "2:26 error 'group' must be a multicast address, not '10.0.0.1'; it is ignored", 5],
    ["lo V inst W", "2:27 error there is an instance already; this one is ignored", 5],
    ["lo inst", "2:1 error 'lvs_sync_daemon' needs a name after 'inst'", 2],
  ];
  for (const [words, message, status] of wrong) {
    const result = read(globalLine(`lvs_sync_daemon ${words}`) + instance(""));
    assert.equal(brief(result)[0], message, words);
    assert.equal(result.testStatus, status, words);
  }
});

test("lvs_timeouts: wrong pairs are reported, the others count, line after line", () => {
  const result = read(globalLine("lvs_timeouts tcp x udp 7\nlvs_timeouts tcpfin 3 sctp"));
  assert.deepEqual(result.config.global.lvs.timeouts, { tcpFinSeconds: 3, udpSeconds: 7 });
  assert.deepEqual(brief(result), [
    "2:18 error 'tcp' must be a whole number from 0 to 2678400, not 'x'; it is ignored",
    "3:23 error 'lvs_timeouts' has no option 'sctp'; it is ignored",
  ]);
  assert.equal(read(globalLine("lvs_timeouts udp 2678401")).testStatus, 5);
});

test("vrrp_garp_extra_if needs a time, with or without 'all'", () => {
  for (const line of ["vrrp_garp_extra_if", "vrrp_garp_extra_if all", "vrrp_garp_extra_if 86401"])
    assert.equal(read(globalLine(line)).testStatus, 5, line);
  good(globalLine("vrrp_garp_extra_if all 86400"));
  good(globalLine("vrrp_garp_extra_if 1 all"));
});

test("dynamic_interfaces takes one word only", () => {
  assert.equal(
    good(globalLine("dynamic_interfaces allow_if_changes")).global.dynamicInterfacesMayChange,
    true,
  );
  assert.equal(good(globalLine("dynamic_interfaces")).global.dynamicInterfacesMayChange, false);
  for (const word of ["on", "off"])
    assert.equal(read(globalLine(`dynamic_interfaces ${word}`)).testStatus, 5);
});

test("startup_script and shutdown_script: words, account, and security", () => {
  const text = globalLine(
    'enable_script_security\nscript_user u\nstartup_script "/a b" v w\nshutdown_script /c',
  );
  const { startup, shutdown } = good(text).global.scripts;
  assert.deepEqual([startup?.args, startup?.user, startup?.group], [["/a", "b"], "v", "w"]);
  assert.deepEqual([shutdown?.args, shutdown?.user], [["/c"], "u"]);
  assert.equal(read(globalLine("startup_script /a")).testStatus, 6);
  assert.equal(read(globalLine("startup_script")).testStatus, 5);
});

test("a daemon script that nobody can run is an error; a missing file is not", () => {
  const known = { userExists: (user: string) => user === "root" };
  const status = (lines: string, more = {}) =>
    read(globalLine(`enable_script_security\n${lines}`), { ...known, ...more }).testStatus;
  assert.equal(status("script_user root\nstartup_script /a"), 0);
  assert.equal(status("script_user root\nstartup_script /a nobody1"), 5);
  assert.equal(status("startup_script /a"), 5);
  assert.equal(status("script_user root\nstartup_script /a", { scriptStatus: () => "missing" }), 0);
});

test("pipes: owner, reader, and one that is given twice", () => {
  const lines = [
    "notify_fifo /all u g",
    'notify_fifo_script "/r x"',
    "vrrp_notify_fifo /one",
    "vrrp_notify_fifo_script /s",
    "lvs_notify_fifo /one",
    "lvs_notify_fifo_script /t",
  ];
  const result = read(globalLine(lines.join("\n")));
  const { all, vrrp, checker } = result.config.global.fifos;
  assert.deepEqual([all?.path, all?.user, all?.group, all?.script?.args], ["/all", "u", "g", ["/r", "x"]]);
  assert.deepEqual(vrrp?.script?.args, ["/s"]);
  assert.deepEqual(checker, { path: "/one" });
  assert.equal(result.testStatus, 0);
  const same = read(globalLine("vrrp_notify_fifo /a\nnotify_fifo /a"));
  assert.equal(same.config.global.fifos.vrrp, undefined);
  assert.deepEqual(brief(same), [
    "2:18 warning this pipe is 'notify_fifo', which gets every event; the line is ignored",
  ]);
  assert.equal(same.testStatus, 0);
});

test("the owner of a pipe must exist, else it is the daemon", () => {
  const result = read(globalLine("notify_fifo /a nosuch g"), { userExists: () => false });
  assert.deepEqual(result.config.global.fifos.all, { path: "/a" });
  assert.deepEqual(brief(result), [
    "2:16 warning there is no user 'nosuch' or group 'g'; the pipe belongs to the daemon",
  ]);
  assert.equal(result.testStatus, 0);
});

test("exactly one path, and not an empty one", () => {
  for (const words of ["/a b", '""'])
    assert.equal(read(globalLine(`state_dump_file ${words}`)).testStatus, 5);
  assert.equal(read(globalLine("snmp_socket a b")).testStatus, 5);
});
