/**
 * A kernel as the channel and the monitor see it: it carries out requests that it decodes from their bytes, keeps
 * addresses and routes, and notifies. Notifications wait until `deliver` when a test wants the monitor to lag.
 */
import { formatAddress } from "../../../src/net/ip-address.js";
import type { Links } from "../../../src/net/links.js";
import type { Loop } from "../../../src/net/loop.js";
import type { Channel, KernelRequest, RequestSource, Result } from "../../../src/net/netlink-channel.js";
import { decodeMessage, type Message } from "../../../src/netlink/message.js";

const BATCH = 32;
const IFF_UP_RUNNING = 0x41;

export class FakeKernel implements Channel {
  readonly portId = 4711;
  /** Texts such as "192.0.2.1/24 on 3", in the order they were added. */
  readonly present = new Map<string, Message>();
  /** Every request, as "add 192.0.2.1/24 on 3". */
  readonly log: string[] = [];
  /** Answers other than success: errno name by the text of the log. */
  readonly refusals = new Map<string, string>();
  /** Notifications that the monitor has not read yet. */
  readonly pending: Message[] = [];
  lagging = false;
  readonly #links: Links;
  readonly #loop: Loop;
  readonly #sources: RequestSource[] = [];
  #scheduled = false;

  constructor(links: Links, loop: Loop) {
    this.#links = links;
    this.#loop = loop;
  }

  serve(source: RequestSource): void {
    this.#sources.push(source);
  }

  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#loop.soon(() => {
      this.#scheduled = false;
      for (const source of this.#sources) {
        const requests = source.take(BATCH);
        if (requests.length === 0) continue;
        const results = requests.map((request) => this.#perform(request));
        this.wake();
        source.finished(results);
      }
      if (!this.lagging) this.deliver();
    });
  }

  request(requests: readonly KernelRequest[]): Promise<Result[]> {
    return Promise.resolve(requests.map((request) => this.#perform(request)));
  }

  close(): void {}

  /** The monitor reads what waits. */
  deliver(): void {
    for (const message of this.pending.splice(0)) this.#links.apply(message);
  }

  link(index: number, name: string, up: boolean): void {
    const link = {
      family: 0,
      type: 1,
      index,
      flags: up ? IFF_UP_RUNNING : 0,
      name,
      master: 0,
      parent: 0,
      group: 0,
      mtu: 1500,
    };
    const mac = Uint8Array.of(2, 0, 0, 0, 0, index);
    this.#notify({ header: header(16), kind: "link", removed: false, link: { ...link, mac } });
  }

  unlink(index: number): void {
    const link = { family: 0, type: 1, index, flags: 0, master: 0, parent: 0, group: 0 };
    for (const [text, message] of [...this.present]) {
      if (message.kind === "address" && message.address.index === index) this.present.delete(text);
    }
    this.#notify({ header: header(17), kind: "link", removed: true, link });
  }

  /** The flags of an address change. */
  flag(text: string, flags: number): void {
    const message = this.present.get(text);
    if (message?.kind !== "address") throw new Error(`${text} is not there`);
    this.#notify({ ...message, address: { ...message.address, flags } });
  }

  /** Somebody else removes it; port id 0 is the kernel itself. */
  steal(text: string, portId = 0): void {
    const message = this.present.get(text);
    if (message === undefined) throw new Error(`${text} is not there`);
    this.present.delete(text);
    if (message.kind === "address" || message.kind === "route" || message.kind === "rule")
      this.#notify({ ...message, header: { ...message.header, portId }, removed: true });
  }

  /** The monitor overran: what waits is lost, and a dump of what is there follows. */
  overrun(): void {
    this.pending.length = 0;
    const links = [...this.#links.all()];
    this.#links.beginRefresh();
    for (const link of links) this.link(link.index, link.name, link.up);
    this.pending.push(...this.present.values());
    this.deliver();
    this.#links.endRefresh();
  }

  #notify(message: Message): void {
    this.pending.push(message);
    if (!this.lagging) this.deliver();
  }

  #perform({ message: bytes, call, subject }: KernelRequest): Result {
    const decoded = decodeMessage(bytes, 0, bytes.length);
    if (!decoded.ok) throw new Error(decoded.detail);
    const message = decoded.value;
    const text = describe(message);
    const removal = call.startsWith("RTM_DEL");
    const entry = `${removal ? "remove" : "add"} ${text}`;
    this.log.push(entry);
    const there = this.present.has(text);
    const code =
      this.refusals.get(entry) ??
      (removal && !there ? (GONE[message.kind] ?? "ESRCH") : !removal && there ? "EEXIST" : undefined);
    if (code !== undefined) return { ok: false, error: { call, code, subject } };
    if (removal) this.present.delete(text);
    else this.present.set(text, message);
    // As the real one: the monitor hears of it after the answer.
    this.pending.push({
      ...message,
      header: { ...message.header, portId: message.kind === "address" ? 0 : this.portId },
    });
    return { ok: true };
  }
}

/** What the kernel says of something that is not there. */
const GONE: Readonly<Record<string, string>> = { address: "EADDRNOTAVAIL", route: "ESRCH", rule: "ENOENT" };

function header(type: number): Message["header"] {
  return { length: 16, type, flags: 0, sequence: 0, portId: 0 };
}

function describe(message: Message): string {
  if (message.kind === "address") {
    return `${formatAddress(message.address.local)}/${message.address.prefixLength} on ${message.address.index}`;
  }
  if (message.kind === "rule") return `rule ${message.rule.priority}`;
  if (message.kind === "route")
    return `route ${formatAddress(message.route.destination)}/${message.route.prefixLength}`;
  throw new Error("unexpected request");
}
