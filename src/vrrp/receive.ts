/**
 * The checks between the wire and the state machine, in upstream's order (reference section 7; RFC 9568 section
 * 7.1, RFC 3768 section 7.1), each failure counted and worded once. An advert that repeats the last good one byte
 * for byte, as nearly all do, is recognised before anything is decoded and allocates nothing.
 */

import type { VrrpInstanceConfig } from "../config/model.js";
import { internetChecksum } from "../net/checksum.js";
import { formatAddress, isMulticast, parseAddress } from "../net/ip-address.js";
import {
  ADVERTISEMENT,
  AUTH_AH,
  AUTH_NONE,
  AUTH_PASS,
  type ChecksumForm,
  checksumStart,
  type Decoded,
  decodeAdvert,
  type Drop,
  isPadding,
  passwordBytes,
  PROTOCOL_AH,
  type ReceivedAdvert,
  type Refused,
} from "./advert.js";
import type { Counters, ProtocolError } from "./counters.js";
import type { Advert, State } from "./events.js";
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
}

/** Something odd about an advert that is used all the same. */
export interface Remark {
  kind: "addressList" | "interval" | "oldChecksum";
  text: string;
}

export interface Accepted {
  accepted: true;
  /** Ready for VrrpInstance.handle. */
  event: { kind: "advertReceived"; advert: Advert };
  /** What is to be logged now. "oldChecksum": packets must be built anew, see `checksumForm`. */
  remarks: readonly Remark[];
}

export interface Dropped {
  accepted: false;
  drop: Drop;
  detail: string;
  /** False when this reason was logged before in this term. */
  log: boolean;
}

export type Verdict = Accepted | Dropped;

/** v3_checksum_as_v2, old_unicast_checksum, "old_unicast_checksum never"; else "auto". */
export type ChecksumPolicy = "auto" | "asVersion2" | "oldUnicast" | "neverOldUnicast";

type Count = { [K in keyof Counters]: Counters[K] extends number ? K : never }[keyof Counters];

const COUNTED: Readonly<Record<Drop, Count | undefined>> = {
  length: "packetLengthErrors",
  ttl: "ttlErrors",
  version: "versionErrors",
  type: "invalidTypeReceived",
  routerId: "routerIdErrors",
  authUnknown: "invalidAuthType",
  authMismatch: "authTypeMismatch",
  authFailure: "authFailure",
  interval: "advertIntervalErrors",
  checksum: "checksumErrors",
  destination: "addressListErrors",
  owner: undefined,
  source: "addressListErrors",
};

