/** A `Socket` without a kernel: what is sent is decoded and kept, what is to be received is queued by the test. */
import {
  META_FIELDS,
  SEND_FIELDS,
  type Addon,
  type NativeError,
  type Socket,
} from "../../../src/native/addon.js";

interface SentDatagram {
  data: Uint8Array;
  address: Uint8Array;
}

export class FakeSocket implements Socket {
  readonly fd = 7;
  /** Of each system call, what it sent. */
  readonly calls: SentDatagram[][] = [];
  readonly waiting: Uint8Array[] = [];
  readonly options: [level: number, name: number, value: number | Uint8Array][] = [];
  /** Called after each send, for instance to queue an answer. */
  onSend: (datagrams: SentDatagram[]) => void = () => {};
  /** Errno names for the next calls of sendBatch; "" is success, "EAGAIN" sends nothing. */
  readonly refusals: string[] = [];
  /** Errno names for the next calls of receiveBatch; "" is success. */
  readonly receiveFailures: string[] = [];
  /** Datagrams that the next successful call takes. */
  room = Number.POSITIVE_INFINITY;
  closed = false;

  setOption(level: number, name: number, value: number | Uint8Array): void {
    this.options.push([level, name, value]);
  }

  getOption(): number {
    return 0;
  }

  attachFilter(): void {}
  bind(): void {}
  connect(): void {}
  interfaceRequest(): void {}

  localAddress(): Uint8Array {
    return Uint8Array.of(16, 0, 0, 0, 0x67, 0x12, 0, 0, 0, 0, 0, 0);
  }

  receiveBatch(slab: Uint8Array, slotSize: number, meta: Int32Array): number {
    const failure = this.receiveFailures.shift() ?? "";
    if (failure !== "") throw nativeError("recvmmsg", failure);
    const slots = Math.min(64, Math.floor(slab.length / slotSize), Math.floor(meta.length / META_FIELDS));
    const datagrams = this.waiting.splice(0, slots);
    for (const [i, datagram] of datagrams.entries()) {
      slab.set(datagram.subarray(0, slotSize), i * slotSize);
      meta[i * META_FIELDS] = Math.min(datagram.length, slotSize);
    }
    return datagrams.length;
  }

  sendBatch(slab: Uint8Array, table: Int32Array, first: number, count: number): number {
    const refusal = this.refusals.shift() ?? "";
    if (refusal === "EAGAIN") return 0;
    if (refusal !== "") throw nativeError("sendmmsg", refusal);
    const taken = Math.min(count, this.room);
    const datagrams = Array.from({ length: taken }, (_, i) => {
      const field = (k: number): number => table[(first + i) * SEND_FIELDS + k] ?? 0;
      return {
        data: slab.slice(field(0), field(0) + field(1)),
        address: slab.slice(field(2), field(2) + field(3)),
      };
    });
    this.calls.push(datagrams);
    this.onSend(datagrams);
    return taken;
  }

  startReading(): void {}
  stopReading(): void {}
  setRef(): void {}

  close(): void {
    this.closed = true;
  }
}

export function nativeError(syscall: string, code: string): NativeError {
  return Object.assign(new Error(code), { syscall, code, errno: 1 });
}

/** An addon whose sockets are this one. */
export function addonWith(socket: FakeSocket): Addon {
  return {
    Socket: class {
      constructor() {
        return socket;
      }
    },
  } as unknown as Addon;
}
