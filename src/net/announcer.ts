/**
 * Sends gratuitous ARP and unsolicited neighbour advertisements: many frames per system call, one call per turn of
 * the loop, so that adverts are served in between. Effects only; the rate limit is in `announce-queue.ts`.
 */
import type { Addon, Socket } from "../native/addon.js";
import { SEND_FIELDS } from "../native/addon.js";
import { type AnnounceLimits, isLimited, type Limit, limitOf } from "./announce-limits.js";
import { AnnounceQueue } from "./announce-queue.js";
import { encodeGratuitousArp } from "./arp.js";
import { AF_PACKET, ETH_P_ARP, ETH_P_IPV6, IFF_NOARP, SOCK_RAW } from "./constants.js";
import { parseAddress } from "./ip-address.js";
import type { Link } from "./links.js";
import type { Loop, Micros } from "./loop.js";
import { encodeNeighbourAdvert } from "./neighbour-advert.js";
import { sockaddrLl } from "./socket-address.js";
import { type SystemError, systemErrorOf } from "./system-error.js";

/** Frames per sendmmsg. */
const BATCH = 256;
/** Bytes per frame in the slab: the frame (86 at most), then the sockaddr_ll. */
const SLOT = 128;
const SOCKADDR_AT = 96;
/** When the send buffer is full. */
const RETRY_MICROS: Micros = 1000;

export interface AnnouncerOptions {
  limits: AnnounceLimits;
  /** Is net.ipv6.conf.IF.forwarding on? Sets the Router flag. */
  isRouter?(link: Link): boolean;
  failed?(owner: string, error: SystemError): void;
}

/** One address on one link: what is to be sent for it. */
interface Announcement {
  address: string;
  link: Link;
  frame: Uint8Array;
  sockaddr: Uint8Array;
}

/** A built frame, good for the MAC and flag that it holds. */
interface Frame {
  mac: Uint8Array;
  router: boolean;
  frame: Uint8Array;
}

interface Job {
  owner: string;
  items: readonly Announcement[];
  /** Frames sent so far, and in all: round after round over the items. */
  sent: number;
  total: number;
  /** An error was told already. */
  failed: boolean;
}

interface Limited {
  queue: AnnounceQueue<Announcement>;
  cancelTimer: (() => void) | undefined;
}

/** Most are of one link, as it was when the frame was built. */
function sameMac(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || a.every((byte, i) => byte === b[i]);
}

function canAnnounce({ mac, flags }: Link): boolean {
  return mac.length === 6 && (flags & IFF_NOARP) === 0;
}

export class Announcer {
  readonly #socket: Socket;
  readonly #loop: Loop;
  readonly #options: AnnouncerOptions;
  #rates: AnnounceLimits;
  readonly #slab = new Uint8Array(BATCH * SLOT);
  readonly #table = new Int32Array(BATCH * SEND_FIELDS);
  /** Who owns each frame of the slab, and where it goes. */
  readonly #slotJobs: Job[] = [];
  readonly #slotAddresses: Uint8Array[] = [];
  #jobs: Job[] = [];
  #scheduled = false;
  #closed = false;
  /** By owner, then address: frames already built, good for the MAC that they hold. */
  readonly #frames = new Map<string, Map<string, Frame>>();
  /** Of links by their index, by family. */
  readonly #sockaddrs = { 4: new Map<number, Uint8Array>(), 6: new Map<number, Uint8Array>() };
  /** By clock. */
  readonly #limits = new Map<string, Limited>();

  constructor(addon: Addon, loop: Loop, options: AnnouncerOptions) {
    // Protocol 0: the socket receives nothing.
    this.#socket = new addon.Socket(AF_PACKET, SOCK_RAW, 0);
    this.#loop = loop;
    this.#options = options;
    this.#rates = options.limits;
    for (let i = 0; i < BATCH; i++) {
      this.#table[i * SEND_FIELDS] = i * SLOT;
      this.#table[i * SEND_FIELDS + 2] = i * SLOT + SOCKADDR_AT;
    }
  }

  /** Builds the frames of addresses that will be announced. */
  prepare(owner: string, link: Link, addresses: readonly string[]): void {
    if (canAnnounce(link)) for (const address of addresses) this.#announcement(owner, link, address);
  }

  /** `rounds` rounds over `addresses` (canonical text, both families) in their order; none where the link has no ARP. */
  announce(owner: string, link: Link, addresses: readonly string[], rounds: number): void {
    if (!canAnnounce(link) || rounds < 1) return;
    const items = addresses.map((address) => this.#announcement(owner, link, address));
    this.#enter(owner, link, items, rounds);
  }

  /** Other limits from now on, also for what waits. */
  setLimits(limits: AnnounceLimits): void {
    const waiting = [...this.#limits.values()].flatMap(({ queue, cancelTimer }) => {
      cancelTimer?.();
      return queue.takeAll();
    });
    this.#limits.clear();
    this.#rates = limits;
    for (const { owner, item, due } of waiting) this.#enter(owner, item.link, [item], due);
  }

  #enter(owner: string, link: Link, items: readonly Announcement[], rounds: number): void {
    if (!isLimited(this.#rates)) {
      this.#push(owner, items, rounds);
      return;
    }
    const isV6 = ({ address }: Announcement): boolean => address.includes(":");
    const v4 = items.filter((item) => !isV6(item));
    this.#limited(owner, limitOf(this.#rates, 4, link.name), v4, rounds);
    this.#limited(owner, limitOf(this.#rates, 6, link.name), items.filter(isV6), rounds);
  }

