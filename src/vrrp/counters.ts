/**
 * What an instance counts about itself: upstream's statistics object (vrrp_stats) under longer names.
 * Receive checks and state machine write it, the dumps and the management interfaces read it.
 */

/** Why the instance is MASTER (VRRPv3-MIB vrrpv3OperationsMasterReason): not, priority, preempted, no response. */
export type MasterReason = "notMaster" | "priority" | "preempted" | "noResponse";
/** Last receive error of the kinds that the MIB knows. */
export type ProtocolError = "none" | "hopLimit" | "version" | "checksum" | "routerId";

export class Counters {
  /** Adverts that passed the checks up to the address list. */
  advertsReceived = 0;
  /** Rounds of sending: several unicast peers count once. */
  advertsSent = 0;
  becameMaster = 0;
  releasedMaster = 0;
  packetLengthErrors = 0;
  advertIntervalErrors = 0;
  ttlErrors = 0;
  invalidTypeReceived = 0;
  addressListErrors = 0;
  invalidAuthType = 0;
  authTypeMismatch = 0;
  authFailure = 0;
  /** auth_hmac: adverts dropped, by reason. */
  extensionMissing = 0;
  extensionMalformed = 0;
  extensionUnknownKey = 0;
  extensionInvalidHmac = 0;
  extensionStale = 0;
  extensionReplay = 0;
  priorityZeroReceived = 0;
  priorityZeroSent = 0;
  checksumErrors = 0;
  versionErrors = 0;
  routerIdErrors = 0;
  masterReason: MasterReason = "notMaster";
  protocolError: ProtocolError = "none";

  /** STATS_CLEAR. */
  clear(): void {
    Object.assign(this, new Counters());
  }
}
