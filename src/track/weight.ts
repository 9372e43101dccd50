/**
 * What one tracker does to an instance: a fault, or a part of its priority (VRRP reference, 10.2). Pure arithmetic;
 * the sum is limited to 1 to 254 where the priority is made of it, so that two opposite weights cancel exactly.
 */
import type { Tracked } from "../config/model.js";

/** A fault, or what is added to the priority. */
export type Contribution = "fault" | number;

/** A number in a file that subtracts this much is a fault, and one cannot add more than one less. */
const FAULT_BELOW = -254;
const MOST_ADDED = 253;

/** Of something that is up or down: interface, script, process, BFD session. */
export function contributionOf({ weight, reverse }: Tracked, up: boolean): Contribution {
  if (weight === 0) return up === reverse ? "fault" : 0;
  if (up !== weight > 0) return 0;
  return reverse ? -weight : weight;
}

/** Of the number in a file. With weight 0 a number other than 0 is a fault, with `reverse` 0 is one. */
export function contributionOfNumber({ weight, reverse }: Tracked, value: number): Contribution {
  if (weight === 0) return (value === 0) === reverse ? "fault" : 0;
  const added = value * weight * (reverse ? -1 : 1);
  if (added <= FAULT_BELOW) return "fault";
  return Math.min(added, MOST_ADDED) + 0;
}

/** The list of a member: on both lists, its own entry counts when it has no weight, otherwise that of the group. */
export function mergeTracked(own: readonly Tracked[], group: readonly Tracked[]): readonly Tracked[] {
  if (group.length === 0) return own;
  const unweighted = new Set(own.filter(({ weight }) => weight === 0).map(({ name }) => name));
  const ofGroup = group.filter(({ name }) => !unweighted.has(name));
  const taken = new Set(ofGroup.map(({ name }) => name));
  return [...own.filter(({ name }) => !taken.has(name)), ...ofGroup];
}
