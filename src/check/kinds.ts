/**
 * How many checkers of each kind virtual servers have. A reload keeps what it does not change as the very same objects:
 * those are counted once, however often it is asked. Pure.
 */
import type { CheckerConfig, VirtualServerConfig } from "../config/check-model.js";

export type KindCounts = ReadonlyMap<CheckerConfig["kind"], number>;

const counted = new WeakMap<VirtualServerConfig, KindCounts>();

/** Kinds that nobody has are not in it. */
export function countKinds(virtualServers: readonly VirtualServerConfig[]): KindCounts {
  const sum = new Map<CheckerConfig["kind"], number>();
  for (const server of virtualServers) {
    let counts = counted.get(server);
    if (counts === undefined) counted.set(server, (counts = countOf(server)));
    for (const [kind, count] of counts) sum.set(kind, (sum.get(kind) ?? 0) + count);
  }
  return sum;
}

function countOf({ realServers }: VirtualServerConfig): KindCounts {
  const counts = new Map<CheckerConfig["kind"], number>();
  for (const { checkers } of realServers)
    for (const { kind } of checkers) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
