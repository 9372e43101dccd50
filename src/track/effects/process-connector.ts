/**
 * Hears of every start, end and renaming of a process from the kernel's process connector. Works in the initial
 * namespaces only, and with CAP_NET_ADMIN: when no answer comes, or an error, somebody else has to look into /proc.
 */
import type { Addon, Socket } from "../../native/addon.js";
import { META, META_FIELDS, SEND_FIELDS } from "../../native/addon.js";
import { assemble, DROP, type Instruction, KEEP } from "../../net/bpf.js";
import { AF_NETLINK, SO_RCVBUF, SO_RCVBUFFORCE, SOCK_DGRAM, SOL_SOCKET } from "../../net/constants.js";
import type { Loop } from "../../net/loop.js";
import { sockaddrNl } from "../../net/socket-address.js";
import { tryOption } from "../../net/socket-option.js";
import { systemErrorOf } from "../../net/system-error.js";
import { LITTLE_ENDIAN } from "../../netlink/host-order.js";
import {
  CN_IDX_PROC,
  decodeProcessEvent,
  encodeListen,
  NETLINK_CONNECTOR,
  PROCESS_EVENT,
  PROCESS_EVENT_AT,
  type ProcessEvent,
} from "../../netlink/process-events.js";

interface ConnectorPorts {
  addon: Addon;
  loop: Loop;
  event(event: Exclude<ProcessEvent, { kind: "answer" }>): void;
  /** Events were lost. */
  overrun(): void;
}

/** The kernel answers at once, or never. */
const ANSWER_MICROS = 100_000;
/** An event has 76 bytes. */
const SLOT = 128;
const BATCH = 64;
/** 64 events each; the rest waits for the next turn of the loop. */
const READS_PER_TURN = 4;

/** Of the many kinds of events those that are worth a wake-up. */
function filter(): Uint8Array {
  const kinds = Object.values(PROCESS_EVENT).map(
    (value): Instruction => ({ op: "ifEqual", value: inNetworkOrder(value), then: "keep" }),
  );
  const load: Instruction = { op: "load", size: 4, at: PROCESS_EVENT_AT };
  return assemble([load, ...kinds, DROP, { op: "label", name: "keep" }, KEEP]);
}

function inNetworkOrder(value: number): number {
  if (!LITTLE_ENDIAN) return value;
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return view.getUint32(0);
}

export class ProcessConnector {
  readonly #socket: Socket;
  readonly #ports: ConnectorPorts;
  readonly #slab = new Uint8Array(BATCH * SLOT);
  readonly #meta = new Int32Array(BATCH * META_FIELDS);
  readonly #noAddresses = new Uint8Array(0);
  #onAnswer: ((errno: number) => void) | undefined;
  #closed = false;

  /** Throws when the kernel gives no such socket. */
  constructor(ports: ConnectorPorts) {
    this.#ports = ports;
    this.#socket = new ports.addon.Socket(AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR);
    try {
      this.#socket.attachFilter(filter());
      this.#socket.bind(sockaddrNl(0, CN_IDX_PROC));
      this.#startReading();
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** Asks for events. @returns whether they will come */
  async listen(): Promise<boolean> {
    const { loop } = this.#ports;
    return new Promise((resolve) => {
      const cancel = loop.at(loop.now() + ANSWER_MICROS, () => this.#onAnswer?.(-1));
      this.#onAnswer = (errno) => {
        this.#onAnswer = undefined;
        cancel();
        resolve(errno === 0);
      };
      const request = encodeListen();
      const table = new Int32Array(SEND_FIELDS);
      table[1] = request.length;
      try {
        this.#socket.sendBatch(request, table, 0, 1, 0);
        // The answer is there when the call returns: a busy loop must not be taken for silence.
        this.#read();
      } catch (error) {
        systemErrorOf(error, "process connector");
        this.#onAnswer?.(-1);
      }
    });
  }

  setReceiveBuffer(bytes: number, force: boolean): void {
    tryOption(this.#socket, SOL_SOCKET, force ? SO_RCVBUFFORCE : SO_RCVBUF, bytes);
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  #startReading(): void {
    this.#socket.startReading((status) => {
      if (this.#closed) return;
      if (status < 0) this.#onPollStopped();
      else for (let i = 0; i < READS_PER_TURN && !this.#closed && this.#read(); i++);
    });
    this.#socket.setRef(false);
  }

  /** An overrun stops the poll: the pending error has to be fetched before polling works again. */
  #onPollStopped(): void {
    this.#socket.stopReading();
    while (this.#read());
    this.#ports.overrun();
    this.#startReading();
  }

  /** @returns whether more may wait */
  #read(): boolean {
    let count = 0;
    try {
      count = this.#socket.receiveBatch(this.#slab, SLOT, this.#meta, this.#noAddresses);
    } catch (error) {
      if (systemErrorOf(error, "process connector").code !== "ENOBUFS") throw error;
      this.#ports.overrun();
      return true;
    }
    for (let i = 0; i < count && !this.#closed; i++) {
      const length = this.#meta[i * META_FIELDS + META.length] ?? 0;
      const event = decodeProcessEvent(this.#slab, i * SLOT, i * SLOT + length);
      if (event === undefined) continue;
      if (event.kind === "answer") this.#onAnswer?.(event.errno);
      else this.#ports.event(event);
    }
    return count === BATCH;
  }
}
