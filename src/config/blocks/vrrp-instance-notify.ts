/** Keywords of `vrrp_instance` about what it watches and whom it tells. */
import { custom, entries, flag, type Row, setting } from "../schema.js";
import { boolean } from "../values/number.js";
import { readScript, script, type ScriptEntry } from "../values/script.js";
import {
  trackBfdEntry,
  trackFileEntry,
  trackInterfaceEntry,
  trackProcessEntry,
  trackScriptEntry,
} from "./tracking.js";

export const notifyRows = {
  dont_track_primary: flag("The own interface going down is no fault."),
  track_interface: entries(trackInterfaceEntry, "Further interfaces whose state counts."),
  track_script: entries(trackScriptEntry, "Scripts whose outcome counts."),
  track_file: entries(trackFileEntry, "Files whose number counts."),
  track_process: entries(trackProcessEntry, "Processes whose presence counts."),
  track_bfd: entries(trackBfdEntry, "BFD sessions whose state counts."),
  notify_master: script("Run on becoming master."),
  notify_backup: script("Run on becoming backup."),
  notify_fault: script("Run on entering fault."),
  notify_stop: script("Run when the daemon stops."),
  notify: script("Run on any change with four more arguments: INSTANCE, name, state, priority."),
  notify_deleted: notifyDeleted(),
  notify_master_rx_lower_pri: script("Run when a master hears an advert of lower priority."),
  smtp_alert: setting(boolean, "Mail on changes of state; smtp_alert_vrrp or smtp_alert by default.", {
    alone: true,
  }),
  notify_priority_changes: setting(
    boolean,
    "Write changes of priority to the pipes; as the sync group or globally by default.",
    { alone: true },
  ),
};

/** [SCRIPT [USER [GROUP]]]. */
function notifyDeleted(): Row<{ script: ScriptEntry | undefined } | undefined> {
  return custom<{ script: ScriptEntry | undefined } | undefined>(
    {
      syntax: "[SCRIPT [USER [GROUP]]]",
      doc: "When a reload removes the instance, tell DELETED and not FAULT, and run the script.",
      default: undefined,
      read: (site, previous) => {
        if (previous === undefined) return { script: site.words.length > 1 ? readScript(site) : undefined };
        site.tree.alreadySet(site, previous.head);
        return undefined;
      },
    },
    { repeat: "first wins" },
  );
}
