/** A kernel with IPVS as a channel sees it: it carries out requests that it decodes from their bytes. */
import { formatAddress } from "../../../../src/net/ip-address.js";
import type { Channel, KernelRequest, RequestSource, Result } from "../../../../src/net/netlink-channel.js";
import { decodeHeader, HEADER_LENGTH } from "../../../../src/netlink/attributes.js";
import { decodeDestination } from "../../../../src/netlink/ipvs-destination.js";
import { decodeService } from "../../../../src/netlink/ipvs-service.js";
import type { VirtualLoop } from "../../net/virtual-loop.js";

const BATCH = 32;
const VERBS = ["", "add", "edit", "delete", "", "add", "edit", "delete"];

export class FakeIpvs implements Channel {
  readonly portId = 4711;
  /** Destinations with their weights, by service. */
  readonly table = new Map<string, Map<string, number>>();
  /** Every request, as "add 10.0.0.1:80 > 10.0.0.11:80 = 1". */
  readonly log: string[] = [];
  /** Answers other than success: errno name by the text of the log. */
  readonly refusals = new Map<string, string>();
  /** Requests of each system call. */
  readonly batches: number[] = [];
  readonly #loop: VirtualLoop;
  readonly #sources: RequestSource[] = [];

  constructor(loop: VirtualLoop) {
    this.#loop = loop;
  }

  serve(source: RequestSource): void {
    this.#sources.push(source);
  }

  wake(): void {
    this.#loop.soon(() => {
      for (const source of this.#sources) {
        const requests = source.take(BATCH);
        if (requests.length === 0) continue;
        this.batches.push(requests.length);
        source.finished(requests.map((request) => this.#perform(request)));
        this.wake();
      }
    });
  }

  request(requests: readonly KernelRequest[]): Promise<Result[]> {
    return Promise.resolve(requests.map((request) => this.#perform(request)));
  }

  close(): void {}

  #perform({ message, call, subject }: KernelRequest): Result {
    const command = message[HEADER_LENGTH] ?? 0;
    const [text, code] = command === 17 ? this.#flush() : this.#edit(message, command);
    this.log.push(text);
    const refusal = this.refusals.get(text) ?? code;
    return refusal === undefined ? { ok: true } : { ok: false, error: { call, code: refusal, subject } };
  }

  #flush(): [text: string, code: undefined] {
    this.table.clear();
    return ["flush", undefined];
  }

  #edit(message: Uint8Array, command: number): [text: string, code: string | undefined] {
    const header = decodeHeader(message, 0, message.length);
    if (!header.ok) throw new Error(header.detail);
    const service = decodeService(message, 0, header.value);
    if (!service.ok) throw new Error(service.detail);
    const { identity } = service.value;
    const name =
      identity.kind === "mark"
        ? `mark ${identity.mark}`
        : `${formatAddress(identity.address)}:${identity.port}`;
    if (command < 4) {
      const text = `${VERBS[command]} ${name}${command < 3 ? ` ${service.value.scheduler}` : ""}`;
      return [text, this.refusals.has(text) ? undefined : this.#editService(command, name)];
    }
    const destination = decodeDestination(message, 0, header.value, identity.family);
    if (!destination.ok) throw new Error(destination.detail);
    const { address, port, weight } = destination.value;
    const endpoint = `${formatAddress(address)}:${port}`;
    const text = `${VERBS[command]} ${name} > ${endpoint}${command < 7 ? ` = ${weight}` : ""}`;
    return [
      text,
      this.refusals.has(text) ? undefined : this.#editDestination(command, name, endpoint, weight),
    ];
  }

  #editService(command: number, name: string): string | undefined {
    const there = this.table.has(name);
    if (command === 1 && there) return "EEXIST";
    if (command !== 1 && !there) return "ESRCH";
    if (command === 1) this.table.set(name, new Map());
    if (command === 3) this.table.delete(name);
    return undefined;
  }

  #editDestination(command: number, name: string, endpoint: string, weight: number): string | undefined {
    const destinations = this.table.get(name);
    if (destinations === undefined) return "ESRCH";
    if (command === 5 && destinations.has(endpoint)) return "EEXIST";
    if (command !== 5 && !destinations.has(endpoint)) return "ENOENT";
    if (command === 7) destinations.delete(endpoint);
    else destinations.set(endpoint, weight);
    return undefined;
  }
}
