/**
 * From what is wanted and what is present to the steps between, in the order of reference 12.1:
 * rules are removed, then routes, then addresses; addresses are added, then routes, then rules; each in the order of
 * the configuration. Pure.
 */
import { type KernelObject, sameWish } from "./kernel-object.js";

/** An object with its place in the configuration. */
export interface Placed {
  object: KernelObject;
  order: number;
  /** It is there, but of no use: as if it were another. */
  broken?: boolean;
}

export interface Step {
  verb: "add" | "remove";
  object: KernelObject;
}

/**
 * Both inputs have each key at most once. A wish that changed under the same key is removed right before it is added:
 * what uses it misses it for some microseconds only.
 */
export function planSteps(wanted: Iterable<Placed>, present: Iterable<Placed>): Step[] {
  /** Less what is still wanted. */
  const unwanted = new Map<string, Placed>();
  for (const placed of present) unwanted.set(placed.object.key, placed);
  const additions: Placed[] = [];
  const outdated = new Map<string, KernelObject>();
  for (const wish of wanted) {
    const { key, setting } = wish.object;
    const there = unwanted.get(key);
    if (there === undefined) {
      additions.push(wish);
      continue;
    }
    unwanted.delete(key);
    if (!there.broken && sameWish(setting, there.object.setting)) continue;
    outdated.set(key, there.object);
    additions.push(wish);
  }
  const steps: Step[] = [];
  const { address, route, rule } = inOrder(unwanted.values());
  for (const { object } of [...rule, ...route, ...address]) steps.push({ verb: "remove", object });
  const added = inOrder(additions);
  for (const { object } of [...added.address, ...added.route, ...added.rule]) {
    const before = outdated.get(object.key);
    if (before !== undefined) steps.push({ verb: "remove", object: before });
    steps.push({ verb: "add", object });
  }
  return steps;
}

/** By kind, each in the order of the configuration. */
function inOrder(placed: Iterable<Placed>): Record<KernelObject["kind"], Placed[]> {
  const sorted: Record<KernelObject["kind"], Placed[]> = { address: [], route: [], rule: [] };
  for (const one of placed) sorted[one.object.kind].push(one);
  for (const list of Object.values(sorted)) list.sort((a, b) => a.order - b.order);
  return sorted;
}
