/** `global_defs`: names, scheduling and buffers of the processes. */
import { quoted } from "../diagnostic.js";
import { custom, flag, missingArgument, type Row, setting, type Site } from "../schema.js";
import { clamped, cutTo, mapped } from "../values/noted.js";
import { boolean, integer } from "../values/number.js";

/** The kernel's limit. */
const LONGEST_PROCESS_NAME = 15;
/** What the mask of the kernel's interface holds. */
const MOST_CPUS = 1024;

const processName = cutTo(LONGEST_PROCESS_NAME, "NAME");
const anyNumber = integer(0, 0xffffffff);

export const processRows = {
  process_names: flag(
    "Name the children keepalived_vrrp, keepalived_lvs and keepalived_bfd: their names anyway.",
  ),
  process_name: named("parent"),
  vrrp_process_name: named("vrrp process"),
  checker_process_name: named("checker process"),
  lvs_process_name: named("checker process", "'checker_process_name'"),
  bfd_process_name: named("bfd process"),

  vrrp_priority: nice("vrrp"),
  vrrp_no_swap: noSwap("vrrp"),
  vrrp_rt_priority: realtime("vrrp"),
  vrrp_no_realtime: noRealtime("vrrp"),
  vrrp_cpu_affinity: affinity("vrrp"),
  vrrp_rlimit_rttime: cpuLimit("vrrp"),
  vrrp_rlimit_rtime: cpuLimit("vrrp", "'vrrp_rlimit_rttime'"),
  checker_priority: nice("checker"),
  checker_no_swap: noSwap("checker"),
  checker_rt_priority: realtime("checker"),
  checker_no_realtime: noRealtime("checker"),
  checker_cpu_affinity: affinity("checker"),
  checker_rlimit_rttime: cpuLimit("checker"),
  checker_rlimit_rtime: cpuLimit("checker", "'checker_rlimit_rttime'"),
  bfd_priority: nice("bfd"),
  bfd_no_swap: noSwap("bfd"),
  bfd_rt_priority: realtime("bfd"),
  bfd_no_realtime: noRealtime("bfd"),
  bfd_cpu_affinity: affinity("bfd"),
  bfd_rlimit_rttime: cpuLimit("bfd"),
  bfd_rlimit_rtime: cpuLimit("bfd", "'bfd_rlimit_rttime'"),

  max_auto_priority: setting(
    integer(-1, 99),
    "Ceiling of the automatic raise of the real-time priority when timers are late; 0 for none, -1 for none and no advice.",
    { default: 0, alone: 99 },
  ),
  min_auto_priority_delay: setting(
    integer(1, 10_000_000),
    "Lateness that raises the priority automatically.",
    { default: 1_000_000, unit: "us", lenient: true },
  ),

  vrrp_netlink_cmd_rcv_bufs: buffer("netlink commands of the vrrp process", "1 MiB, whatever the limit"),
  vrrp_netlink_cmd_rcv_bufs_force: force("vrrp_netlink_cmd_rcv_bufs"),
  vrrp_netlink_monitor_rcv_bufs: buffer("netlink messages to the vrrp process", "8 MiB, whatever the limit"),
  vrrp_netlink_monitor_rcv_bufs_force: force("vrrp_netlink_monitor_rcv_bufs"),
  process_monitor_rcv_bufs: buffer("events of processes", "1 MiB, whatever the limit"),
  process_monitor_rcv_bufs_force: force("process_monitor_rcv_bufs"),
  lvs_netlink_cmd_rcv_bufs: buffer("netlink commands of the checker process", "1 MiB, whatever the limit"),
  lvs_netlink_cmd_rcv_bufs_force: force("lvs_netlink_cmd_rcv_bufs"),
  lvs_netlink_monitor_rcv_bufs: buffer(
    "netlink messages to the checker process, which it reads for ha_suspend",
    "8 MiB, whatever the limit",
  ),
  lvs_netlink_monitor_rcv_bufs_force: force("lvs_netlink_monitor_rcv_bufs"),
  vrrp_rx_bufs_policy: bufferPolicy(),
  vrrp_rx_bufs_multiplier: setting(
    integer(1, 0xffffffff),
    "Packets per instance that the policies MTU and ADVERT allow for.",
    { default: 3, unit: "packets", lenient: true },
  ),
};

function named(what: string, deprecated?: string): Row<string | undefined> {
  return setting(processName, `Name of the ${what} in the list of processes.`, {
    ...(deprecated !== undefined && { deprecated, deprecatedQuietly: true }),
  });
}

