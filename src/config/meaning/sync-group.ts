/** `vrrp_sync_group`s: members that exist, each in one group. */
import type { vrrpSyncGroup } from "../blocks/vrrp-sync-group.js";
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import type { SyncGroupConfig, VrrpInstanceConfig } from "../model.js";
import { positionOf } from "../read-tree.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import type { Judge } from "./judge.js";
import { readTrackedInterfaces } from "./limits.js";
import type { Scripts } from "./scripts.js";

type Settings<T> = T extends Table<infer S> ? S : never;
export type SyncGroupBlock = Block<Settings<typeof vrrpSyncGroup>>;

export function readSyncGroups(
  blocks: readonly SyncGroupBlock[],
  instances: ReadonlyMap<string, VrrpInstanceConfig>,
  scripts: Scripts,
  judge: Judge,
): SyncGroupConfig[] {
  const groups: SyncGroupConfig[] = [];
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
    const weighted = block.value("sync_group_tracking_weight") || block.value("global_tracking");
    if (!weighted) for (const member of members) dropWeights(instances.get(member), nameWord, judge);
    groups.push({
      name,
      members,
      trackInterfaces: readTrackedInterfaces(
        block.value("track_interface"),
        { own: undefined, owner: false },
        judge,
      ),
      notify: scripts.notify((key) => block.value(key)),
      position: positionOf(nameWord),
    });
  }
  return groups;
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
  instances: ReadonlyMap<string, VrrpInstanceConfig>,
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

/** A weight would change the priority of one member only (VRRP reference, 10.2). */
function dropWeights(instance: VrrpInstanceConfig | undefined, group: Word, judge: Judge): void {
  for (const tracked of instance?.trackInterfaces ?? []) {
    if (tracked.weight === 0) continue;
    tracked.weight = 0;
    judge.repair(
      group,
      `'${instance?.name}' is in a sync group: the weight of interface '${tracked.name}' becomes 0 (see sync_group_tracking_weight)`,
    );
  }
}