  /** Drops what still waits for this owner. */
  cancel(owner: string): void {
    this.#jobs = this.#jobs.filter((job) => job.owner !== owner);
    for (const { queue } of this.#limits.values()) queue.cancel(owner);
  }

  /** The owner is gone for good. */
  forget(owner: string): void {
    this.cancel(owner);
    this.#frames.delete(owner);
  }

  close(): void {
    this.#closed = true;
    this.#jobs = [];
    for (const { cancelTimer } of this.#limits.values()) cancelTimer?.();
    this.#socket.close();
  }

  #announcement(owner: string, link: Link, address: string): Announcement {
    const isV6 = address.includes(":");
    const sockaddrs = this.#sockaddrs[isV6 ? 6 : 4];
    let sockaddr = sockaddrs.get(link.index);
    if (sockaddr === undefined) {
      sockaddr = sockaddrLl(link.index, isV6 ? ETH_P_IPV6 : ETH_P_ARP);
      sockaddrs.set(link.index, sockaddr);
    }
    const router = isV6 && this.#options.isRouter?.(link) === true;
    return { address, link, frame: this.#frame(owner, link.mac, address, router), sockaddr };
  }

  #frame(owner: string, mac: Uint8Array, address: string, router: boolean): Uint8Array {
    let frames = this.#frames.get(owner);
    if (frames === undefined) this.#frames.set(owner, (frames = new Map<string, Frame>()));
    const known = frames.get(address);
    if (known?.router === router && sameMac(known.mac, mac)) return known.frame;
    const bytes = parseAddress(address);
    if (bytes === undefined) throw new Error(`no address: ${address}`);
    const frame =
      bytes.length === 4 ? encodeGratuitousArp(bytes, mac) : encodeNeighbourAdvert(bytes, mac, router);
    frames.set(address, { mac, router, frame });
    return frame;
  }

  #limited(
    owner: string,
    { clock, intervalMicros }: Limit,
    items: readonly Announcement[],
    rounds: number,
  ): void {
    if (items.length === 0) return;
    if (intervalMicros === 0) {
      this.#push(owner, items, rounds);
      return;
    }
    const limited = this.#limits.get(clock) ?? {
      queue: new AnnounceQueue<Announcement>(intervalMicros),
      cancelTimer: undefined,
    };
    this.#limits.set(clock, limited);
    const now = limited.queue.request(owner, items, rounds, this.#loop.now(), ({ address }) => address);
    if (now !== undefined) this.#push(owner, [now], 1);
    this.#arm(limited);
  }

  #arm(limited: Limited): void {
    const { due } = limited.queue;
    if (limited.cancelTimer !== undefined || due === undefined) return;
    limited.cancelTimer = this.#loop.at(due, () => {
      limited.cancelTimer = undefined;
      const next = limited.queue.take(this.#loop.now());
      if (next !== undefined) this.#push(next.owner, [next.item], 1);
      this.#arm(limited);
    });
  }

  #push(owner: string, items: readonly Announcement[], rounds: number): void {
    if (items.length === 0) return;
    this.#jobs.push({ owner, items, sent: 0, total: items.length * rounds, failed: false });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed || this.#jobs.length === 0) return;
    this.#scheduled = true;
    this.#loop.soon(() => this.#turn());
  }

  /** One system call; the next one after a turn of the loop. */
  #turn(): void {
    this.#scheduled = false;
    if (this.#closed || this.#jobs.length === 0) return;
    const count = this.#fill();
    let sent = 0;
    try {
      sent = this.#socket.sendBatch(this.#slab, this.#table, 0, count, 0);
    } catch (error) {
      this.#onRefused(systemErrorOf(error, "gratuitous ARP/NA"));
      this.#schedule();
      return;
    }
    for (let i = 0; i < sent; i++) (this.#slotJobs[i] as Job).sent++;
    this.#jobs = this.#jobs.filter((job) => job.sent < job.total);
    if (sent > 0) {
      this.#schedule();
    } else {
      this.#scheduled = true;
      this.#loop.at(this.#loop.now() + RETRY_MICROS, () => this.#turn());
    }
  }

  /** Lays out the next frames. @returns how many. */
  #fill(): number {
    let slot = 0;
    for (const job of this.#jobs) {
      for (let k = job.sent; k < job.total && slot < BATCH; k++) {
        const { frame, sockaddr } = job.items[k % job.items.length] as Announcement;
        this.#slab.set(frame, slot * SLOT);
        if (this.#slotAddresses[slot] !== sockaddr) {
          this.#slab.set(sockaddr, slot * SLOT + SOCKADDR_AT);
          this.#slotAddresses[slot] = sockaddr;
        }
        this.#table[slot * SEND_FIELDS + 1] = frame.length;
        this.#table[slot * SEND_FIELDS + 3] = sockaddr.length;
        this.#slotJobs[slot++] = job;
      }
    }
    return slot;
  }

  /** The first frame of the batch was refused: a full queue drops it, anything else ends its announcement. */
  #onRefused(error: SystemError): void {
    const job = this.#slotJobs[0] as Job;
    const subject = `announcing ${job.items[job.sent % job.items.length]?.address}`;
    if (error.code === "ENOBUFS") job.sent++;
    else job.sent = job.total;
    this.#jobs = this.#jobs.filter(({ sent, total }) => sent < total);
    if (!job.failed) this.#options.failed?.(job.owner, { ...error, subject });
    job.failed = true;
  }
}
