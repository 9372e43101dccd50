/** Keywords of `vrrp_instance` about the protocol: priority, timers, versions, announcements. */
import { custom, flag, type Row, setting } from "../schema.js";
import { oneOf } from "../values/name.js";
import { boolean, integer, replaced, seconds, wholeSeconds } from "../values/number.js";
import { type GarpExtra, readGarpExtra } from "./global-defs-vrrp.js";

const count = integer(0, 0xffffffff);
const delay = wholeSeconds(0, 4294);
const othersPriority = integer(1, 254);
/** Of a router that may have taken over, when nothing is known of it. */
const HIGHEST_OTHER = 254;

export const electionRows = {
  state: initialState(),
  virtual_router_id: setting(integer(1, 255), "Number shared by all routers that back each other up."),
  priority: setting(
    integer(1, 255),
    "The highest priority becomes master; 255 owns the addresses. 100 by default, 255 with state MASTER.",
    { wrong: 100 },
  ),
  advert_int: setting(seconds("0.01", "255"), "Interval of adverts.", { default: 1_000_000, unit: "s" }),
  version: setting(integer(2, 3), "Protocol version.", { repeat: "first wins" }),
  strict_mode: setting(boolean, "Enforce the protocol; vrrp_strict by default.", { alone: true }),
  skip_check_adv_addr: setting(boolean, "Skip comparing the addresses in adverts of the same master.", {
    alone: true,
  }),
  preempt: flag("Take over from a master of lower priority (default)."),
  nopreempt: flag("Do not take over from a master of lower priority."),
  preempt_delay: setting(seconds("0", "1000"), "Wait before taking over from a master of lower priority.", {
    default: 0,
    wrong: 0,
    unit: "s",
  }),
  down_timer_adverts: setting(
    integer(1, 100),
    "Adverts missed before taking over; vrrp_down_timer_adverts by default.",
    { unit: "advert intervals" },
  ),
  timer_expired_backup: expired(),
  thread_timer_expired: expired("'timer_expired_backup'"),
  lower_prio_no_advert: setting(boolean, "Do not answer an advert of lower priority.", { alone: true }),
  higher_prio_send_advert: setting(boolean, "Send one more advert before yielding.", { alone: true }),
  owner_ignore_adverts: setting(boolean, "An owner (priority 255) ignores the adverts of others.", {
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
  debug: setting(integer(0, 4), "Debug level.", { default: 0 }),
};

/** MASTER stays when BACKUP follows. */
function initialState(): Row<"MASTER" | "BACKUP" | undefined> {
  const row = setting(
    oneOf("MASTER", "BACKUP"),
    "State wished for at start; MASTER only matters with priority 255.",
    { wrong: "BACKUP" },
  );
  return {
    ...row,
    read: (site, previous) => {
      const state = row.read(site, previous);
      if (previous?.value !== "MASTER" || state !== "BACKUP") return state;
      const notes = [{ message: "it was set here first", at: previous.at }];
      const message = "the state is MASTER already; this line is ignored";
      site.tree.diagnostics.report("general", site.words[1], message, { notes });
      return undefined;
    },
  };
}

/** [PRIORITY]. */
function expired(deprecated?: string): Row<number | undefined> {
  return setting(
    othersPriority,
    "With nopreempt: go back to backup when the daemon ran so late that a router of this priority may have taken over.",
    { alone: HIGHEST_OTHER, ...(deprecated !== undefined && { deprecated }) },
  );
}

/** [all] SECONDS; 0 turns it off. */
function garpExtra(deprecated?: string): Row<GarpExtra | undefined> {
  const value = integer(0, 86400);
  return custom<GarpExtra | undefined>(
    {
      syntax: "[all] <0-86400>",
      doc: "Interval of messages on the other interfaces that hold a virtual address: VMAC ones, or all.",
      default: undefined,
      read: (site) => {
        const interval = readGarpExtra(site, (text) => value.read(text));
        if (interval === undefined) return undefined;
        return { intervalMicros: interval * 1_000_000, all: site.words.some((word) => word.text === "all") };
      },
    },
    { unit: "s", ...(deprecated !== undefined && { deprecated }) },
  );
}
