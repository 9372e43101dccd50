import { SEND_FIELDS } from "../native/addon.js";
import { AnnounceQueue } from "./announce-queue.js";
import { encodeGratuitousArp } from "./arp.js";
import { AF_PACKET, ETH_P_ARP, ETH_P_IPV6, IFF_NOARP, SOCK_RAW } from "./constants.js";
import { parseAddress } from "./ip-address.js";
import { encodeNeighbourAdvert } from "./neighbour-advert.js";
import { sockaddrLl } from "./socket-address.js";
import { systemErrorOf } from "./system-error.js";
const BATCH = 256;
const SLOT = 128;
const SOCKADDR_AT = 96;
const RETRY_MICROS = 1e3;
class Announcer {
  #socket;
  #loop;
  #options;
  #slab = new Uint8Array(BATCH * SLOT);
  #table = new Int32Array(BATCH * SEND_FIELDS);
  /** Who owns each frame of the slab. */
  #slotJobs = [];
  #jobs = [];
  #scheduled = false;
  #closed = false;
  /** By owner, then address: frames already built, good for the MAC that they hold. */
  #frames = /* @__PURE__ */ new Map();
  #sockaddrs = /* @__PURE__ */ new Map();
  /** By family and interface index. */
  #limits = /* @__PURE__ */ new Map();
  constructor(addon, loop, options) {
    this.#socket = new addon.Socket(AF_PACKET, SOCK_RAW, 0);
    this.#loop = loop;
    this.#options = options;
    for (let i = 0; i < BATCH; i++) {
      this.#table[i * SEND_FIELDS] = i * SLOT;
      this.#table[i * SEND_FIELDS + 2] = i * SLOT + SOCKADDR_AT;
    }
  }
  /** `rounds` rounds over `addresses` (canonical text, both families) in their order; none where the link has no ARP. */
  announce(owner, link, addresses, rounds) {
    if (link.mac.length !== 6 || (link.flags & IFF_NOARP) !== 0 || rounds < 1) return;
    const { garpIntervalMicros, gnaIntervalMicros } = this.#options;
    const items = addresses.map((address) => this.#announcement(owner, link, address));
    if (garpIntervalMicros === 0 && gnaIntervalMicros === 0) {
      this.#push(owner, items, rounds);
      return;
    }
    const isV6 = ({ address }) => address.includes(":");
    this.#limited(owner, 4, link, items.filter((item) => !isV6(item)), rounds, garpIntervalMicros);
    this.#limited(owner, 6, link, items.filter(isV6), rounds, gnaIntervalMicros);
  }
  /** Drops what still waits for this owner. */
  cancel(owner) {
    this.#jobs = this.#jobs.filter((job) => job.owner !== owner);
    for (const { queue } of this.#limits.values()) queue.cancel(owner);
  }
  /** The owner is gone for good. */
  forget(owner) {
    this.cancel(owner);
    this.#frames.delete(owner);
  }
  close() {
    this.#closed = true;
    this.#jobs = [];
    for (const { cancelTimer } of this.#limits.values()) cancelTimer?.();
    this.#socket.close();
  }
  #announcement(owner, link, address) {
    const isV6 = address.includes(":");
    const key = `${isV6 ? 6 : 4} ${link.index}`;
    let sockaddr = this.#sockaddrs.get(key);
    if (sockaddr === void 0) {
      sockaddr = sockaddrLl(link.index, isV6 ? ETH_P_IPV6 : ETH_P_ARP);
      this.#sockaddrs.set(key, sockaddr);
    }
    const router = isV6 && this.#options.isRouter?.(link) === true;
    return { address, link, frame: this.#frame(owner, link.mac, address, router), sockaddr };
  }
  #frame(owner, mac, address, router) {
    const frames = this.#frames.get(owner) ?? /* @__PURE__ */ new Map();
    this.#frames.set(owner, frames);
    const known = frames.get(address);
    if (known?.router === router && known.mac.every((byte, i) => byte === mac[i])) return known.frame;
    const bytes = parseAddress(address);
    if (bytes === void 0) throw new Error(`no address: ${address}`);
    const frame = bytes.length === 4 ? encodeGratuitousArp(bytes, mac) : encodeNeighbourAdvert(bytes, mac, router);
    frames.set(address, { mac, router, frame });
    return frame;
  }
  #limited(owner, family, link, items, rounds, intervalMicros) {
    if (items.length === 0) return;
    if (intervalMicros === 0) {
      this.#push(owner, items, rounds);
      return;
    }
    const key = `${family} ${link.index}`;
    const limited = this.#limits.get(key) ?? {
      queue: new AnnounceQueue(intervalMicros),
      cancelTimer: void 0
    };
    this.#limits.set(key, limited);
    const now = limited.queue.request(owner, items, rounds, this.#loop.now(), ({ address }) => address);
    if (now !== void 0) this.#push(owner, [now], 1);
    this.#arm(limited);
  }
  #arm(limited) {
    const { due } = limited.queue;
    if (limited.cancelTimer !== void 0 || due === void 0) return;
    limited.cancelTimer = this.#loop.at(due, () => {
      limited.cancelTimer = void 0;
      const next = limited.queue.take(this.#loop.now());
      if (next !== void 0) this.#push(next.owner, [next.item], 1);
      this.#arm(limited);
    });
  }
  #push(owner, items, rounds) {
    if (items.length === 0) return;
    this.#jobs.push({ owner, items, sent: 0, total: items.length * rounds, failed: false });
    this.#schedule();
  }
  #schedule() {
    if (this.#scheduled || this.#closed || this.#jobs.length === 0) return;
    this.#scheduled = true;
    this.#loop.soon(() => this.#turn());
  }
  /** One system call; the next one after a turn of the loop. */
  #turn() {
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
    for (let i = 0; i < sent; i++) this.#slotJobs[i].sent++;
    this.#jobs = this.#jobs.filter((job) => job.sent < job.total);
    if (sent > 0) {
      this.#schedule();
    } else {
      this.#scheduled = true;
      this.#loop.at(this.#loop.now() + RETRY_MICROS, () => this.#turn());
    }
  }
  /** Lays out the next frames. @returns how many. */
  #fill() {
    let slot = 0;
    for (const job of this.#jobs) {
      for (let k = job.sent; k < job.total && slot < BATCH; k++) {
        const { frame, sockaddr } = job.items[k % job.items.length];
        this.#slab.set(frame, slot * SLOT);
        this.#slab.set(sockaddr, slot * SLOT + SOCKADDR_AT);
        this.#table[slot * SEND_FIELDS + 1] = frame.length;
        this.#table[slot * SEND_FIELDS + 3] = sockaddr.length;
        this.#slotJobs[slot++] = job;
      }
    }
    return slot;
  }
  /** The first frame of the batch was refused: a full queue drops it, anything else ends its announcement. */
  #onRefused(error) {
    const job = this.#slotJobs[0];
    const subject = `announcing ${job.items[job.sent % job.items.length]?.address}`;
    if (error.code === "ENOBUFS") job.sent++;
    else job.sent = job.total;
    this.#jobs = this.#jobs.filter(({ sent, total }) => sent < total);
    if (!job.failed) this.#options.failed?.(job.owner, { ...error, subject });
    job.failed = true;
  }
}
export {
  Announcer
};
//# sourceMappingURL=announcer.js.map
