/** What a client sees: one echo request every 10 ms, and the holes between the replies. */
import type { Line } from "./lines.js";

const PING_INTERVAL_MS = 10;

/** The command whose lines `PingReplies` reads; it goes on when nobody answers. */
export function pingCommand(address: string): string[] {
  return ["ping", "-n", "-D", "-i", String(PING_INTERVAL_MS / 1000), address];
}

/** Replies in the order they came. */
export class PingReplies {
  /** Milliseconds since the epoch. */
  readonly times: number[] = [];

  /** Reads "[1795629170.377084] 64 bytes from ...". */
  take({ text }: Line): void {
    const stamp = /^\[(\d+\.\d+)\] \d+ bytes from/.exec(text)?.[1];
    if (stamp !== undefined) this.times.push(Number(stamp) * 1000);
  }

  /** The longest time without a reply between two moments, in milliseconds. Before the first reply counts as a hole too. */
  largestGapMs(from: number, until: number): number {
    const inside = this.times.filter((time) => time >= from && time <= until);
    const before = this.times.findLast((time) => time < from) ?? from;
    const marks = [before, ...inside, until];
    return marks.slice(1).reduce((largest, time, i) => Math.max(largest, time - (marks[i] ?? time)), 0);
  }

  /** Whether replies come now: several since `since`. */
  steadySince(since: number): boolean {
    return this.times.filter((time) => time >= since).length >= 3;
  }
}
