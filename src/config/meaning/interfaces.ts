/** Settings of interfaces: delays, polling, limits that interfaces share; and the groups of static settings. */
import type { garpGroup } from "../blocks/garp-group.js";
import type { DelayEntry, PollEntry } from "../blocks/interface-delays.js";
import type { trackGroup } from "../blocks/track-group.js";
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import type { GarpGroupConfig, InterfaceSettings, TrackGroupConfig } from "../interface-model.js";
import { positionOf } from "../read-tree.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { given } from "./given.js";
import type { Judge } from "./judge.js";
import { isDuplicate } from "./sync-group.js";

type Settings<T> = T extends Table<infer S> ? S : never;
type GarpGroupBlock = Block<Settings<typeof garpGroup>>;
type TrackGroupBlock = Block<Settings<typeof trackGroup>>;

/** Delays of an interface that is given again replace the first ones; ways to poll stay. */
export function readInterfaceSettings(
  pollAll: boolean,
  polled: readonly PollEntry[],
  delays: readonly DelayEntry[],
  judge: Judge,
): InterfaceSettings {
  const methods = new Map<string, PollEntry["method"]>();
  for (const entry of polled) {
    if (judge.knowsInterface(entry.interface)) methods.set(decodeBytes(entry.interface.text), entry.method);
  }
  const times = new Map<string, DelayEntry>();
  for (const entry of delays) {
    if (judge.knowsInterface(entry.interface)) times.set(decodeBytes(entry.interface.text), entry);
  }
  return {
    pollAll,
    polled: [...methods].map(([name, method]) => ({ name, ...given({ method }) })),
    delays: [...times].map(([name, { downMicros, upMicros }]) => ({ name, downMicros, upMicros })),
  };
}

/** A group without limit is dropped; an interface is in one group only. */
export function readGarpGroups(blocks: readonly GarpGroupBlock[], judge: Judge): GarpGroupConfig[] {
  const groups: GarpGroupConfig[] = [];
  const groupOf = new Map<string, Word>();
  for (const block of blocks) {
    const { head } = block;
    if (head === undefined) continue;
    const interfaces: string[] = [];
    for (const word of [...block.value("interface"), ...block.value("interfaces")].sort(inOrder)) {
      judge.needInterface(word);
      const before = groupOf.get(word.text);
      if (before === undefined) {
        groupOf.set(word.text, word);
        interfaces.push(decodeBytes(word.text));
        continue;
      }
      const notes = [{ message: "it is named here first", at: before }];
      judge.error(word, `${quoted(word.text)} is in a 'garp_group' already; it is ignored here`, { notes });
    }
    const limits = given({
      garpIntervalMicros: block.value("garp_interval"),
      gnaIntervalMicros: block.value("gna_interval"),
    });
    if (Object.keys(limits).length === 0)
      judge.error(head, "this 'garp_group' needs 'garp_interval' or 'gna_interval'; it is ignored");
    else {
      if (interfaces.length === 0) judge.mention(head, "this 'garp_group' names no interface");
      groups.push({ interfaces, ...limits, position: positionOf(head) });
    }
  }
  return groups;
}

function inOrder(a: Word, b: Word): number {
  return a.order - b.order;
}

/** The order does not matter: members may be defined later. Upstream ignores unknown ones silently. */
export function readTrackGroups(
  blocks: readonly TrackGroupBlock[],
  instances: ReadonlyMap<string, unknown>,
  judge: Judge,
): TrackGroupConfig[] {
  const groups: TrackGroupConfig[] = [];
  const names = new Map<string, Word>();
  for (const block of blocks) {
    const [name] = block.args;
    if (name === undefined || isDuplicate(name, names, judge)) continue;
    const members = new Set<string>();
    for (const word of block.value("group")) {
      const member = decodeBytes(word.text);
      if (instances.has(member)) members.add(member);
      else {
        const hint = didYouMean(member, instances.keys());
        judge.mention(word, `there is no instance ${quoted(word.text)}; it is ignored in the group${hint}`);
      }
    }
    groups.push({ name: decodeBytes(name.text), members: [...members], position: positionOf(name) });
  }
  return groups;
}
