/** The daemon's own scripts and the pipes for events, from `global_defs`; users and files are looked at here. */
import type { FifoEntry } from "../blocks/global-defs-scripts.js";
import type { FifoSetting, FifoSettings, GlobalScripts } from "../global-model.js";
import { decodeBytes } from "../text.js";
import type { GlobalBlock } from "./global.js";
import { given } from "./given.js";
import type { Judge } from "./judge.js";
import type { Scripts } from "./scripts.js";

export function readGlobalScripts(block: GlobalBlock, scripts: Scripts): GlobalScripts {
  return {
    ...given({
      startup: scripts.ofDaemon(block.value("startup_script")),
      shutdown: scripts.ofDaemon(block.value("shutdown_script")),
    }),
    startupTimeoutMicros: block.value("startup_script_timeout"),
    shutdownTimeoutMicros: block.value("shutdown_script_timeout"),
    useSymlinkPaths: block.value("use_symlink_paths"),
    setSupplementaryGroups: block.value("set_supplementary_groups"),
  };
}

type Fifo = "notify_fifo" | "vrrp_notify_fifo" | "lvs_notify_fifo";

/** A pipe for some events that is also the one for all of them is ignored. */
export function readFifos(block: GlobalBlock, scripts: Scripts, judge: Judge): FifoSettings {
  const allPath = block.value("notify_fifo")?.path.text;
  const fifo = (name: Fifo): FifoSetting | undefined => {
    const entry = block.value(name);
    const script = scripts.ofPipe(block.value(`${name}_script`));
    if (entry === undefined) {
      if (script !== undefined)
        judge.mention(
          block.where(`${name}_script`),
          `there is no '${name}' for this script; it will not be run`,
        );
      return undefined;
    }
    if (name !== "notify_fifo" && entry.path.text === allPath) {
      judge.mention(entry.path, "this pipe is 'notify_fifo', which gets every event; the line is ignored");
      return undefined;
    }
    return { path: decodeBytes(entry.path.text), ...ownerOf(entry, judge), ...given({ script }) };
  };
  const all = fifo("notify_fifo");
  const vrrp = fifo("vrrp_notify_fifo");
  const checker = fifo("lvs_notify_fifo");
  if (vrrp?.script !== undefined && checker?.script !== undefined && vrrp.path === checker.path) {
    delete checker.script;
    judge.mention(
      block.where("lvs_notify_fifo_script"),
      "'vrrp_notify_fifo_script' reads this pipe; the script will not be run",
    );
  }
  return {
    ...given({ all, vrrp, checker }),
    priorityChanges: block.value("vrrp_notify_priority_changes"),
    statesOnReload: block.value("fifo_write_vrrp_states_on_reload"),
  };
}

/** Without a user that exists, the pipe belongs to the daemon. */
function ownerOf(entry: FifoEntry, judge: Judge): { user?: string; group?: string } {
  if (entry.user === undefined) return {};
  const user = decodeBytes(entry.user.text);
  const group = entry.group === undefined ? undefined : decodeBytes(entry.group.text);
  if (judge.host.userExists?.(user, group) !== false) return { user, ...given({ group }) };
  const what = group === undefined ? `user '${user}'` : `user '${user}' or group '${group}'`;
  judge.mention(entry.user, `there is no ${what}; the pipe belongs to the daemon`);
  return {};
}
