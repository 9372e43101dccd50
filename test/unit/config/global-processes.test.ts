/** `global_defs`: names, scheduling and buffers of the processes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, good, read } from "./fake-files.js";
import { checkKeywords, flag, globalLine, onOff, s } from "./keyword-cases.js";

checkKeywords("global_defs", globalLine, [
  {
    keyword: "process_name",
    of: (c) => c.global.processes.parentName,
    accepted: [["a", "a"]],
    alone: "fatal",
  },
  {
    keyword: "vrrp_process_name",
    of: (c) => c.global.processes.vrrp.name,
    accepted: [["123456789012345", "123456789012345"]],
    alone: "fatal",
  },
  {
    keyword: "checker_process_name",
    of: (c) => c.global.processes.checker.name,
    accepted: [["a", "a"]],
    alone: "fatal",
  },
  {
    keyword: "bfd_process_name",
    of: (c) => c.global.processes.bfd.name,
    accepted: [["a", "a"]],
    alone: "fatal",
  },
  {
    keyword: "vrrp_priority",
    of: (c) => c.global.processes.vrrp.nice,
    byDefault: 0,
    accepted: [
      ["-20", -20],
      ["19", 19],
    ],
    refused: ["-21", "20", "x"],
    alone: "lenient",
  },
  {
    keyword: "checker_priority",
    of: (c) => c.global.processes.checker.nice,
    byDefault: 0,
    accepted: [
      ["-20", -20],
      ["19", 19],
    ],
    refused: ["-21", "20"],
    alone: "lenient",
  },
  {
    keyword: "bfd_priority",
    of: (c) => c.global.processes.bfd.nice,
    byDefault: 0,
    accepted: [
      ["-20", -20],
      ["19", 19],
    ],
    refused: ["-21", "20"],
    alone: "lenient",
  },
  { keyword: "vrrp_no_swap", of: (c) => c.global.processes.vrrp.noSwap, byDefault: false, accepted: flag },
  {
    keyword: "checker_no_swap",
    of: (c) => c.global.processes.checker.noSwap,
    byDefault: false,
    accepted: flag,
  },
  { keyword: "bfd_no_swap", of: (c) => c.global.processes.bfd.noSwap, byDefault: false, accepted: flag },
  {
    keyword: "vrrp_rt_priority",
    of: (c) => c.global.processes.vrrp.realtimePriority,
    byDefault: undefined,
    accepted: [
      ["1", 1],
      ["99", 99],
    ],
    refused: ["x"],
    alone: "lenient",
  },
  {
    keyword: "checker_rt_priority",
    of: (c) => c.global.processes.checker.realtimePriority,
    byDefault: undefined,
    accepted: [
      ["1", 1],
      ["99", 99],
    ],
    refused: ["5x"],
    alone: "lenient",
  },
  {
    keyword: "bfd_rt_priority",
    of: (c) => c.global.processes.bfd.realtimePriority,
    byDefault: undefined,
    accepted: [
      ["1", 1],
      ["99", 99],
    ],
    refused: ["1.5"],
    alone: "lenient",
  },
  {
    keyword: "vrrp_no_realtime",
    of: (c) => c.global.processes.vrrp.realtimePriority === 0,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "checker_no_realtime",
    of: (c) => c.global.processes.checker.realtimePriority === 0,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "bfd_no_realtime",
    of: (c) => c.global.processes.bfd.realtimePriority === 0,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "vrrp_cpu_affinity",
    of: (c) => c.global.processes.vrrp.cpus,
    byDefault: [],
    accepted: [
      ["0", [0]],
      ["3 1 3", [1, 3]],
    ],
    refused: ["x", "1024", "-1"],
    alone: "lenient",
  },
  {
    keyword: "checker_cpu_affinity",
    of: (c) => c.global.processes.checker.cpus,
    byDefault: [],
    accepted: [["0 1", [0, 1]]],
    refused: ["x"],
    alone: "lenient",
  },
  {
    keyword: "bfd_cpu_affinity",
    of: (c) => c.global.processes.bfd.cpus,
    byDefault: [],
    accepted: [["0 1", [0, 1]]],
    refused: ["x"],
    alone: "lenient",
  },
  {
    keyword: "vrrp_rlimit_rttime",
    of: (c) => c.global.processes.vrrp.realtimeLimitMicros,
    byDefault: 3_000_000,
    accepted: [
      ["1", 2],
      ["2", 2],
      ["4294967295", 4294967295],
    ],
    refused: ["0", "4294967296"],
    alone: "fatal",
  },
  {
    keyword: "checker_rlimit_rttime",
    of: (c) => c.global.processes.checker.realtimeLimitMicros,
    byDefault: 3_000_000,
    accepted: [
      ["1", 2],
      ["4294967295", 4294967295],
    ],
    refused: ["0"],
    alone: "fatal",
  },
  {
    keyword: "bfd_rlimit_rttime",
    of: (c) => c.global.processes.bfd.realtimeLimitMicros,
    byDefault: 3_000_000,
    accepted: [
      ["1", 2],
      ["4294967295", 4294967295],
    ],
    refused: ["0"],
    alone: "fatal",
  },
  {
    keyword: "max_auto_priority",
    of: (c) => c.global.processes.maxAutoPriority,
    byDefault: 0,
    accepted: [
      ["", 99],
      ["-1", -1],
      ["99", 99],
    ],
    refused: ["-2", "100", "x"],
  },
  {
    keyword: "min_auto_priority_delay",
    of: (c) => c.global.processes.minAutoPriorityDelayMicros,
    byDefault: s,
    accepted: [
      ["1", 1],
      ["10000000", 10 * s],
    ],
    refused: ["0", "10000001"],
    alone: "lenient",
  },
  {
    keyword: "vrrp_netlink_cmd_rcv_bufs",
    of: (c) => c.global.buffers.vrrpCommands.bytes,
    accepted: [
      ["0", undefined],
      ["1", 1],
      ["4294967295", 4294967295],
    ],
    refused: ["4294967296", "-1"],
    alone: "lenient",
  },
  {
    keyword: "vrrp_netlink_monitor_rcv_bufs",
    of: (c) => c.global.buffers.vrrpMonitor.bytes,
    accepted: [["5", 5]],
    refused: ["x"],
    alone: "lenient",
  },
  {
    keyword: "lvs_netlink_cmd_rcv_bufs",
    of: (c) => c.global.buffers.checkerCommands.bytes,
    accepted: [["5", 5]],
    refused: ["x"],
    alone: "lenient",
  },
  {
    keyword: "lvs_netlink_monitor_rcv_bufs",
    of: (c) => c.global.buffers.checkerMonitor.bytes,
    accepted: [["5", 5]],
    refused: ["x"],
    alone: "lenient",
  },
  {
    keyword: "process_monitor_rcv_bufs",
    of: (c) => c.global.buffers.processMonitor.bytes,
    accepted: [["5", 5]],
    refused: ["x"],
    alone: "lenient",
  },
  {
    keyword: "vrrp_netlink_cmd_rcv_bufs_force",
    of: (c) => c.global.buffers.vrrpCommands.force,
    byDefault: false,
    accepted: onOff,
    refused: ["1"],
  },
  {
    keyword: "process_monitor_rcv_bufs_force",
    of: (c) => c.global.buffers.processMonitor.force,
    byDefault: false,
    accepted: onOff,
    refused: ["1"],
  },
  {
    keyword: "vrrp_rx_bufs_policy",
    of: (c) => c.global.buffers.adverts,
    byDefault: { policy: "system", packets: 3 },
    accepted: [
      ["mtu", { policy: "mtu", packets: 3 }],
      ["ADVERT", { policy: "advert", packets: 3 }],
      ["0", { policy: "bytes", bytes: 0, packets: 3 }],
      ["4294967295", { policy: "bytes", bytes: 4294967295, packets: 3 }],
    ],
    refused: ["4294967296", "foo"],
    alone: "lenient",
  },
  {
    keyword: "vrrp_rx_bufs_multiplier",
    of: (c) => c.global.buffers.adverts.packets,
    byDefault: 3,
    accepted: [
      ["1", 1],
      ["4294967295", 4294967295],
    ],
    refused: ["0"],
    alone: "lenient",
  },
]);

test("of an old and a new name the one written last is in force", () => {
  const both = (lines: string) => read(globalLine(lines)).config.global.processes.checker.name;
  assert.equal(both("lvs_process_name a\nchecker_process_name b"), "b");
  assert.equal(both("checker_process_name b\nlvs_process_name a"), "a");
});

test("process_names gives the children their standard names, unless one is named", () => {
  const { processes } = good(globalLine("process_names\nbfd_process_name x")).global;
  const { vrrp, checker, bfd, parentName } = processes;
  assert.deepEqual(
    [parentName, vrrp.name, checker.name, bfd.name],
    [undefined, "keepalived_vrrp", "keepalived_lvs", "x"],
  );
});

test("CPUs are numbers that a kernel can have, whether this machine has them or not", () => {
  const result = read(globalLine("vrrp_cpu_affinity 1023 0 1023"));
  assert.deepEqual(result.config.global.processes.vrrp.cpus, [0, 1023]);
  assert.equal(result.testStatus, 0);
  const beyond = read(globalLine("vrrp_cpu_affinity 0 1024"));
  assert.deepEqual(beyond.config.global.processes.vrrp.cpus, []);
  assert.deepEqual(brief(beyond), ["2:21 error '1024' is no number of a CPU; all CPUs are used"]);
});

test("vrrp_rx_bufs_policy: a number goes before MTU, and MTU before ADVERT", () => {
  const policy = (lines: string) => {
    const { config, testStatus } = read(globalLine(lines));
    return [config.global.buffers.adverts.policy, testStatus];
  };
  assert.deepEqual(policy("vrrp_rx_bufs_policy MTU ADVERT"), ["mtu", 5]);
  assert.deepEqual(policy("vrrp_rx_bufs_policy ADVERT\nvrrp_rx_bufs_policy MTU"), ["mtu", 5]);
  assert.deepEqual(policy("vrrp_rx_bufs_policy 5\nvrrp_rx_bufs_policy ADVERT"), ["bytes", 5]);
  assert.deepEqual(policy("vrrp_rx_bufs_policy MTU 5"), ["bytes", 5]);
  assert.deepEqual(policy("vrrp_rx_bufs_policy MTU\nvrrp_rx_bufs_policy mtu"), ["mtu", 0]);
});
