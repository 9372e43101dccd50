/** Who holds an address, and since when: from `ip monitor` on every host. */
import type { Line } from "./lines.js";

export interface AddressEvent {
  /** Milliseconds since the epoch. */
  at: number;
  host: string;
  added: boolean;
  /** Without prefix length. */
  address: string;
  /** The rest of ip's line, for label and scope. */
  text: string;
}

/** The command whose lines `parseAddressEvent` reads. */
export const MONITOR_COMMAND = ["ip", "-o", "-ts", "monitor", "address"];

/** Reads "[2026-11-25T17:52:50.377296] Deleted 2: e0    inet 10.9.0.100/24 scope ...". */
export function parseAddressEvent(host: string, { text }: Line): AddressEvent | undefined {
  const found = /^\[([^\]]+)\] (Deleted )?\d+: \S+\s+inet6? ([0-9a-f.:]+)(?:\/\d+)? (.*)/.exec(text);
  if (found === null) return undefined;
  const [, stamp = "", deleted, address = "", rest = ""] = found;
  // Date keeps milliseconds only: the microseconds are added by hand.
  const at = Date.parse(`${stamp.slice(0, 19)}Z`) + Number(`0${stamp.slice(19)}`) * 1000;
  return { at, host, added: deleted === undefined, address, text: rest };
}

export interface Overlap {
  hosts: string[];
  from: number;
  /** Infinity while it lasts. */
  until: number;
}

/** The holders of addresses over time. */
export class Holders {
  readonly events: AddressEvent[] = [];

  /** Hosts that hold the address now, in the order in which they got it. */
  of(address: string): string[] {
    const holding = new Set<string>();
    for (const event of this.events.filter((e) => e.address === address)) {
      if (event.added) holding.add(event.host);
      else holding.delete(event.host);
    }
    return [...holding];
  }

  /** Spans of time in which more than one host held the address. */
  overlaps(address: string): Overlap[] {
    const found: Overlap[] = [];
    const holding = new Set<string>();
    const ofAddress = this.events.filter((event) => event.address === address).sort((a, b) => a.at - b.at);
    for (const event of ofAddress) {
      const open = found.at(-1);
      if (open?.until === Number.POSITIVE_INFINITY) open.until = event.at;
      if (event.added) holding.add(event.host);
      else holding.delete(event.host);
      if (holding.size > 1)
        found.push({ hosts: [...holding], from: event.at, until: Number.POSITIVE_INFINITY });
    }
    return found;
  }
}
