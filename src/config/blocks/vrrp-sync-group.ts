/** Keywords of `vrrp_sync_group`. */
import { entries, flag, names, setting, table } from "../schema.js";
import { boolean } from "../values/number.js";
import { script } from "../values/script.js";
import {
  trackBfdEntry,
  trackFileEntry,
  trackInterfaceEntry,
  trackProcessEntry,
  trackScriptEntry,
} from "./tracking.js";

export const vrrpSyncGroup = table("vrrp_sync_group", {
  group: names("Instances that change state together.", { what: "INSTANCE", repeat: "first wins" }),
  track_interface: entries(trackInterfaceEntry, "Interfaces that count for all members."),
  track_script: entries(trackScriptEntry, "Scripts that count for all members."),
  track_file: entries(trackFileEntry, "Files that count for all members."),
  track_process: entries(trackProcessEntry, "Processes that count for all members."),
  track_bfd: entries(trackBfdEntry, "BFD sessions that count for all members."),
  sync_group_tracking_weight: flag("Allow weights of trackers inside a sync group."),
  global_tracking: flag("Old name of sync_group_tracking_weight.", {
    deprecated: "'sync_group_tracking_weight'",
  }),
  smtp_alert: setting(boolean, "Mail on changes of the group; smtp_alert_vrrp or smtp_alert by default.", {
    alone: true,
  }),
  notify_priority_changes: setting(
    boolean,
    "Write changes of priority to the pipes; vrrp_notify_priority_changes by default.",
    { alone: true },
  ),
  notify_master: script("Run when the group becomes master."),
  notify_backup: script("Run when the group becomes backup."),
  notify_fault: script("Run when the group enters fault."),
  notify_stop: script("Run when the daemon stops."),
  notify: script("Run on any change with four more arguments: GROUP, name, state, priority."),
});
