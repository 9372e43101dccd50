/** `global_defs`: mails, scripts, VRRP, files and reload; old names, and lines that are given twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../../src/config/model.js";
import { brief, good, read, readFiles } from "./fake-files.js";
import { checkKeywords, flag, globalLine, onOff, paths, s } from "./keyword-cases.js";

checkKeywords("global_defs", globalLine, [
  {
    keyword: "router_id",
    of: (c) => c.global.routerId,
    byDefault: "host1",
    accepted: [["a", "a"]],
    alone: "lenient",
  },
  {
    keyword: "smtp_helo_name",
    of: (c) => c.global.mail.heloName,
    byDefault: "host1",
    accepted: [
      ["a", "a"],
      ["", "host1"],
    ],
  },
  {
    keyword: "smtp_alert_vrrp",
    of: (c) => c.global.mail.alertVrrp,
    accepted: onOff,
    refused: ["maybe", "TRUE"],
  },
  { keyword: "smtp_alert_checker", of: (c) => c.global.mail.alertChecker, accepted: onOff, refused: ["1"] },
  { keyword: "no_email_faults", of: (c) => c.global.mail.noFaultMails, byDefault: false, accepted: flag },
  {
    keyword: "no_checker_emails",
    of: (c) => c.global.mail.serverChangesOnly,
    byDefault: false,
    accepted: onOff,
    refused: ["x"],
  },
  {
    keyword: "startup_script_timeout",
    of: (c) => c.global.scripts.startupTimeoutMicros,
    byDefault: 10 * s,
    accepted: [
      ["1", s],
      ["1000", 1000 * s],
    ],
    refused: ["0", "1001"],
    alone: "lenient",
  },
  {
    keyword: "shutdown_script_timeout",
    of: (c) => c.global.scripts.shutdownTimeoutMicros,
    byDefault: 10 * s,
    accepted: [
      ["1", s],
      ["1000", 1000 * s],
    ],
    refused: ["0", "1001"],
    alone: "lenient",
  },
  {
    keyword: "use_symlink_paths",
    of: (c) => c.global.scripts.useSymlinkPaths,
    byDefault: false,
    accepted: onOff,
    refused: ["x"],
  },
  {
    keyword: "set_supplementary_groups",
    of: (c) => c.global.scripts.setSupplementaryGroups,
    byDefault: false,
    accepted: onOff,
    refused: ["x"],
  },
  {
    keyword: "script_user",
    of: (c) => c.global.scriptUser,
    accepted: [
      ["a", { user: "a" }],
      ["a :", { user: "a", supplementaryGroups: true }],
      ["a :b", { user: "a", group: "b", supplementaryGroups: true }],
    ],
    alone: "lenient",
  },
  {
    keyword: "vrrp_notify_priority_changes",
    of: (c) => c.global.fifos.priorityChanges,
    byDefault: false,
    accepted: onOff,
    refused: ["x"],
  },
  {
    keyword: "fifo_write_vrrp_states_on_reload",
    of: (c) => c.global.fifos.statesOnReload,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "notify_fifo",
    of: (c) => c.global.fifos.all,
    accepted: [
      ["/f", { path: "/f" }],
      ["/f u g", { path: "/f", user: "u", group: "g" }],
    ],
    alone: "lenient",
  },
  {
    keyword: "vrrp_notify_fifo",
    of: (c) => c.global.fifos.vrrp,
    accepted: [["/f", { path: "/f" }]],
    alone: "lenient",
  },
  {
    keyword: "lvs_notify_fifo",
    of: (c) => c.global.fifos.checker,
    accepted: [["/f", { path: "/f" }]],
    alone: "lenient",
  },
  {
    keyword: "vrrp_startup_delay",
    of: (c) => c.global.vrrp.startupDelayMicros,
    byDefault: 0,
    accepted: [
      ["0.001", 1000],
      ["59.5", 59.5 * s],
    ],
    refused: ["0", "0.0009", "4294.967296"],
    alone: "fatal",
  },
  {
    keyword: "vrrp_delay_after_boot",
    of: (c) => c.global.vrrp.delayAfterBootMicros,
    byDefault: 0,
    accepted: [
      ["0.001", 1000],
      ["59", 59 * s],
    ],
    refused: ["0", "4294.967296"],
    alone: "fatal",
  },
  {
    keyword: "log_unknown_vrids",
    of: (c) => c.global.vrrp.logUnknownRouterIds,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "disable_local_igmp",
    of: (c) => c.global.vrrp.disableLocalIgmp,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "vmac_prefix",
    of: (c) => [c.global.vrrp.vmacPrefix, c.global.vrrp.vmacAddressPrefix],
    byDefault: ["vrrp", "vrrp"],
    accepted: [["a", ["a", "a"]]],
    alone: "fatal",
  },
  {
    keyword: "vmac_addr_prefix",
    of: (c) => c.global.vrrp.vmacAddressPrefix,
    byDefault: "vrrp",
    accepted: [["a", "a"]],
    alone: "fatal",
  },
  {
    keyword: "reload_check_config",
    of: (c) => c.global.reload.checkLog,
    accepted: [
      ["", "/dev/null"],
      ["/l", "/l"],
    ],
  },
  { keyword: "reload_time_file", of: (c) => c.global.reload.timeFile, accepted: paths, alone: "lenient" },
  { keyword: "reload_repeat", of: (c) => c.global.reload.repeat, byDefault: false, accepted: flag },
  {
    keyword: "reload_file",
    of: (c) => c.global.reload.markerFile,
    accepted: [
      ["", ""],
      ["/r", "/r"],
    ],
  },
  { keyword: "config_save_dir", of: (c) => c.global.files.saveDirectory, accepted: paths, alone: "fatal" },
  {
    keyword: "tmp_config_directory",
    of: (c) => c.global.files.temporaryDirectory,
    accepted: paths,
    alone: "lenient",
  },
  {
    keyword: "data_use_instance",
    of: (c) => c.global.files.dumpsWithInstance,
    byDefault: false,
    accepted: onOff,
    refused: ["x"],
  },
  {
    keyword: "json_version",
    of: (c) => c.global.files.jsonVersion,
    byDefault: 1,
    accepted: [
      ["1", 1],
      ["2", 2],
    ],
    refused: ["0", "3"],
    alone: "lenient",
  },
  {
    keyword: "iproute_etc_dir",
    of: (c) => c.global.files.iprouteDirectories[0],
    byDefault: "/etc/iproute2",
    accepted: paths,
    alone: "lenient",
  },
  {
    keyword: "iproute_usr_dir",
    of: (c) => c.global.files.iprouteDirectories[1],
    byDefault: "/usr/share/iproute2",
    accepted: paths,
    alone: "lenient",
  },
  { keyword: "state_dump_file", of: (c) => c.global.files.stateDump, accepted: paths, alone: "lenient" },
  { keyword: "stats_dump_file", of: (c) => c.global.files.statisticsDump, accepted: paths, alone: "lenient" },
  { keyword: "json_dump_file", of: (c) => c.global.files.jsonDump, accepted: paths, alone: "lenient" },
  { keyword: "state_file_location", of: (c) => c.global.files.stateDump, accepted: paths, alone: "lenient" },
  {
    keyword: "random_seed",
    of: (c) => c.global.daemon.randomSeed,
    accepted: [
      ["0", 0],
      ["4294967295", 4294967295],
    ],
    refused: ["4294967296", "x"],
    alone: "fatal",
  },
  {
    keyword: "umask",
    of: (c) => c.global.files.umask,
    byDefault: 0o177,
    accepted: [
      ["0", 0],
      ["0777", 0o777],
      ["511", 0o777],
      ["0x1ff", 0o777],
      ["IRUSR", 0o400],
      ["IRUSR|IWGRP|IXOTH", 0o421],
      ["IRUSR | IWUSR", 0o600],
      ["IRWXG|IRWXO", 0o77],
    ],
    refused: [
      "01000",
      "777",
      "0x200",
      "08",
      "x",
      "IRUSR|",
      "|IRUSR",
      "IRUSR||IWUSR",
      "irusr",
      '"IRUSR | IWUSR"',
    ],
    alone: "fatal",
  },
]);

test("old names are hinted at; most of them do not count, as upstream only logs them", () => {
  const old: [string, string, number][] = [
    ["lvs_process_name a", "checker_process_name", 0],
    ["vrrp_rlimit_rtime 5", "vrrp_rlimit_rttime", 0],
    ["checker_rlimit_rtime 5", "checker_rlimit_rttime", 0],
    ["bfd_rlimit_rtime 5", "bfd_rlimit_rttime", 0],
    ["enable_snmp_keepalived", "enable_snmp_vrrp", 0],
    ["lvs_flush_onstop VS", "lvs_flush_on_stop", 0],
    ["vrrp_vmac_garp_intvl 5", "vrrp_garp_extra_if", 5],
  ];
  for (const [line, newName, status] of old) {
    const result = read(globalLine(line));
    assert.deepEqual(brief(result), [
      `2:1 deprecated '${line.split(" ")[0]}' is deprecated; write '${newName}'`,
    ]);
    assert.equal(result.testStatus, status, line);
  }
  const { global } = read(
    globalLine("lvs_process_name a\nvrrp_rlimit_rtime 5\nenable_snmp_keepalived\nlvs_flush_onstop VS"),
  ).config;
  assert.equal(global.processes.checker.name, "a");
  assert.equal(global.processes.vrrp.realtimeLimitMicros, 5);
  assert.equal(global.monitoring.snmp.vrrp, true);
  assert.equal(global.lvs.flushOnStop, "services");
});

test("settings that stay as they were first, and say so about another line", () => {
  for (const line of [
    "notify_fifo /a",
    "startup_script /a",
    "notify_fifo_script /a",
    "nftables a",
    "nftables_ipvs a",
    "vrrp_iptables A",
    "snmp_socket a",
    "vmac_prefix a",
    "vmac_addr_prefix a",
    "tmp_config_directory /a",
    "lvs_sync_daemon lo",
  ]) {
    const [keyword] = line.split(" ");
    const result = read(globalLine(`enable_script_security\n${line}\n${line}`));
    assert.deepEqual(
      brief(result).filter((text) => !text.includes("not be run")),
      [`4:1 error '${keyword}' is already set; this line is ignored`],
    );
    assert.equal(result.testStatus, 5);
  }
});

test("smtp_alert is the default of the two more specific ones", () => {
  const { mail } = good(globalLine("smtp_alert\nsmtp_alert_checker off")).global;
  assert.deepEqual([mail.alertVrrp, mail.alertChecker], [true, false]);
});

test("numbers and names beyond a limit that are cut to it, and reported", () => {
  const cut: [string, (c: Config) => unknown, unknown][] = [
    ["vrrp_rt_priority 0", (c) => c.global.processes.vrrp.realtimePriority, 1],
    ["vrrp_rt_priority 100", (c) => c.global.processes.vrrp.realtimePriority, 99],
    ["process_name 0123456789abcdef", (c) => c.global.processes.parentName, "0123456789abcde"],
    ["smtp_connect_timeout 0", (c) => c.global.smtpConnectTimeoutMicros, s],
    ["vrrp_mcast_group6 ff05::1", (c) => c.global.multicastGroup6, "ff05::1"],
  ];
  for (const [line, of, expected] of cut) {
    const result = read(globalLine(line));
    assert.deepEqual(of(result.config), expected, line);
    assert.equal(result.testStatus, 5, line);
    assert.deepEqual(
      result.diagnostics.map((d) => d.severity),
      ["warning"],
      line,
    );
  }
});

test("large times are remarked on, which does not count", () => {
  for (const line of ["vrrp_garp_interval 1", "vrrp_gna_interval 5", "vrrp_startup_delay 60"]) {
    const result = read(globalLine(line));
    assert.deepEqual(
      result.diagnostics.map((d) => d.kind),
      ["logged"],
      line,
    );
    assert.equal(result.testStatus, 0, line);
  }
  assert.equal(read(globalLine("vrrp_garp_interval 1")).config.global.garpIntervalMicros, s);
});

test("include_check knows the word of the manual too", () => {
  const status = (checks: string) => {
    const text = `global_defs {\n include_check ${checks}\n}\ninclude x\n`;
    return readFiles({ "keepalived.conf": text, x: { refused: "no" } }).testStatus;
  };
  assert.deepEqual([status("read"), status("readable"), status("-read")], [6, 6, 0]);
});

test("random_seed makes the random numbers after it repeatable, and those before it not", () => {
  const routers = (first: number) => {
    const text =
      "global_defs {\n router_id ${_RANDOM 0 9}\n random_seed 7\n}\n" +
      "global_defs {\n smtp_helo_name ${_RANDOM} \n dbus_service_name ${_RANDOM 5 6}\n}\n";
    const { global } = good(text, {}, { random: () => first });
    return [global.routerId, global.mail.heloName, global.monitoring.dbus.serviceName];
  };
  const [a, b] = [routers(3), routers(8)];
  assert.deepEqual([a[0], b[0]], ["3", "8"]);
  assert.deepEqual(a.slice(1), b.slice(1));
  assert.match(a[1] ?? "", /^\d{1,5}$/);
  assert.match(a[2] ?? "", /^[56]$/);
});
