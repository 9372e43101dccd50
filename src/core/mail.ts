/**
 * Sends the alert mails of all processes: takes them from the queue one by one, tries the relays in their order, says
 * what was sent, what is tried again and what was given up, and why.
 */
import { fileURLToPath } from "node:url";
import { type Alert, MailQueue } from "../notify/mail-queue.js";
import type { AlertText } from "../notify/alert-text.js";
import { composeMail, type MailRoute } from "../notify/mail-route.js";
import type { LogLevel } from "../platform/messages.js";
import type { MailFailure, Refusal, SendMail } from "./mail-transport.js";

/** The length: each of some thousand instances and groups at once, twice, and still only a few MiB. */
const LIMITS = { length: 4000, firstPause: 5_000, longestPause: 300_000, age: 3_600_000 };

interface MailPorts {
  /** Monotonic milliseconds. */
  now(): number;
  log(level: LogLevel, text: string): void;
  /** The transport; it is asked for at the first mail. */
  load(): Promise<SendMail>;
  /** Tells this run of the daemon from others. */
  instance: string;
}

/** Loads the bundle beside ours. By its path: bundled, import() is a require(). */
export async function loadMailTransport(): Promise<SendMail> {
  const path = fileURLToPath(new URL("./mail-transport.js", import.meta.url));
  const loaded = (await import(path)) as { sendMail: SendMail };
  return loaded.sendMail;
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(millis < 10_000 ? 1 : 0)} s`;
}

/** In a log line; with those who have not got it, when others have. */
function describe({ subject, missing }: Alert): string {
  return missing === undefined ? `Mail '${subject}'` : `Mail '${subject}' to ${missing.join(", ")}`;
}

interface Attempt {
  failures: string[];
  permanent: boolean;
}

export class Mailer {
  readonly #ports: MailPorts;
  readonly #queue = new MailQueue(LIMITS);
  #route: MailRoute | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ending: { abort: AbortController; done(): void } | undefined;

  constructor(ports: MailPorts) {
    this.#ports = ports;
  }

  /** Where mails go from now on; undefined: nowhere. What waits goes the new way, at once. */
  setRoute(route: MailRoute | undefined): void {
    this.#route = route;
    if (route === undefined) this.#giveUpRest("no mail is configured any more");
    this.#queue.hurry();
    this.#schedule();
  }

  add(text: AlertText): void {
    if (this.#route === undefined) return;
    const dropped = this.#queue.add(text, Date.now(), this.#ports.now());
    if (dropped !== undefined) this.#reportGivenUp(dropped, `${LIMITS.length} others wait`);
    this.#schedule();
  }

  /** The daemon ends: what waits is tried once more, within the limit. */
  async end(limitMillis: number): Promise<void> {
    if (this.#queue.size > 0) {
      const abort = new AbortController();
      const limit = setTimeout(() => abort.abort(), limitMillis);
      await new Promise<void>((done) => {
        this.#ending = { abort, done };
        abort.signal.addEventListener("abort", () => done(), { once: true });
        this.#queue.hurry();
        this.#schedule();
      });
      clearTimeout(limit);
    }
    clearTimeout(this.#timer);
    this.#giveUpRest("the daemon ends");
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { dueAt } = this.#queue;
    if (dueAt === undefined) {
      if (this.#queue.size === 0) this.#ending?.done();
      return;
    }
    this.#timer = setTimeout(() => void this.#sendNext(), Math.max(0, dueAt - this.#ports.now()));
  }

  async #sendNext(): Promise<void> {
    const route = this.#route;
    const alert = route && this.#queue.take(this.#ports.now());
    if (route !== undefined && alert !== undefined) {
      const attempt = await this.#try(route, alert);
      if (attempt === undefined) this.#queue.sent(alert);
      else this.#onFailed(alert, attempt);
    }
    this.#schedule();
  }

  /** @returns undefined when relays took the mail for all, or refused a recipient for good. */
  async #try(route: MailRoute, alert: Alert): Promise<Attempt | undefined> {
    const attempt: Attempt = { failures: [], permanent: true };
    const signal = this.#ending?.abort.signal ?? new AbortController().signal;
    for (const server of route.servers) {
      const relay = `${server.host}:${server.port}`;
      try {
        const send = await this.#ports.load();
        const mail = composeMail(route, alert, this.#ports.instance);
        const refused = await send(server, route, mail, signal);
        this.#reportSent(alert, relay, mail.envelope.to.length - refused.length, refused);
        const deferred = refused.filter(({ permanent }) => !permanent);
        if (deferred.length === 0) return undefined;
        const missing = deferred.map(({ recipient }) => recipient);
        this.#queue.partlySent(alert, missing);
        attempt.failures.push(`${relay}: ${deferred.map(({ reply }) => reply).join(", ")}`);
        attempt.permanent = false;
      } catch (error) {
        const { message, permanent = false } = error as Partial<MailFailure>;
        attempt.failures.push(`${relay}: ${message ?? String(error)}`);
        attempt.permanent &&= permanent;
      }
    }
    return attempt;
  }

  #onFailed(alert: Alert, { failures, permanent }: Attempt): void {
    const reason = failures.join("; ");
    // Once, and once more when the daemon ends: the time is up then.
    const last = permanent || this.#ending !== undefined;
    const after = this.#queue.failed(alert, reason, last, this.#ports.now());
    if (after === undefined) return;
    if ("givenUp" in after) return this.#reportGivenUp(alert, after.givenUp);
    this.#ports.log(
      "warning",
      `${describe(alert)} could not be sent (${reason}); next attempt in ${seconds(after.retryIn)}`,
    );
  }

  #reportSent(alert: Alert, relay: string, count: number, refused: readonly Refusal[]): void {
    const people = count === 1 ? "1 recipient" : `${count} recipients`;
    this.#ports.log("info", `Mail '${alert.subject}' sent to ${people} by ${relay}`);
    const forGood = refused.filter(({ permanent }) => permanent);
    if (forGood.length === 0) return;
    const who = forGood.map(({ recipient, reply }) => `${recipient} (${reply})`).join(", ");
    this.#ports.log("warning", `Mail '${alert.subject}': ${relay} refused ${who}`);
  }

  #reportGivenUp(alert: Alert, reason: string): void {
    const tries = alert.attempts === 1 ? "1 attempt" : `${alert.attempts} attempts`;
    const age = seconds(this.#ports.now() - alert.queuedAt);
    this.#ports.log("error", `${describe(alert)} given up after ${tries} in ${age}: ${reason}`);
  }

  #giveUpRest(reason: string): void {
    for (const alert of this.#queue.abandon()) this.#reportGivenUp(alert, reason);
  }
}
