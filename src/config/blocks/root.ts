/** What stands outside all blocks. */
import { block, entries, flag, once, setting, table } from "../schema.js";
import { text } from "../values/name.js";
import { wholeSeconds } from "../values/number.js";
import { staticAddressEntry } from "./address-entry.js";
import { bfdInstance } from "./bfd-instance.js";
import { garpGroup } from "./garp-group.js";
import { globalDefs } from "./global-defs.js";
import { delayEntry, pollEntry } from "./interface-delays.js";
import { staticRouteEntry } from "./route-entry.js";
import { staticRuleEntry } from "./rule-entry.js";
import { serviceBlock, serviceHead } from "./service-block.js";
import { ssl } from "./ssl.js";
import { trackFile } from "./track-file.js";
import { trackGroup } from "./track-group.js";
import { vrrpTrackProcess } from "./track-process.js";
import { virtualServer } from "./virtual-server.js";
import { virtualServerGroup } from "./virtual-server-group.js";
import { vrrpInstance } from "./vrrp-instance.js";
import { vrrpScript } from "./vrrp-script.js";
import { vrrpSyncGroup } from "./vrrp-sync-group.js";

export const root = table("root", {
  global_defs: block(globalDefs, "Settings of the whole daemon.", { name: "none", merge: true }),
  net_namespace: once(setting(text("NAME"), "Network namespace of the daemon.", { lenient: true })),
  net_namespace_ipvs: once(
    setting(text("NAME"), "Network namespace of the virtual servers; alone: the initial one.", {
      alone: "",
    }),
  ),
  namespace_with_ipsets: flag("Of no use since kernel 3.13: the packet filter works in every namespace."),
  use_pid_dir: flag("Pid files in a directory of the daemon's own; 'instance' and 'net_namespace' imply it."),
  instance: once(
    setting(text("NAME"), "Name of this daemon among several on the machine.", {
      lenient: true,
    }),
  ),
  child_wait_time: setting(wholeSeconds(0, 0xffffffff), "Time for the other processes to end.", {
    default: 5_000_000,
    unit: "s",
  }),
  linkbeat_use_polling: flag("Ask every interface of VRRP for its link once a second."),
  linkbeat_interfaces: entries(
    pollEntry,
    "Interfaces that are asked for their link once a second; without a way by MII, else ETHTOOL, else their flags.",
  ),
  interface_up_down_delays: entries(
    delayEntry,
    "Seconds after which going down and coming up of an interface count; less than a backup waits for adverts.",
  ),
  garp_group: block(garpGroup, "Limits of gratuitous ARP that interfaces share.", { name: "none" }),
  track_group: block(trackGroup, "Instances that need a static address, route or rule.", { name: "one" }),
  SSL: block(ssl, "Who the checkers are in TLS.", { name: "none" }),
  bfd_instance: block(bfdInstance, "One BFD session.", { name: "first", lenient: true }),
  virtual_server_group: virtualServerGroup(
    "Addresses, ranges and firewall marks that virtual servers can stand for.",
  ),
  virtual_server: serviceBlock(virtualServer, "One service of IPVS, with its servers.", serviceHead),
  static_ipaddress: entries(staticAddressEntry, "Addresses installed at start.", { distinct: true }),
  static_routes: entries(staticRouteEntry, "Routes installed at start.", { distinct: true }),
  static_rules: entries(staticRuleEntry, "Policy rules installed at start."),
  vrrp_script: block(vrrpScript, "A command whose outcome instances track.", { name: "first" }),
  vrrp_track_process: block(vrrpTrackProcess, "Processes whose presence instances track.", {
    name: "first",
  }),
  track_file: block(trackFile, "A file whose number instances and real servers track.", {
    name: "first",
  }),
  vrrp_track_file: block(trackFile, "Old name of track_file.", {
    name: "first",
    deprecated: "'track_file'",
    deprecatedQuietly: true,
  }),
  vrrp_sync_group: block(vrrpSyncGroup, "Instances that change state together.", { name: "one" }),
  vrrp_instance: block(vrrpInstance, "One virtual router.", { name: "one" }),
});
