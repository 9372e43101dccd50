/** What instances and sync groups track: definitions, lists, weights that cannot be (VRRP reference, 10). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReadOptions } from "../../../src/config/read-config.js";
import type { VrrpConfig, VrrpInstanceConfig } from "../../../src/config/model.js";
import { brief, good, instance, messages, read } from "./fake-files.js";

const secure = "global_defs {\n enable_script_security\n script_user root\n}\n";
const definitions =
  "vrrp_script s {\n script /bin/s\n}\ntrack_file f {\n file f\n}\nvrrp_track_process p {\n process foo\n}\nbfd_instance b {\n neighbor_ip 10.0.0.9\n}\n";
const tracked = (list: string, entry: string, more = "") => instance(`${more}${list} {\n ${entry}\n}`);

function first(config: { vrrp: VrrpConfig }): VrrpInstanceConfig {
  const [found] = config.vrrp.instances;
  assert.ok(found);
  return found;
}

/** Without the messages about what nobody tracks. */
function said(text: string, options: Partial<ReadOptions> = {}): string[] {
  return brief(read(text, options)).filter((line) => !line.includes("nobody tracks"));
}

test("vrrp_script: everything, and its defaults", () => {
  const config = good(
    `${secure}vrrp_script s {\n script "bin/s 'a b'"\n interval 0.5\n timeout 2\n weight -253 reverse\n rise 2\n fall 2147483647\n user me :us\n init_fail\n}\nvrrp_script d {\n script /bin/d\n}\n${tracked("track_script", "s\n d")}`,
  );
  const [s, d] = config.vrrp.scripts.map(({ position: _, command, ...rest }) => ({
    ...rest,
    args: command.args,
    user: command.user,
    group: command.group,
  }));
  assert.deepEqual(s, {
    name: "s",
    intervalMicros: 500_000,
    timeoutMicros: 2_000_000,
    weight: -253,
    reverse: true,
    rise: 2,
    fall: 2147483647,
    initFail: true,
    args: ["/etc/keepalived/bin/s", "a b"],
    user: "me",
    group: "us",
  });
  assert.deepEqual(
    [d?.intervalMicros, d?.timeoutMicros, d?.weight, d?.rise, d?.fall, d?.initFail, d?.user],
    [1_000_000, 1_000_000, 0, 1, 1, false, "root"],
  );
});

test("vrrp_script: values that are replaced, and what makes it useless", () => {
  const script = (lines: string) =>
    said(`${secure}vrrp_script s {\n${lines}\n}\n${tracked("track_script", "s")}`);
  assert.deepEqual(script("script /bin/s\ninterval 0\ntimeout 1.2345\nrise 0\nweight 254"), [
    "7:10 warning 'interval' must not be 0; 1 is used",
    "8:9 warning 'timeout' has more than three decimals; 1.235 is used",
    "9:6 error 'rise' must be a whole number from 1 to 2147483647, not '0'; 1 is used",
    "10:8 error 'weight' must be a whole number from -253 to 253, not '254'; the line is ignored",
  ]);
  assert.match(script("interval 1").join(), /'s' has no 'script' and is ignored/);
  assert.match(script("script /bin/s a").join(), /6:15 warning 'script' takes one word/);
  const nobody = { userExists: (user: string) => user === "root" };
  const unknown = read(`${secure}vrrp_script s {\n script /bin/s\n user nosuch\n}\n`, nobody);
  assert.match(messages(unknown), /there is no user 'nosuch'/);
  assert.equal(unknown.testStatus, 5);
});

test("a script that nobody tracks is mentioned, and neither run nor counted", () => {
  const result = read("vrrp_script s {\n script /bin/s\n}\n", { scriptStatus: () => "missing" });
  assert.deepEqual(brief(result), ["1:13 warning nobody tracks the script 's'; it will not be run"]);
  assert.deepEqual([result.testStatus, result.config.vrrp.scripts], [0, []]);
});

