/**
 * What a child process has of its slice, so that a reload sends it what changes and nothing else. One for each process: a
 * new one has nothing and gets the whole slice. Pure.
 */
import type { ChildOptions, ToChild } from "../platform/messages.js";
import { changeOf, SliceParts } from "../platform/slice-change.js";

interface Offer {
  generation: number;
  parts: SliceParts;
}

export class SliceOffers<Slice extends object> {
  /** What the process works with. */
  #inForce: Offer | undefined;
  #offered: Offer | undefined;

  /** The message that offers this slice. */
  offer(generation: number, slice: Slice, options: ChildOptions): ToChild<Slice> {
    const offer: Offer = { generation, parts: new SliceParts(slice) };
    if (this.#inForce === undefined) {
      // It has no other one to fall back on.
      this.#inForce = offer;
      return { kind: "configure", generation, slice, options };
    }
    this.#offered = offer;
    const { generation: from, parts } = this.#inForce;
    const change = changeOf(parts, offer.parts);
    return { kind: "reconfigure", generation, from, options, ...(change !== undefined && { change }) };
  }

  /** The process says that what was offered is in force. */
  committed(generation: number): void {
    if (this.#offered?.generation !== generation) return;
    this.#inForce = this.#offered;
    this.#offered = undefined;
  }
}
