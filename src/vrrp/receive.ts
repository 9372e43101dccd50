/**
 * The checks between the wire and the state machine, in upstream's order (reference section 7; RFC 9568 section
 * 7.1, RFC 3768 section 7.1), each failure counted and worded once. An advert that repeats the last good one byte
 * for byte, as nearly all do, is recognised before anything is decoded and allocates nothing.
 */

import type { VrrpInstanceConfig } from "../config/model.js";
import { formatAddress, isMulticast, parseAddress, sameBytes } from "../net/ip-address.js";
import {
  ADVERTISEMENT,
  type ChecksumForm,
  type Decoded,
  decodeAdvert,
  type Drop,
  isPadding,
  PROTOCOL_AH,
  type ReceivedAdvert,
  type Refused,
} from "./advert.js";
import { Freshness } from "./auth/freshness.js";
import { isFreshOnly, usesHeader } from "./auth/sealing.js";
import { TrailerCheck } from "./auth/trailer-check.js";
import { Version2Check } from "./auth/version-2-check.js";
import type { Counters } from "./counters.js";
import { countDrop, refuse } from "./drops.js";
import type { Advert, State } from "./events.js";
import { ReceivedChecksum } from "./received-checksum.js";
import { RepeatedAdvert } from "./repeated-advert.js";
import { OWNER, RESIGN } from "./timing.js";

/** A datagram as a raw socket delivers it. Views: nothing here keeps them. */
export interface PacketView {
  /** IPv4: from the IP header on. IPv6: from the VRRP header on. */
  bytes: Uint8Array;
  /** IPv6 only; IPv4 has them in the header. */
  source: Uint8Array;
  destination: Uint8Array;
  hopLimit: number;
  /** The words of the buffer that `bytes` begins in, and the first of them; without, a comparison copies. */
  words?: Int32Array;
  firstWord?: number;
}

/** What the checks need to know of the state machine; a VrrpInstance fits. */
export interface StateView {
  readonly state: State;
  readonly masterAddress: Uint8Array | undefined;
  /** Whether a MASTER stays one when it hears this. */
  outranks(advert: Advert): boolean;
}

/** Something odd about an advert that is used all the same. */
export interface Remark {
  kind: "addressList" | "interval" | "oldChecksum" | "clockSkew";
  text: string;
}

export interface Accepted {
  accepted: true;
  /** Ready for VrrpInstance.handle. */
  event: { kind: "advertReceived"; advert: Advert };
  /** What is to be logged now. "oldChecksum": packets must be built anew, see `checksumForm`. */
  remarks: readonly Remark[];
}

interface Dropped {
  accepted: false;
  drop: Drop;
  detail: string;
  /** False when this reason was logged before in this term. */
  log: boolean;
}

export type Verdict = Accepted | Dropped;

const EXPECTED_TTL = 255;
const NO_REMARKS: readonly Remark[] = [];
const NO_ADDRESS = new Uint8Array(0);

/** One packet under examination, with what the IP layer says about it. */
interface Candidate {
  packet: PacketView;
  source: Uint8Array;
  destination: Uint8Array;
  ttl: number;
  advert: ReceivedAdvert;
  /** auth_hmac: how far the sender's clock is ahead. */
  skewSeconds: number;
}

interface Peer {
  address: Uint8Array;
  minTtl: number;
  maxTtl: number;
}

/** The receive side of one instance. Make a new one when its settings change. */
export class AdvertReceiver {
  readonly settings: VrrpInstanceConfig;
  readonly #counters: Counters;
  readonly #checksum: ReceivedChecksum;
  readonly #unicast: boolean;
  /** Adverts come under an authentication header. */
  readonly #headed: boolean;
  readonly #version2: Version2Check;
  readonly #trailers: TrailerCheck | undefined;
  readonly #peers: readonly Peer[];
  readonly #checkSource: boolean;
  readonly #addresses: readonly Uint8Array[];
  /** None where no advert may be like the last one. */
  readonly #repeated: RepeatedAdvert | undefined;
  /** Reasons already logged in this term, and the term they belong to. */
  readonly #logged = new Set<Drop | Remark["kind"]>();
  #wasMaster = false;
  #master: Uint8Array = NO_ADDRESS;

