/** `global_defs`: defaults of the instances, and what the VRRP process does beside them. */
import {
  Complaint,
  Adjusted,
  custom,
  flag,
  missingArgument,
  once,
  type Row,
  setting,
  type Site,
} from "../schema.js";
import { quoted } from "../diagnostic.js";
import { multicast } from "../values/address.js";
import { interfaceName, oneOf, text } from "../values/name.js";
import { addressAlone, noted } from "../values/noted.js";
import { boolean, integer, replaced, seconds, wholeSeconds } from "../values/number.js";
import type { Value } from "../schema.js";

const count = integer(0, 0xffffffff);
/** Delays are kept in 32 bit microseconds upstream. */
const delay = wholeSeconds(0, 4294);
const LARGE_GAP = 1_000_000;
const LARGE_START_DELAY = 60_000_000;

/** Seconds between messages; large ones are probably meant otherwise. */
export function gap(min: string): Value<number> {
  const remark = "is 1 s or more, which delays a take-over of many addresses";
  return noted(seconds(min, "4294.967295"), (micros) => micros >= LARGE_GAP, remark);
}

const startDelay = noted(
  seconds("0.001", "4294.967295"),
  (micros) => micros >= LARGE_START_DELAY,
  "is a minute or more, in which no address is held",
);

/** An interval on other interfaces. */
export interface GarpExtra {
  intervalMicros: number;
  /** Not only on VMAC interfaces. */
  all: boolean;
}

export const vrrpRows = {
  vrrp_mcast_group4: setting(addressAlone(multicast(4)), "Default group of IPv4 adverts.", {
    default: "224.0.0.18",
  }),
  vrrp_mcast_group6: setting(linkLocalGroup(), "Default group of IPv6 adverts.", { default: "ff02::12" }),
  vrrp_version: setting(integer(2, 3), "Default protocol version of IPv4 instances.", { default: 2 }),
  vrrp_strict: onOff("Default for strict_mode of instances."),
  vrrp_skip_check_adv_addr: onOff("Default for skip_check_adv_addr of instances."),
  vrrp_garp_master_delay: setting(
    delay,
    "Delay before the second burst of gratuitous ARP / NA after becoming master; 0 for none.",
    { default: 5_000_000, unit: "s" },
  ),
  vrrp_garp_master_repeat: setting(
    replaced(count, 0, 1),
    "Messages per address in a burst after becoming master.",
    { default: 5 },
  ),
  vrrp_garp_master_refresh: setting(
    wholeSeconds(0, 0xffffffff),
    "Interval of refresh bursts while master; 0 for none.",
    { default: 0, wrong: 0, unit: "s" },
  ),
  vrrp_garp_master_refresh_repeat: setting(
    replaced(count, 0, 1),
    "Messages per address in a refresh burst.",
    { default: 1 },
  ),
  vrrp_garp_lower_prio_delay: setting(
    delay,
    "Delay before the second burst after an advert of lower priority; vrrp_garp_master_delay by default.",
    { unit: "s" },
  ),
  vrrp_garp_lower_prio_repeat: setting(
    integer(0, 0x7fffffff),
    "Messages per address in a burst after an advert of lower priority; vrrp_garp_master_repeat by default.",
  ),
  vrrp_garp_interval: setting(
    gap("0.000001"),
    "Least gap between gratuitous ARP messages on one interface.",
    { default: 0, unit: "s" },
  ),
  vrrp_gna_interval: setting(
    gap("0.000001"),
    "Least gap between unsolicited neighbour advertisements on one interface.",
    { default: 0, unit: "s" },
  ),
  vrrp_min_garp: onOff("One gratuitous ARP / NA and no second burst, where nothing else is set."),
  vrrp_garp_extra_if: garpExtra(),
  vrrp_vmac_garp_intvl: garpExtra("'vrrp_garp_extra_if'"),
  vrrp_lower_prio_no_advert: onOff("Default for lower_prio_no_advert of instances."),
  vrrp_higher_prio_send_advert: onOff("Default for higher_prio_send_advert of instances."),
  vrrp_down_timer_adverts: setting(integer(1, 100), "Default for down_timer_adverts of instances.", {
    default: 3,
    unit: "advert intervals",
  }),
  v3_checksum_as_v2: flag("Default for v3_checksum_as_v2 of instances."),
  vrrp_check_unicast_src: flag("Accept unicast adverts only from the peers of the instance."),
  vrrp_owner_ignore_adverts: setting(boolean, "Default for owner_ignore_adverts of instances.", {
    default: false,
    alone: true,
  }),
  dynamic_interfaces: dynamicInterfaces(),
  default_interface: setting(interfaceName, "Interface of addresses that name none.", {
    default: "eth0",
    lenient: true,
  }),
  vrrp_startup_delay: setting(startDelay, "Wait before the instances start, when the process starts.", {
    default: 0,
    unit: "s",
  }),
  vrrp_delay_after_boot: setting(
    startDelay,
    "Least uptime of the machine before the instances start; the longer one of this and vrrp_startup_delay counts.",
    { default: 0, unit: "s" },
  ),
  log_unknown_vrids: flag("Log adverts of virtual router ids that are not configured on their interface."),
  disable_local_igmp: flag("Let the kernel send no IGMP reports for link-local multicast groups."),
  vmac_prefix: once(setting(text("STRING"), "Start of the names of VMAC interfaces.", { default: "vrrp" })),
  vmac_addr_prefix: once(
    setting(
      text("STRING"),
      "Start of the names of VMAC interfaces for addresses on other interfaces; vmac_prefix by default.",
    ),
  ),
};