test("a tracked script that cannot run counts, and is not tracked", () => {
  const result = read(`${secure}${definitions}${tracked("track_script", "s")}`, {
    scriptStatus: () => "missing",
  });
  assert.deepEqual([result.testStatus, first(result.config).trackScripts], [5, []]);
  assert.match(messages(result), /error: script '\/bin\/s' does not exist/);
  // Good for a start, without it (reference of tracking, 8); a running router keeps what it tracks.
  assert.deepEqual([result.usable, result.reloadable], [true, false]);
  const told = read(`${secure}${instance("notify /bin/s")}`, { scriptStatus: () => "missing" });
  assert.deepEqual([told.testStatus, told.reloadable], [0, true], "nothing depends on a notify script");
});

test("`< /PATH` runs nothing", () => {
  for (const written of ["</etc/x", "< /etc/x"]) {
    const config = good(`vrrp_script s {\n script "${written}"\n}\n${tracked("track_script", "s")}`);
    assert.equal(config.vrrp.scripts[0]?.opens, "/etc/x");
  }
});

test("vrrp_track_process: parameters, quorum and delays", () => {
  const process = (lines: string) => {
    const result = read(`vrrp_track_process p {\n${lines}\n}\n${tracked("track_process", "p")}`);
    return { found: result.config.vrrp.processes[0], said: brief(result) };
  };
  const { position: _, ...plain } = process("process foo").found ?? { position: undefined };
  assert.deepEqual(plain, {
    name: "p",
    process: "foo",
    parameters: [],
    parameterMatch: "any",
    fullCommand: false,
    weight: 0,
    reverse: false,
    quorum: 1,
    forkDelayMicros: 0,
    terminateDelayMicros: 0,
  });
  const { found } = process(
    'process /bin/foo "a b" c\nparam_match initial\nquorum 2\nquorum_max 65535\ndelay 3\nfork_delay 0.5',
  );
  assert.deepEqual(found?.parameters, ["a b", "c"]);
  assert.deepEqual(
    [found?.parameterMatch, found?.fullCommand, found?.quorum, found?.quorumMax],
    ["initial", true, 2, 65535],
  );
  assert.deepEqual([found?.forkDelayMicros, found?.terminateDelayMicros], [500_000, 3_000_000]);
  assert.equal(process("process a b").found?.parameterMatch, "exact");
  assert.equal(process("process a\nparam_match").found?.parameterMatch, "exact");
  assert.deepEqual(
    [process("process a\nquorum_max 0").found?.quorum, process("process a\nquorum_max 0").found?.quorumMax],
    [0, 0],
  );
  const less = process("process a\nquorum 5\nquorum_max 3");
  assert.deepEqual(less.said, ["4:12 error 'quorum 5' is more than 'quorum_max 3'; 'quorum_max' is ignored"]);
  assert.deepEqual([less.found?.quorum, less.found?.quorumMax], [5, undefined]);
  assert.match(process("quorum 5").said.join(), /has no 'process' and is ignored/);
  assert.equal(process("process 0123456789abcdefg").found?.process, "0123456789abcde");
});

test("track_file: path, weight, initial content, and the old name", () => {
  const file = (lines: string, name = "track_file") => {
    const result = read(`${name} f {\n${lines}\n}\n${tracked("track_file", "f")}`);
    return { found: result.config.vrrp.trackFiles[0], said: brief(result), status: result.testStatus };
  };
  const { position: _, ...plain } = file("file run/f").found ?? { position: undefined };
  assert.deepEqual(plain, { name: "f", path: "/etc/keepalived/run/f", weight: 1, reverse: false });
  assert.deepEqual(file("file /f\ninit_file").found?.init, { value: 0, overwrite: false });
  assert.deepEqual(file("file /f\ninit_file overwrite -254").found?.init, { value: -254, overwrite: true });
  assert.deepEqual(file("file /f\ninit_file 300").said, [
    "3:11 warning 300 is beyond -254 to 254, where a number makes a difference; it is used",
  ]);
  assert.deepEqual(file("file /f\nfile /g\nweight 3\nweight 4").said, [
    "3:1 error 'file' is already set; this line is ignored",
    "5:1 error 'weight' is already set; this line is ignored",
  ]);
  const old = file("file /f", "vrrp_track_file");
  assert.equal(old.found?.path, "/f");
  assert.equal(old.status, 0);
  assert.match(old.said.join(), /'vrrp_track_file' is deprecated; write 'track_file'/);
});

