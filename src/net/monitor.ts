/**
 * Keeps the table of links current: one netlink socket that hears of links, addresses, routes and rules. Effects only; what
 * the messages mean is in `links.ts`.
 *
 * Dumps are read from the same socket, so that they and the notifications stay in one order. When the socket
 * overruns (ENOBUFS, or UV_EBADF from the poll, which stops itself then) notifications are lost: reading is started
 * again, what still waits is read, and only then everything is dumped anew. Until nothing waits the kernel leaves out
 * further notifications without a word (NETLINK_S_CONGESTED), so that a dump before would be out of date unnoticed.
 */
import type { Addon, Socket } from "../native/addon.js";
import { META, META_FIELDS, SEND_FIELDS } from "../native/addon.js";
import { encodeDumpAddresses } from "../netlink/address.js";
import { setSequence } from "../netlink/attributes.js";
import {
  AF_INET,
  AF_INET6,
  NLM_F_DUMP_INTR,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV4_RULE,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_IPV6_RULE,
  RTNLGRP_LINK,
} from "../netlink/constants.js";
import { encodeDumpLinks } from "../netlink/link.js";
import { decodeMessage, type Message, nextMessage } from "../netlink/message.js";
import { encodeDumpRoutes } from "../netlink/route.js";
import { encodeDumpRules } from "../netlink/rule.js";
import { MSG_TRUNC, NETLINK_ADD_MEMBERSHIP, NETLINK_ROUTE, SOL_NETLINK } from "./constants.js";
import type { Links } from "./links.js";
import type { Loop, Micros } from "./loop.js";
import { monitorFilter } from "./monitor-filter.js";
import { openNetlinkSocket } from "./netlink-socket.js";
import { applyReceiveBuffer, type ReceiveBuffer } from "./socket-option.js";
import { errnoName, type SystemError, systemErrorOf } from "./system-error.js";

const GROUPS = [
  RTNLGRP_LINK,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_IPV4_RULE,
  RTNLGRP_IPV6_RULE,
];
/** A part of a dump is up to 32 KiB; a notification is one message of a few hundred bytes. */
const DUMP_SLOT = 32768;
const NOTIFICATION_SLOT = 8192;
/** 64 notifications, as many as the addon reads at once. */
const SLAB = 64 * NOTIFICATION_SLOT;
const RECEIVE_BUFFER = 8 << 20;
/** System calls per wake-up; the rest waits for the next turn of the loop. */
const READS_PER_TURN = 8;

interface MonitorListener {
  /** Notifications were lost and everything is read anew. */
  overrun?(): void;
  failed?(error: SystemError): void;
}

export interface MonitorOptions {
  /** SO_RCVBUFFORCE; tests make it small. */
  receiveBuffer?: number;
}

export class Monitor {
  readonly #socket: Socket;
  readonly #links: Links;
  readonly #loop: Loop;
  readonly #listener: MonitorListener;
  readonly #slab = new Uint8Array(SLAB);
  readonly #meta = new Int32Array((SLAB / NOTIFICATION_SLOT) * META_FIELDS);
  readonly #noAddresses = new Uint8Array(0);
  readonly #table = new Int32Array(SEND_FIELDS);
  /** Dumps still to be asked for; the one under way has `#sequence`. */
  #dumps: Uint8Array[] = [];
  #dumping = false;
  #sequence = 0;
  /** The dump under way is worthless: something changed or was lost in its middle. */
  #stale = false;
  /** Everything has to be dumped anew, as soon as nothing waits. */
  #outdated = false;
  #started: (() => void)[] = [];
  #closed = false;
  /** Ends a pause. */
  #resume: (() => void) | undefined;

