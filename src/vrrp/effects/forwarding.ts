/** Whether this host routes IPv6 on a link: the Router flag of its neighbour advertisements (RFC 4861 section 4.4). */
import { readFileSync } from "node:fs";

/** How long a read is believed. */
const MAX_AGE_MICROS = 5_000_000;

export class Forwarding {
  readonly #known = new Map<string, { value: boolean; at: number }>();

  /** Reads /proc when the last read is too old: some microseconds that can never block, so that the first burst is right. */
  isOn(link: string, now: number): boolean {
    const known = this.#known.get(link);
    if (known !== undefined && now - known.at < MAX_AGE_MICROS) return known.value;
    let value = false;
    try {
      value = readFileSync(`/proc/sys/net/ipv6/conf/${link}/forwarding`, "latin1").trim() !== "0";
    } catch {
      // no IPv6, or the link is gone: no router
    }
    this.#known.set(link, { value, at: now });
    return value;
  }
}