  /** @param freshness what the instance remembers of authenticated adverts; it outlives this receiver */
  constructor(settings: VrrpInstanceConfig, counters: Counters, freshness = new Freshness()) {
    const { hmac, unicastPeers } = settings;
    this.settings = settings;
    this.#counters = counters;
    this.#checksum = new ReceivedChecksum(settings, parseAddress(settings.multicastGroup) ?? NO_ADDRESS);
    this.#unicast = unicastPeers.length > 0;
    this.#headed = usesHeader(settings);
    this.#version2 = new Version2Check(settings, freshness.counter);
    this.#trailers = hmac && new TrailerCheck(settings, hmac, freshness.marks);
    this.#peers = unicastPeers.map(({ address, minTtl = 0, maxTtl = 255 }) => {
      return { address: parseAddress(address) ?? NO_ADDRESS, minTtl, maxTtl };
    });
    // A limit on any peer's TTL implies that only peers may speak (reference 6.6).
    this.#checkSource =
      settings.checkUnicastSource ||
      unicastPeers.some(({ minTtl, maxTtl }) => (minTtl ?? maxTtl) !== undefined);
    this.#addresses = settings.addresses.map(({ address }) => parseAddress(address) ?? NO_ADDRESS);
    this.#repeated = isFreshOnly(settings) ? undefined : new RepeatedAdvert(settings.family);
  }

  /** The form in which our own version 3 adverts over IPv4 have to be built. */
  get checksumForm(): ChecksumForm {
    return this.#checksum.form;
  }

  /**
   * Judges one datagram. A verdict is good until the next call.
   * @param wallMillis the wall clock, for auth_hmac
   */
  receive(packet: PacketView, view: StateView, wallMillis = 0): Verdict {
    const repeated = this.#repeated?.recognise(packet, view);
    if (repeated !== undefined) {
      this.#counters.advertsReceived++;
      if (repeated.event.advert.priority === RESIGN) this.#counters.priorityZeroReceived++;
      return repeated;
    }
    this.#beginTerm(view);
    const candidate = this.#open(packet);
    if (!candidate.ok) return this.#dropped(candidate);
    const refused = this.#check(candidate.value, view, wallMillis);
    if (refused !== undefined) return this.#dropped(refused);
    return this.#accept(candidate.value, view);
  }

  /** Steps 1 and 2: authentication header, length. */
  #open(packet: PacketView): Decoded<Candidate> {
    const { family } = this.settings;
    const { bytes } = packet;
    const headed = family === 4 && bytes[9] === PROTOCOL_AH;
    if (headed !== this.#headed) {
      return refuse("authMismatch", headed ? "received AH, none expected" : "expected AH, received none");
    }
    const decoded = decodeAdvert(bytes, family, this.#trailers !== undefined);
    if (!decoded.ok) return decoded;
    const ipv6 = family === 6;
    return {
      ok: true,
      value: {
        packet,
        source: ipv6 ? packet.source : bytes.subarray(12, 16),
        destination: ipv6 ? packet.destination : bytes.subarray(16, 20),
        ttl: ipv6 ? packet.hopLimit : (bytes[8] ?? 0),
        advert: decoded.value,
        skewSeconds: 0,
      },
    };
  }

  /** Steps 3 to 12, all reasons not to hear the packet at all. */
  #check(candidate: Candidate, view: StateView, wallMillis: number): Refused | undefined {
    const { advert, packet, ttl, source } = candidate;
    const { version, virtualRouterId } = this.settings;
    if (!this.#unicast && ttl !== EXPECTED_TTL) {
      return refuse(
        "ttl",
        `invalid TTL/HL. Received ${ttl} and expect ${EXPECTED_TTL} from ${formatAddress(source)}`,
      );
    }
    if (advert.version !== version) {
      return refuse("version", `invalid version ${advert.version}, expecting ${version}`);
    }
    const signed = this.#trailers?.check(advert, source, wallMillis);
    if (signed?.ok === false) return signed;
    candidate.skewSeconds = signed?.value ?? 0;
    if (advert.virtualRouterId !== virtualRouterId) {
      return refuse("routerId", `received VRID ${advert.virtualRouterId}, ours is ${virtualRouterId}`);
    }
    const refused = version === 2 ? this.#checkVersion2(advert, packet, view.state) : undefined;
    return refused ?? this.#checkContent(candidate);
  }

  /** Step 6; RFC 3768 section 7.1. */
  #checkVersion2(advert: ReceivedAdvert, packet: PacketView, state: State): Refused | undefined {
    const refused = this.#version2.check(advert, packet.bytes, state);
    if (refused !== undefined) return refused;
    const ours = this.settings.advertIntervalMicros;
    if (advert.intervalMicros === ours) return undefined;
    const seconds = `mine=${ours / 1e6} sec rcv'd=${advert.intervalMicros / 1e6} sec`;
    return refuse("interval", `advertisement interval mismatch ${seconds}`);
  }

  /** Steps 7 to 12. */
  #checkContent({ advert, packet, source, destination }: Candidate): Refused | undefined {
    const { version, priority, strict, ownerIgnoreAdverts } = this.settings;
    if (advert.type !== ADVERTISEMENT) return refuse("type", `invalid advertisement type ${advert.type}`);
    const received = packet.bytes.length;
    if (advert.statedLength !== received && !isPadding(advert.statedLength, received)) {
      return refuse("length", `IP header states ${advert.statedLength} bytes, received ${received}`);
    }
    if (!this.#checksum.verifies({ message: advert.message, source, destination })) {
      return refuse("checksum", `Invalid VRRPv${version} checksum`);
    }
    if (isMulticast(destination) === this.#unicast) {
      const kind = this.#unicast
        ? "multicast packet but unicast peers"
        : "unicast packet but no unicast peers";
      return refuse("destination", `received ${kind} configured`);
    }
    if (priority === OWNER && (strict || ownerIgnoreAdverts)) {
      return refuse(
        "owner",
        `an owner${strict ? " in strict mode" : " with owner_ignore_adverts"} ignores adverts`,
      );
    }
    return undefined;
  }

  /** Steps 13 to 16: counted as received, then remarks, and at last the limits on unicast senders. */
  #accept(candidate: Candidate, view: StateView): Verdict {
    const counters = this.#counters;
    const { advert, packet } = candidate;
    counters.advertsReceived++;
    const remarks: Remark[] = [];
    const known = view.state === "backup" && sameBytes(candidate.source, view.masterAddress ?? NO_ADDRESS);
    const unchecked = this.settings.skipCheckAdvertAddresses && known;
    const listed = unchecked || this.#addressesMatch(candidate, remarks);
    const refused = this.#unicast ? this.#checkPeer(candidate) : undefined;
    if (refused !== undefined) return this.#dropped(refused);
    if (advert.priority === RESIGN) counters.priorityZeroReceived++;
    const accepted = this.#accepted(candidate, remarks);
    if (this.settings.version === 3 && advert.intervalMicros !== this.settings.advertIntervalMicros) {
      const ours = this.settings.advertIntervalMicros / 1000;
      this.#remark(
        remarks,
        "interval",
        `advert interval differs: mine=${ours}ms rcv'd=${advert.intervalMicros / 1000}ms`,
      );
    }
    if (this.#checksum.found) {
      this.#remark(remarks, "oldChecksum", "Setting unicast VRRPv3 checksum to old version");
    }
    this.#watchClock(candidate, remarks);
    if (this.#headed && view.state === "master" && view.outranks(accepted.event.advert)) {
      this.#version2.heardLower(packet.bytes);
    }
    if (listed) this.#repeated?.remember(packet, { ...accepted, remarks: NO_REMARKS }, unchecked);
    return accepted;
  }

  #accepted({ advert, source }: Candidate, remarks: readonly Remark[]): Accepted {
    // An interval of 0 would make us MASTER at once: it can only be a mistake.
    const intervalMicros = advert.intervalMicros || this.settings.advertIntervalMicros;
    const copy: Advert = { priority: advert.priority, intervalMicros, source: source.slice() };
    return { accepted: true, event: { kind: "advertReceived", advert: copy }, remarks };
  }

  /** Step 14. Not a reason to drop in 2.4 (2.2 dropped; RFC 3768 section 7.1 says SHOULD drop, for an owner). */
  #addressesMatch({ advert, source }: Candidate, remarks: Remark[]): boolean {
    let text: string | undefined;
    if (advert.count !== this.#addresses.length) {
      text = `received an advert with ${advert.count} addresses from ${formatAddress(source)}, ours has ${this.#addresses.length}`;
    } else {
      const missing = this.#addresses.find((address) => !lists(advert.addresses, address));
      if (missing === undefined) return true;
      const what = `ip address associated with VRID ${this.settings.virtualRouterId}`;
      text = `${what} not present in advert from ${formatAddress(source)}: ${formatAddress(missing)}`;
    }
    this.#counters.addressListErrors++;
    this.#remark(remarks, "addressList", text);
    return false;
  }

  /** One line each time that a sender's clock leaves the middle of the window. */
  #watchClock({ source, skewSeconds }: Candidate, remarks: Remark[]): void {
    if (this.#trailers?.isWorrying(skewSeconds) !== true) {
      this.#logged.delete("clockSkew");
      return;
    }
    const text = `clock of ${formatAddress(source)} differs by ${skewSeconds} s, half of what auth_hmac tolerates`;
    this.#remark(remarks, "clockSkew", text);
  }

  /** Step 15. */
  #checkPeer({ source, ttl }: Candidate): Refused | undefined {
    const peer = this.#peers.find(({ address }) => sameBytes(address, source));
    if (peer === undefined) {
      return this.#checkSource
        ? refuse("source", `${formatAddress(source)} is no unicast peer of ours`)
        : undefined;
    }
    if (ttl >= peer.minTtl && ttl <= peer.maxTtl) return undefined;
    return refuse(
      "ttl",
      `TTL/HL ${ttl} from ${formatAddress(source)} is outside ${peer.minTtl}..${peer.maxTtl}`,
    );
  }

  /** Every reason may be logged again once MASTER is won or lost, or another master is followed. */
  #beginTerm(view: StateView): void {
    const master = view.masterAddress ?? NO_ADDRESS;
    const isMaster = view.state === "master";
    if (isMaster === this.#wasMaster && sameBytes(master, this.#master)) return;
    this.#wasMaster = isMaster;
    this.#master = master;
    this.#logged.clear();
  }

  #remark(remarks: Remark[], kind: Remark["kind"], text: string): void {
    if (this.#logged.has(kind)) return;
    this.#logged.add(kind);
    remarks.push({ kind, text });
  }

  #dropped({ drop, detail }: Refused): Dropped {
    countDrop(this.#counters, drop);
    const log = !this.#logged.has(drop);
    if (log) this.#logged.add(drop);
    return { accepted: false, drop, detail, log };
  }
}

/** Whether `address` is one of the addresses that stand one behind the other in `list`. */
function lists(list: Uint8Array, address: Uint8Array): boolean {
  for (let at = 0; at < list.length; at += address.length) {
    let i = 0;
    while (i < address.length && list[at + i] === address[i]) i++;
    if (i === address.length) return true;
  }
  return false;
}
