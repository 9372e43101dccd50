import { META, META_FIELDS, SEND_FIELDS } from "../native/addon.js";
import { encodeDumpAddresses } from "../netlink/address.js";
import { setSequence } from "../netlink/attributes.js";
import {
  AF_INET,
  AF_INET6,
  NLM_F_DUMP_INTR,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_LINK
} from "../netlink/constants.js";
import { encodeDumpLinks } from "../netlink/link.js";
import { decodeMessage, nextMessage } from "../netlink/message.js";
import { encodeDumpRoutes } from "../netlink/route.js";
import { MSG_TRUNC, NETLINK_ADD_MEMBERSHIP, SOL_NETLINK } from "./constants.js";
import { monitorFilter } from "./monitor-filter.js";
import { openRouteSocket } from "./netlink-channel.js";
import { errnoName, systemErrorOf } from "./system-error.js";
const GROUPS = [
  RTNLGRP_LINK,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV6_ROUTE
];
const DUMP_SLOT = 32768;
const NOTIFICATION_SLOT = 8192;
const SLAB = 64 * NOTIFICATION_SLOT;
const RECEIVE_BUFFER = 8 << 20;
const READS_PER_TURN = 8;
class Monitor {
  #socket;
  #links;
  #loop;
  #listener;
  #slab = new Uint8Array(SLAB);
  #meta = new Int32Array(SLAB / NOTIFICATION_SLOT * META_FIELDS);
  #noAddresses = new Uint8Array(0);
  #table = new Int32Array(SEND_FIELDS);
  /** Dumps still to be asked for; the one under way has `#sequence`. */
  #dumps = [];
  #dumping = false;
  #sequence = 0;
  /** The dump under way is worthless: something changed or was lost in its middle. */
  #stale = false;
  #started = [];
  #closed = false;
  constructor(addon, links, loop, listener = {}, options = {}) {
    this.#links = links;
    this.#loop = loop;
    this.#listener = listener;
    this.#socket = openRouteSocket(addon, options.receiveBuffer ?? RECEIVE_BUFFER);
    links.addListener({ protocolsChanged: () => this.#attachFilter() });
  }
  /** Subscribes, then dumps; resolves when the table is complete. */
  start() {
    this.#attachFilter();
    for (const group of GROUPS) this.#socket.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    this.#startReading();
    const complete = new Promise((resolve) => this.#started.push(resolve));
    this.#refresh();
    return complete;
  }
  /** Reads everything that waits now: for a decision that should not be made on old news. */
  drain() {
    while (!this.#closed && this.#read()) ;
  }
  /** Keeps (default) or does not keep the event loop alive. */
  setRef(ref) {
    this.#socket.setRef(ref);
  }
  close() {
    this.#closed = true;
    this.#socket.close();
  }
  #attachFilter() {
    this.#socket.attachFilter(monitorFilter(this.#links.protocols));
  }
  #startReading() {
    this.#socket.startReading((status) => {
      if (this.#closed) return;
      if (status < 0) this.#onOverrun(true);
      else for (let i = 0; i < READS_PER_TURN && !this.#closed && this.#read(); i++) ;
    });
  }
  /** One system call. @returns whether more may wait. */
  #read() {
    const slot = this.#dumping ? DUMP_SLOT : NOTIFICATION_SLOT;
    let count = 0;
    try {
      count = this.#socket.receiveBatch(this.#slab, slot, this.#meta, this.#noAddresses);
    } catch (error) {
      const failure = systemErrorOf(error, "netlink monitor");
      if (failure.code !== "ENOBUFS") throw error;
      this.#onOverrun(false);
      return true;
    }
    let truncated = false;
    for (let i = 0; i < count; i++) {
      const length = this.#meta[i * META_FIELDS + META.length] ?? 0;
      truncated ||= ((this.#meta[i * META_FIELDS + META.flags] ?? 0) & MSG_TRUNC) !== 0;
      this.#takeDatagram(i * slot, i * slot + length);
    }
    if (truncated) this.#onOverrun(false);
    return truncated || count === this.#slab.length / slot;
  }
  #takeDatagram(start, end) {
    for (let at = start; at < end && !this.#closed; at = nextMessage(this.#slab, at, end)) {
      const decoded = decodeMessage(this.#slab, at, end);
      if (decoded.ok) this.#take(decoded.value);
    }
  }
  #take(message) {
    if (message.kind !== "done" && message.kind !== "answer") {
      if ((message.header.flags & NLM_F_DUMP_INTR) !== 0) this.#stale = true;
      this.#links.apply(message);
      return;
    }
    if (!this.#dumping || message.header.sequence !== this.#sequence) return;
    if ((message.header.flags & NLM_F_DUMP_INTR) !== 0) this.#stale = true;
    const { errno } = message.outcome;
    if (errno !== 0 && errnoName(errno) !== "EOPNOTSUPP" && errnoName(errno) !== "EAFNOSUPPORT") {
      this.#listener.failed?.({ call: "netlink dump", code: errnoName(errno), subject: "netlink monitor" });
    }
    this.#dumpNext();
  }
  #onOverrun(pollStopped) {
    this.#listener.overrun?.();
    if (pollStopped) {
      this.#socket.stopReading();
      while (this.#discardError()) ;
      this.#startReading();
    }
    if (this.#dumping) this.#stale = true;
    else this.#refresh();
  }
  /** @returns whether an error was pending. */
  #discardError() {
    try {
      const count = this.#socket.receiveBatch(this.#slab, DUMP_SLOT, this.#meta, this.#noAddresses);
      for (let i = 0; i < count; i++) {
        this.#takeDatagram(i * DUMP_SLOT, i * DUMP_SLOT + (this.#meta[i * META_FIELDS + META.length] ?? 0));
      }
      return false;
    } catch (error) {
      systemErrorOf(error, "netlink monitor");
      return true;
    }
  }
  #refresh() {
    this.#links.beginRefresh();
    this.#stale = false;
    this.#dumps = [encodeDumpLinks(), encodeDumpAddresses()];
    for (const protocol of this.#links.protocols) {
      this.#dumps.push(encodeDumpRoutes(AF_INET, protocol), encodeDumpRoutes(AF_INET6, protocol));
    }
    this.#dumping = true;
    this.#dumpNext();
  }
  #dumpNext() {
    if (this.#stale) {
      this.#stale = false;
      this.#loop.soon(() => {
        if (!this.#closed) this.#refresh();
      });
      return;
    }
    const request = this.#dumps.shift();
    if (request === void 0) {
      this.#dumping = false;
      this.#links.endRefresh();
      for (const resolve of this.#started.splice(0)) resolve();
      return;
    }
    this.#sequence++;
    setSequence(request, 0, this.#sequence);
    this.#table[1] = request.length;
    this.#socket.sendBatch(request, this.#table, 0, 1, 0);
  }
}
export {
  Monitor
};
//# sourceMappingURL=monitor.js.map
