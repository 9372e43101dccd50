/** When a virtual server has its quorum, and how that is said (check-ipvs reference, 5.4). Pure. */

interface QuorumRule {
  quorum: number;
  /** Dampens both ways; always below the quorum. */
  hysteresis: number;
}

/** Whether a service without quorum gains it with this much weight alive. */
export function gainsQuorum({ quorum, hysteresis }: QuorumRule, liveWeight: number): boolean {
  return liveWeight >= quorum + hysteresis;
}

/** Whether a service with quorum loses it. */
export function losesQuorum({ quorum, hysteresis }: QuorumRule, liveWeight: number): boolean {
  return liveWeight === 0 || liveWeight < quorum - hysteresis;
}

/** `1+0=1 <= 2`, as in "Gained quorum 1+0=1 <= 2". */
export function gainArithmetic({ quorum, hysteresis }: QuorumRule, liveWeight: number): string {
  return `${quorum}+${hysteresis}=${quorum + hysteresis} <= ${liveWeight}`;
}

/** `1-0=1 > 0`, as in "Lost quorum 1-0=1 > 0". */
export function lossArithmetic({ quorum, hysteresis }: QuorumRule, liveWeight: number): string {
  return `${quorum}-${hysteresis}=${quorum - hysteresis} > ${liveWeight}`;
}
