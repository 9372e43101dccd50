/**
 * Alert mails that wait to be sent: in order, one at a time, tried again with growing pauses, given up after a while.
 * All go the same way to the same people, so what keeps one from leaving keeps all: the pause is the queue's. Only what
 * some have got, and others not yet, waits by itself. Pure: time is an argument, in milliseconds.
 */
import type { AlertText } from "./alert-text.js";

export interface Alert extends AlertText {
  /** Never reused. */
  id: number;
  /** Wall clock, for its date. */
  happenedAt: number;
  /** When it came into the queue. */
  queuedAt: number;
  attempts: number;
  /** Envelope addresses of those who have not got it, when others have. */
  missing?: readonly string[];
}

interface MailQueueLimits {
  /** Alerts that may wait; then the oldest is given up. */
  length: number;
  firstPause: number;
  longestPause: number;
  /** An alert that could not be sent for this long is given up. */
  age: number;
}

/** How long the last pause was, and when it ends. */
interface Pause {
  length: number;
  until: number;
}

/** What became of a failed attempt. */
type AfterFailure = { givenUp: string } | { retryIn: number };

export class MailQueue {
  readonly #limits: MailQueueLimits;
  readonly #alerts: Alert[] = [];
  #lastId = 0;
  #sending: Alert | undefined;
  readonly #pause: Pause = { length: 0, until: 0 };
  /** Of alerts that somebody has got. */
  readonly #ownPauses = new Map<Alert, Pause>();

  constructor(limits: MailQueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#alerts.length;
  }

  /** @returns an alert that had to make room. */
  add(text: AlertText, happenedAt: number, now: number): Alert | undefined {
    const id = ++this.#lastId;
    this.#alerts.push({ ...text, id, happenedAt, queuedAt: now, attempts: 0 });
    if (this.#alerts.length <= this.#limits.length) return undefined;
    const oldest = this.#alerts.findIndex((alert) => alert !== this.#sending);
    const [dropped] = this.#alerts.splice(oldest, 1);
    if (dropped !== undefined) this.#ownPauses.delete(dropped);
    return dropped;
  }

  /** When something has to be sent; undefined when nothing waits or something is being sent. */
  get dueAt(): number | undefined {
    const next = this.#sending === undefined ? this.#next() : undefined;
    return next === undefined ? undefined : this.#dueAt(next);
  }

  #dueAt(alert: Alert): number {
    return Math.max(this.#pause.until, this.#ownPauses.get(alert)?.until ?? 0);
  }

  /** The first of those that are due first. */
  #next(): Alert | undefined {
    let next: Alert | undefined;
    for (const alert of this.#alerts) {
      if (next === undefined || this.#dueAt(alert) < this.#dueAt(next)) next = alert;
      if (this.#dueAt(next) === this.#pause.until) break;
    }
    return next;
  }

  /** @returns the alert to send now: the caller then reports how that went. */
  take(now: number): Alert | undefined {
    const { dueAt } = this;
    if (dueAt === undefined || dueAt > now) return undefined;
    this.#sending = this.#next();
    if (this.#sending !== undefined) this.#sending.attempts++;
    return this.#sending;
  }

  sent(alert: Alert): void {
    if (alert !== this.#sending) return;
    this.#settle();
    this.#endPause();
  }

  /** Some have got it, `missing` not: they hold up nobody else. To be told of before the failure of the rest. */
  partlySent(alert: Alert, missing: readonly string[]): void {
    if (alert !== this.#sending) return;
    alert.missing = missing;
    if (!this.#ownPauses.has(alert)) this.#ownPauses.set(alert, { length: 0, until: 0 });
    this.#endPause();
  }

  /**
   * @param permanent the same mail would be refused again.
   * @returns undefined when the alert was abandoned meanwhile
   */
  failed(alert: Alert, reason: string, permanent: boolean, now: number): AfterFailure | undefined {
    if (alert !== this.#sending) return undefined;
    const { age, firstPause, longestPause } = this.#limits;
    if (permanent || now - alert.queuedAt >= age) {
      this.#settle();
      return { givenUp: reason };
    }
    this.#sending = undefined;
    const pause = this.#ownPauses.get(alert) ?? this.#pause;
    pause.length = pause.length === 0 ? firstPause : Math.min(pause.length * 2, longestPause);
    pause.until = now + pause.length;
    return { retryIn: pause.length };
  }

  /** All pauses end now: the way may have changed, or the time is running out. */
  hurry(): void {
    for (const pause of [this.#pause, ...this.#ownPauses.values()]) pause.until = 0;
  }

  /** Nothing is sent any more. @returns what is left. */
  abandon(): Alert[] {
    this.#sending = undefined;
    this.#ownPauses.clear();
    return this.#alerts.splice(0);
  }

  #settle(): void {
    const sent = this.#sending;
    this.#sending = undefined;
    if (sent === undefined) return;
    this.#ownPauses.delete(sent);
    const at = this.#alerts.indexOf(sent);
    if (at >= 0) this.#alerts.splice(at, 1);
  }

  #endPause(): void {
    this.#pause.length = 0;
    this.#pause.until = 0;
  }
}
