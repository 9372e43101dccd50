/** Keywords of `virtual_server`: one service of IPVS, its pool and its sorry server. */
import type { Scheduler, TransportProtocol } from "../check-model.js";
import { didYouMean } from "../did-you-mean.js";
import { Complaint, custom, flag, once, type Row, setting, table, type Value } from "../schema.js";
import { parseIpv4 } from "../values/address.js";
import { forwarding } from "../values/forwarding.js";
import { oneOf, text } from "../values/name.js";
import { cutTo } from "../values/noted.js";
import { boolean, integer } from "../values/number.js";
import { script } from "../values/script.js";
import type { ServiceAddress } from "../values/service-address.js";
import { inheritedRows } from "./checkers/timing.js";
import { realServer } from "./real-server.js";
import { exactlyOne, readAddressWords, serverHead, serviceBlock } from "./service-block.js";

const LARGEST_32 = 0xffffffff;
const LARGEST_WEIGHT = 2147483647;
/** Seconds; IPVS takes no more than a month. */
const LONGEST_PERSISTENCE = 2678400;
/** Of a bare persistence_timeout, and where persistence is needed. */
export const USUAL_PERSISTENCE = 360;
const LONGEST_ENGINE = 16;

const scheduler: Value<Scheduler> = oneOf(
  ...([
    "rr",
    "wrr",
    "lc",
    "wlc",
    "lblc",
    "sh",
    "mh",
    "dh",
    "fo",
    "ovf",
    "lblcr",
    "sed",
    "nq",
    "twos",
  ] as const),
);

const protocol: Value<TransportProtocol> = {
  syntax: "TCP|UDP|SCTP",
  read: (word) => {
    const upper = word.toUpperCase();
    if (upper === "TCP" || upper === "UDP" || upper === "SCTP") return upper;
    return new Complaint(`must be TCP, UDP or SCTP${didYouMean(upper, ["TCP", "UDP", "SCTP"])}`);
  },
};

/** A dot means an IPv4 mask; a number is a prefix length. */
type Granularity = { mask: string } | { prefixLength: number };

const granularity: Value<Granularity> = {
  syntax: "IPv4 mask|<1-128>",
  read: (word) => {
    if (parseIpv4(word) !== undefined) return { mask: word };
    const length = /^\d{1,3}$/.test(word) ? Number(word) : 0;
    if (length >= 1 && length <= 128) return { prefixLength: length };
    return new Complaint("must be an IPv4 mask, or a prefix length from 1 to 128 for IPv6");
  },
  write: (value) => ("mask" in value ? value.mask : String(value.prefixLength)),
};

const SCHEDULER_DOC = "How connections are spread over the real servers; wlc by default.";
const METHOD_DOC = "How packets get to the real servers; NAT by default.";

export const virtualServer = table("virtual_server", {
  ...inheritedRows,
  ip_family: once(setting(oneOf("inet", "inet6"), "Family of a firewall mark service.")),
  inhibit_on_failure: flag("Give failed servers weight 0 instead of removing them."),
  lvs_sched: setting(scheduler, SCHEDULER_DOC),
  lb_algo: setting(scheduler, `Other name of lvs_sched: ${SCHEDULER_DOC}`),
  lvs_method: forwarding(METHOD_DOC),
  lb_kind: forwarding(`Other name of lvs_method: ${METHOD_DOC}`),
  hashed: flag("Accepted; the kernel sets this flag itself."),
  ops: flag("One packet scheduling, for UDP and firewall marks."),
  "flag-1": flag("Scheduler flag 1."),
  "flag-2": flag("Scheduler flag 2."),
  "flag-3": flag("Scheduler flag 3."),
  "sh-port": flag("Source hashing takes the port in; after 'lvs_sched sh'."),
  "sh-fallback": flag("Source hashing falls back to another server; after 'lvs_sched sh'."),
  "mh-port": flag("Maglev hashing takes the port in; after 'lvs_sched mh'."),
  "mh-fallback": flag("Maglev hashing falls back to another server; after 'lvs_sched mh'."),
  persistence_engine: setting(cutTo(LONGEST_ENGINE, "NAME"), "Persistence engine of IPVS: sip."),
  persistence_timeout: setting(integer(1, LONGEST_PERSISTENCE), "How long a client stays on one server.", {
    alone: USUAL_PERSISTENCE,
    unit: "s",
  }),
  persistence_granularity: setting(granularity, "How many bits of their address make clients alike."),
  protocol: setting(protocol, "Transport protocol; UDP by default."),
  ha_suspend: flag("Check only while the virtual address is on this machine."),
  smtp_alert: setting(boolean, "Mail on changes of the quorum; smtp_alert_checker, smtp_alert, else off.", {
    alone: true,
  }),
  virtualhost: setting(text("STRING"), "Host header of HTTP and SSL checks.", { lenient: true }),
  snmp_name: exactlyOne("Text served over SNMP.", { notActedOn: true }),
  alpha: flag("Real servers are down until the first success of their checkers."),
  omega: flag("Run the scripts of lost servers and quorum at shutdown."),
  quorum_up: script("Run when the quorum is gained."),
  quorum_down: script("Run when the quorum is lost."),
  quorum: setting(integer(1, LARGEST_32), "Weight of live servers that is needed.", {
    default: 1,
    wrong: 1,
    unit: "weight",
  }),
  hysteresis: setting(integer(0, LARGEST_32), "Margin around the quorum.", { default: 0, unit: "weight" }),
  weight: setting(integer(1, LARGEST_WEIGHT), "Default weight of the real servers.", { default: 1 }),
  sorry_server: sorryServer(),
  sorry_server_inhibit: flag("Keep the sorry server in the table with weight 0; after sorry_server."),
  sorry_server_lvs_method: forwarding("How packets get to the sorry server; after sorry_server."),
  real_server: serviceBlock(realServer, "One server of the pool.", serverHead),
});

/** IPADDR [PORT]; a second one replaces the first. */
function sorryServer(): Row<ServiceAddress | undefined> {
  return custom<ServiceAddress | undefined>({
    syntax: "IPADDR [PORT]",
    doc: "Server for the time without quorum; the port is the service's by default.",
    default: undefined,
    read: (site) => readAddressWords(site, "the line is ignored"),
  });
}
