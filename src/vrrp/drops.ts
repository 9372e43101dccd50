/** Why a packet was dropped, and what is counted for it. */
import type { Drop, Refused } from "./advert.js";
import type { Counters, ProtocolError } from "./counters.js";

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
  authReplay: "authFailure",
  hmacMissing: "extensionMissing",
  hmacMalformed: "extensionMalformed",
  hmacUnknownKey: "extensionUnknownKey",
  hmacInvalid: "extensionInvalidHmac",
  hmacStale: "extensionStale",
  hmacReplay: "extensionReplay",
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

export function refuse(drop: Drop, detail: string): Refused {
  return { ok: false, drop, detail };
}

export function countDrop(counters: Counters, drop: Drop): void {
  const counter = COUNTED[drop];
  if (counter !== undefined) counters[counter]++;
  const protocolError = PROTOCOL_ERRORS[drop];
  if (protocolError !== undefined) counters.protocolError = protocolError;
}
