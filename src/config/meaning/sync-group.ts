/** `vrrp_sync_group`s: members that exist, each in one group. */
import type { vrrpSyncGroup } from "../blocks/vrrp-sync-group.js";
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import type { GlobalConfig, SyncGroupConfig } from "../model.js";
import { positionOf } from "../read-tree.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import type { GlobalBlock } from "./global.js";
import type { ReadInstance } from "./instance.js";
import type { Judge } from "./judge.js";
import type { Scripts } from "./scripts.js";
import type { TrackerDefinitions } from "./tracker-definitions.js";
import {
  clearWeightsOfGroup,
  dropWeightsOfMember,
  noteTrackedTwice,
  type ReadTrackers,
  readTrackers,
} from "./trackers.js";

type Settings<T> = T extends Table<infer S> ? S : never;
type SyncGroupBlock = Block<Settings<typeof vrrpSyncGroup>>;

/** The router owns the addresses. */
const OWNER = 255;

/** What groups need of the rest. */
interface GroupContext {
  global: GlobalConfig;
  globalBlock: GlobalBlock;
  definitions: TrackerDefinitions;
  scripts: Scripts;
  judge: Judge;
}

/** A group, with what later checks want to know of its text. */
export interface ReadGroup {
  config: SyncGroupConfig;
  tracked: ReadTrackers;
}

export function readSyncGroups(
  blocks: readonly SyncGroupBlock[],
  instances: ReadonlyMap<string, ReadInstance>,
  context: GroupContext,
): ReadGroup[] {
  const { judge } = context;
  const groups: ReadGroup[] = [];
  const names = new Map<string, Word>();
  const groupOf = new Map<string, Word>();
  for (const block of blocks) {
    const [nameWord] = block.args;
    if (nameWord === undefined || isDuplicate(nameWord, names, judge)) continue;
    const name = decodeBytes(nameWord.text);
    const members = readMembers(block, nameWord, instances, groupOf, judge);
    if (members.length === 0) {
      judge.error(nameWord, `the sync group '${name}' has no member and is ignored`);
      continue;
    }
    if (members.length === 1) judge.repair(nameWord, `the sync group '${name}' has only one member`);
    const found = members.flatMap((member) => instances.get(member) ?? []);
    groups.push(readGroup(block, nameWord, found, context));
  }
  return groups;
}

function readGroup(
  block: SyncGroupBlock,
  name: Word,
  members: readonly ReadInstance[],
  { global, globalBlock, definitions, scripts, judge }: GroupContext,
): ReadGroup {
  const trackingWeight = block.value("sync_group_tracking_weight") || block.value("global_tracking");
  const tracked = readTrackers((keyword) => block.value(keyword), undefined, definitions, judge);
  const owner = members.find(({ config }) => config.priority === OWNER);
  if (owner !== undefined) clearWeightsOfGroup(tracked, owner.config.name, judge);
  const priorityChanges = block.value("notify_priority_changes");
  for (const member of members) {
    const { config, tracked: own } = member;
    if (!trackingWeight) dropWeightsOfMember(config.name, own, judge);
    noteTrackedTwice(tracked, config, judge);
    // In a copy: the configuration in force may share what was read before.
    if (
      priorityChanges !== undefined &&
      !member.tellsPriorityChanges &&
      priorityChanges !== config.notifyPriorityChanges
    )
      member.config = { ...config, notifyPriorityChanges: priorityChanges };
  }
  return {
    config: {
      name: decodeBytes(name.text),
      members: members.map(({ config }) => config.name),
      trackingWeight,
      ...tracked.trackers,
      notify: scripts.notify((key) => block.value(key)),
      smtpAlert: block.value("smtp_alert") ?? global.mail.alertVrrp ?? false,
      notifyPriorityChanges: priorityChanges ?? globalBlock.value("vrrp_notify_priority_changes") ?? false,
      position: positionOf(name),
    },
    tracked,
  };
}

/** Says so, and points at the first one. */
export function isDuplicate(name: Word, seen: Map<string, Word>, judge: Judge): boolean {
  const before = seen.get(name.text);
  if (before === undefined) {
    seen.set(name.text, name);
    return false;
  }
  const notes = [{ message: "it was defined here first", at: before }];
  judge.error(name, `${quoted(name.text)} is already defined; this block is ignored`, { notes });
  return true;
}

function readMembers(
  block: SyncGroupBlock,
  group: Word,
  instances: ReadonlyMap<string, ReadInstance>,
  groupOf: Map<string, Word>,
  judge: Judge,
): string[] {
  const members: string[] = [];
  for (const word of block.value("group")) {
    const name = decodeBytes(word.text);
    const other = groupOf.get(name);
    if (!instances.has(name)) {
      judge.error(
        word,
        `there is no instance ${quoted(word.text)}; it is ignored in the group${didYouMean(name, instances.keys())}`,
      );
    } else if (other !== undefined) {
      const notes = [{ message: "it is a member of this group", at: other }];
      judge.error(word, `${quoted(word.text)} is already in a sync group; it is ignored in this one`, {
        notes,
      });
    } else {
      groupOf.set(name, group);
      members.push(name);
    }
  }
  return members;
}
