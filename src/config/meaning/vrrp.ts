/** What the vrrp process gets: static entries, instances, sync groups and what they track. */
import type { AddressEntry } from "../blocks/address-entry.js";
import type { BfdInstanceConfig } from "../bfd-model.js";
import type { GlobalConfig, VrrpConfig } from "../model.js";
import type { Recollection } from "../recollection.js";
import { finishAddresses, OwnAddresses } from "./addresses.js";
import { Definitions } from "./definitions.js";
import type { GlobalBlock } from "./global.js";
import type { ReadInstance } from "./instance.js";
import { readInstances } from "./instances.js";
import { Manners } from "./instance-manners.js";
import { readGarpGroups, readInterfaceSettings, readTrackGroups } from "./interfaces.js";
import type { Judge } from "./judge.js";
import type { RootBlock } from "./meaning.js";
import { finishRoutes } from "./routes.js";
import { assignPreferences, finishRules } from "./rules.js";
import type { Scripts } from "./scripts.js";
import { type ReadGroup, readSyncGroups } from "./sync-group.js";
import { TrackerDefinitions } from "./tracker-definitions.js";
import { mentionVoidWeights } from "./tracker-effect.js";

/** What is known by now. */
interface Known {
  global: GlobalConfig;
  globalBlock: GlobalBlock;
  scripts: Scripts;
  sessions: readonly BfdInstanceConfig[];
  recollection: Recollection | undefined;
}

export function readVrrp(root: RootBlock, known: Known, judge: Judge): VrrpConfig {
  const { global, scripts } = known;
  const definitions = new TrackerDefinitions(root, known.sessions, scripts, judge);
  const instanceBlocks = root.value("vrrp_instance");
  assignPreferences(
    [...root.value("static_rules"), ...instanceBlocks.flatMap((block) => block.value("virtual_rules"))],
    judge,
  );
  const statics = readStatics(root, global, judge);
  const context = { ...known, definitions, judge };
  const instances = readInstances(
    root,
    { ...context, links: new Map(), manners: new Manners() },
    known.recollection,
  );
  const groups = readSyncGroups(root.value("vrrp_sync_group"), instances, context);
  checkWeights(instances, groups, judge);
  return {
    global,
    interfaces: readInterfaceSettings(
      root.value("linkbeat_use_polling"),
      root.value("linkbeat_interfaces"),
      root.value("interface_up_down_delays"),
      judge,
    ),
    garpGroups: readGarpGroups(root.value("garp_group"), judge),
    trackGroups: readTrackGroups(root.value("track_group"), instances, judge),
    ...statics,
    scripts: definitions.scriptsInUse(),
    processes: definitions.processes.used(),
    trackFiles: definitions.files.used().map(({ config }) => config),
    syncGroups: groups.map(({ config }) => config),
    instances: [...instances.values()].map(({ config }) => config),
  };
}

type Statics = Pick<VrrpConfig, "staticAddresses" | "staticRoutes" | "staticRules">;

function readStatics(root: RootBlock, global: GlobalConfig, judge: Judge): Statics {
  const groups = new Definitions<unknown>("track_group", judge);
  for (const { args } of root.value("track_group")) if (args[0]) groups.add(args[0], args[0]);
  const addresses = withInterface(root.value("static_ipaddress"), global, judge);
  return {
    staticAddresses: finishAddresses(addresses, new OwnAddresses(global.defaultInterface), judge, groups),
    staticRoutes: finishRoutes(root.value("static_routes"), groups, judge),
    staticRules: finishRules(root.value("static_rules"), groups, judge),
  };
}

/** Without `dev` an address belongs to the default interface, which must then be there. */
function withInterface(
  entries: readonly AddressEntry[],
  { defaultInterface }: GlobalConfig,
  judge: Judge,
): readonly AddressEntry[] {
  // Asking the kernel for an interface that is not there can make it run modprobe: nobody asks without need.
  if (entries.every(({ device }) => device !== undefined) || judge.hasInterface(defaultInterface))
    return entries;
  return entries.filter(({ device, at }) => {
    if (device !== undefined) return true;
    const message = `the address needs 'dev INTERFACE': there is no default interface '${defaultInterface}'; the entry is ignored`;
    judge.diagnostics.report("fatal", at, message);
    return false;
  });
}

/** When all weights are settled: those that the limits of the priority make void. */
function checkWeights(
  instances: ReadonlyMap<string, ReadInstance>,
  groups: readonly ReadGroup[],
  judge: Judge,
): void {
  const groupOf = new Map(groups.flatMap((group) => group.config.members.map((name) => [name, group])));
  for (const { config, tracked } of instances.values())
    mentionVoidWeights(config.priority, tracked, groupOf.get(config.name)?.config, judge);
}