function onOff(doc: string): Row<boolean> {
  return setting(boolean, doc, { default: false, alone: true });
}

/** Another scope than link-local is accepted, and reported. */
function linkLocalGroup(): Value<string> {
  const inner = addressAlone(multicast(6));
  return {
    syntax: inner.syntax,
    read: (word) => {
      const group = inner.read(word);
      if (typeof group !== "string" || /^ff.2:/.test(group)) return group;
      return new Adjusted(group, "should be a link-local group, like ff02::12");
    },
  };
}

/** [allow_if_changes]. */
function dynamicInterfaces(): Row<"on" | "allow_if_changes" | undefined> {
  const value = oneOf("allow_if_changes");
  return custom<"on" | "allow_if_changes" | undefined>({
    syntax: "[allow_if_changes]",
    doc: "Accept interfaces that do not exist yet. They may come back as another kind or on another base anyway, as upstream's allow_if_changes permits it: a virtual_router_id that is then twice on a LAN is a fault, not a mistake.",
    default: undefined,
    read: (site) => {
      const word = site.words[1];
      if (word === undefined) return "on";
      const result = value.read(word.text);
      if (typeof result === "string") return result;
      const message = `'dynamic_interfaces' takes allow_if_changes or nothing, not ${quoted(word.text)}; the line is ignored`;
      site.tree.diagnostics.report("general", word, message);
      return undefined;
    },
  });
}

/** [all] SECONDS. */
function garpExtra(deprecated?: string): Row<GarpExtra | undefined> {
  const value = integer(1, 86400);
  return custom<GarpExtra | undefined>(
    {
      syntax: "[all] <1-86400>",
      doc: "Interval of messages on the other interfaces that hold a virtual address: VMAC ones, or all.",
      default: undefined,
      read: (site) => {
        const interval = readGarpExtra(site, (word) => value.read(word));
        if (interval === undefined) return undefined;
        return { intervalMicros: interval * 1_000_000, all: site.words.some((word) => word.text === "all") };
      },
    },
    { unit: "s", ...(deprecated !== undefined && { deprecated }) },
  );
}

/** The number among the words of a `garp_extra_if` line. */
export function readGarpExtra(site: Site, read: (text: string) => unknown): number | undefined {
  const word = site.words.slice(1).find((candidate) => candidate.text !== "all");
  if (word === undefined) return missingArgument(site, "a number of seconds", true);
  const value = read(word.text);
  if (typeof value === "number") return value;
  const range = value instanceof Complaint ? value.message : "must be a number of seconds";
  site.tree.diagnostics.report(
    "invalidNumber",
    word,
    `'${site.head.text}' ${range}, not ${quoted(word.text)}; the line is ignored`,
  );
  return undefined;
}
