/** From samples to rows, a table and JSON. Pure. */
import { median, percentile } from "./statistics.js";
import type { Goal, Metric } from "./subject.js";

/** All samples of one metric. */
export interface Collected {
  readonly metric: Metric;
  readonly peer: readonly number[];
  readonly ours: readonly number[];
}

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly peer: number;
  readonly ours: number;
  /** Ours divided by the peer's. */
  readonly ratio: number;
  readonly goal: string;
  /** Undefined without a goal. */
  readonly met: boolean | undefined;
}

function meets(goal: Goal, ours: number, ratio: number): boolean {
  return goal.kind === "ratio" ? ratio <= goal.atMost : Math.abs(ours - goal.target) <= goal.within;
}

function inWords(goal: Goal | undefined): string {
  if (goal === undefined) return "";
  return goal.kind === "ratio" ? `ratio ≤ ${goal.atMost}` : `${goal.target} ± ${goal.within}`;
}

/** @returns the medians, and whether they reach the goal. */
export function rowOf({ metric, peer, ours }: Collected): Row {
  const [theirs, own] = [median(peer), median(ours)];
  const ratio = own / theirs;
  const met = metric.goal === undefined ? undefined : meets(metric.goal, own, ratio);
  return { ...metric, peer: theirs, ours: own, ratio, goal: inWords(metric.goal), met };
}

/** Three or four significant digits, without exponents. */
function short(value: number): string {
  if (Number.isNaN(value)) return "-";
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 2 : size >= 0.1 ? 3 : 4);
}

function spread(samples: readonly number[]): string {
  if (samples.length < 2) return "";
  return `${short(percentile(samples, 0.25))}..${short(percentile(samples, 0.75))}`;
}

const verdict = (met: boolean | undefined): string => (met === undefined ? "" : met ? "met" : "MISSED");

/** @returns the lines of the table: medians, quartiles, ratio, goal. */
export function table(all: readonly Collected[]): string[] {
  const head = ["", "unit", "peer", "(quartiles)", "ours", "(quartiles)", "ratio", "goal", "", "n"];
  const body = all.map((collected) => {
    const row = rowOf(collected);
    const { peer, ours } = collected;
    const ratio = Number.isFinite(row.ratio) ? row.ratio.toFixed(2) : "-";
    const numbers = [short(row.peer), spread(peer), short(row.ours), spread(ours), ratio];
    return [row.title, row.unit, ...numbers, row.goal, verdict(row.met), `${peer.length}/${ours.length}`];
  });
  const rows = [head, ...body];
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? "").length)));
  const isText = (column: number): boolean => column < 2 || column === 7 || column === 8;
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) =>
        isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return [lines[0] ?? "", "-".repeat(Math.max(...lines.map((line) => line.length))), ...lines.slice(1)];
}
