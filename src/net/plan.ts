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
  const wishes = new Map<string, Placed>();
  for (const placed of wanted) wishes.set(placed.object.key, placed);
  const removals: Placed[] = [];
  const outdated = new Map<string, KernelObject>();
  for (const placed of present) {
    const { object } = placed;
    const wish = wishes.get(object.key);
    if (wish === undefined) removals.push(placed);
    else if (!placed.broken && sameWish(wish.object.setting, object.setting)) wishes.delete(object.key);
    else outdated.set(object.key, object);
  }
  return [
    ...KINDS.toReversed().flatMap((kind) => remove(inOrder(kind, removals))),
    ...KINDS.flatMap((kind) => add(inOrder(kind, wishes.values()), outdated)),
  ];
}

/** In the order of adding. */
const KINDS = ["address", "route", "rule"] as const;

function inOrder(kind: KernelObject["kind"], placed: Iterable<Placed>): Placed[] {
  return [...placed].filter(({ object }) => object.kind === kind).sort((a, b) => a.order - b.order);
}

function remove(placed: readonly Placed[]): Step[] {
  return placed.map(({ object }) => ({ verb: "remove", object }));
}

function add(placed: readonly Placed[], outdated: ReadonlyMap<string, KernelObject>): Step[] {
  return placed.flatMap(({ object }): Step[] => {
    const before = outdated.get(object.key);
    const step: Step = { verb: "add", object };
    return before === undefined ? [step] : [{ verb: "remove", object: before }, step];
  });
}
