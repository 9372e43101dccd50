/** Names, scheduling and buffers of the processes, from `global_defs`. */
import type { BufferSetting, BufferSettings, ProcessesSettings, ProcessSettings } from "../global-model.js";
import type { GlobalBlock } from "./global.js";
import { given } from "./given.js";

/** With process_names. Upstream's manual says keepalived_ipvs, but what it names them is this. */
const STANDARD_NAMES = { vrrp: "keepalived_vrrp", checker: "keepalived_lvs", bfd: "keepalived_bfd" };

export function readProcesses(block: GlobalBlock): ProcessesSettings {
  const checkerName = block.isLast("lvs_process_name", "checker_process_name")
    ? block.value("lvs_process_name")
    : block.value("checker_process_name");
  return {
    ...given({ parentName: block.value("process_name") }),
    vrrp: readProcess(block, "vrrp", block.value("vrrp_process_name")),
    checker: readProcess(block, "checker", checkerName),
    bfd: readProcess(block, "bfd", block.value("bfd_process_name")),
    maxAutoPriority: block.value("max_auto_priority"),
    minAutoPriorityDelayMicros: block.value("min_auto_priority_delay"),
  };
}

function readProcess(
  block: GlobalBlock,
  process: "vrrp" | "checker" | "bfd",
  ownName: string | undefined,
): ProcessSettings {
  const limit = block.isLast(`${process}_rlimit_rtime`, `${process}_rlimit_rttime`)
    ? block.value(`${process}_rlimit_rtime`)
    : block.value(`${process}_rlimit_rttime`);
  const realtimePriority = block.value(`${process}_no_realtime`) ? 0 : block.value(`${process}_rt_priority`);
  const standard = block.value("process_names") ? STANDARD_NAMES[process] : undefined;
  return {
    ...given({ name: ownName ?? standard, realtimePriority }),
    nice: block.value(`${process}_priority`),
    noSwap: block.value(`${process}_no_swap`),
    cpus: [...new Set(block.value(`${process}_cpu_affinity`))].sort((a, b) => a - b),
    realtimeLimitMicros: limit,
  };
}

type Buffer =
  | "vrrp_netlink_cmd"
  | "vrrp_netlink_monitor"
  | "lvs_netlink_cmd"
  | "lvs_netlink_monitor"
  | "process_monitor";

export function readBuffers(block: GlobalBlock): BufferSettings {
  const buffer = (name: Buffer): BufferSetting => ({
    ...given({ bytes: block.value(`${name}_rcv_bufs`) || undefined }),
    force: block.value(`${name}_rcv_bufs_force`),
  });
  const policy = block.value("vrrp_rx_bufs_policy");
  const packets = block.value("vrrp_rx_bufs_multiplier");
  return {
    vrrpCommands: buffer("vrrp_netlink_cmd"),
    vrrpMonitor: buffer("vrrp_netlink_monitor"),
    checkerCommands: buffer("lvs_netlink_cmd"),
    checkerMonitor: buffer("lvs_netlink_monitor"),
    processMonitor: buffer("process_monitor"),
    adverts:
      typeof policy === "number"
        ? { policy: "bytes", bytes: policy, packets }
        : { policy: policy ?? "system", packets },
  };
}
