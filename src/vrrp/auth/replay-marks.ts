/**
 * The newest stamp of each sender that proved to know a key (reference 5.4): a stamp that is not newer is a replay.
 * Only the latest senders are remembered: strangers cannot get in, since a mark is set after the HMAC. Pure.
 */
import { isAfter, secondsAhead, type Stamp } from "./stamp.js";

/** Senders remembered for multicast; for unicast every peer has its own mark. */
export const MULTICAST_SENDERS = 4;

export class ReplayMarks {
  /** The longest silent sender comes first. */
  readonly #marks = new Map<string, Stamp>();

  /**
   * Takes the stamp of a genuine advert. @returns false for a replay
   * @param clock with `anti_replay time`: now, and how far from it a mark still counts
   */
  accept(
    sender: string,
    stamp: Stamp,
    limit: number,
    clock?: { now: Stamp; windowSeconds: number },
  ): boolean {
    let mark = this.#marks.get(sender);
    if (
      mark !== undefined &&
      clock !== undefined &&
      Math.abs(secondsAhead(mark, clock.now)) > clock.windowSeconds
    ) {
      mark = undefined;
    }
    this.#marks.delete(sender);
    const fresh = mark === undefined || isAfter(stamp, mark);
    this.#marks.set(sender, fresh ? stamp : (mark ?? stamp));
    for (const [oldest] of this.#marks) {
      if (this.#marks.size <= limit) break;
      this.#marks.delete(oldest);
    }
    return fresh;
  }
}
