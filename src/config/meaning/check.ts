/** Virtual servers and their groups, from blocks to the typed configuration. */
import type { CheckConfig } from "../check-model.js";
import type { GlobalConfig } from "../global-model.js";
import type { TrackFileConfig } from "../vrrp-model.js";
import { joinPath } from "../lexer/includes.js";
import { positionOf } from "../read-tree.js";
import { decodeBytes, type Word } from "../text.js";
import { type FollowedFile, setGiven } from "./check-context.js";
import type { Judge } from "./judge.js";
import type { RootBlock } from "./meaning.js";
import { ServerModels } from "./real-server.js";
import type { Scripts } from "./scripts.js";
import { readGroups } from "./virtual-server-group.js";
import type { VirtualServers } from "./virtual-servers.js";

interface Surroundings {
  services: VirtualServers;
  global: GlobalConfig;
  scripts: Scripts;
  judge: Judge;
}

export function readCheck(root: RootBlock, { services, global, scripts, judge }: Surroundings): CheckConfig {
  const groups = readGroups(root.value("virtual_server_group"), judge);
  const trackFiles = followedFiles(root);
  const virtualServers = services.finish(root.value("virtual_server"), {
    judge,
    scripts,
    models: new ServerModels(),
    groups,
    trackFiles,
    sessions: namedBlocks(root.value("bfd_instance")),
    alertOfService: global.mail.alertChecker ?? false,
    alertOfServer: global.mail.alertChecker ?? true,
    logAllFailures: global.lvs.logAllFailures,
  });
  return {
    global,
    groups: [...groups.values()].map(({ config }) => config),
    trackFiles: [...trackFiles.values()].filter(({ isUsed }) => isUsed).map(({ config }) => config),
    virtualServers,
  };
}

/** Look-ups find the first of a name. */
function namedBlocks(blocks: readonly { args: readonly Word[] }[]): Map<string, Word> {
  const names = new Map<string, Word>();
  for (const { args } of blocks) {
    const [word] = args;
    const name = word && decodeBytes(word.text);
    if (word !== undefined && name !== undefined && !names.has(name)) names.set(name, word);
  }
  return names;
}

/** By name, of those that have a path; what is wrong with the others is said where VRRP reads them. */
function followedFiles(root: RootBlock): Map<string, FollowedFile> {
  const files = new Map<string, FollowedFile>();
  const blocks = [...root.value("track_file"), ...root.value("vrrp_track_file")];
  for (const block of blocks.sort((a, b) => (a.head?.order ?? 0) - (b.head?.order ?? 0))) {
    const [defined] = block.args;
    const file = block.value("file");
    const name = defined && decodeBytes(defined.text);
    if (name === undefined || defined === undefined || file === undefined || files.has(name)) continue;
    const { value: weight, reverse } = block.value("weight");
    const init = block.value("init_file");
    const path = joinPath(file.directory, file.path);
    const config: TrackFileConfig = { name, path, weight, reverse, position: positionOf(defined) };
    setGiven(config, "init", init);
    files.set(name, { defined, config, isUsed: false });
  }
  return files;
}
