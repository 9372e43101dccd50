/** Virtual servers, packet filter, SNMP and D-Bus as a whole, from `global_defs`. */
import type { FirewallSettings, LvsSettings, MonitoringSettings } from "../global-model.js";
import type { GlobalBlock } from "./global.js";
import { given } from "./given.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";
import { readSyncDaemon } from "./sync-daemon.js";

export function readLvs(block: GlobalBlock, instances: readonly InstanceBlock[], judge: Judge): LvsSettings {
  const { tcp, tcpfin, udp } = block.value("lvs_timeouts");
  return {
    timeouts: given({ tcpSeconds: tcp, tcpFinSeconds: tcpfin, udpSeconds: udp }),
    flushAtStart: block.value("lvs_flush"),
    flushOnStop: block.isLast("lvs_flush_onstop", "lvs_flush_on_stop")
      ? block.value("lvs_flush_onstop")
      : block.value("lvs_flush_on_stop"),
    ...given({ syncDaemon: readSyncDaemon(block, instances, judge) }),
    notifyInitially: block.value("rs_init_notifies"),
    logAllFailures: block.value("checker_log_all_failures"),
  };
}

export function readFirewall(block: GlobalBlock): FirewallSettings {
  const chains = block.value("vrrp_iptables");
  const table = block.value("nftables");
  const ipvsTable = block.value("nftables_ipvs");
  return {
    ...given({
      iptables: chains && { input: chains[0] ?? "INPUT", output: chains[1] ?? "OUTPUT" },
      nftables: table === undefined ? undefined : { table },
      ipvsNftables: ipvsTable === undefined ? undefined : { table: ipvsTable },
    }),
    nftablesPriority: block.value("nftables_priority"),
    nftablesByIndex: block.value("nftables_ifindex"),
    nftablesCounters: block.value("nftables_counters"),
    ipvsNftablesPriority: block.value("nftables_ipvs_priority"),
    ipvsStartMark: block.value("nftables_ipvs_start_fwmark"),
  };
}

export function readMonitoring(block: GlobalBlock): MonitoringSettings {
  const rfc = block.value("enable_snmp_rfc");
  return {
    snmp: {
      ...given({ socket: block.value("snmp_socket") }),
      traps: block.value("enable_traps"),
      vrrp: block.value("enable_snmp_vrrp") || block.value("enable_snmp_keepalived"),
      checker: block.value("enable_snmp_checker"),
      rfcV2: rfc || block.value("enable_snmp_rfcv2"),
      rfcV3: rfc || block.value("enable_snmp_rfcv3"),
      serviceStatsAgeMicros: block.value("snmp_vs_stats_update_interval"),
      serverStatsAgeMicros: block.value("snmp_rs_stats_update_interval"),
    },
    dbus: {
      enabled: block.value("enable_dbus"),
      serviceName: block.value("dbus_service_name"),
      ...given({ noInterfaceName: block.value("dbus_no_interface_name") }),
    },
  };
}
