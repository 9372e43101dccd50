/**
 * Least gaps between gratuitous ARP messages, and between neighbour advertisements (reference section 11.4): one clock
 * per interface, or one for all interfaces of a garp_group. Pure.
 */
import type { Micros } from "./loop.js";

/** Interfaces that share a clock; what is absent is as everywhere. */
interface LimitGroup {
  readonly interfaces: readonly string[];
  readonly garpIntervalMicros?: Micros;
  readonly gnaIntervalMicros?: Micros;
}

export interface AnnounceLimits {
  /** 0 for none. */
  garpIntervalMicros: Micros;
  gnaIntervalMicros: Micros;
  groups: readonly LimitGroup[];
}

export interface Limit {
  /** Same name, same clock. */
  clock: string;
  /** 0: no limit. */
  intervalMicros: Micros;
}

export function limitOf(limits: AnnounceLimits, family: 4 | 6, device: string): Limit {
  const kind = family === 4 ? "garpIntervalMicros" : "gnaIntervalMicros";
  const group = limits.groups.findIndex(
    ({ interfaces, [kind]: own }) => own !== undefined && interfaces.includes(device),
  );
  const intervalMicros = limits.groups[group]?.[kind] ?? limits[kind];
  return { clock: `${family} ${group < 0 ? device : `group ${group}`}`, intervalMicros };
}

/** Whether any interface has a limit. */
export function isLimited({ garpIntervalMicros, gnaIntervalMicros, groups }: AnnounceLimits): boolean {
  const some = (garp = 0, gna = 0): boolean => garp + gna > 0;
  return (
    some(garpIntervalMicros, gnaIntervalMicros) ||
    groups.some((group) => some(group.garpIntervalMicros, group.gnaIntervalMicros))
  );
}
