/** The metrics of routes (RTAX_), some of which may be locked. */
import type { LockableMetric, RouteMetrics } from "../../net/settings.js";
import { Adjusted, Complaint, type Value } from "../schema.js";
import { nameUpTo, oneOf } from "../values/name.js";
import { integer } from "../values/number.js";
import { type Option, type OptionTable, phrase, readOptionWord } from "./options.js";
import type { RouteEntry } from "./route-entry-parts.js";

const uint32 = integer(0, 0xffffffff);
const zeroOrOne = integer(0, 1);
/** Eighths of a millisecond: 0.2 and 120 seconds. */
const SHORTEST_RTT = 1600;
const LONGEST_RTT = 960_000;

/** NUMBER[ms|s|sec|secs]; without unit it is the kernel's, of which a millisecond has `perMilli`. */
function roundTrip(perMilli: number): Value<number> {
  return {
    syntax: "NUMBER[ms|s|sec|secs]",
    read: (word) => {
      const [, number, unit] = /^(\d+\.?\d*|\.\d+)(ms|s|secs?)?$/.exec(word) ?? [];
      const scale = unit === undefined ? 1 : unit === "ms" ? perMilli : 1000 * perMilli;
      const value = Math.ceil(Number(number) * scale);
      if (value <= 0xffffffff) return value;
      return new Complaint("must be a time: a number, which ms or s may follow", "invalidNumber");
    },
  };
}

const anyRtt = roundTrip(8);
/** As upstream, kept within 0.2 and 120 seconds. */
const rtt: Value<number> = {
  syntax: anyRtt.syntax,
  read: (word) => {
    const value = anyRtt.read(word);
    if (typeof value !== "number") return value;
    const used = Math.min(LONGEST_RTT, Math.max(SHORTEST_RTT, value));
    if (used === value) return value;
    return new Adjusted(
      used,
      `is not within 0.2 and 120 seconds; ${used / 8} ms is used`,
      "warning",
      "logged",
    );
  },
};

/** One metric. */
function metric<V>(
  name: string,
  value: Value<V>,
  doc: string,
  set: (metrics: RouteMetrics, value: V) => void,
  lockable?: LockableMetric,
): OptionTable<RouteEntry> {
  const option: Option<RouteEntry> = phrase(
    lockable === undefined ? value.syntax : `[lock] ${value.syntax}`,
    doc,
    (entry, words, from, site) => {
      const locked = lockable !== undefined && words[from + 1]?.text === "lock";
      const at = locked ? from + 2 : from + 1;
      const read = readOptionWord(value, words[from], words[at], site);
      if (read === undefined) return "drop";
      const metrics = (entry.metrics ??= {});
      set(metrics, read);
      if (locked) (metrics.locked ??= []).push(lockable);
      return at + 1;
    },
  );
  return { [name]: option };
}

/** The MTU stands beside the other metrics of a setting. */
const mtu: Option<RouteEntry> = phrase(`[lock] ${uint32.syntax}`, "Path MTU.", (entry, words, from, site) => {
  const locked = words[from + 1]?.text === "lock";
  const at = locked ? from + 2 : from + 1;
  const value = readOptionWord(uint32, words[from], words[at], site);
  if (value === undefined) return "drop";
  entry.mtu = value;
  if (locked) ((entry.metrics ??= {}).locked ??= []).push("mtu");
  return at + 1;
});

/** features NAME, of which there is one. */
const features: Option<RouteEntry> = phrase("ecn", "Features to switch on.", (entry, words, from, site) => {
  if (readOptionWord(oneOf("ecn"), words[from], words[from + 1], site) === undefined) return "drop";
  (entry.metrics ??= {}).ecn = true;
  return from + 2;
});

export const metricOptions: OptionTable<RouteEntry> = {
  mtu,
  features,
  ...metric("hoplimit", integer(0, 255), "Hop limit.", (metrics, value) => {
    metrics.hopLimit = value;
  }),
  ...metric(
    "advmss",
    uint32,
    "Advertised segment size.",
    (metrics, value) => {
      metrics.advertisedMssBytes = value;
    },
    "advmss",
  ),
  ...metric(
    "rtt",
    rtt,
    "Initial round trip time; without unit in eighths of a millisecond.",
    (metrics, value) => {
      metrics.rttEighthMillis = value;
    },
    "rtt",
  ),
  ...metric(
    "rttvar",
    roundTrip(4),
    "Initial variance of the round trip time; without unit in quarters of a millisecond.",
    (metrics, value) => {
      metrics.rttVarianceQuarterMillis = value;
    },
    "rttvar",
  ),
  ...metric(
    "rto_min",
    roundTrip(1),
    "Shortest retransmission timeout; without unit in milliseconds.",
    (metrics, value) => {
      metrics.retransmitTimeoutMinMillis = value;
    },
    "rto_min",
  ),
  ...metric(
    "reordering",
    uint32,
    "Reordering that is tolerated.",
    (metrics, value) => {
      metrics.reordering = value;
    },
    "reordering",
  ),
  ...metric("window", uint32, "Largest window in bytes.", (metrics, value) => {
    metrics.windowBytes = value;
  }),
  ...metric(
    "cwnd",
    uint32,
    "Limit of the congestion window in packets.",
    (metrics, value) => {
      metrics.congestionWindowPackets = value;
    },
    "cwnd",
  ),
  ...metric(
    "ssthresh",
    uint32,
    "Slow start threshold in packets.",
    (metrics, value) => {
      metrics.slowStartThresholdPackets = value;
    },
    "ssthresh",
  ),
  ...metric("initcwnd", uint32, "Initial congestion window in packets.", (metrics, value) => {
    metrics.initialCongestionWindowPackets = value;
  }),
  ...metric("initrwnd", uint32, "Initial receive window in packets.", (metrics, value) => {
    metrics.initialReceiveWindowPackets = value;
  }),
  ...metric("quickack", zeroOrOne, "Quick acknowledgements.", (metrics, value) => {
    metrics.quickAck = value === 1;
  }),
  ...metric("fastopen_no_cookie", zeroOrOne, "TCP fast open without cookie.", (metrics, value) => {
    metrics.fastOpenWithoutCookie = value === 1;
  }),
  ...metric(
    "congctl",
    nameUpTo(15, "NAME"),
    "Congestion control algorithm.",
    (metrics, value) => {
      metrics.congestionControl = value;
    },
    "congctl",
  ),
};
