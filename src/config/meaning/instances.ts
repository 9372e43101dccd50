/** All instances in the order of the text: those that were read, and those that were recognised (`recollection.ts`). */
import type { Recollection } from "../recollection.js";
import { decodeBytes, type Word } from "../text.js";
import { type InstanceContext, type ReadInstance, readInstance } from "./instance.js";
import type { RootBlock } from "./meaning.js";
import { type Holders, mentionSharedAddresses, refuseSameRouter, type Routers } from "./same-router.js";
import { isDuplicate } from "./sync-group.js";
import { recalledTrackers } from "./trackers.js";

/** By name. */
export function readInstances(
  root: RootBlock,
  context: InstanceContext,
  recollection: Recollection | undefined,
): Map<string, ReadInstance> {
  const { judge } = context;
  const names = new Map<string, Word>();
  const instances = new Map<string, ReadInstance>();
  const routers: Routers = new Map();
  const holders: Holders = new Map();
  const take = (instance: ReadInstance): void => {
    const { config, block } = instance;
    refuseSameRouter(config, block, routers, judge);
    mentionSharedAddresses(config, block, holders, judge);
    instances.set(config.name, instance);
  };
  const recalled = recalledInstances(recollection);
  const recalledNames = new Set(recalled.map(({ instance }) => instance.config.name));
  if (recalledNames.size < recalled.length) judge.isDoubtful = true;
  let next = 0;
  for (const block of root.value("vrrp_instance")) {
    const [name] = block.args;
    const order = block.head?.order ?? 0;
    for (let known = recalled[next]; known !== undefined && known.order < order; known = recalled[++next])
      take(known.instance);
    if (name === undefined || isDuplicate(name, names, judge)) continue;
    // Which of the two is the duplicate, and what is said of it, only a reading of both can tell.
    if (recalledNames.has(decodeBytes(name.text))) judge.isDoubtful = true;
    const before = judge.diagnostics.reported;
    const instance = readInstance(block, name, context);
    if (instance === undefined) continue;
    take(instance);
    const { config, tellsPriorityChanges, standsAlone } = instance;
    if (standsAlone && judge.diagnostics.reported === before)
      recollection?.keep(order, { kind: "instance", config, tellsPriorityChanges });
  }
  for (const { instance } of recalled.slice(next)) take(instance);
  return instances;
}

function recalledInstances(
  recollection: Recollection | undefined,
): { order: number; instance: ReadInstance }[] {
  const found: { order: number; instance: ReadInstance }[] = [];
  for (const { order, meaning } of recollection?.recalled ?? []) {
    if (meaning.kind !== "instance") continue;
    const { config, tellsPriorityChanges } = meaning;
    const tracked = recalledTrackers(config);
    found.push({ order, instance: { config, tracked, tellsPriorityChanges, standsAlone: true } });
  }
  return found;
}