const PROTOCOL_ERRORS: Readonly<Partial<Record<Drop, ProtocolError>>> = {
  ttl: "hopLimit",
  version: "version",
  checksum: "checksum",
  routerId: "routerId",
};

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
  readonly #policy: ChecksumPolicy;
  readonly #unicast: boolean;
  readonly #group: Uint8Array;
  readonly #authType: number;
  readonly #password: Uint8Array;
  readonly #peers: readonly Peer[];
  readonly #checkSource: boolean;
  readonly #addresses: readonly Uint8Array[];
  readonly #repeated: RepeatedAdvert;
  /** A unicast peer was found to use the group in its checksum: from now on so do we (reference 3). */
  #oldChecksum: boolean;
  /** Reasons already logged in this term, and the term they belong to. */
  readonly #logged = new Set<Drop | Remark["kind"]>();
  #wasMaster = false;
  #master: Uint8Array = NO_ADDRESS;

  constructor(settings: VrrpInstanceConfig, counters: Counters, policy: ChecksumPolicy = "auto") {
    this.settings = settings;
    this.#counters = counters;
    this.#policy = policy;
    this.#unicast = settings.unicastPeers.length > 0;
    this.#group = parseAddress(settings.multicastGroup) ?? NO_ADDRESS;
    this.#authType = settings.version === 2 && settings.auth.type === "pass" ? AUTH_PASS : AUTH_NONE;
    this.#password = passwordBytes(settings.auth.type === "pass" ? settings.auth.password : "");
    this.#peers = settings.unicastPeers.map(({ address, minTtl = 0, maxTtl = 255 }) => {
      return { address: parseAddress(address) ?? NO_ADDRESS, minTtl, maxTtl };
    });
    // A limit on any peer's TTL implies that only peers may speak (reference 6.6).
    this.#checkSource = settings.unicastPeers.some(({ minTtl, maxTtl }) => (minTtl ?? maxTtl) !== undefined);
    this.#addresses = settings.addresses.map(({ address }) => parseAddress(address) ?? NO_ADDRESS);
    this.#repeated = new RepeatedAdvert(settings.family);
    this.#oldChecksum = policy === "oldUnicast" && this.#unicast;
  }

  /** The form in which our own version 3 adverts over IPv4 have to be built. */
  get checksumForm(): ChecksumForm {
    if (this.#policy === "asVersion2") return "messageOnly";
    return this.#oldChecksum ? "groupPseudoHeader" : "pseudoHeader";
  }

  /** Judges one datagram. A verdict is good until the next call. */
  receive(packet: PacketView, view: StateView): Verdict {
    const repeated = this.#repeated.recognise(packet, view);
    if (repeated !== undefined) {
      this.#counters.advertsReceived++;
      if (repeated.event.advert.priority === RESIGN) this.#counters.priorityZeroReceived++;
      return repeated;
    }
    this.#beginTerm(view);
    const candidate = this.#open(packet);
    if (!candidate.ok) return this.#dropped(candidate);
    const refused = this.#check(candidate.value);
    if (refused !== undefined) return this.#dropped(refused);
    return this.#accept(candidate.value, view);
  }

  /** Steps 1 and 2: authentication header, length. */
  #open(packet: PacketView): Decoded<Candidate> {
    const { family } = this.settings;
    const { bytes } = packet;
    if (family === 4 && bytes[9] === PROTOCOL_AH) return refuse("authMismatch", "received AH, none expected");
    const decoded = decodeAdvert(bytes, family);
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
      },
    };
  }

  /** Steps 3 to 12, all reasons not to hear the packet at all. Step 5 (auth_hmac) has its place here. */
  #check(candidate: Candidate): Refused | undefined {
    const { advert, ttl, destination, source } = candidate;
    const { version, virtualRouterId, priority, strict } = this.settings;
    if (!this.#unicast && ttl !== EXPECTED_TTL) {
      return refuse(
        "ttl",
        `invalid TTL/HL. Received ${ttl} and expect ${EXPECTED_TTL} from ${formatAddress(source)}`,
      );
    }
    if (advert.version !== version) {
      return refuse("version", `invalid version ${advert.version}, expecting ${version}`);
    }
    if (advert.virtualRouterId !== virtualRouterId) {
      return refuse("routerId", `received VRID ${advert.virtualRouterId}, ours is ${virtualRouterId}`);
    }
    const refused = version === 2 ? this.#checkVersion2(advert) : undefined;
    if (refused !== undefined) return refused;
    if (advert.type !== ADVERTISEMENT) return refuse("type", `invalid advertisement type ${advert.type}`);
    const received = candidate.packet.bytes.length;
    if (advert.statedLength !== received && !isPadding(advert.statedLength, received)) {
      return refuse("length", `IP header states ${advert.statedLength} bytes, received ${received}`);
    }
    if (!this.#checksumVerifies(candidate)) return refuse("checksum", `Invalid VRRPv${version} checksum`);
    if (isMulticast(destination) === this.#unicast) {
      const kind = this.#unicast
        ? "multicast packet but unicast peers"
        : "unicast packet but no unicast peers";
      return refuse("destination", `received ${kind} configured`);
    }
    if (priority === OWNER && strict) return refuse("owner", "an owner in strict mode ignores adverts");
    return undefined;
  }

  /** Step 6; RFC 3768 section 7.1. */
  #checkVersion2(advert: ReceivedAdvert): Refused | undefined {
    const { authType, intervalMicros } = advert;
    if (authType > AUTH_AH) return refuse("authUnknown", `unknown authentication type ${authType}`);
    if (authType !== this.#authType) {
      return refuse("authMismatch", `received a ${authType} auth, expecting ${this.#authType}!`);
    }
    if (authType === AUTH_PASS && !sameSecret(advert.authData, this.#password)) {
      return refuse("authFailure", "received an invalid passwd!");
    }
    const ours = this.settings.advertIntervalMicros;
    if (intervalMicros === ours) return undefined;
    const seconds = `mine=${ours / 1e6} sec rcv'd=${intervalMicros / 1e6} sec`;
    return refuse("interval", `advertisement interval mismatch ${seconds}`);
  }

  /** Step 10, IPv4 only: the kernel did it for IPv6. */
  #checksumVerifies(candidate: Candidate): boolean {
    if (this.settings.family === 6) return true;
    if (this.settings.version === 2) return this.#sums("messageOnly", candidate);
    // Upstream accepts anything with v3_checksum_as_v2; one of the two forms it has to be (recommendation of ours).
    if (this.#policy === "asVersion2") {
      return this.#sums("messageOnly", candidate) || this.#sums("pseudoHeader", candidate);
    }
    if (this.#sums(this.checksumForm, candidate)) return true;
    if (!this.#unicast || this.#oldChecksum || this.#policy === "neverOldUnicast") return false;
    this.#oldChecksum = this.#sums("groupPseudoHeader", candidate);
    return this.#oldChecksum;
  }

  #sums(form: ChecksumForm, { advert, source, destination }: Candidate): boolean {
    const { message } = advert;
    const initial = checksumStart(form, source, destination, this.#group, message.length);
    return internetChecksum(message, 0, message.length, initial) === 0;
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
    if (this.#oldChecksum && this.#policy === "auto") {
      this.#remark(remarks, "oldChecksum", "Setting unicast VRRPv3 checksum to old version");
    }
    if (listed) this.#repeated.remember(packet, { ...accepted, remarks: NO_REMARKS }, unchecked);
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
    const counter = COUNTED[drop];
    if (counter !== undefined) this.#counters[counter]++;
    const protocolError = PROTOCOL_ERRORS[drop];
    if (protocolError !== undefined) this.#counters.protocolError = protocolError;
    const log = !this.#logged.has(drop);
    if (log) this.#logged.add(drop);
    return { accepted: false, drop, detail, log };
  }
}

function refuse(drop: Drop, detail: string): Refused {
  return { ok: false, drop, detail };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** In constant time. */
function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
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
