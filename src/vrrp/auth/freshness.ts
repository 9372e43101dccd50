/**
 * What one virtual router remembers so that an old advert cannot be sold as a new one: the numbers it has used and
 * those it has heard. Belongs to the instance and stays as long, over every reload. Pure.
 */
import { AhCounter } from "./ah-counter.js";
import { ReplayMarks } from "./replay-marks.js";
import { SendStamps } from "./stamp.js";

export class Freshness {
  /** Authentication headers, sent and received. */
  readonly counter = new AhCounter();
  /** Trailers sent. */
  readonly stamps = new SendStamps();
  /** Trailers received. */
  readonly marks = new ReplayMarks();
}