test("lists take the weight of the definition unless they have their own", () => {
  const weighted = definitions.replace("script /bin/s", "script /bin/s\n weight 5 reverse");
  const list = (entry: string) =>
    first(good(`${secure}${weighted}${tracked("track_script", entry)}`)).trackScripts;
  assert.deepEqual(list("s"), [{ name: "s", weight: 5, reverse: true }]);
  assert.deepEqual(list("s weight 7"), [{ name: "s", weight: 7, reverse: true }]);
  assert.deepEqual(list("s weight 7 noreverse"), [{ name: "s", weight: 7, reverse: false }]);
  const config = good(
    `${secure}${definitions}${instance("track_script { s }\ntrack_file { f }\ntrack_process { p }\ntrack_bfd { b weight -3 }")}`,
  );
  const { trackFiles, trackProcesses, trackBfds } = first(config);
  assert.deepEqual(
    [trackFiles, trackProcesses, trackBfds].map((names) => names.map(({ name, weight }) => [name, weight])),
    [[["f", 1]], [["p", 0]], [["b", -3]]],
  );
});

test("lists: limits of weights, unknown words, and names given twice", () => {
  const mistakes = (list: string, entry: string) =>
    said(`${secure}${definitions}${tracked(list, entry)}`).map((line) => line.replace(/^\d+:/, ""));
  assert.deepEqual(mistakes("track_script", "s weight 254"), [
    "11 warning '254' is beyond 253, which is used",
  ]);
  assert.deepEqual(mistakes("track_script", "s\n s"), [
    "2 warning 's' is tracked already; this entry is ignored",
  ]);
  assert.deepEqual(mistakes("track_script", "s reverse"), [
    "4 error 'reverse' belongs after 'weight NUMBER'; it is ignored",
  ]);
  assert.deepEqual(mistakes("track_script", "s weight"), [
    "4 error 'weight' needs <-254-254>; the entry is ignored",
  ]);
  assert.deepEqual(mistakes("track_interface", "eth1 weight 5 noreverse"), [
    "16 error unknown option 'noreverse'; it is ignored; did you mean 'reverse'?",
  ]);
  assert.match(mistakes("track_bfd", "b weight 254").join(), /from -253 to 253/);
  assert.equal(read(`${definitions}${tracked("track_process", "p weight 254")}`).testStatus, 0);
});

test("names that are not defined, or only further down", () => {
  for (const [list, what, name] of [
    ["track_script", "vrrp_script", "s"],
    ["track_file", "track_file", "f"],
    ["track_process", "vrrp_track_process", "p"],
    ["track_bfd", "bfd_instance", "b"],
  ] as const) {
    const late = read(`${secure}${tracked(list, name)}${definitions}`);
    assert.match(
      messages(late),
      new RegExp(`error: the ${what} '${name}' is defined only further down; it is ignored here`),
    );
    assert.match(messages(late), /note: it is defined here/);
    const missing = read(`${secure}${definitions}${tracked(list, `${name}${name}`)}`);
    assert.match(messages(missing), new RegExp(`there is no ${what} '${name}${name}'; it is ignored`));
    assert.equal(late.testStatus, 5);
  }
});

test("an owner has no weights", () => {
  const owner = instance(
    "priority 255\ntrack_script { s weight 5 }\ntrack_file { f }\ntrack_process { p weight 5 }\ntrack_bfd { b weight 5 }\ntrack_interface { eth1 weight 5 }",
  );
  const result = read(secure + definitions + owner);
  assert.deepEqual(said(secure + definitions + owner), [
    "21:16 warning the priority 255 of an owner never changes: the weight 5 of script 's' has no effect; this entry is ignored",
    "22:14 warning the priority 255 of an owner never changes: the weight 1 of file 'f' becomes 0, so that a number other than 0 in it is a fault",
    "23:17 warning the priority 255 of an owner never changes: the weight 5 of process 'p' has no effect; this entry is ignored",
    "24:13 warning the priority 255 of an owner never changes: the weight 5 of bfd 'b' has no effect; this entry is ignored",
    "25:19 warning the priority 255 of an owner never changes: the weight 5 of interface 'eth1' has no effect; this entry is ignored",
  ]);
  const { trackScripts, trackFiles, trackProcesses, trackBfds, trackInterfaces } = first(result.config);
  assert.deepEqual(
    [trackScripts, trackFiles, trackProcesses, trackBfds, trackInterfaces].map((list) => list.length),
    [0, 1, 0, 0, 0],
  );
  assert.equal(trackFiles[0]?.weight, 0);
});

