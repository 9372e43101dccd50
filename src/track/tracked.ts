/** From the tracking lists of an instance and its sync group to what each entry means for the instance. Pure. */
import type { Tracked, Trackers } from "../config/model.js";
import { type Contribution, contributionOf, contributionOfNumber, mergeTracked } from "./weight.js";

export type TrackerKind = "script" | "file" | "process" | "bfd";

/** What is known of something that is tracked. */
export interface Finding {
  /** Up or down; the number in a file; undefined while nothing is known. */
  value: boolean | number | undefined;
  /** In words: "script chk failed (exited with status 1)". */
  said: string;
}

export interface TrackerView {
  /** Undefined when there is no such tracker. */
  find(kind: TrackerKind, name: string): Finding | undefined;
}

/** One thing that is watched, and what it means for an instance at the moment. */
export interface Mark {
  /** "script chk": the same as long as it is tracked. */
  what: string;
  said: string;
  contribution: Contribution | "undecided";
}

const LISTS: ReadonlyArray<[TrackerKind, keyof Trackers]> = [
  ["script", "trackScripts"],
  ["file", "trackFiles"],
  ["process", "trackProcesses"],
  ["bfd", "trackBfds"],
];

/** Who waits for something unknown is undecided, unless only its priority depends on it. */
function judge(tracked: Tracked, { value }: Finding): Mark["contribution"] {
  if (value === undefined) return tracked.weight === 0 ? "undecided" : 0;
  return typeof value === "number" ? contributionOfNumber(tracked, value) : contributionOf(tracked, value);
}

/** @param group what the sync group of the instance tracks */
export function marksOf(own: Trackers, group: Trackers | undefined, view: TrackerView): Mark[] {
  const marks: Mark[] = [];
  for (const [kind, key] of LISTS) {
    for (const tracked of mergeTracked(own[key], group?.[key] ?? [])) {
      const finding = view.find(kind, tracked.name);
      if (finding === undefined) continue;
      marks.push({
        what: `${kind} ${tracked.name}`,
        said: finding.said,
        contribution: judge(tracked, finding),
      });
    }
  }
  return marks;
}

/** Whether an instance depends on it. */
export function tracks(trackers: Trackers | undefined, kind: TrackerKind, name: string): boolean {
  const key = LISTS.find(([listed]) => listed === kind)?.[1];
  return key !== undefined && (trackers?.[key].some((tracked) => tracked.name === name) ?? false);
}
