/**
 * Whether a weight can ever make a difference. The effective priority is the sum of the base and of all that is in
 * force, limited to 1 to 254 (VRRP reference, 10.1): where the limit swallows both outcomes, nothing can switch over.
 */
import type { Tracked, Trackers } from "../model.js";
import type { Judge } from "./judge.js";
import { listOf, type ReadTrackers, TRACK_KEYWORDS, type TrackKeyword } from "./trackers.js";

const LOWEST = 1;
const HIGHEST = 254;
/** The number in a file may be anything, and what it adds is limited to this. */
const LARGEST = 253;

/** What a tracker adds in its two states. */
interface Contribution {
  keyword: TrackKeyword;
  tracked: Tracked;
  up: number;
  down: number;
}

function contributionOf(keyword: TrackKeyword, tracked: Tracked): Contribution {
  const { weight, reverse } = tracked;
  if (keyword === "track_file") return { keyword, tracked, up: LARGEST, down: -LARGEST };
  const value = reverse ? -weight : weight;
  return weight > 0 ? { keyword, tracked, up: value, down: 0 } : { keyword, tracked, up: 0, down: value };
}

/** Says which weights the limits make void, with the arithmetic. Nothing of it is wrong by upstream's measure. */
export function mentionVoidWeights(
  base: number,
  own: ReadTrackers,
  group: Trackers | undefined,
  judge: Judge,
): void {
  if (own.places.size === 0) return;
  const all = [...weighted(own.trackers), ...(group === undefined ? [] : weighted(group))];
  if (all.length === 0) return;
  const lowest = all.reduce((sum, { up, down }) => sum + Math.min(up, down), base);
  const highest = all.reduce((sum, { up, down }) => sum + Math.max(up, down), base);
  for (const item of all) {
    const at = own.places.get(item.tracked);
    if (at === undefined) continue;
    const { up, down } = item;
    const difference = Math.abs(up - down);
    const alwaysHigh = lowest >= HIGHEST;
    const alwaysLow = highest <= LOWEST;
    if (!alwaysHigh && !alwaysLow) continue;
    const [from, to] = [Math.min(up, down), Math.max(up, down)].map((added) => base + added);
    const limit = alwaysHigh ? HIGHEST : LOWEST;
    const others = all.length === 1 ? "" : " whatever the other weights add";
    const message =
      `the weight ${item.tracked.weight} can never cause a switch-over: with priority ${base} the sum is ` +
      `${from} or ${to}, and both count as ${limit}${others}; a base priority ` +
      `${alwaysHigh ? `of at most ${HIGHEST - difference}` : `of at least ${LOWEST + difference}`} lets it count in full`;
    judge.mention(at, message);
  }
}

function weighted(trackers: Trackers): Contribution[] {
  const found: Contribution[] = [];
  for (const keyword of TRACK_KEYWORDS) {
    for (const tracked of listOf(trackers, keyword))
      if (tracked.weight !== 0) found.push(contributionOf(keyword, tracked));
  }
  return found;
}
