/**
 * The sending side of authentication that changes with every advert: an AH header with its number and value
 * (reference 4.2), or an auth_hmac trailer (reference 5.3). Packets are built once with room for it and completed here
 * in copies. Pure.
 */
import type { VrrpInstanceConfig } from "../../config/model.js";
import { IPV4_HEADER_BYTES, passwordBytes, TRAILER_BYTES } from "../advert.js";
import type { State } from "../events.js";
import { sealHeader } from "./authentication-header.js";
import type { Freshness } from "./freshness.js";
import { makeTrailer } from "./trailer.js";

type Protection = Pick<VrrpInstanceConfig, "version" | "family" | "auth" | "hmac">;

/** Whether adverts of these settings travel under an authentication header. auth_hmac replaces it. */
export function usesHeader({ version, family, auth, hmac }: Protection): boolean {
  return auth.type === "ah" && version === 2 && family === 4 && hmac === undefined;
}

/** Whether they end with a trailer. */
export function sendsTrailer({ hmac }: Protection): boolean {
  return hmac !== undefined && hmac.mode !== "receive-only";
}

/** Whether no two adverts are alike, so that each is sealed on its own. */
export function needsSeal(settings: Protection): boolean {
  return usesHeader(settings) || sendsTrailer(settings);
}

/** Whether an advert that was heard before, or that an other has overtaken, is refused. */
export function isFreshOnly(settings: Protection): boolean {
  return usesHeader(settings) || settings.hmac !== undefined;
}

/** One advert that is about to leave. */
export interface Send {
  source: Uint8Array;
  /** IP identification, the same for all unicast peers. */
  identification: number;
  state: State;
  wallMillis: number;
}

/** Copies of the packets of one advert, one per destination, as they leave: with one number or trailer for all. */
export function seal(
  settings: VrrpInstanceConfig,
  packets: readonly Uint8Array[],
  send: Send,
  freshness: Freshness,
): Uint8Array[] {
  const copies = packets.map((packet) => packet.slice());
  if (usesHeader(settings)) {
    const key = passwordBytes(settings.auth.type === "none" ? "" : settings.auth.password);
    const sequence = freshness.counter.next(send.state);
    const unicast = settings.unicastPeers.length > 0;
    for (const packet of copies)
      sealHeader(packet, { identification: send.identification, sequence, key, unicast });
  } else if (sendsTrailer(settings)) {
    const trailer = trailerOf(settings, copies[0], send, freshness);
    for (const packet of copies) packet.set(trailer, packet.length - TRAILER_BYTES);
  }
  return copies;
}

function trailerOf(
  { family, hmac }: VrrpInstanceConfig,
  packet: Uint8Array | undefined,
  { source, wallMillis }: Send,
  { stamps }: Freshness,
): Uint8Array {
  if (hmac === undefined || packet === undefined) return new Uint8Array(0);
  const start = family === 4 ? IPV4_HEADER_BYTES : 0;
  const message = packet.subarray(start, packet.length - TRAILER_BYTES);
  const stamp = stamps.next(wallMillis, hmac.antiReplay === "time" ? hmac.timeWindowSeconds : undefined);
  const key = hmac.keys.find(({ id }) => id === hmac.activeKey);
  const hex = key !== undefined && "hex" in key ? key.hex : undefined;
  return makeTrailer({ family, source, message }, hmac.activeKey, hex, stamp);
}