  constructor(
    addon: Addon,
    links: Links,
    loop: Loop,
    listener: MonitorListener = {},
    options: MonitorOptions = {},
  ) {
    this.#links = links;
    this.#loop = loop;
    this.#listener = listener;
    this.#socket = openNetlinkSocket(addon, NETLINK_ROUTE, options.receiveBuffer ?? RECEIVE_BUFFER);
    links.addListener({ protocolsChanged: () => this.#attachFilter() });
  }

  /** Subscribes, then dumps; resolves when the table is complete. */
  start(): Promise<void> {
    this.#attachFilter();
    for (const group of GROUPS) this.#socket.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    this.#startReading();
    const complete = new Promise<void>((resolve) => this.#started.push(resolve));
    this.#refresh();
    return complete;
  }

  /** Reads everything that waits now: for a decision that should not be made on old news. */
  drain(): void {
    while (!this.#closed && this.#read());
  }

  /**
   * Leaves what comes unread until `resume`, or for so long: while most of it is the echo of our own doing, reading it
   * would only delay that. Nothing is lost, the socket keeps it.
   */
  pause(micros: Micros): void {
    if (this.#resume !== undefined || this.#dumping || this.#closed) return;
    this.#socket.stopReading();
    const cancel = this.#loop.at(this.#loop.now() + micros, () => this.resume());
    this.#resume = () => {
      cancel();
      this.#startReading();
    };
  }

  resume(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    if (!this.#closed) resume?.();
  }

  /** Room for messages that wait. */
  setReceiveBuffer(buffer: ReceiveBuffer): void {
    applyReceiveBuffer(this.#socket, buffer, RECEIVE_BUFFER);
  }

  /** Keeps (default) or does not keep the event loop alive. */
  setRef(ref: boolean): void {
    this.#socket.setRef(ref);
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  #attachFilter(): void {
    this.#socket.attachFilter(monitorFilter(this.#links.protocols));
  }

  #startReading(): void {
    this.#socket.startReading((status) => {
      if (this.#closed) return;
      if (status < 0) this.#onOverrun(true);
      else for (let i = 0; i < READS_PER_TURN && !this.#closed && this.#read(); i++);
    });
  }

  /** One system call. @returns whether more may wait. */
  #read(): boolean {
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
    const more = truncated || count === this.#slab.length / slot;
    if (!more && this.#outdated && !this.#dumping) this.#refresh();
    return more;
  }

  #takeDatagram(start: number, end: number): void {
    for (let at = start; at < end && !this.#closed; at = nextMessage(this.#slab, at, end)) {
      const decoded = decodeMessage(this.#slab, at, end);
      if (decoded.ok) this.#take(decoded.value);
    }
  }

  #take(message: Message): void {
    if (message.kind !== "done" && message.kind !== "answer") {
      if ((message.header.flags & NLM_F_DUMP_INTR) !== 0) this.#stale = true;
      this.#links.apply(message);
      return;
    }
    if (!this.#dumping || message.header.sequence !== this.#sequence) return;
    if ((message.header.flags & NLM_F_DUMP_INTR) !== 0) this.#stale = true;
    const { errno } = message.outcome;
    // A family that this kernel does not have cannot be dumped; nothing is lost by that.
    if (errno !== 0 && errnoName(errno) !== "EOPNOTSUPP" && errnoName(errno) !== "EAFNOSUPPORT") {
      this.#listener.failed?.({ call: "netlink dump", code: errnoName(errno), subject: "netlink monitor" });
    }
    this.#dumpNext();
  }

  #onOverrun(pollStopped: boolean): void {
    this.#listener.overrun?.();
    if (pollStopped) {
      // The pending ENOBUFS is what stopped the poll: it has to be fetched before polling works again.
      this.#socket.stopReading();
      while (this.#discardError());
      this.#startReading();
    }
    if (this.#dumping) {
      this.#stale = true;
      return;
    }
    this.#outdated = true;
    this.#loop.soon(() => this.drain());
  }

  /** @returns whether an error was pending. */
  #discardError(): boolean {
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

  #refresh(): void {
    this.#links.beginRefresh();
    this.#stale = this.#outdated = false;
    this.#dumps = [encodeDumpLinks(), encodeDumpAddresses()];
    for (const protocol of this.#links.protocols) {
      this.#dumps.push(encodeDumpRoutes(AF_INET, protocol), encodeDumpRoutes(AF_INET6, protocol));
    }
    this.#dumps.push(encodeDumpRules(AF_INET), encodeDumpRules(AF_INET6));
    this.#dumping = true;
    this.#dumpNext();
  }

  #dumpNext(): void {
    if (this.#stale) {
      this.#dumping = false;
      this.#outdated = true;
      this.#loop.soon(() => this.drain());
      return;
    }
    const request = this.#dumps.shift();
    if (request === undefined) {
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
