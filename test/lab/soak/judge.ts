/**
 * Judges a soak run by its log of events: among the hosts that can hear each other at most one holds the address,
 * and one does within the deadline. Pure: hands over what broke the rules, and when.
 */

export type SoakEvent =
  | { at: number; kind: "holds" | "lets go"; host: string }
  /** Its router runs and the lan reaches it, or not. */
  | { at: number; kind: "joins" | "leaves"; host: string };

export interface Limits {
  /** Two holders for at most so long: a router that comes back must be heard before the other yields. */
  overlapMs: number;
  /** No holder for at most so long: master-down time, skew and the work of taking over. */
  gapMs: number;
}

interface Violation {
  what: "two holders" | "no holder";
  hosts: string[];
  from: number;
  lastedMs: number;
}

/** @param until end of the run, by which an open span is measured */
export function judge(events: readonly SoakEvent[], until: number, limits: Limits): Violation[] {
  const holding = new Set<string>();
  const reachable = new Set<string>();
  const violations: Violation[] = [];
  let open: { what: Violation["what"]; hosts: string[]; from: number } | undefined;

  const close = (at: number): void => {
    if (open === undefined) return;
    const lastedMs = at - open.from;
    if (lastedMs > (open.what === "two holders" ? limits.overlapMs : limits.gapMs)) {
      violations.push({ ...open, lastedMs });
    }
    open = undefined;
  };

  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    if (event.kind === "holds") holding.add(event.host);
    else if (event.kind === "lets go") holding.delete(event.host);
    else if (event.kind === "joins") reachable.add(event.host);
    else reachable.delete(event.host);
    const hosts = [...holding].filter((host) => reachable.has(host));
    const what =
      hosts.length > 1 ? "two holders" : hosts.length === 0 && reachable.size > 0 ? "no holder" : undefined;
    if (what === open?.what) continue;
    close(event.at);
    if (what !== undefined) open = { what, hosts, from: event.at };
  }
  close(until);
  return violations;
}
