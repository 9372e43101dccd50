/** Keywords of `vrrp_instance` and of its block `authentication`. */
import { block, custom, entries, flag, type Row, setting, table } from "../schema.js";
import { anyAddress } from "../values/address.js";
import { interfaceName, oneOf, text } from "../values/name.js";
import { boolean, integer, replaced, seconds, wholeSeconds } from "../values/number.js";
import { script } from "../values/script.js";
import { addressEntry } from "./address-entry.js";
import { readGarpExtra } from "./global-defs.js";
import { knownIn } from "./known.js";
import { routeEntry } from "./route-entry.js";
import { peerEntry, trackInterfaceEntry } from "./tracking.js";

export const authentication = table(
  "authentication",
  {
    auth_type: setting(oneOf("PASS", "AH"), "Kind of authentication (version 2 only)."),
    auth_pass: setting(text("STRING"), "Shared secret, up to 8 bytes."),
  },
  knownIn("vrrp_instance/authentication"),
);

const count = integer(0, 0xffffffff);
const delay = wholeSeconds(0, 4294);

export const vrrpInstance = table(
  "vrrp_instance",
  {
    state: setting(
      oneOf("MASTER", "BACKUP"),
      "State wished for at start; MASTER only matters with priority 255.",
      { wrong: "BACKUP" },
    ),
    interface: setting(interfaceName, "Interface of the virtual router."),
    virtual_router_id: setting(integer(1, 255), "Number shared by all routers that back each other up."),
    priority: setting(
      integer(1, 255),
      "The highest priority becomes master; 255 owns the addresses. 100 by default, 255 with state MASTER.",
      { wrong: 100 },
    ),
    advert_int: setting(seconds("0.01", "255"), "Interval of adverts.", { default: 1_000_000, unit: "s" }),
    version: setting(integer(2, 3), "Protocol version.", { repeat: "first wins" }),
    authentication: block(authentication, "Authentication of version 2.", { name: "none", merge: true }),
    virtual_ipaddress: entries(addressEntry, "Addresses that are advertised, and held while master.", {
      distinct: true,
    }),
    virtual_ipaddress_excluded: entries(addressEntry, "Addresses held while master but not advertised.", {
      distinct: true,
    }),
    virtual_routes: entries(routeEntry, "Routes installed while master.", { distinct: true }),
    no_virtual_ipaddress: flag("An instance without addresses is meant."),
    preempt: flag("Take over from a master of lower priority (default)."),
    nopreempt: flag("Do not take over from a master of lower priority."),
    preempt_delay: setting(seconds("0", "1000"), "Wait before taking over from a master of lower priority.", {
      default: 0,
      wrong: 0,
      unit: "s",
    }),
    mcast_src_ip: setting(anyAddress, "Source address of adverts."),
    unicast_src_ip: setting(anyAddress, "Source address of unicast adverts."),
    mcast_dst_ip: setting(anyAddress, "Multicast group of adverts."),
    unicast_peer: entries(peerEntry, "Routers that adverts are sent to one by one.", { distinct: true }),
    unicast_ttl: setting(integer(0, 255), "TTL of unicast adverts."),
    native_ipv6: flag("Use IPv6 although no address says so.", {
      deprecated: "addresses of the family instead",
    }),
    dont_track_primary: flag("The own interface going down is no fault."),
    track_interface: entries(trackInterfaceEntry, "Further interfaces whose state counts."),
    strict_mode: setting(boolean, "Enforce the protocol; vrrp_strict by default.", { alone: true }),
    skip_check_adv_addr: setting(boolean, "Skip comparing the addresses in adverts of the same master.", {
      alone: true,
    }),
    garp_master_delay: setting(delay, "See vrrp_garp_master_delay.", { unit: "s" }),
    garp_master_repeat: setting(replaced(count, 0, 1), "See vrrp_garp_master_repeat."),
    garp_master_refresh: setting(wholeSeconds(0, 0xffffffff), "See vrrp_garp_master_refresh.", {
      wrong: 0,
      unit: "s",
    }),
    garp_master_refresh_repeat: setting(replaced(count, 0, 1), "See vrrp_garp_master_refresh_repeat."),
    garp_lower_prio_delay: setting(delay, "See vrrp_garp_lower_prio_delay.", { unit: "s" }),
    garp_lower_prio_repeat: setting(integer(0, 0x7fffffff), "See vrrp_garp_lower_prio_repeat."),
    garp_extra_if: garpExtra(),
    vmac_garp_intvl: garpExtra("'garp_extra_if'"),
    down_timer_adverts: setting(
      integer(1, 100),
      "Adverts missed before taking over; vrrp_down_timer_adverts by default.",
      { unit: "advert intervals" },
    ),
    lower_prio_no_advert: setting(boolean, "Do not answer an advert of lower priority.", { alone: true }),
    higher_prio_send_advert: setting(boolean, "Send one more advert before yielding.", { alone: true }),
    debug: setting(integer(0, 4), "Debug level.", { default: 0 }),
    notify_master: script("Run on becoming master."),
    notify_backup: script("Run on becoming backup."),
    notify_fault: script("Run on entering fault."),
    notify_stop: script("Run when the daemon stops."),
    notify: script("Run on any change with four more arguments: INSTANCE, name, state, priority."),
  },
  knownIn("vrrp_instance"),
);

/** [all] SECONDS; 0 turns it off. */
function garpExtra(deprecated?: string): Row<number | undefined> {
  const value = integer(0, 86400);
  return custom<number | undefined>(
    {
      syntax: "[all] <0-86400>",
      doc: "Interval of messages on the other interfaces that hold a virtual address.",
      default: undefined,
      read: (site) => readGarpExtra(site, value.read),
    },
    { notActedOn: true, unit: "s", ...(deprecated !== undefined && { deprecated }) },
  );
}
