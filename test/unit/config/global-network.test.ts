/** `global_defs`: virtual servers, packet filter, SNMP and D-Bus. */
import { checkKeywords, flag, globalLine, onOff, s } from "./keyword-cases.js";

checkKeywords("global_defs", globalLine, [
  {
    keyword: "lvs_timeouts",
    of: (c) => c.global.lvs.timeouts,
    byDefault: {},
    accepted: [
      ["tcp 0", { tcpSeconds: 0 }],
      ["udp 5 tcp 2678400 tcpfin 7", { tcpSeconds: 2678400, tcpFinSeconds: 7, udpSeconds: 5 }],
    ],
    alone: "lenient",
  },
  { keyword: "lvs_flush", of: (c) => c.global.lvs.flushAtStart, byDefault: false, accepted: flag },
  {
    keyword: "lvs_flush_on_stop",
    of: (c) => c.global.lvs.flushOnStop,
    byDefault: "no",
    accepted: [
      ["", "all"],
      ["VS", "services"],
    ],
    refused: ["vs"],
  },
  {
    keyword: "rs_init_notifies",
    of: (c) => c.global.lvs.notifyInitially,
    byDefault: false,
    accepted: onOff,
    refused: ["x"],
  },
  {
    keyword: "checker_log_all_failures",
    of: (c) => c.global.lvs.logAllFailures,
    byDefault: false,
    accepted: onOff,
    refused: ["x"],
  },
  {
    keyword: "vrrp_iptables",
    of: (c) => c.global.firewall.iptables,
    accepted: [
      ["", { input: "INPUT", output: "OUTPUT" }],
      ["A", { input: "A", output: "OUTPUT" }],
      ["A B", { input: "A", output: "B" }],
    ],
  },
  {
    keyword: "nftables",
    of: (c) => c.global.firewall.nftables,
    accepted: [
      ["", { table: "keepalived" }],
      ["t", { table: "t" }],
    ],
  },
  {
    keyword: "nftables_priority",
    of: (c) => c.global.firewall.nftablesPriority,
    byDefault: -1,
    accepted: [
      ["-2147483648", -2147483648],
      ["2147483647", 2147483647],
    ],
    refused: ["-2147483649", "2147483648"],
    alone: "fatal",
  },
  {
    keyword: "nftables_ifindex",
    of: (c) => c.global.firewall.nftablesByIndex,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "nftables_counters",
    of: (c) => c.global.firewall.nftablesCounters,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "nftables_ipvs",
    of: (c) => c.global.firewall.ipvsNftables,
    accepted: [
      ["", { table: "keepalived_ipvs" }],
      ["t", { table: "t" }],
    ],
  },
  {
    keyword: "nftables_ipvs_priority",
    of: (c) => c.global.firewall.ipvsNftablesPriority,
    byDefault: -1,
    accepted: [["0", 0]],
    refused: ["2147483648"],
    alone: "fatal",
  },
  {
    keyword: "nftables_ipvs_start_fwmark",
    of: (c) => c.global.firewall.ipvsStartMark,
    byDefault: 1000,
    accepted: [
      ["1", 1],
      ["4294967295", 4294967295],
    ],
    refused: ["0", "4294967296"],
    alone: "fatal",
  },
  {
    keyword: "snmp_socket",
    of: (c) => c.global.monitoring.snmp.socket,
    accepted: [["udp:h:1", "udp:h:1"]],
    alone: "lenient",
  },
  { keyword: "enable_traps", of: (c) => c.global.monitoring.snmp.traps, byDefault: false, accepted: flag },
  { keyword: "enable_snmp_vrrp", of: (c) => c.global.monitoring.snmp.vrrp, byDefault: false, accepted: flag },
  {
    keyword: "enable_snmp_checker",
    of: (c) => c.global.monitoring.snmp.checker,
    byDefault: false,
    accepted: flag,
  },
  {
    keyword: "enable_snmp_rfc",
    of: (c) => [c.global.monitoring.snmp.rfcV2, c.global.monitoring.snmp.rfcV3],
    byDefault: [false, false],
    accepted: [["", [true, true]]],
  },
  {
    keyword: "enable_snmp_rfcv2",
    of: (c) => [c.global.monitoring.snmp.rfcV2, c.global.monitoring.snmp.rfcV3],
    byDefault: [false, false],
    accepted: [["", [true, false]]],
  },
  {
    keyword: "enable_snmp_rfcv3",
    of: (c) => [c.global.monitoring.snmp.rfcV2, c.global.monitoring.snmp.rfcV3],
    byDefault: [false, false],
    accepted: [["", [false, true]]],
  },
  {
    keyword: "snmp_vs_stats_update_interval",
    of: (c) => c.global.monitoring.snmp.serviceStatsAgeMicros,
    byDefault: 5 * s,
    accepted: [
      ["0.001", 1000],
      ["30", 30 * s],
    ],
    refused: ["0", "30.000001"],
    alone: "lenient",
  },
  {
    keyword: "snmp_rs_stats_update_interval",
    of: (c) => c.global.monitoring.snmp.serverStatsAgeMicros,
    byDefault: 0,
    accepted: [
      ["0.001", 1000],
      ["30", 30 * s],
    ],
    refused: ["0", "31"],
    alone: "lenient",
  },
  { keyword: "enable_dbus", of: (c) => c.global.monitoring.dbus.enabled, byDefault: false, accepted: flag },
  {
    keyword: "dbus_service_name",
    of: (c) => c.global.monitoring.dbus.serviceName,
    byDefault: "org.keepalived.Vrrp1",
    accepted: [["a.b", "a.b"]],
    alone: "lenient",
  },
  {
    keyword: "dbus_no_interface_name",
    of: (c) => c.global.monitoring.dbus.noInterfaceName,
    accepted: [["a", "a"]],
    alone: "lenient",
  },
]);
