/** From blocks to the typed configuration: what they mean together. */
import type { root } from "../blocks/root.js";
import { globalDefs } from "../blocks/global-defs.js";
import type { Config } from "../model.js";
import type { Recollection } from "../recollection.js";
import { Block, type Table } from "../schema.js";
import type { Word } from "../text.js";
import { readBfdInstances } from "./bfd.js";
import { readCheck } from "./check.js";
import { readGlobal } from "./global.js";
import type { Judge } from "./judge.js";
import { readSsl } from "./ssl.js";
import type { VirtualServers } from "./virtual-servers.js";
import { readVrrp } from "./vrrp.js";

type Settings<T> = T extends Table<infer S> ? S : never;
export type RootBlock = Block<Settings<typeof root>>;

/** `notActedOn` is filled in by the caller. */
export function readMeaning(
  block: RootBlock,
  services: VirtualServers,
  scriptSkipped: Word | undefined,
  judge: Judge,
  recollection?: Recollection,
): Config {
  const globalBlock = block.value("global_defs")[0] ?? new Block(globalDefs, undefined, []);
  const { global, scripts } = readGlobal(block, globalBlock, judge);
  const bfd = { instances: readBfdInstances(block.value("bfd_instance"), judge) };
  const vrrp = readVrrp(
    block,
    { global, globalBlock, scripts, sessions: bfd.instances, recollection },
    judge,
  );
  const check = readCheck(block, { services, global, scripts, judge });
  scripts.complain(scriptSkipped);
  const ssl = readSsl(block.value("SSL"), judge);
  return { global, vrrp, check, bfd, ...(ssl && { ssl }), notActedOn: [] };
}
