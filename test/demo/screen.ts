/** What the demo shows: a line for each thing that happens and, on a terminal, a status line below that is drawn anew. */
import type { Lab } from "../lab/harness/lab.js";
import type { PingReplies } from "../lab/harness/pinger.js";
import type { CapturedAdvert } from "../lab/harness/capture.js";

const terminal = process.stdout.isTTY;
const style = (code: number, text: string): string => (terminal ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = (text: string): string => style(1, text);
export const green = (text: string): string => style(32, text);
export const red = (text: string): string => style(31, text);
const dim = (text: string): string => style(2, text);

export interface Shown {
  lab: Lab;
  address: string;
  /** Name of each router by the address it sends from. */
  routers: ReadonlyMap<string, string>;
  replies: PingReplies;
}

export class Screen {
  readonly #shown: Shown;
  readonly #startedAt = Date.now();
  readonly #refresh: NodeJS.Timeout;
  #adverts = 0;
  #events = 0;

  constructor(shown: Shown) {
    this.#shown = shown;
    // What is shown is read anew ten times a second; nothing waits for it.
    this.#refresh = setInterval(() => {
      this.#draw();
    }, 100);
    this.#refresh.unref();
  }

  /** A line of its own, above the status line. */
  say(text: string, at = Date.now()): void {
    const seconds = Math.max(0, (at - this.#startedAt) / 1000)
      .toFixed(1)
      .padStart(5);
    process.stdout.write(`${terminal ? "\r\u001b[K" : ""}${dim(`${seconds} s`)}  ${text}\n`);
  }

  close(): void {
    clearInterval(this.#refresh);
    this.#draw();
    if (terminal) process.stdout.write("\r\u001b[K");
  }

  #draw(): void {
    const { lab, address } = this.#shown;
    const news = [
      ...lab.holders.events
        .slice(this.#events)
        .filter((event) => event.address === address)
        .map(({ at, host, added }) => ({
          at,
          text: `${bold(host)} ${added ? "now holds" : "gave up"} ${address}`,
        })),
      ...lab.capture.adverts
        .slice(this.#adverts)
        .map((advert) => ({ at: advert.at, text: dim(this.#describe(advert)) })),
    ];
    for (const { at, text } of news.sort((a, b) => a.at - b.at)) this.say(text, at);
    this.#events = lab.holders.events.length;
    this.#adverts = lab.capture.adverts.length;
    if (terminal) process.stdout.write(`\r\u001b[K${this.#status()}`);
  }

  #describe({ source, priority, vrid, version }: CapturedAdvert): string {
    const name = this.#shown.routers.get(source) ?? source;
    const meaning = priority === 0 ? "priority 0: I stop" : `priority ${priority}`;
    return `advert of ${name}: VRRPv${version}, router ${vrid}, ${meaning}`;
  }

  #status(): string {
    const { lab, address, routers, replies } = this.#shown;
    const holders = lab.holders.of(address);
    const parts = [...routers].map(([source, name]) => {
      const last = lab.capture.adverts.findLast((advert) => advert.source === source);
      const priority = last === undefined ? "" : ` priority ${last.priority}`;
      return holders.includes(name) ? green(`● ${name}${priority}`) : dim(`○ ${name}`);
    });
    const silentMs = Date.now() - (replies.times.at(-1) ?? this.#startedAt);
    const client =
      silentMs < 100
        ? green("client: answered")
        : red(`client: no answer for ${(silentMs / 1000).toFixed(1)} s`);
    return `  ${address}  ${parts.join("  ")}  ${client}`;
  }
}
