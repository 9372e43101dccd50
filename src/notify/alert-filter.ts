/** Which transitions are worth a mail: not the same state twice, and no fault where nobody wants to know. Pure. */
import { keyOf, type NotifyState, type Transition } from "./transition.js";

export class AlertFilter {
  readonly #mailed = new Map<string, NotifyState>();

  /** @param noFaultMails no_email_faults. @returns whether to send it; it then counts as sent. */
  takes(transition: Transition, noFaultMails: boolean): boolean {
    const key = keyOf(transition);
    const { state } = transition;
    if (this.#mailed.get(key) === state || (state === "FAULT" && noFaultMails)) return false;
    if (transition.removed === true) this.#mailed.delete(key);
    else this.#mailed.set(key, state);
    return true;
  }
}
