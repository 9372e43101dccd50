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
}

export interface Step {
  verb: "add" | "remove";
  object: KernelObject;
}

/** Both inputs have each key at most once. A wish that changed under the same key is removed and added. */
export function planSteps(wanted: Iterable<Placed>, present: Iterable<Placed>): Step[] {
  const wishes = new Map<string, Placed>();
  for (const placed of wanted) wishes.set(placed.object.key, placed);
  const removals: Placed[] = [];
  for (const placed of present) {
    const wish = wishes.get(placed.object.key);
    if (wish !== undefined && sameWish(wish.object.setting, placed.object.setting))
      wishes.delete(placed.object.key);
    else removals.push(placed);
  }
  return [
    ...steps("remove", "rule", removals),
    ...steps("remove", "route", removals),
    ...steps("remove", "address", removals),
    ...steps("add", "address", wishes.values()),
    ...steps("add", "route", wishes.values()),
    ...steps("add", "rule", wishes.values()),
  ];
}

function steps(verb: Step["verb"], kind: KernelObject["kind"], placed: Iterable<Placed>): Step[] {
  return [...placed]
    .filter(({ object }) => object.kind === kind)
    .sort((a, b) => a.order - b.order)
    .map(({ object }) => ({ verb, object }));
}
