/**
 * With nftables_ipvs a group is one service for a firewall mark: which groups can be, which mark each has, and the
 * elements that give packets their mark (check-ipvs reference, 8.2). Pure.
 */
import type {
  CheckConfig,
  GroupEntry,
  TransportProtocol,
  VirtualServerGroupConfig,
} from "../config/check-model.js";
import { compareAddresses, parseAddress } from "../net/ip-address.js";
import type { MarkedRange } from "./mark-rules.js";
import { type NamedService, nameServices } from "./names.js";

const LAST_MARK = 0xffffffff;

/** Groups that have marks, by the key of their virtual server. */
export interface MarkPlan {
  marks: ReadonlyMap<string, number>;
  ranges: readonly MarkedRange[];
  /** Virtual servers of groups that go address by address all the same, and why. */
  unmarked: ReadonlyArray<{ name: string; reason: string }>;
}

type Range = Extract<GroupEntry, { kind: "range" }>;

/** Addresses that one virtual server takes, as bytes. */
interface Claim {
  key: string;
  first: Uint8Array;
  last: Uint8Array;
}

/** Without a protocol the kernel is told UDP. */
function protocolOf({ config }: NamedService): TransportProtocol {
  return config.protocol ?? "UDP";
}

/** The ranges of a group; undefined when it has marks of its own, or nothing. */
function rangesOfGroup(group: VirtualServerGroupConfig | undefined): Range[] | undefined {
  const ranges = group?.entries.filter((entry) => entry.kind === "range") ?? [];
  return ranges.length === 0 || ranges.length !== group?.entries.length ? undefined : ranges;
}

/** Hands out marks, and remembers them: a group keeps its mark over reloads. */
export class GroupMarks {
  /** By group and protocol. */
  #marks = new Map<string, number>();

  /** The marks for a configuration; those of groups that are gone are free for the next plan. */
  plan(config: CheckConfig): MarkPlan {
    const groups = new Map(config.groups.map((group) => [group.name, group]));
    const services = nameServices(config);
    const overlapping = overlaps(services, groups);
    const next = this.#freeMarks(config);
    const kept = new Map<string, number>();
    const plan = {
      marks: new Map<string, number>(),
      ranges: [] as MarkedRange[],
      unmarked: [] as { name: string; reason: string }[],
    };
    for (const named of services) {
      const { service } = named.config;
      const ranges = service.kind === "group" ? rangesOfGroup(groups.get(service.name)) : undefined;
      if (service.kind !== "group" || ranges === undefined) continue;
      const protocol = protocolOf(named);
      const identity = `${protocol} ${service.name}`;
      const shared = overlapping.has(named.key);
      const mark = shared ? undefined : (this.#marks.get(identity) ?? next());
      if (mark === undefined) {
        const reason = shared ? "its addresses overlap with others" : "no mark is left";
        plan.unmarked.push({ name: named.name, reason });
        continue;
      }
      kept.set(identity, mark);
      plan.marks.set(named.key, mark);
      plan.ranges.push(...ranges.map((range) => ({ ...range, protocol, mark })));
    }
    this.#marks = kept;
    return plan;
  }

  /** Marks from the first one up that nobody has: no group, before or now, and no virtual server by its own mark. */
  #freeMarks(config: CheckConfig): () => number | undefined {
    const taken = new Set(this.#marks.values());
    for (const { service } of config.virtualServers) if (service.kind === "mark") taken.add(service.mark);
    for (const { entries } of config.groups)
      for (const entry of entries) if (entry.kind === "mark") taken.add(entry.mark);
    let candidate = config.global.firewall.ipvsStartMark;
    return () => {
      while (taken.has(candidate)) candidate++;
      return candidate > LAST_MARK ? undefined : candidate++;
    };
  }
}

/**
 * The virtual servers of which an address is also another's, or twice their own: a mark would take its packets from a
 * more special service, and nftables refuses such elements.
 */
function overlaps(
  services: readonly NamedService[],
  groups: ReadonlyMap<string, VirtualServerGroupConfig>,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const claims of claimsByProtocol(services, groups)) {
    const allPorts = claims.get(0) ?? [];
    for (const [port, list] of claims) findOverlaps(port === 0 ? list : [...list, ...allPorts], found);
  }
  return found;
}

/** By protocol and family: the claims by port. */
function claimsByProtocol(
  services: readonly NamedService[],
  groups: ReadonlyMap<string, VirtualServerGroupConfig>,
): Iterable<ReadonlyMap<number, Claim[]>> {
  const all = new Map<string, Map<number, Claim[]>>();
  for (const named of services) {
    const { service } = named.config;
    const ranges =
      service.kind === "group"
        ? (groups.get(service.name)?.entries ?? [])
        : service.kind === "address"
          ? [{ ...service, kind: "range" as const, first: service.address, last: service.address }]
          : [];
    for (const range of ranges) {
      if (range.kind === "mark") continue;
      const first = parseAddress(range.first);
      const last = parseAddress(range.last);
      if (first === undefined || last === undefined) continue;
      const id = `${protocolOf(named)} ${range.family}`;
      const byPort = all.get(id) ?? new Map<number, Claim[]>();
      all.set(id, byPort);
      const list = byPort.get(range.port) ?? [];
      byPort.set(range.port, list);
      list.push({ key: named.key, first, last });
    }
  }
  return all.values();
}

/** In the order of first addresses, what overlaps with anything before overlaps with what reaches farthest. */
function findOverlaps(claims: Claim[], found: Set<string>): void {
  claims.sort((a, b) => compareAddresses(a.first, b.first));
  let farthest: Claim | undefined;
  for (const claim of claims) {
    if (farthest !== undefined && compareAddresses(claim.first, farthest.last) <= 0) {
      found.add(claim.key);
      found.add(farthest.key);
    }
    if (farthest === undefined || compareAddresses(claim.last, farthest.last) > 0) farthest = claim;
  }
}
