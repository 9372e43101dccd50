/** The kernel's table of virtual servers as the benchmark sees it, and what a daemon costs there. */
import { readFileSync } from "node:fs";
import type { Daemon } from "./daemon.js";
import { sleep } from "./feed.js";

const PATIENCE_MS = 90_000;
const TICKS_PER_SECOND = 100;

/**
 * Destinations in the table of the daemon's namespace. The kernel's list leaves services out, from the end of each page of
 * it, while another namespace has services too: nothing of an earlier session may be left.
 */
function destinations(daemon: Daemon): number {
  const table = readFileSync(`/proc/${daemon.pid}/net/ip_vs`, "latin1");
  return table.split("\n").filter((line) => line.startsWith("  -> ") && !line.includes("RemoteAddress"))
    .length;
}

/**
 * Looks every `pollMs`; reading a large table is work for the machine that is measured.
 * @returns milliseconds until the table has `count` destinations
 */
export async function untilDestinations(daemon: Daemon, count: number, pollMs: number): Promise<number> {
  const from = performance.now();
  for (;;) {
    const there = destinations(daemon);
    if (there === count) return performance.now() - from;
    if (performance.now() - from > PATIENCE_MS) throw new Error(`${there} destinations, not ${count}`);
    await sleep(pollMs);
  }
}

/** Seconds of processor time by the clock of ticks, as kernels without statistics of the scheduler have it. */
export function processorSeconds(daemon: Daemon): number {
  const ticks = daemon.pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
}
