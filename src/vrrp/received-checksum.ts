/**
 * Whether the checksum of a received advert is right, and in which form our own have to be made (reference section 3).
 * The kernel does it for IPv6. Pure.
 */
import type { VrrpInstanceConfig } from "../config/model.js";
import { internetChecksum } from "../net/checksum.js";
import { type ChecksumForm, checksumStart } from "./advert.js";

/** What a sum goes over. */
interface Summed {
  message: Uint8Array;
  source: Uint8Array;
  destination: Uint8Array;
}

export class ReceivedChecksum {
  readonly #settings: VrrpInstanceConfig;
  readonly #group: Uint8Array;
  /** A unicast peer was found to use the group in its checksum: from now on so do we. */
  #oldUnicast: boolean;

  constructor(settings: VrrpInstanceConfig, group: Uint8Array) {
    this.#settings = settings;
    this.#group = group;
    this.#oldUnicast = this.#mayBeOld && settings.oldUnicastChecksum === "always";
  }

  /** The form of our own version 3 adverts over IPv4. */
  get form(): ChecksumForm {
    if (this.#settings.checksumAsVersion2) return "messageOnly";
    return this.#oldUnicast ? "groupPseudoHeader" : "pseudoHeader";
  }

  /** A peer, and not the configuration, made us use the old form. */
  get found(): boolean {
    return this.#oldUnicast && this.#settings.oldUnicastChecksum === "detect";
  }

  verifies(packet: Summed): boolean {
    const { family, version, checksumAsVersion2, oldUnicastChecksum } = this.#settings;
    if (family === 6) return true;
    if (version === 2) return this.#sums("messageOnly", packet);
    // Upstream accepts anything with v3_checksum_as_v2; one of the two forms it has to be (recommendation of ours).
    if (checksumAsVersion2) return this.#sums("messageOnly", packet) || this.#sums("pseudoHeader", packet);
    if (this.#sums(this.form, packet)) return true;
    if (!this.#mayBeOld || oldUnicastChecksum !== "detect" || this.#oldUnicast) return false;
    this.#oldUnicast = this.#sums("groupPseudoHeader", packet);
    return this.#oldUnicast;
  }

  get #mayBeOld(): boolean {
    const { family, version, unicastPeers } = this.#settings;
    return family === 4 && version === 3 && unicastPeers.length > 0;
  }

  #sums(form: ChecksumForm, { message, source, destination }: Summed): boolean {
    const initial = checksumStart(form, source, destination, this.#group, message.length);
    return internetChecksum(message, 0, message.length, initial) === 0;
  }
}
