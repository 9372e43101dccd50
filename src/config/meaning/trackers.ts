/** Tracking lists of instances and sync groups: names that exist, each once, with the weight in force (VRRP reference, 10.2). */
import type { TrackEntry } from "../blocks/tracking.js";
import { quoted } from "../diagnostic.js";
import type { Tracked, Trackers, VrrpInstanceConfig } from "../model.js";
import { decodeBytes, type Word } from "../text.js";
import type { Definitions } from "./definitions.js";
import type { Judge } from "./judge.js";
import type { TrackerDefinitions, Weighted } from "./tracker-definitions.js";

/** The keywords of the lists, and where their entries go. */
const KINDS = {
  track_interface: "trackInterfaces",
  track_script: "trackScripts",
  track_file: "trackFiles",
  track_process: "trackProcesses",
  track_bfd: "trackBfds",
} as const;
export type TrackKeyword = keyof typeof KINDS;
export const TRACK_KEYWORDS = Object.keys(KINDS) as TrackKeyword[];

export function listOf(trackers: Trackers, keyword: TrackKeyword): Tracked[] {
  return trackers[KINDS[keyword]];
}

/** Where the entries of a list stand: for messages of checks that come later. */
type TrackerPlaces = ReadonlyMap<Tracked, Word>;

const NOWHERE: TrackerPlaces = new Map();

export interface ReadTrackers {
  trackers: Trackers;
  places: TrackerPlaces;
}

/** Reads the five lists of an instance or a group. */
export function readTrackers(
  entriesOf: (keyword: TrackKeyword) => readonly TrackEntry[],
  own: string | undefined,
  definitions: TrackerDefinitions,
  judge: Judge,
): ReadTrackers {
  if (TRACK_KEYWORDS.every((keyword) => entriesOf(keyword).length === 0))
    return { trackers: noTrackers(), places: NOWHERE };
  const places = new Map<Tracked, Word>();
  const read = (keyword: TrackKeyword, find: (name: Word) => Weighted | undefined): Tracked[] => {
    const list: Tracked[] = [];
    const entries = entriesOf(keyword);
    if (entries.length === 0) return list;
    const seen = new Set<string>();
    for (const { name, weight, reverse } of entries) {
      const definition = find(name);
      if (definition === undefined) continue;
      if (seen.has(name.text)) {
        judge.repair(name, `${quoted(name.text)} is tracked already; this entry is ignored`);
        continue;
      }
      seen.add(name.text);
      const tracked = {
        name: decodeBytes(name.text),
        weight: weight ?? definition.weight,
        reverse: reverse ?? definition.reverse,
      };
      list.push(tracked);
      places.set(tracked, name);
    }
    return list;
  };
  const byName = (known: Definitions<Weighted>) => (name: Word) => known.find(name);
  const trackers: Trackers = {
    trackInterfaces: read("track_interface", (name) => interfaceNamed(name, own, judge)),
    trackScripts: read("track_script", (name) => {
      const script = definitions.scripts.find(name);
      return script !== undefined && definitions.canRun(script) ? script : undefined;
    }),
    trackFiles: read("track_file", byName(definitions.files)),
    trackProcesses: read("track_process", byName(definitions.processes)),
    trackBfds: read("track_bfd", byName(definitions.bfds)),
  };
  return { trackers, places };
}

/** Of an instance that was not read, which tracks nothing but its own interface. */
export function recalledTrackers(trackers: Trackers): ReadTrackers {
  return { trackers, places: NOWHERE };
}

function noTrackers(): Trackers {
  return { trackInterfaces: [], trackScripts: [], trackFiles: [], trackProcesses: [], trackBfds: [] };
}

/** Interfaces are not defined anywhere: their weight stands in the list. */
function interfaceNamed(name: Word, own: string | undefined, judge: Judge): Weighted | undefined {
  judge.needInterface(name);
  if (decodeBytes(name.text) !== own) return { weight: 0, reverse: false };
  judge.repair(
    name,
    `'${own ?? ""}' is the interface of the instance and tracked anyway; this entry is ignored`,
  );
  return undefined;
}

/** What messages call a tracker. */
function called(keyword: TrackKeyword, tracked: Tracked): string {
  return `${keyword.replace("track_", "")} '${tracked.name}'`;
}

/** The priority of an owner does not change: what has a weight goes, but for files, which lose it. */
export function dropWeightsOfOwner({ trackers, places }: ReadTrackers, judge: Judge): void {
  for (const keyword of TRACK_KEYWORDS) {
    const list = listOf(trackers, keyword);
    const kept = list.filter((tracked) => {
      if (tracked.weight === 0) return true;
      const weight = `the priority 255 of an owner never changes: the weight ${tracked.weight} of ${called(keyword, tracked)}`;
      const at = places.get(tracked);
      if (keyword === "track_file") {
        judge.repair(at, `${weight} becomes 0, so that a number other than 0 in it is a fault`);
        tracked.weight = 0;
        return true;
      }
      const message = `${weight} has no effect; this entry is ignored`;
      if (keyword === "track_process") judge.mention(at, message);
      else judge.repair(at, message);
      return false;
    });
    list.splice(0, list.length, ...kept);
  }
}

/** The same for the trackers of a group that has an owner. */
export function clearWeightsOfGroup({ trackers, places }: ReadTrackers, owner: string, judge: Judge): void {
  for (const keyword of TRACK_KEYWORDS) {
    for (const tracked of listOf(trackers, keyword)) {
      if (tracked.weight === 0) continue;
      const message = `the member '${owner}' has priority 255, which never changes: the weight ${tracked.weight} of ${called(keyword, tracked)} becomes 0`;
      judge.repair(places.get(tracked), message);
      tracked.weight = 0;
    }
  }
}

/** A weight would change the priority of one member of a group only (VRRP reference, 10.2). */
export function dropWeightsOfMember(name: string, { trackers, places }: ReadTrackers, judge: Judge): void {
  const why = `'${name}' is in a sync group without sync_group_tracking_weight`;
  for (const keyword of TRACK_KEYWORDS) {
    if (keyword === "track_process") continue;
    const list = listOf(trackers, keyword);
    const kept = list.filter((tracked) => {
      if (tracked.weight === 0) return true;
      const weight = `the weight ${tracked.weight} of ${called(keyword, tracked)}`;
      const stays = keyword === "track_interface" || (keyword === "track_file" && tracked.weight === 1);
      const outcome = stays
        ? `${weight} becomes 0: a failure is a fault`
        : `${called(keyword, tracked)} is not tracked, because of ${weight}`;
      judge.repair(places.get(tracked), `${why}: ${outcome}`);
      if (stays) tracked.weight = 0;
      return stays;
    });
    list.splice(0, list.length, ...kept);
  }
}

/** The same interface in the list of an instance, or its own one, and in that of its group. */
export function noteTrackedTwice(group: ReadTrackers, member: VrrpInstanceConfig, judge: Judge): void {
  const { trackInterfaces, interface: own } = member;
  const listed = new Set(trackInterfaces.map((tracked) => tracked.name));
  for (const tracked of group.trackers.trackInterfaces) {
    if (!listed.has(tracked.name) && (tracked.name !== own || !member.trackPrimary)) continue;
    const message = `'${tracked.name}' is tracked by the group and by its member '${member.name}'; one of them is enough`;
    judge.repair(group.places.get(tracked), message);
  }
}
