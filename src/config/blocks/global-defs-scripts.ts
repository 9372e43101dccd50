/** `global_defs`: scripts of the daemon itself, who runs scripts, and the pipes for events. */
import { custom, flag, missingArgument, once, type Row, setting } from "../schema.js";
import type { Word } from "../text.js";
import { boolean, wholeSeconds } from "../values/number.js";
import { type ScriptEntry, script } from "../values/script.js";

/** USER [[:]GROUP] as written. */
interface Account {
  user: Word;
  group: Word | undefined;
}

/** A pipe as written. */
export interface FifoEntry {
  path: Word;
  user: Word | undefined;
  group: Word | undefined;
}

const timeout = wholeSeconds(1, 1000);

export const scriptRows = {
  startup_script: globalScript("Run once before the other processes start, which wait for its end."),
  startup_script_timeout: setting(timeout, "Time for the startup script.", {
    default: 10_000_000,
    unit: "s",
    lenient: true,
  }),
  shutdown_script: globalScript("Run once when the other processes have ended."),
  shutdown_script_timeout: setting(timeout, "Time for the shutdown script.", {
    default: 10_000_000,
    unit: "s",
    lenient: true,
  }),
  script_user: account("Who runs scripts that name nobody."),
  enable_script_security: flag("Refuse to run as root a script that others may change."),
  use_symlink_paths: setting(boolean, "Keep symbolic links in the paths of scripts.", {
    default: false,
    alone: true,
  }),
  set_supplementary_groups: setting(boolean, "Give scripts the other groups of their user too.", {
    default: false,
    alone: true,
  }),
  notify_fifo: fifo("Pipe that gets every event."),
  notify_fifo_script: globalScript("Started to read 'notify_fifo', whose path is its last argument."),
  vrrp_notify_fifo: fifo("Pipe that gets the events of VRRP."),
  vrrp_notify_fifo_script: globalScript(
    "Started to read 'vrrp_notify_fifo', whose path is its last argument.",
  ),
  lvs_notify_fifo: fifo("Pipe that gets the events of the checkers."),
  lvs_notify_fifo_script: globalScript("Started to read 'lvs_notify_fifo', whose path is its last argument."),
  vrrp_notify_priority_changes: setting(boolean, "Default for notify_priority_changes of instances.", {
    default: false,
    alone: true,
  }),
  fifo_write_vrrp_states_on_reload: flag("Write all states of VRRP to the pipes after a reload."),
};

/** Upstream goes on when the script is missing on its line, other than with scripts elsewhere. */
function globalScript(doc: string): Row<ScriptEntry | undefined> {
  const row = script(doc);
  const read: typeof row.read = (site, previous) => {
    if (site.words.length === 1) return missingArgument(site, "a script", true);
    return row.read(site, previous);
  };
  return { ...row, read };
}

/** PATH [USER [GROUP]]. */
function fifo(doc: string): Row<FifoEntry | undefined> {
  const row = custom<FifoEntry | undefined>({
    syntax: "PATH [USER [GROUP]]",
    doc,
    default: undefined,
    read: (site) => {
      const [, path, user, group] = site.words;
      if (path === undefined) return missingArgument(site, "a path", true);
      return { path, user, group };
    },
  });
  return once(row);
}

/** USER [[:]GROUP]. */
function account(doc: string): Row<Account | undefined> {
  return custom<Account | undefined>({
    syntax: "USER [[:]GROUP]",
    doc,
    default: undefined,
    read: (site) => {
      const [, user, group] = site.words;
      return user === undefined ? missingArgument(site, "a user", true) : { user, group };
    },
  });
}
