/** The global part of keepalived.data: settings that belong to no instance, under upstream's labels. Pure. */
import type { BufferSetting, GlobalConfig, ProcessSettings } from "../config/global-model.js";
import type { VrrpConfig } from "../config/model.js";

function yesNo(value: boolean): string {
  return value ? "true" : "false";
}

function seconds(micros: number): string {
  return (micros / 1e6).toFixed(6);
}

function processLines(name: string, settings: ProcessSettings): string[] {
  const { nice, noSwap, realtimePriority, cpus, realtimeLimitMicros } = settings;
  return [
    ` ${name} process priority = ${nice}`,
    ` ${name} don't swap = ${yesNo(noSwap)}`,
    ` ${name} realtime priority = ${realtimePriority ?? 0}`,
    ...(cpus.length === 0 ? [] : [` ${name} CPU Affinity = ${cpus.join(" ")}`]),
    ` ${name} realtime limit = ${realtimeLimitMicros}`,
  ];
}

function bufferLines(keyword: string, { bytes, force }: BufferSetting): string[] {
  return [` ${keyword} = ${bytes ?? 0}`, ` ${keyword}_force = ${Number(force)}`];
}

function fileLines(global: GlobalConfig): string[] {
  const { files, fifos, reload, daemon } = global;
  const rows: Array<[string, string | undefined]> = [
    ["Network namespace", daemon.netNamespace ?? "(default)"],
    ["Router ID", global.routerId],
    ["Global notify fifo", fifos.all?.path],
    ["VRRP notify fifo", fifos.vrrp?.path],
    ["Reload time file", reload.timeFile],
    ["State dump file", files.stateDump],
    ["JSON version", String(files.jsonVersion)],
    ["umask", `0${files.umask.toString(8)}`],
  ];
  return rows.flatMap(([label, value]) => (value === undefined ? [] : [` ${label} = ${value}`]));
}

function firewallLines({ firewall }: GlobalConfig): string[] {
  const { nftables, nftablesPriority, nftablesByIndex, nftablesCounters } = firewall;
  return [
    ` nftables table = ${nftables?.table ?? "keepalived, when one is needed"}`,
    ` nftables base chain priority = ${nftablesPriority}`,
    ` nftables ${nftablesCounters ? "with" : "without"} counters`,
    ` nftables ${nftablesByIndex ? "with" : "without"} interface indices`,
  ];
}

function protocolLines(global: GlobalConfig): string[] {
  const { vrrp, fifos } = global;
  return [
    ` Dynamic interfaces = ${yesNo(global.dynamicInterfaces)}`,
    ` Default interface = ${global.defaultInterface}`,
    ` Disable local IGMP = ${vrrp.disableLocalIgmp ? "yes" : "no"}`,
    ` FIFO write vrrp states on reload = ${yesNo(fifos.statesOnReload)}`,
    ` VRRP notify priority changes = ${yesNo(fifos.priorityChanges)}`,
    ` VRRP IPv4 mcast group = ${global.multicastGroup4}`,
    ` VRRP IPv6 mcast group = ${global.multicastGroup6}`,
    ` Gratuitous ARP interval = ${seconds(global.garpIntervalMicros)}`,
    ` Gratuitous NA interval = ${seconds(global.gnaIntervalMicros)}`,
    ` Startup delay = ${seconds(vrrp.startupDelayMicros)}`,
    ` Delay after boot = ${seconds(vrrp.delayAfterBootMicros)}`,
    ` Log unknown VRIDs = ${yesNo(vrrp.logUnknownRouterIds)}`,
  ];
}

export function globalLines({ global }: VrrpConfig): string[] {
  const { buffers, processes, scriptUser } = global;
  return [
    "------< Global definitions >------",
    ...fileLines(global),
    ...protocolLines(global),
    ...firewallLines(global),
    ` Max auto priority = ${processes.maxAutoPriority}`,
    ` Min auto priority delay = ${processes.minAutoPriorityDelayMicros} usecs`,
    ...processLines("VRRP", processes.vrrp),
    ` Script security ${global.enableScriptSecurity ? "enabled" : "disabled"}`,
    ...(scriptUser === undefined
      ? []
      : [` Default script user = ${scriptUser.user}${scriptUser.group ? `:${scriptUser.group}` : ""}`]),
    ...bufferLines("vrrp_netlink_cmd_rcv_bufs", buffers.vrrpCommands),
    ...bufferLines("vrrp_netlink_monitor_rcv_bufs", buffers.vrrpMonitor),
    ` rx_bufs_policy = ${buffers.adverts.policy === "bytes" ? buffers.adverts.bytes : buffers.adverts.policy}`,
    ` rx_bufs_multiples = ${buffers.adverts.packets}`,
  ];
}

/** What was configured about interfaces and static settings apart from any instance. */
export function garpGroupLines({ garpGroups }: VrrpConfig): string[] {
  if (garpGroups.length === 0) return [];
  return [
    "------< Gratuitous ARP delays >------",
    ...garpGroups.flatMap(({ interfaces, garpIntervalMicros, gnaIntervalMicros }, i) => [
      ` Group ${i + 1}`,
      ...(garpIntervalMicros === undefined ? [] : [`   GARP interval = ${seconds(garpIntervalMicros)}`]),
      ...(gnaIntervalMicros === undefined ? [] : [`   GNA interval = ${seconds(gnaIntervalMicros)}`]),
      `   Interfaces = ${interfaces.join(" ")}`,
    ]),
  ];
}
