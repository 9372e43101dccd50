/**
 * The authentication of a received version 2 advert (reference 4 and 7, step 6; RFC 3768 section 7.1): its type, the
 * password, or the authentication header with its sequence number. Pure.
 */
import type { VrrpInstanceConfig } from "../../config/model.js";
import {
  AUTH_AH,
  AUTH_NONE,
  AUTH_PASS,
  passwordBytes,
  type ReceivedAdvert,
  type Refused,
} from "../advert.js";
import { refuse } from "../drops.js";
import type { State } from "../events.js";
import { formatAddress } from "../../net/ip-address.js";
import type { AhCounter } from "./ah-counter.js";
import { isIntact, readHeader } from "./authentication-header.js";
import { sameSecret } from "./digest.js";
import { usesHeader } from "./sealing.js";

function expectedType(settings: VrrpInstanceConfig): number {
  if (usesHeader(settings)) return AUTH_AH;
  return settings.auth.type === "pass" && settings.hmac === undefined ? AUTH_PASS : AUTH_NONE;
}

export class Version2Check {
  readonly #type: number;
  readonly #password: Uint8Array;
  readonly #unicast: boolean;
  readonly #counter: AhCounter;

  constructor(settings: VrrpInstanceConfig, counter: AhCounter) {
    this.#type = expectedType(settings);
    this.#password = passwordBytes(settings.auth.type === "none" ? "" : settings.auth.password);
    this.#unicast = settings.unicastPeers.length > 0;
    this.#counter = counter;
  }

  /** @param packet all of it, from the IP header on (IPv4) */
  check(
    { authType, authData, message }: ReceivedAdvert,
    packet: Uint8Array,
    state: State,
  ): Refused | undefined {
    if (authType > AUTH_AH) return refuse("authUnknown", `unknown authentication type ${authType}`);
    if (authType !== this.#type) {
      return refuse("authMismatch", `received a ${authType} auth, expecting ${this.#type}!`);
    }
    if (authType === AUTH_PASS && !sameSecret(authData, this.#password)) {
      return refuse("authFailure", "received an invalid passwd!");
    }
    if (authType !== AUTH_AH) return undefined;
    return this.#checkHeader(packet, message.byteOffset + message.length - packet.byteOffset, state);
  }

  /** A MASTER heard a lower one, whose genuine packet this is. */
  heardLower(packet: Uint8Array): void {
    this.#counter.overtake(readHeader(packet).sequence);
  }

  #checkHeader(packet: Uint8Array, end: number, state: State): Refused | undefined {
    const header = readHeader(packet);
    if (!header.wellFormed) return refuse("authFailure", "malformed authentication header");
    if (!isIntact(packet, end, this.#password, this.#unicast)) {
      return refuse("authFailure", "IPSEC AH : invalid IPSEC HMAC-MD5 value");
    }
    if (!header.spiIsSource) {
      const sender = formatAddress(packet, 12, 4);
      return refuse("authFailure", `IPSEC AH : the SPI is not the source address ${sender}`);
    }
    if (this.#counter.accept(header.sequence, state)) return undefined;
    return refuse("authReplay", `IPSEC AH : sequence number ${header.sequence} already processed`);
  }
}
