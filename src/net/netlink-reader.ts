/**
 * Asks the kernel and reads what it answers: single replies and dumps, one question at a time, in turns of the loop.
 *
 * Netlink answers in the context of sendmsg(2) and goes on with a dump in that of recvmsg(2): what is to come of an
 * answer is there whenever it is asked for, and nothing has to be waited for.
 */
import { type Addon, META, META_FIELDS, SEND_FIELDS, type Socket } from "../native/addon.js";
import { align4, decodeHeader, type Header, setSequence } from "../netlink/attributes.js";
import { NLM_F_MULTI, NLMSG_DONE, NLMSG_ERROR } from "../netlink/constants.js";
import { decodeOutcome } from "../netlink/control.js";
import type { Decoded, Malformed } from "../netlink/decoded.js";
import type { Loop } from "./loop.js";
import { openNetlinkSocket } from "./netlink-socket.js";
import { applyReceiveBuffer, type ReceiveBuffer } from "./socket-option.js";
import { errnoName, type SystemError, systemErrorOf } from "./system-error.js";

/** The kernel makes parts of a dump as large as a reader has room for, up to this. */
const SLOT = 1 << 15;
/** Parts per system call, and per turn of the loop. */
const SLOTS = 4;
const RECEIVE_BUFFER = 1 << 20;

export type Answer<T> = { ok: true; messages: T[] } | { ok: false; error: SystemError };

/** How to read one message of an answer; `offset` is that of its header. */
type Decode<T> = (bytes: Uint8Array, offset: number, header: Header) => Decoded<T>;

interface Question {
  message: Uint8Array;
  call: string;
  subject: string;
  take: Decode<unknown>;
  settle: (error: SystemError | undefined) => void;
}

export class NetlinkReader {
  readonly #socket: Socket;
  readonly #loop: Loop;
  readonly #slab = new Uint8Array(SLOT * SLOTS);
  readonly #meta = new Int32Array(SLOTS * META_FIELDS);
  readonly #noAddresses = new Uint8Array(0);
  readonly #table = new Int32Array(SEND_FIELDS);
  readonly #waiting: Question[] = [];
  #current: Question | undefined;
  #sequence = 0;
  #scheduled = false;
  #closed = false;

  /** Throws a NativeError when there is no such protocol. */
  constructor(addon: Addon, loop: Loop, protocol: number) {
    this.#socket = openNetlinkSocket(addon, protocol, RECEIVE_BUFFER);
    this.#loop = loop;
  }

  /** Sends `message` (a dump, or a request with one reply) and reads all that comes. Never rejects. */
  ask<T>(message: Uint8Array, call: string, subject: string, decode: Decode<T>): Promise<Answer<T>> {
    const messages: T[] = [];
    return new Promise((resolve) => {
      this.#waiting.push({
        message,
        call,
        subject,
        take: (bytes, offset, header) => {
          const decoded = decode(bytes, offset, header);
          if (decoded.ok) messages.push(decoded.value);
          return decoded;
        },
        settle: (error) => {
          resolve(error === undefined ? { ok: true, messages } : { ok: false, error });
        },
      });
      this.#wake();
    });
  }

  /** Room for parts of an answer that wait. */
  setReceiveBuffer(buffer: ReceiveBuffer): void {
    applyReceiveBuffer(this.#socket, buffer, RECEIVE_BUFFER);
  }

  /** What waits is answered with ECANCELED. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    const left = this.#current === undefined ? this.#waiting : [this.#current, ...this.#waiting];
    this.#current = undefined;
    for (const { call, subject, settle } of left.splice(0)) settle({ call, code: "ECANCELED", subject });
  }

  #wake(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    this.#loop.soon(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#turn();
    });
  }

  #turn(): void {
    try {
      this.#current ??= this.#send();
      if (this.#current !== undefined) this.#read(this.#current);
    } catch (error) {
      const { call = "netlink", subject = "netlink" } = this.#current ?? {};
      this.#finish({ ...systemErrorOf(error, subject), call });
    }
    if (this.#current !== undefined || this.#waiting.length > 0) this.#wake();
  }

  #send(): Question | undefined {
    const question = this.#waiting.shift();
    if (question === undefined) return undefined;
    const { message } = question;
    this.#sequence = (this.#sequence + 1) >>> 0;
    setSequence(message, 0, this.#sequence);
    this.#table[1] = message.length;
    this.#current = question;
    this.#socket.sendBatch(message, this.#table, 0, 1, 0);
    return question;
  }

  #read(question: Question): void {
    const count = this.#socket.receiveBatch(this.#slab, SLOT, this.#meta, this.#noAddresses);
    if (count === 0) this.#finish({ call: question.call, code: "ENOBUFS", subject: question.subject });
    for (let slot = 0; slot < count && this.#current === question; slot++) {
      const start = slot * SLOT;
      this.#takeDatagram(question, start, start + (this.#meta[slot * META_FIELDS + META.length] ?? 0));
    }
  }

  #takeDatagram(question: Question, start: number, end: number): void {
    for (let at = start; at < end && this.#current === question; ) {
      const decoded = decodeHeader(this.#slab, at, end);
      if (!decoded.ok) {
        this.#refuse(question, decoded);
        return;
      }
      const header = decoded.value;
      if (header.sequence === this.#sequence) this.#takeMessage(question, at, header);
      at += align4(header.length);
    }
  }

  #takeMessage(question: Question, at: number, header: Header): void {
    if (header.type !== NLMSG_ERROR && header.type !== NLMSG_DONE) {
      const decoded = question.take(this.#slab, at, header);
      if (!decoded.ok) this.#refuse(question, decoded);
      // A single reply; the messages of a dump are many until NLMSG_DONE.
      else if ((header.flags & NLM_F_MULTI) === 0) this.#finish(undefined);
      return;
    }
    const outcome = decodeOutcome(this.#slab, at, header);
    if (!outcome.ok) {
      this.#refuse(question, outcome);
      return;
    }
    const { errno, text } = outcome.value;
    const { call, subject } = question;
    if (errno === 0) this.#finish(undefined);
    else this.#finish({ call, code: errnoName(errno), subject, ...(text !== undefined && { detail: text }) });
  }

  #refuse({ call, subject }: Question, { drop, detail }: { drop: Malformed; detail: string }): void {
    this.#finish({ call, code: "EBADMSG", subject, detail: `${drop}: ${detail}` });
  }

  #finish(error: SystemError | undefined): void {
    const question = this.#current;
    this.#current = undefined;
    question?.settle(error);
  }
}
