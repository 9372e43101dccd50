import { META, META_FIELDS, SEND_FIELDS } from "../native/addon.js";
import { addFlags, align4, setSequence } from "../netlink/attributes.js";
import { NLM_F_ACK } from "../netlink/constants.js";
import { decodeMessage, nextMessage } from "../netlink/message.js";
import {
  AF_NETLINK,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET
} from "./constants.js";
import { netlinkPortId, sockaddrNl } from "./socket-address.js";
import { errnoName, systemErrorOf } from "./system-error.js";
const BATCH = 32;
function openChannel(addon, loop) {
  return new NetlinkChannel(openRouteSocket(addon, RECEIVE_BUFFER), loop);
}
const RECEIVE_BUFFER = 1 << 20;
const SLOT = 1024;
function openRouteSocket(addon, receiveBuffer) {
  const socket = new addon.Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  tryOption(socket, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  tryOption(socket, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  tryOption(socket, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  if (!tryOption(socket, SOL_SOCKET, SO_RCVBUFFORCE, receiveBuffer)) {
    tryOption(socket, SOL_SOCKET, SO_RCVBUF, receiveBuffer);
  }
  socket.bind(sockaddrNl());
  return socket;
}
function tryOption(socket, level, name, value) {
  try {
    socket.setOption(level, name, value);
    return true;
  } catch (error) {
    systemErrorOf(error, "netlink socket");
    return false;
  }
}
class Once {
  #waiting = [];
  #taken = [];
  add(request) {
    return new Promise((settle) => this.#waiting.push({ request, settle }));
  }
  take(max) {
    const taken = this.#waiting.splice(0, max);
    this.#taken = taken;
    return taken.map(({ request }) => request);
  }
  finished(results) {
    for (const [i, { settle }] of this.#taken.entries()) settle(results[i]);
  }
}
class NetlinkChannel {
  portId;
  #socket;
  #loop;
  #once = new Once();
  #sources = [this.#once];
  #answers = new Uint8Array(2 * BATCH * SLOT);
  #meta = new Int32Array(2 * BATCH * META_FIELDS);
  #noAddresses = new Uint8Array(0);
  #table = new Int32Array(SEND_FIELDS);
  #slab = new Uint8Array(BATCH * 256);
  #sequence = 0;
  #scheduled = false;
  #closed = false;
  #next = 0;
  constructor(socket, loop) {
    this.#socket = socket;
    this.#loop = loop;
    this.portId = netlinkPortId(socket.localAddress()) ?? 0;
  }
  serve(source) {
    this.#sources.push(source);
  }
  wake() {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    this.#loop.soon(() => this.#turn());
  }
  async request(requests) {
    const results = requests.map((request) => this.#once.add(request));
    this.wake();
    return Promise.all(results);
  }
  close() {
    this.#closed = true;
    this.#socket.close();
  }
  /** One batch of one source; another turn follows while there is work. */
  #turn() {
    this.#scheduled = false;
    if (this.#closed) return;
    for (let tried = 0; tried < this.#sources.length; tried++) {
      const source = this.#sources[this.#next % this.#sources.length];
      this.#next++;
      const requests = source.take(BATCH);
      if (requests.length === 0) continue;
      const results = this.#perform(requests);
      this.wake();
      source.finished(results);
      return;
    }
  }
  #perform(requests) {
    const first = this.#sequence + 1;
    const results = requests.map(({ call, subject }) => ({
      ok: false,
      // Only seen when the kernel gave no answer, which takes an overrun of this socket.
      error: { call, subject, code: "ENOBUFS", detail: "no answer from the kernel" }
    }));
    try {
      this.#table[1] = this.#fill(requests);
      if (this.#socket.sendBatch(this.#slab, this.#table, 0, 1, 0) === 0) return results;
      this.#readAnswers(requests, first, results);
    } catch (error) {
      const failure = systemErrorOf(error, "netlink");
      for (const [i, result] of results.entries()) {
        const { subject = "" } = requests[i] ?? {};
        if (!result.ok && result.error.code === "ENOBUFS") results[i] = { ok: false, error: { ...failure, subject } };
      }
    }
    return results;
  }
  /** @returns bytes of the batch. */
  #fill(requests) {
    const length = requests.reduce((sum, { message }) => sum + align4(message.length), 0);
    if (length > this.#slab.length) this.#slab = new Uint8Array(2 * length);
    let at = 0;
    for (const { message } of requests) {
      this.#slab.set(message, at);
      this.#sequence = this.#sequence + 1 >>> 0;
      setSequence(this.#slab, at, this.#sequence);
      addFlags(this.#slab, at, NLM_F_ACK);
      at += align4(message.length);
    }
    return at;
  }
  #readAnswers(requests, first, results) {
    for (; ; ) {
      const count = this.#socket.receiveBatch(this.#answers, SLOT, this.#meta, this.#noAddresses);
      for (let slot = 0; slot < count; slot++) {
        const end = slot * SLOT + (this.#meta[slot * META_FIELDS + META.length] ?? 0);
        for (let at = slot * SLOT; at < end; at = nextMessage(this.#answers, at, end)) {
          this.#takeAnswer(requests, at, end, first, results);
        }
      }
      if (count < 2 * BATCH) return;
    }
  }
  #takeAnswer(requests, at, end, first, results) {
    const decoded = decodeMessage(this.#answers, at, end);
    if (!decoded.ok || decoded.value.kind !== "answer") return;
    const { header, outcome } = decoded.value;
    const i = header.sequence - first >>> 0;
    const request = requests[i];
    if (request === void 0) return;
    if (outcome.errno === 0) {
      results[i] = { ok: true };
      return;
    }
    const error = { call: request.call, code: errnoName(outcome.errno), subject: request.subject };
    if (outcome.text !== void 0) error.detail = outcome.text;
    results[i] = { ok: false, error };
  }
}
export {
  BATCH,
  openChannel,
  openRouteSocket
};
//# sourceMappingURL=netlink-channel.js.map