function nice(process: string): Row<number> {
  return setting(
    integer(-20, 19),
    `Nice value of the ${process} process; 0 leaves it alone. Takes it out of real-time scheduling, unless there is a real-time priority.`,
    {
      default: 0,
      unit: "nice value",
      lenient: true,
    },
  );
}

function noSwap(process: string): Row<boolean> {
  return flag(`Keep program text and stack of the ${process} process in memory; as when real-time.`);
}

function realtime(process: string): Row<number | undefined> {
  const usual = process === "checker" ? "none" : "1 where that is permitted";
  return setting(clamped(1, 99), `Real-time priority of the ${process} process. By default ${usual}.`, {
    lenient: true,
  });
}

function noRealtime(process: string): Row<boolean> {
  return flag(`Not in upstream. Ordinary scheduling for the ${process} process, whatever else is said.`);
}

function cpuLimit(process: string, deprecated?: string): Row<number> {
  const value = mapped(integer(1, 0xffffffff), (n) => Math.max(2, n), String);
  const doc = `CPU time of the ${process} process between blocking calls, when real-time; at least 3 s.`;
  return setting(value, doc, {
    default: 3_000_000,
    unit: "us",
    ...(deprecated !== undefined && { deprecated, deprecatedQuietly: true }),
  });
}

/** CPU_ID... */
function affinity(process: string): Row<readonly number[]> {
  const id = integer(0, MOST_CPUS - 1);
  return custom<readonly number[]>({
    syntax: `<0-${MOST_CPUS - 1}> ...`,
    doc: `CPUs that the ${process} process may run on; all by default.`,
    default: [],
    read: (site) => {
      const list: number[] = [];
      for (const at of site.words.slice(1)) {
        const cpu = id.read(at.text);
        if (typeof cpu === "number") list.push(cpu);
        else {
          const message = `${quoted(at.text)} is no number of a CPU; all CPUs are used`;
          site.tree.diagnostics.report("invalidNumber", at, message);
          return [];
        }
      }
      return list.length > 0 ? list : missingArgument(site, "numbers of CPUs", true);
    },
  });
}

function buffer(what: string, usual: string): Row<number> {
  return setting(anyNumber, `Receive buffer for ${what}; 0 for ${usual}.`, {
    default: 0,
    unit: "bytes",
    lenient: true,
  });
}

function force(keyword: string): Row<boolean> {
  return setting(boolean, `Let '${keyword}' go beyond the kernel's limit.`, {
    default: false,
    alone: true,
  });
}

/** How the buffers for adverts are sized. */
type BufferPolicy = "mtu" | "advert" | number | undefined;

/** MTU, ADVERT or BYTES: bytes go before MTU, and that before ADVERT. */
function bufferPolicy(): Row<BufferPolicy> {
  const read = (site: Site, before: BufferPolicy): BufferPolicy => {
    let policy = before;
    for (const word of site.words.slice(1)) {
      const number = anyNumber.read(word.text);
      const wanted = typeof number === "number" ? number : word.text.toLowerCase();
      let message = "";
      if (typeof wanted !== "number" && wanted !== "mtu" && wanted !== "advert") {
        message = `must be MTU, ADVERT or a number of bytes, not ${quoted(word.text)}; it is ignored`;
      } else if (policy === undefined || policy === wanted) policy = wanted;
      else if (typeof policy === "number") {
        if (typeof wanted === "number") policy = wanted;
        else message = `is ${policy} bytes already; ${quoted(word.text)} is ignored`;
      } else {
        const used = wanted === "advert" ? "MTU" : quoted(word.text);
        message = `can be only one of MTU, ADVERT and a number of bytes; ${used} is used`;
        if (wanted !== "advert") policy = wanted;
      }
      if (message !== "") site.tree.diagnostics.report("general", word, `'${site.head.text}' ${message}`);
    }
    return policy;
  };
  return custom<BufferPolicy>(
    {
      syntax: "MTU|ADVERT|<0-4294967295>",
      doc: "Receive buffers for adverts: by the MTU, by the size of an advert, or a number of bytes; the system's default by default.",
      default: undefined,
      read: (site, previous) => {
        if (site.words.length === 1) return missingArgument(site, "MTU, ADVERT or a number of bytes", true);
        return read(site, previous?.value);
      },
    },
    { repeat: "accumulates", unit: "bytes" },
  );
}
