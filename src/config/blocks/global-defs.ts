/** Keywords of `global_defs`. */
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import { INCLUDE_CHECKS, type IncludeCheck } from "../lexer/includes.js";
import { custom, flag, names, type Row, setting, type Site, table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { multicast } from "../values/address.js";
import { interfaceName, nameUpTo, oneOf, text } from "../values/name.js";
import { boolean, integer, replaced, seconds, wholeSeconds } from "../values/number.js";
import { knownIn } from "./known.js";

export interface Account {
  user: Word;
  group: Word | undefined;
}

const count = integer(0, 0xffffffff);
/** Delays are kept in 32 bit microseconds upstream. */
const delay = wholeSeconds(0, 4294);
const gap = seconds("0.000001", "4294.967295");
const CHAIN = nameUpTo(27, "CHAIN");

export const globalDefs = table(
  "global_defs",
  {
    notification_email: names("Recipients of alert mails.", { what: "ADDRESS" }),
    notification_email_from: setting(text("ADDRESS"), "Sender of alert mails."),
    smtp_server: smtpServer(),
    smtp_connect_timeout: setting(replaced(integer(0, 4294), 0, 1), "Time to connect to the mail relay.", {
      default: 30,
      unit: "s",
    }),
    router_id: setting(
      text("STRING"),
      "Name of this machine in mails and notifications; the host name by default.",
    ),
    vrrp_mcast_group4: setting(multicast(4), "Default group of IPv4 adverts.", { default: "224.0.0.18" }),
    vrrp_mcast_group6: setting(multicast(6), "Default group of IPv6 adverts.", { default: "ff02::12" }),
    vrrp_version: setting(integer(2, 3), "Default protocol version of IPv4 instances.", { default: 2 }),
    vrrp_strict: setting(boolean, "Default for strict_mode of instances.", { default: false, alone: true }),
    vrrp_skip_check_adv_addr: setting(boolean, "Default for skip_check_adv_addr of instances.", {
      default: false,
      alone: true,
    }),
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
    vrrp_garp_interval: setting(gap, "Least gap between gratuitous ARP messages on one interface.", {
      default: 0,
      unit: "s",
    }),
    vrrp_gna_interval: setting(
      gap,
      "Least gap between unsolicited neighbour advertisements on one interface.",
      { default: 0, unit: "s" },
    ),
    vrrp_min_garp: setting(
      boolean,
      "One gratuitous ARP / NA and no second burst, where nothing else is set.",
      { default: false, alone: true },
    ),
    vrrp_garp_extra_if: garpExtra(),
    vrrp_vmac_garp_intvl: garpExtra("vrrp_garp_extra_if"),
    vrrp_lower_prio_no_advert: setting(boolean, "Default for lower_prio_no_advert of instances.", {
      default: false,
      alone: true,
    }),
    vrrp_higher_prio_send_advert: setting(boolean, "Default for higher_prio_send_advert of instances.", {
      default: false,
      alone: true,
    }),
    vrrp_down_timer_adverts: setting(integer(1, 100), "Default for down_timer_adverts of instances.", {
      default: 3,
      unit: "advert intervals",
    }),
    vrrp_iptables: iptables(),
    enable_traps: flag("Send SNMP traps.", { notActedOn: true }),
    script_user: account("Who runs scripts that name nobody."),
    enable_script_security: flag("Refuse to run as root a script that others may change."),
    dynamic_interfaces: setting(oneOf("allow_if_changes", "on"), "Accept interfaces that do not exist yet.", {
      alone: "on",
    }),
    default_interface: setting(interfaceName, "Interface of static addresses that name none.", {
      default: "eth0",
    }),
    include_check: includeCheck(),
  },
  knownIn("global_defs"),
);

/** HOST [PORT]. */
function smtpServer(): Row<{ host: string; port: number } | undefined> {
  const port = integer(1, 65535);
  return custom<{ host: string; port: number } | undefined>({
    syntax: "HOST [PORT]",
    doc: "Mail relay for alerts.",
    default: undefined,
    read: (site) => {
      const [, host, portWord] = site.words;
      if (host === undefined) {
        site.tree.missingParameter(site.head, "'smtp_server' needs a host");
        return undefined;
      }
      const value = portWord === undefined ? 25 : port.read(portWord.text);
      if (typeof value === "number") return { host: decodeBytes(host.text), port: value };
      if (portWord)
        site.tree.diagnostics.report(
          "invalidNumber",
          portWord,
          "the port must be a whole number from 1 to 65535; 25 is used",
        );
      return { host: decodeBytes(host.text), port: 25 };
    },
  });
}

/** [all] SECONDS. */
function garpExtra(deprecated?: string): Row<number | undefined> {
  const value = integer(1, 86400);
  return custom<number | undefined>(
    {
      syntax: "[all] <1-86400>",
      doc: "Interval of messages on the other interfaces that hold a virtual address.",
      default: undefined,
      read: (site) => readGarpExtra(site, value.read),
    },
    { notActedOn: true, unit: "s", ...(deprecated !== undefined && { deprecated: `'${deprecated}'` }) },
  );
}

/** The number among the words of a `garp_extra_if` line. */
export function readGarpExtra(site: Site, read: (text: string) => unknown): number | undefined {
  const word = site.words.slice(1).find((candidate) => candidate.text !== "all");
  if (word === undefined) {
    site.tree.missingParameter(site.head, `'${site.head.text}' needs a number of seconds`);
    return undefined;
  }
  const value = read(word.text);
  if (typeof value === "number") return value;
  site.tree.diagnostics.report(
    "invalidNumber",
    word,
    `'${site.head.text}' must be a number of seconds up to 86400, not ${quoted(word.text)}; the line is ignored`,
  );
  return undefined;
}

/** [IN_CHAIN [OUT_CHAIN]]. */
function iptables(): Row<readonly string[] | undefined> {
  return custom<readonly string[] | undefined>(
    {
      syntax: "[CHAIN [CHAIN]]",
      doc: "Chains of iptables for packets to addresses that are not accepted.",
      default: undefined,
      read: (site) => {
        const chains: string[] = [];
        for (const word of site.words.slice(1, 3)) {
          const name = CHAIN.read(word.text);
          if (typeof name === "string") chains.push(name);
          else
            site.tree.diagnostics.report(
              "general",
              word,
              "the name of a chain must be at most 27 characters; it is ignored",
            );
        }
        const second = site.words[2];
        if (second === undefined || chains.length < 2 || chains[0] !== chains[1]) return chains;
        site.tree.diagnostics.report(
          "general",
          second,
          "the two chains must differ; the second one is ignored",
        );
        return chains.slice(0, 1);
      },
    },
    { notActedOn: true },
  );
}

/** USER [GROUP]. */
function account(doc: string): Row<Account | undefined> {
  return custom<Account | undefined>({
    syntax: "USER [GROUP]",
    doc,
    default: undefined,
    read: (site) => {
      const [, user, group] = site.words;
      if (user === undefined) site.tree.missingParameter(site.head, `'${site.head.text}' needs a user`);
      return user && { user, group };
    },
  });
}

/** Acts at once: it decides about the include lines that follow. */
function includeCheck(): Row<readonly string[]> {
  return custom<readonly string[]>({
    syntax: "[[+|-]read] [[+|-]match] [[+|-]wildcard_match] [[+|-]brace_match]",
    doc: "Which include problems are errors; alone: all of them.",
    default: [],
    read: (site) => {
      const { lines, diagnostics } = site.tree;
      const checks = new Set<IncludeCheck>(site.words.length > 1 ? lines.includeChecks : INCLUDE_CHECKS);
      for (const [i, word] of site.words.slice(1).entries()) {
        const sign = /^[+-]/.exec(word.text)?.[0] ?? "";
        const check = INCLUDE_CHECKS.find((candidate) => candidate === word.text.slice(sign.length));
        if (check === undefined || (sign === "" && i > 0)) {
          const hint =
            check === undefined
              ? didYouMean(word.text, INCLUDE_CHECKS)
              : "; only the first word may be without + or -";
          diagnostics.report(
            "general",
            word,
            `'include_check' cannot use ${quoted(word.text)}; it is ignored${hint}`,
          );
        } else if (sign === "-") checks.delete(check);
        else {
          if (sign === "") {
            checks.clear();
            checks.add("read");
          }
          checks.add(check);
        }
      }
      lines.includeChecks = checks;
      return [...checks];
    },
  });
}
