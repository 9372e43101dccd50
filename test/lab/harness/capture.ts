/** tcpdump on the bridge, its text read back: adverts, gratuitous ARP and unsolicited neighbour advertisements. */
import type { Line } from "./lines.js";

export interface CapturedAdvert {
  /** Milliseconds since the epoch, as the kernel stamped the packet. */
  at: number;
  source: string;
  destination: string;
  version: number;
  vrid: number;
  priority: number;
  /** "simple", "none", ...; undefined for version 3. */
  authentication: string | undefined;
  /** Sequence number of the authentication header before it; undefined without one. */
  sequence: number | undefined;
  intervalMs: number;
  /** The TTL or hop limit. */
  ttl: number;
  sourceMac: string;
  /** False when tcpdump complains about the IP or VRRP checksum. */
  checksumGood: boolean;
  addresses: string[];
  /** What tcpdump printed after the addresses of the packet, without indentation. */
  text: string;
}

export interface Announcement {
  at: number;
  address: string;
  sourceMac: string;
}

const HEADER = /^(?<seconds>\d+\.\d+) (?<mac>[0-9a-f:]{17}) > /;
const ADVERT =
  /(?<source>[0-9a-f.:]+) > (?<destination>[0-9a-f.:]+): (?:ip-proto-112 )?(?:AH\([^)]*\)[^)]*\): )?(?:vrrp \S+ > \S+: )?(?<text>VRRPv(?<version>\d), Advertisement, (?:\(ttl \d+\), )?vrid (?<vrid>\d+), prio (?<priority>\d+)(?:, authtype (?<authentication>\w+))?, intvl (?<interval>\d+)(?<unit>c?s), length \d+.*)/;

function sequenceOf(record: string): number | undefined {
  const hex = /: AH\(.*?\bseq=0x([0-9a-f]+)/.exec(record)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

/** tcpdump's lines belong together: continuation lines are indented. @returns an advert from one whole record. */
export function parseAdvert(record: string): CapturedAdvert | undefined {
  const header = HEADER.exec(record)?.groups;
  const advert = ADVERT.exec(record)?.groups;
  if (header === undefined || advert === undefined) return undefined;
  return {
    at: Number(header["seconds"]) * 1000,
    sourceMac: header["mac"] ?? "",
    source: advert["source"] ?? "",
    destination: advert["destination"] ?? "",
    version: Number(advert["version"]),
    vrid: Number(advert["vrid"]),
    priority: Number(advert["priority"]),
    authentication: advert["authentication"],
    sequence: sequenceOf(record),
    intervalMs: Number(advert["interval"]) * (advert["unit"] === "cs" ? 10 : 1000),
    ttl: Number(/(?:ttl|hlim) (\d+)/.exec(record)?.[1] ?? Number.NaN),
    checksumGood: !/bad (?:vrrp )?cksum/.test(record),
    addresses: (/addrs(?:\(\d+\))?: ([0-9a-f.:,]+)/.exec(record)?.[1] ?? "").split(",").filter(Boolean),
    text: advert["text"] ?? "",
  };
}

/** Gratuitous ARP, request or reply: sender and target are the same address. */
function parseAnnouncement(record: string): Announcement | undefined {
  const header = HEADER.exec(record)?.groups;
  if (header === undefined) return undefined;
  const address =
    /Request who-has (\S+) \(ff:ff:ff:ff:ff:ff\) tell \1,/.exec(record)?.[1] ??
    /ARP.*Reply (\S+) is-at/.exec(record)?.[1] ??
    /neighbor advertisement.*tgt is ([0-9a-f:]+), Flags \[[^\]]*override/.exec(record)?.[1];
  if (address === undefined) return undefined;
  return { at: Number(header["seconds"]) * 1000, address, sourceMac: header["mac"] ?? "" };
}

/** The command; tcpdump drops its privileges otherwise, and then cannot be told from a stranger's. */
export function tcpdumpCommand(device: string): string[] {
  const filter = "ip proto 112 or ip proto 51 or ip6 proto 112 or arp or icmp6[icmp6type] == 136";
  // In immediate mode each packet takes a slot of the snapshot length: with the default there are eight, too few for a burst.
  const room = ["-s", "2048", "-B", "8192"];
  const how = ["-l", "-n", "-vvv", "-e", "-tt", "--immediate-mode", ...room, "-Z", "root"];
  return ["tcpdump", "-i", device, ...how, filter];
}

/** Gathers tcpdump's lines into records. */
export class Capture {
  readonly adverts: CapturedAdvert[] = [];
  readonly announcements: Announcement[] = [];
  /** VRRP records that tcpdump did not decode as an advert. */
  readonly undecoded: string[] = [];
  #record = "";

  /** Takes the next line of tcpdump. A record is read as soon as it can be: nothing waits for the next packet. */
  take({ text }: Line): void {
    const continues = /^\s/.test(text);
    if (!continues) this.#flush();
    this.#record = continues ? `${this.#record} ${text.trim()}` : text;
    const advert = parseAdvert(this.#record);
    if (advert !== undefined) {
      this.adverts.push(advert);
      this.#record = "";
      return;
    }
    const announcement = parseAnnouncement(this.#record);
    if (announcement !== undefined) {
      this.announcements.push(announcement);
      this.#record = "";
    }
  }

  #flush(): void {
    if (/VRRP|112\)|AH \(51\)/.test(this.#record)) this.undecoded.push(this.#record);
    this.#record = "";
  }
}
