/**
 * The 64-bit sequence of auth_hmac trailers (reference 5.1, 5.3): seconds of the wall clock (32 bits), fraction of a
 * second (16), counter (16). Compared as serial numbers (RFC 1982), so that 2106 is a day like any other. Pure: the
 * clock, which may be stepped at any time, is an argument.
 */

const SUBSECONDS = 65536;
const SECONDS_AT = 32n;
const SUBSECONDS_AT = 16n;

/** A sequence of a trailer. */
export type Stamp = bigint;

/** The wall clock as a sequence, its counter 0. */
export function stampOf(wallMillis: number): Stamp {
  const seconds = Math.floor(wallMillis / 1000);
  const fraction = Math.floor(((wallMillis - seconds * 1000) * SUBSECONDS) / 1000);
  return BigInt.asUintN(64, (BigInt(seconds) << SECONDS_AT) | (BigInt(fraction) << SUBSECONDS_AT));
}

/** Whether `a` comes after `b`. */
export function isAfter(a: Stamp, b: Stamp): boolean {
  return BigInt.asIntN(64, a - b) > 0n;
}

/** By how many seconds `a` is ahead of `b`, fractions aside. */
export function secondsAhead(a: Stamp, b: Stamp): number {
  return Number(BigInt.asIntN(32, (a >> SECONDS_AT) - (b >> SECONDS_AT)));
}

/** What a sender has stamped its adverts with. */
export class SendStamps {
  #last: Stamp | undefined;

  /**
   * The stamp of the next advert: the clock, or while that lags behind, one more than the last.
   * @param windowSeconds with `anti_replay time`: a clock that was set back by more than this is believed, since the
   * others accept nothing else
   */
  next(wallMillis: number, windowSeconds?: number): Stamp {
    const clock = stampOf(wallMillis);
    const last = this.#last;
    const believed =
      last === undefined ||
      isAfter(clock, last) ||
      (windowSeconds !== undefined && secondsAhead(last, clock) > windowSeconds);
    this.#last = believed ? clock : BigInt.asUintN(64, last + 1n);
    return this.#last;
  }
}
