/**
 * The command socket: requests go to the kernel in batches. One batch per turn of the loop, so that adverts are served in
 * between however many addresses there are. Only the last request of a batch asks for an acknowledgement: the kernel works
 * in order and answers what it refuses in any case, so that the answer to the last one tells of success of the others.
 *
 * rtnetlink (and generic netlink) works in the context of sendmsg(2): when the call returns, all answers wait in the receive queue. A batch
 * is therefore two system calls and its results are known at once. Work is pulled, not pushed: what a source no longer
 * wants when its turn comes is never sent.
 */
import type { Addon, Socket } from "../native/addon.js";
import { META, META_FIELDS, SEND_FIELDS } from "../native/addon.js";
import { align4 } from "../netlink/attributes.js";
import { NLM_F_ACK } from "../netlink/constants.js";
import { LITTLE_ENDIAN } from "../netlink/host-order.js";
import { decodeMessage, nextMessage } from "../netlink/message.js";
import { NETLINK_ROUTE } from "./constants.js";
import type { Loop } from "./loop.js";
import { openNetlinkSocket } from "./netlink-socket.js";
import { netlinkPortId } from "./socket-address.js";
import { applyReceiveBuffer, type ReceiveBuffer } from "./socket-option.js";
import { errnoName, type SystemError, systemErrorOf } from "./system-error.js";

/** Requests per sendmsg. More would hold the loop for longer than a millisecond. */
export const BATCH = 32;

export interface KernelRequest {
  /** A whole netlink message without NLM_F_ACK; the sequence number is filled in here. */
  message: Uint8Array;
  /** For the error: "RTM_NEWADDR". */
  call: string;
  subject: string;
}

export type Result = { ok: true } | { ok: false; error: SystemError };

const DONE: Result = { ok: true };

/** Only seen when the kernel refused the whole batch, or gave no last answer, which takes an overrun of this socket. */
function unanswered({ call, subject }: KernelRequest, failure: SystemError | undefined): Result {
  if (failure !== undefined) return { ok: false, error: { ...failure, subject } };
  return { ok: false, error: { call, subject, code: "ENOBUFS", detail: "no answer from the kernel" } };
}

/** Who has work for the channel. */
export interface RequestSource {
  /** @returns up to `max` requests to send now; none when there is nothing to do. */
  take(max: number): KernelRequest[];
  /** The results of what was taken last, in the same order. */
  finished(results: Result[]): void;
}

export interface Channel {
  /** Netlink port id of our requests, as seen in `Origin`. */
  readonly portId: number;
  /** Adds a source; sources are asked in turn, after `wake`, until none has work. */
  serve(source: RequestSource): void;
  wake(): void;
  /** One-off requests, in order. Results are in the same order; never rejects. */
  request(requests: readonly KernelRequest[]): Promise<Result[]>;
  close(): void;
}

/** The real one. */
export interface CommandSocket extends Channel {
  /** Room for answers that wait. */
  setReceiveBuffer(buffer: ReceiveBuffer): void;
}

/**
 * Opens the command socket, for rtnetlink unless another protocol is named. Throws a NativeError when there is no
 * netlink (a bug of the caller's environment).
 */
export function openChannel(addon: Addon, loop: Loop, protocol = NETLINK_ROUTE): CommandSocket {
  return new NetlinkChannel(openNetlinkSocket(addon, protocol, RECEIVE_BUFFER), loop);
}

const RECEIVE_BUFFER = 1 << 20;
const SLOT = 1024;

/** Requests of `request()`, as a source like any other. */
class Once implements RequestSource {
  readonly #waiting: { request: KernelRequest; settle: (result: Result) => void }[] = [];
  #taken: { settle: (result: Result) => void }[] = [];

