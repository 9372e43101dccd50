/** What stands outside all blocks. */
import { block, entries, table } from "../schema.js";
import { addressEntry } from "./address-entry.js";
import { globalDefs } from "./global-defs.js";
import { knownIn } from "./known.js";
import { routeEntry } from "./route-entry.js";
import { vrrpInstance } from "./vrrp-instance.js";
import { vrrpSyncGroup } from "./vrrp-sync-group.js";

export const root = table(
  "root",
  {
    global_defs: block(globalDefs, "Settings of the whole daemon.", { name: "none", merge: true }),
    static_ipaddress: entries(addressEntry, "Addresses installed at start.", { distinct: true }),
    static_routes: entries(routeEntry, "Routes installed at start.", { distinct: true }),
    vrrp_sync_group: block(vrrpSyncGroup, "Instances that change state together.", { name: "one" }),
    vrrp_instance: block(vrrpInstance, "One virtual router.", { name: "one" }),
  },
  knownIn("root"),
);
