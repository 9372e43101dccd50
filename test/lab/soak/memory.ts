/** Memory of long-lived processes over a soak run: whether it grows, and how fast. */
import { readFileSync } from "node:fs";

interface Sample {
  atMs: number;
  kib: number;
}

/** Resident memory of a process in KiB; undefined when it is gone. */
function residentKib(pid: number): number | undefined {
  try {
    const found = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}

export class MemoryLog {
  readonly #samples = new Map<number, { name: string; samples: Sample[] }>();

  sample(processes: readonly { pid: number; command: string }[], atMs: number): void {
    for (const { pid, command } of processes) {
      const kib = residentKib(pid);
      if (kib === undefined) continue;
      const known = this.#samples.get(pid) ?? {
        name: /[^/ ]+\.js/.exec(command)?.[0] ?? command,
        samples: [],
      };
      known.samples.push({ atMs, kib });
      this.#samples.set(pid, known);
    }
  }

  /** Least-squares slope of each process that was seen for at least `minimumMs`, its first `warmUpMs` left out. */
  slopes(
    minimumMs: number,
    warmUpMs: number,
  ): { name: string; pid: number; kibPerMinute: number; lastKib: number }[] {
    return [...this.#samples].flatMap(([pid, { name, samples }]) => {
      const first = samples[0]?.atMs ?? 0;
      const used = samples.filter(({ atMs }) => atMs - first >= warmUpMs);
      const last = used.at(-1);
      if (last === undefined || last.atMs - first < minimumMs) return [];
      return [{ name, pid, kibPerMinute: slope(used) * 60_000, lastKib: last.kib }];
    });
  }
}

/** KiB per millisecond. */
function slope(samples: readonly Sample[]): number {
  const n = samples.length;
  const meanAt = samples.reduce((sum, { atMs }) => sum + atMs, 0) / n;
  const meanKib = samples.reduce((sum, { kib }) => sum + kib, 0) / n;
  let above = 0;
  let below = 0;
  for (const { atMs, kib } of samples) {
    above += (atMs - meanAt) * (kib - meanKib);
    below += (atMs - meanAt) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
