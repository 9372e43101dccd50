/** Keywords of `vrrp_sync_group`. */
import { entries, flag, names, table } from "../schema.js";
import { script } from "../values/script.js";
import { knownIn } from "./known.js";
import { trackInterfaceEntry } from "./tracking.js";

export const vrrpSyncGroup = table(
  "vrrp_sync_group",
  {
    group: names("Instances that change state together.", { what: "INSTANCE", repeat: "first wins" }),
    track_interface: entries(trackInterfaceEntry, "Interfaces that count for all members."),
    sync_group_tracking_weight: flag("Allow weights of trackers inside a sync group."),
    global_tracking: flag("Old name of sync_group_tracking_weight.", {
      deprecated: "'sync_group_tracking_weight'",
    }),
    notify_master: script("Run when the group becomes master."),
    notify_backup: script("Run when the group becomes backup."),
    notify_fault: script("Run when the group enters fault."),
    notify_stop: script("Run when the daemon stops."),
    notify: script("Run on any change with four more arguments: GROUP, name, state, priority."),
  },
  knownIn("vrrp_sync_group"),
);
