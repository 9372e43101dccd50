/**
 * Alert mails that wait to be sent: in order, one at a time, tried again with growing pauses, given up after a while.
 * All go the same way to the same people, so what keeps one from leaving keeps all: the pause is the queue's. Pure:
 * time is an argument, in milliseconds.
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
}

interface MailQueueLimits {
  /** Alerts that may wait; then the oldest is given up. */
  length: number;
  firstPause: number;
  longestPause: number;
  /** An alert that could not be sent for this long is given up. */
  age: number;
}

/** What became of a failed attempt. */
type AfterFailure = { givenUp: string } | { retryIn: number };

export class MailQueue {
  readonly #limits: MailQueueLimits;
  readonly #alerts: Alert[] = [];
  #lastId = 0;
  #sending: Alert | undefined;
  #pause = 0;
  #notBefore = 0;

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
    return this.#alerts.splice(oldest, 1)[0];
  }

  /** When something has to be sent; undefined when nothing waits or something is being sent. */
  get dueAt(): number | undefined {
    return this.#sending === undefined && this.#alerts.length > 0 ? this.#notBefore : undefined;
  }

  /** @returns the alert to send now: the caller then reports how that went. */
  take(now: number): Alert | undefined {
    const { dueAt } = this;
    if (dueAt === undefined || dueAt > now) return undefined;
    this.#sending = this.#alerts[0];
    if (this.#sending !== undefined) this.#sending.attempts++;
    return this.#sending;
  }

  sent(alert: Alert): void {
    if (alert !== this.#sending) return;
    this.#settle();
    this.#pause = 0;
    this.#notBefore = 0;
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
    this.#pause = this.#pause === 0 ? firstPause : Math.min(this.#pause * 2, longestPause);
    this.#notBefore = now + this.#pause;
    return { retryIn: this.#pause };
  }

  /** The pause ends now: the way may have changed, or the time is running out. */
  hurry(): void {
    this.#notBefore = 0;
  }

  /** Nothing is sent any more. @returns what is left. */
  abandon(): Alert[] {
    this.#sending = undefined;
    return this.#alerts.splice(0);
  }

  #settle(): void {
    const at = this.#sending === undefined ? -1 : this.#alerts.indexOf(this.#sending);
    if (at >= 0) this.#alerts.splice(at, 1);
    this.#sending = undefined;
  }
}
