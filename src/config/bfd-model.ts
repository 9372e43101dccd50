/** BFD sessions in the typed configuration. */
import type { Family, Position } from "../net/settings.js";

export interface BfdInstanceConfig {
  name: string;
  family: Family;
  neighbourAddress: string;
  /** Absent: chosen by the kernel. */
  sourceAddress?: string;
  minRxMicros: number;
  /** While up. */
  minTxMicros: number;
  /** While not up. */
  idleTxMicros: number;
  multiplier: number;
  /** Wait for the neighbour to begin. */
  passive: boolean;
  /** TTL or hop limit of what is sent, and what is expected. */
  ttl: number;
  /** How far below `ttl` a received packet may be; 255: not checked. */
  maxHops: number;
  /** Port 4784 instead of 3784. */
  multihop: boolean;
  /** Default in `track_bfd`. */
  weight: number;
  weightReverse: boolean;
  toVrrp: boolean;
  toChecker: boolean;
  position: Position;
}

/** What the bfd process gets, besides the global settings. */
export interface BfdConfig {
  instances: BfdInstanceConfig[];
}
