/** From blocks to the typed configuration: what they mean together. */
import type { root } from "../blocks/root.js";
import { globalDefs } from "../blocks/global-defs.js";
import type { Config, VrrpInstanceConfig } from "../model.js";
import { Block, type Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { finishAddresses, finishRoute } from "./addresses.js";
import { readGlobal } from "./global.js";
import { type InstanceBlock, readInstance } from "./instance.js";
import type { Judge } from "./judge.js";
import { Scripts } from "./scripts.js";
import { isDuplicate, readSyncGroups } from "./sync-group.js";

type Settings<T> = T extends Table<infer S> ? S : never;
export type RootBlock = Block<Settings<typeof root>>;

/** `notActedOn` is filled in by the caller. */
export function readMeaning(block: RootBlock, scriptSkipped: Word | undefined, judge: Judge): Config {
  const globalBlock = block.value("global_defs")[0] ?? new Block(globalDefs, undefined, []);
  const global = readGlobal(globalBlock, judge);
  const scripts = new Scripts(global, judge);
  const seen = new Map<string, Word>();
  const staticAddresses = finishAddresses(
    block.value("static_ipaddress"),
    global.defaultInterface,
    seen,
    judge,
  );
  const staticRoutes = block.value("static_routes").map((entry) => finishRoute(entry, judge));

  const names = new Map<string, Word>();
  const instances = new Map<string, VrrpInstanceConfig>();
  const routers = new Map<string, { name: Word; at: Word | undefined }>();
  for (const instanceBlock of block.value("vrrp_instance")) {
    const [name] = instanceBlock.args;
    if (name === undefined || isDuplicate(name, names, judge)) continue;
    const instance = readInstance(instanceBlock, name, { global, globalBlock, scripts, judge });
    if (instance === undefined) continue;
    refuseSameRouter(instance, instanceBlock, name, routers, judge);
    instances.set(instance.name, instance);
  }
  const syncGroups = readSyncGroups(block.value("vrrp_sync_group"), instances, scripts, judge);
  scripts.complain(scriptSkipped);
  const vrrp = { global, staticAddresses, staticRoutes, syncGroups, instances: [...instances.values()] };
  return { global, vrrp, notActedOn: [] };
}

/** One virtual_router_id twice on an interface, family and group, or towards the same peer. */
function refuseSameRouter(
  instance: VrrpInstanceConfig,
  block: InstanceBlock,
  name: Word,
  routers: Map<string, { name: Word; at: Word | undefined }>,
  judge: Judge,
): void {
  const { family, virtualRouterId, unicastPeers, multicastGroup } = instance;
  const towards = unicastPeers.length > 0 ? unicastPeers.map((peer) => peer.address) : [multicastGroup];
  const at = block.where("virtual_router_id");
  let complained = false;
  for (const destination of towards) {
    const key = `${instance.interface ?? ""} ${family} ${virtualRouterId} ${destination}`;
    const other = routers.get(key);
    if (other === undefined) routers.set(key, { name, at });
    else if (!complained) {
      complained = true;
      const notes = other.at
        ? [{ message: `'${decodeBytes(other.name.text)}' uses it here`, at: other.at }]
        : [];
      const where = instance.interface === undefined ? "" : ` on ${instance.interface}`;
      const message = `virtual_router_id ${virtualRouterId} is used by '${decodeBytes(other.name.text)}' and '${instance.name}'${where}`;
      judge.refuse(at, message, { notes });
    }
  }
}
