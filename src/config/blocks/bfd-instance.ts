/** Keywords of `bfd_instance`, one BFD session (RFC 5880). */
import { quoted } from "../diagnostic.js";
import {
  Complaint,
  custom,
  flag,
  missingArgument,
  readValue,
  type Row,
  setting,
  table,
  type Value,
} from "../schema.js";
import { type Address, anyAddress } from "../values/address.js";
import { milliseconds } from "../values/milliseconds.js";
import { addressAlone, noted } from "../values/noted.js";
import { boolean, integer } from "../values/number.js";
import { weightRow } from "./weight.js";

const LATER = { notActedOn: true } as const;
const LARGE_INTERVAL = 10_000_000;

const hops = integer(1, 255);

export const bfdInstance = table("bfd_instance", {
  neighbor_ip: neighbour("Address of the neighbour."),
  neighbour_ip: neighbour("The same as 'neighbor_ip'."),
  source_ip: setting(addressAlone(anyAddress), "Own address; chosen by the kernel by default.", LATER),
  min_rx: setting(interval(1), "Shortest interval of packets from the neighbour that is accepted.", {
    default: 10_000,
    unit: "ms",
    ...LATER,
  }),
  min_tx: setting(interval(1), "Shortest interval of own packets while the session is up.", {
    default: 10_000,
    unit: "ms",
    ...LATER,
  }),
  idle_tx: setting(interval(1000), "Interval of own packets while the session is not up.", {
    default: 1_000_000,
    unit: "ms",
    ...LATER,
  }),
  multiplier: setting(integer(1, 255), "Missed packets after which the session is down.", {
    default: 5,
    unit: "packets",
    ...LATER,
  }),
  passive: flag("Wait for the neighbour to begin.", LATER),
  ttl: setting(hops, "TTL of own packets, and expected of the neighbour's; 255 by default.", LATER),
  hoplimit: setting(hops, "The same as 'ttl'.", LATER),
  max_hops: setting(
    integer(-1, 255),
    "How far below the TTL a received one may be; 255 or -1: not checked.",
    {
      default: 0,
      unit: "hops",
      ...LATER,
    },
  ),
  multihop: setting(boolean, "Use port 4784 instead of 3784 (RFC 5883).", {
    default: false,
    alone: true,
    ...LATER,
  }),
  weight: {
    ...weightRow(integer(-253, 253), "Default weight where an instance tracks the session.", { default: 0 }),
    ...LATER,
  },
  vrrp: flag("Tell the VRRP process; with 'checker' both, which is the default.", LATER),
  checker: flag("Tell the checker process; with 'vrrp' both, which is the default.", LATER),
});

function interval(least: number): Value<number> {
  return noted(
    milliseconds(least, 4_294_967),
    (micros) => micros > LARGE_INTERVAL,
    "is more than 10 s, so that a failure is found late",
  );
}

/** An address; a malformed one spoils the session, which is said here. */
type Neighbour = Address | "malformed";

const neighbourAddress = addressAlone(anyAddress);

function neighbour(doc: string): Row<Neighbour | undefined> {
  return custom<Neighbour | undefined>(
    {
      syntax: "IPADDR",
      doc,
      default: undefined,
      read: (site, previous) => {
        const word = site.words[1];
        if (word === undefined) return missingArgument(site, "an address", true);
        site.tree.noteExtraWords(site, 2);
        if (!(neighbourAddress.read(word.text) instanceof Complaint)) {
          const address = readValue(site, word, neighbourAddress);
          return previous?.value === "malformed" ? "malformed" : address;
        }
        const message = `'${site.head.text}' must be an IPv4 or IPv6 address, not ${quoted(word.text)}; the session is ignored`;
        site.tree.diagnostics.report("general", word, message);
        return "malformed";
      },
    },
    // One bad address counts, whatever comes after it.
    { ...LATER, repeat: "accumulates" },
  );
}
