import { formatAddress } from "../../../src/net/ip-address.js";
import { decodeMessage } from "../../../src/netlink/message.js";
const BATCH = 32;
const IFF_UP_RUNNING = 65;
class FakeKernel {
  portId = 4711;
  /** Texts such as "192.0.2.1/24 on 3", in the order they were added. */
  present = /* @__PURE__ */ new Map();
  /** Every request, as "add 192.0.2.1/24 on 3". */
  log = [];
  /** Answers other than success: errno name by the text of the log. */
  refusals = /* @__PURE__ */ new Map();
  /** Notifications that the monitor has not read yet. */
  pending = [];
  lagging = false;
  #links;
  #loop;
  #sources = [];
  #scheduled = false;
  constructor(links, loop) {
    this.#links = links;
    this.#loop = loop;
  }
  serve(source) {
    this.#sources.push(source);
  }
  wake() {
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
  request(requests) {
    return Promise.resolve(requests.map((request) => this.#perform(request)));
  }
  close() {
  }
  /** The monitor reads what waits. */
  deliver() {
    for (const message of this.pending.splice(0)) this.#links.apply(message);
  }
  link(index, name, up) {
    const link = { family: 0, type: 1, index, flags: up ? IFF_UP_RUNNING : 0, name, master: 0, mtu: 1500 };
    const mac = Uint8Array.of(2, 0, 0, 0, 0, index);
    this.#notify({ header: header(16), kind: "link", removed: false, link: { ...link, mac } });
  }
  unlink(index) {
    const link = { family: 0, type: 1, index, flags: 0, master: 0 };
    for (const [text, message] of [...this.present]) {
      if (message.kind === "address" && message.address.index === index) this.present.delete(text);
    }
    this.#notify({ header: header(17), kind: "link", removed: true, link });
  }
  /** Somebody else removes it. */
  steal(text) {
    const message = this.present.get(text);
    if (message === void 0) throw new Error(`${text} is not there`);
    this.present.delete(text);
    if (message.kind === "address" || message.kind === "route") this.#notify({ ...message, removed: true });
  }
  /** The monitor overran: what waits is lost, and a dump of what is there follows. */
  overrun() {
    this.pending.length = 0;
    const links = [...this.#links.all()];
    this.#links.beginRefresh();
    for (const link of links) this.link(link.index, link.name, link.up);
    this.pending.push(...this.present.values());
    this.deliver();
    this.#links.endRefresh();
  }
  #notify(message) {
    this.pending.push(message);
    if (!this.lagging) this.deliver();
  }
  #perform({ message: bytes, call, subject }) {
    const decoded = decodeMessage(bytes, 0, bytes.length);
    if (!decoded.ok) throw new Error(decoded.detail);
    const message = decoded.value;
    const text = describe(message);
    const removal = call.startsWith("RTM_DEL");
    const entry = `${removal ? "remove" : "add"} ${text}`;
    this.log.push(entry);
    const there = this.present.has(text);
    const code = this.refusals.get(entry) ?? (removal && !there ? "EADDRNOTAVAIL" : !removal && there ? "EEXIST" : void 0);
    if (code !== void 0) return { ok: false, error: { call, code, subject } };
    if (removal) this.present.delete(text);
    else this.present.set(text, message);
    this.pending.push({ ...message, header: { ...message.header, portId: message.kind === "route" ? this.portId : 0 } });
    return { ok: true };
  }
}
function header(type) {
  return { length: 16, type, flags: 0, sequence: 0, portId: 0 };
}
function describe(message) {
  if (message.kind === "address") {
    return `${formatAddress(message.address.local)}/${message.address.prefixLength} on ${message.address.index}`;
  }
  if (message.kind === "route") return `route ${formatAddress(message.route.destination)}/${message.route.prefixLength}`;
  throw new Error("unexpected request");
}
export {
  FakeKernel
};
//# sourceMappingURL=fake-kernel.js.map
