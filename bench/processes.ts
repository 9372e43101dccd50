/** What /proc says about a process and its descendants: who they are, what they cost. */
import { readFileSync, readdirSync } from "node:fs";

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // the process ended meanwhile
  }
}

/** @returns the descendants of a process, the deepest first, itself last; it need not be alive. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOrNothing(`/proc/${name}/stat`);
    // The name in parentheses may hold anything: fields are counted from its end.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number[] => [...(children.get(pid) ?? []).flatMap(below), pid];
  return below(root);
}

/** @returns CPU seconds (user and system) of all threads, from the scheduler's own nanosecond account. */
export function cpuSeconds(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readOrNothing(`/proc/${pid}/task/${task}/schedstat`).split(" ")[0] ?? 0);
    }
  }
  return nanoseconds / 1e9;
}

/** @returns proportional set size of all processes in MiB. */
export function proportionalMebibytes(pids: readonly number[]): number {
  let kibibytes = 0;
  for (const pid of pids) {
    kibibytes += Number(/^Pss:\s+(\d+) kB/m.exec(readOrNothing(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
  }
  return kibibytes / 1024;
}

/** Whether the network namespace of a process has joined VRRP's multicast group, so that a backup listens. */
export function listensForAdverts(pid: number): boolean {
  return readOrNothing(`/proc/${pid}/net/igmp`).includes("120000E0");
}

/** @returns packets an interface has sent and received, in the network namespace of a process. */
export function packetCounts(pid: number, interfaceName: string): { received: number; sent: number } {
  const line = readOrNothing(`/proc/${pid}/net/dev`)
    .split("\n")
    .find((text) => text.trim().startsWith(`${interfaceName}:`));
  const fields = (line ?? "")
    .slice((line ?? "").indexOf(":") + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  return { received: fields[1] ?? Number.NaN, sent: fields[9] ?? Number.NaN };
}
