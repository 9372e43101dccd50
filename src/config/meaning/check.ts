/** Virtual servers and their groups, from blocks to the typed configuration. */
import type { CheckConfig } from "../check-model.js";
import type { GlobalConfig } from "../global-model.js";
import { decodeBytes, type Word } from "../text.js";
import type { FollowedFile } from "./check-context.js";
import type { Judge } from "./judge.js";
import type { RootBlock } from "./meaning.js";
import type { Scripts } from "./scripts.js";
import { readVirtualServers } from "./virtual-server.js";
import { readGroups } from "./virtual-server-group.js";

interface Surroundings {
  global: GlobalConfig;
  scripts: Scripts;
  judge: Judge;
}

export function readCheck(root: RootBlock, { global, scripts, judge }: Surroundings): CheckConfig {
  const groups = readGroups(root.value("virtual_server_group"), judge);
  const virtualServers = readVirtualServers(root.value("virtual_server"), {
    judge,
    scripts,
    groups,
    trackFiles: followedFiles(root),
    sessions: namedBlocks(root.value("bfd_instance")),
    alertOfService: global.mail.alertChecker ?? false,
    alertOfServer: global.mail.alertChecker ?? true,
    logAllFailures: global.lvs.logAllFailures,
  });
  return { global, groups: [...groups.values()].map(({ config }) => config), virtualServers };
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

function followedFiles(_root: RootBlock): Map<string, FollowedFile> {
  return new Map();
}