/** Two instances and their group. */
function grouped(member: string, group: string, both = ""): string {
  const other = instance(both).replace("V ", "W ").replace("51", "52").replace("0.1/", "0.2/");
  return `${secure}${definitions}${instance(both + member)}${other}vrrp_sync_group G {\n group { V W }\n${group}\n}\n`;
}

test("weights of a member in a sync group go, unless the group allows them", () => {
  const list =
    "track_script { s weight 5 }\ntrack_bfd { b weight 5 }\ntrack_file { f }\ntrack_interface { eth1 weight 5 }\ntrack_process { p weight 5 }";
  const mended = first(read(grouped(list, "")).config);
  assert.deepEqual([mended.trackScripts, mended.trackBfds], [[], []]);
  assert.deepEqual([mended.trackFiles[0]?.weight, mended.trackInterfaces[0]?.weight], [0, 0]);
  assert.equal(mended.trackProcesses[0]?.weight, 5);
  assert.equal(said(grouped(list, "")).length, 4);
  assert.match(
    said(grouped("track_file { f weight 5 }", "")).join(),
    /'V' is in a sync group without sync_group_tracking_weight: file 'f' is not tracked, because of the weight 5/,
  );
  const allowed = good(grouped(list, "sync_group_tracking_weight"));
  assert.equal(first(allowed).trackScripts[0]?.weight, 5);
  assert.equal(allowed.vrrp.syncGroups[0]?.trackingWeight, true);
});

test("trackers of a group: kept, without weight beside an owner, and reported when a member has them too", () => {
  const list = "track_script { s weight 5 }\ntrack_interface { eth1 weight 5 }";
  const group = good(grouped("", list)).vrrp.syncGroups[0];
  assert.deepEqual(group?.trackScripts, [{ name: "s", weight: 5, reverse: false }]);
  const owners = read(grouped("", list, "priority 255\n"));
  assert.deepEqual(owners.config.vrrp.syncGroups[0]?.trackScripts[0]?.weight, 0);
  assert.match(
    messages(owners),
    /the member 'V' has priority 255, which never changes: the weight 5 of script 's' becomes 0/,
  );
  assert.match(
    said(grouped("track_interface { eth1 }", "track_interface { eth1 }")).join(),
    /'eth1' is tracked by the group and by its member 'V'; one of them is enough/,
  );
  assert.equal(said(grouped("", "track_interface { eth0 }")).length, 2);
});

test("a group's notify_priority_changes is the default of its members", () => {
  const [v, w] = good(grouped("notify_priority_changes off\ntrack_script { s }\n", "notify_priority_changes"))
    .vrrp.instances;
  assert.deepEqual([v?.notifyPriorityChanges, w?.notifyPriorityChanges], [false, true]);
});

test("a weight that the limits of the priority make void is explained, and does not count", () => {
  const weights = (priority: number, lines: string) => {
    const text = `${secure}${definitions}${instance(`priority ${priority}\n${lines}`)}`;
    const result = read(text);
    assert.equal(result.testStatus, 0);
    return said(text);
  };
  assert.deepEqual(weights(254, "track_script { s weight 10 }"), [
    "21:16 warning the weight 10 can never cause a switch-over: with priority 254 the sum is 254 or 264, and both count as 254; a base priority of at most 244 lets it count in full",
  ]);
  assert.deepEqual(weights(1, "track_script { s weight -10 }"), [
    "21:16 warning the weight -10 can never cause a switch-over: with priority 1 the sum is -9 or 1, and both count as 1; a base priority of at least 11 lets it count in full",
  ]);
  assert.equal(weights(1, "track_script { s weight 10 reverse }").length, 1);
  assert.deepEqual(weights(253, "track_script { s weight 10 }"), []);
  assert.deepEqual(weights(254, "track_script { s weight -10 }"), []);
  assert.deepEqual(weights(254, "track_script { s weight 10 }\ntrack_interface { eth1 weight -20 }"), []);
  assert.equal(weights(254, "track_script { s weight 10 }\ntrack_interface { eth1 weight 20 }").length, 2);
  assert.deepEqual(weights(254, "track_file { f }"), []);
});