  add(request: KernelRequest): Promise<Result> {
    return new Promise((settle) => this.#waiting.push({ request, settle }));
  }

  take(max: number): KernelRequest[] {
    const taken = this.#waiting.splice(0, max);
    this.#taken = taken;
    return taken.map(({ request }) => request);
  }

  finished(results: Result[]): void {
    for (const [i, { settle }] of this.#taken.entries()) settle(results[i] as Result);
  }
}

class NetlinkChannel implements CommandSocket {
  readonly portId: number;
  readonly #socket: Socket;
  readonly #loop: Loop;
  readonly #once = new Once();
  readonly #sources: RequestSource[] = [this.#once];
  readonly #answers = new Uint8Array(2 * BATCH * SLOT);
  readonly #meta = new Int32Array(2 * BATCH * META_FIELDS);
  readonly #noAddresses = new Uint8Array(0);
  readonly #table = new Int32Array(SEND_FIELDS);
  #slab = new Uint8Array(BATCH * 256);
  #view = new DataView(this.#slab.buffer);
  #sequence = 0;
  #scheduled = false;
  #closed = false;
  #next = 0;

  constructor(socket: Socket, loop: Loop) {
    this.#socket = socket;
    this.#loop = loop;
    this.portId = netlinkPortId(socket.localAddress()) ?? 0;
  }

  serve(source: RequestSource): void {
    this.#sources.push(source);
  }

  wake(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    this.#loop.soon(() => this.#turn());
  }

  async request(requests: readonly KernelRequest[]): Promise<Result[]> {
    const results = requests.map((request) => this.#once.add(request));
    this.wake();
    return Promise.all(results);
  }

  setReceiveBuffer(buffer: ReceiveBuffer): void {
    applyReceiveBuffer(this.#socket, buffer, RECEIVE_BUFFER);
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  /** One batch of one source; another turn follows while there is work. */
  #turn(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    for (let tried = 0; tried < this.#sources.length; tried++) {
      const source = this.#sources[this.#next % this.#sources.length] as RequestSource;
      this.#next++;
      const requests = source.take(BATCH);
      if (requests.length === 0) continue;
      const results = this.#perform(requests);
      this.wake();
      source.finished(results);
      return;
    }
  }

  /**
   * What is unanswered may be done or not: it is sent once more, each request alone, so that its answer has room. What was
   * done is then refused as such.
   */
  #perform(requests: readonly KernelRequest[]): Result[] {
    const answers = new Map<number, Result>();
    const first = this.#sequence + 1;
    const { isSent, failure } = this.#exchange(requests, first, answers);
    const last = requests.length - 1;
    const isKnown = answers.has(last) || !isSent || last === 0;
    return requests.map((request, i) => {
      const answer = answers.get(i);
      if (answer !== undefined) return answer;
      if (answers.has(last)) return DONE;
      return isKnown ? unanswered(request, failure) : this.#alone(request);
    });
  }

  #alone(request: KernelRequest): Result {
    return this.#perform([request])[0] as Result;
  }

  #exchange(
    requests: readonly KernelRequest[],
    first: number,
    answers: Map<number, Result>,
  ): { isSent: boolean; failure?: SystemError } {
    let isSent = false;
    try {
      this.#table[1] = this.#fill(requests);
      isSent = this.#socket.sendBatch(this.#slab, this.#table, 0, 1, 0) !== 0;
      if (isSent) this.#readAnswers(requests, first, answers);
      return { isSent };
    } catch (error) {
      if (isSent) this.#discardAnswers();
      return { isSent, failure: systemErrorOf(error, "netlink") };
    }
  }

  /** After an overrun: as long as any wait the kernel takes no more. */
  #discardAnswers(): void {
    try {
      while (this.#socket.receiveBatch(this.#answers, SLOT, this.#meta, this.#noAddresses) > 0);
    } catch (error) {
      systemErrorOf(error, "netlink");
    }
  }

  /** @returns bytes of the batch. */
  #fill(requests: readonly KernelRequest[]): number {
    let length = 0;
    for (const { message } of requests) length += align4(message.length);
    if (length > this.#slab.length) {
      this.#slab = new Uint8Array(2 * length);
      this.#view = new DataView(this.#slab.buffer);
    }
    let last = 0;
    let end = 0;
    for (const { message } of requests) {
      last = end;
      this.#slab.set(message, last);
      this.#sequence = (this.#sequence + 1) >>> 0;
      this.#view.setUint32(last + 8, this.#sequence, LITTLE_ENDIAN);
      end += align4(message.length);
    }
    const flags = this.#view.getUint16(last + 6, LITTLE_ENDIAN);
    this.#view.setUint16(last + 6, flags | NLM_F_ACK, LITTLE_ENDIAN);
    return end;
  }

  /** Reads until the last request is answered: then what has no answer was done. */
  #readAnswers(requests: readonly KernelRequest[], first: number, answers: Map<number, Result>): void {
    while (!answers.has(requests.length - 1)) {
      const count = this.#socket.receiveBatch(this.#answers, SLOT, this.#meta, this.#noAddresses);
      if (count === 0) return;
      for (let slot = 0; slot < count; slot++) {
        const end = slot * SLOT + (this.#meta[slot * META_FIELDS + META.length] ?? 0);
        for (let at = slot * SLOT; at < end; at = nextMessage(this.#answers, at, end))
          this.#takeAnswer(requests, at, end, first, answers);
      }
    }
  }

  #takeAnswer(
    requests: readonly KernelRequest[],
    at: number,
    end: number,
    first: number,
    answers: Map<number, Result>,
  ): void {
    const decoded = decodeMessage(this.#answers, at, end);
    if (!decoded.ok || decoded.value.kind !== "answer") return;
    const { header, outcome } = decoded.value;
    const i = (header.sequence - first) >>> 0;
    const request = requests[i];
    if (request === undefined) return;
    if (outcome.errno === 0) {
      answers.set(i, DONE);
      return;
    }
    const error: SystemError = {
      call: request.call,
      code: errnoName(outcome.errno),
      subject: request.subject,
    };
    if (outcome.text !== undefined) error.detail = outcome.text;
    answers.set(i, { ok: false, error });
  }
}
