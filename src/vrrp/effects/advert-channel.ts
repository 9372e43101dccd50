/**
 * The sockets of one channel: shared by all instances of one family, interface and destination group (or unicast
 * source). An advert that merely confirms the master of a BACKUP may wait a little for company, because waking up
 * costs several times what reading a packet costs; it goes to a second socket that is read on a coarse tick. Priority 0 and
 * everything for a MASTER goes to the first, which wakes us at once. The kernel's filter tells them apart.
 */
import type { Addon, Socket } from "../../native/addon.js";
import { vrrpFilter } from "../../net/filter.js";
import { SO_RCVBUF, SO_TIMESTAMPNS, SOL_SOCKET } from "../../net/constants.js";
import { tryOption } from "../../net/socket-option.js";
import type { ChannelKey } from "../channel-key.js";
import { Company } from "../company.js";
import type { Micros } from "../events.js";
import { AdvertSender } from "./advert-sender.js";
import { openAdvertSocket } from "./advert-socket.js";
import { type OnPacket, PacketReader } from "./packet-reader.js";

export interface ChannelPorts {
  onPacket: OnPacket;
  /** After the packets of one wake-up. */
  onDrained(): void;
  onSendError(owner: number, error: Error): void;
  onPollError(status: number): void;
}

/** Which adverts come in, and how. */
export interface Hearing {
  /** Every advert of these vrids at once. */
  urgent: readonly number[];
  /** Of these vrids only priority 0 at once, the rest within `patienceMillis`. */
  patient: readonly number[];
  patienceMillis: number;
}

export class AdvertChannel {
  readonly key: ChannelKey;
  readonly sender: AdvertSender;
  readonly #addon: Addon;
  readonly #ports: ChannelPorts;
  readonly #reader: PacketReader;
  /** For the patient socket. */
  #patientReader: PacketReader | undefined;
  readonly #socket: Socket;
  /** Hears what may wait; open while somebody is patient. */
  #patient: Socket | undefined;
  /** While it is left alone. */
  #tick: NodeJS.Timeout | undefined;
  readonly #company = new Company();
  #hearing = "";
  /** What the kernel gives a socket of which nothing is said. */
  readonly #usualBuffer: number;
  #buffer: number;
  #patienceMillis = 0;

  /** Opens the first socket. Throws a NativeError when the kernel refuses. */
  constructor(addon: Addon, key: ChannelKey, ports: ChannelPorts) {
    this.key = key;
    this.#addon = addon;
    this.#ports = ports;
    this.#reader = new PacketReader(addon, ports.onPacket);
    this.#socket = openAdvertSocket(addon, key);
    // The kernel counts its own overhead and so tells twice what it was asked for.
    this.#usualBuffer = this.#buffer = this.receiveBufferBytes / 2;
    this.sender = new AdvertSender(key, this.#socket, (owner, error) => ports.onSendError(owner, error));
    this.#socket.startReading((status) => {
      if (status < 0) return this.#ports.onPollError(status);
      this.drain();
      this.#ports.onDrained();
    });
  }

  /** As the kernel counts it: twice what was asked for. */
  get receiveBufferBytes(): number {
    return this.#socket.getOption(SOL_SOCKET, SO_RCVBUF);
  }

  /** Room for adverts that wait, in either socket; 0 for the usual. */
  setReceiveBuffer(bytes: number): void {
    const wanted = bytes === 0 ? this.#usualBuffer : bytes;
    if (wanted === this.#buffer) return;
    this.#buffer = wanted;
    for (const socket of [this.#socket, this.#patient])
      if (socket !== undefined) tryOption(socket, SOL_SOCKET, SO_RCVBUF, wanted);
  }

  /** Tells the kernel what to let through. */
  hear(wanted: Hearing): void {
    const { urgent, patient, patienceMillis } = wanted;
    const text = `${urgent.join()} ${patient.join()}`;
    this.#patienceMillis = patienceMillis;
    if (text === this.#hearing) return;
    this.#hearing = text;
    const { family, protocol } = this.key;
    const common = { family, protocol };
    if (patient.length > 0) {
      // Without a second socket everything is urgent: dearer, but right.
      const second = this.#openPatient();
      if (second === undefined) return this.hear({ ...wanted, urgent: [...urgent, ...patient], patient: [] });
      // First the one that hears more, so that nothing is lost in between; hearing twice does no harm.
      second.attachFilter(vrrpFilter({ ...common, vrids: [], advertising: patient }));
    }
    this.#socket.attachFilter(vrrpFilter({ ...common, vrids: urgent, resigning: patient }));
    if (patient.length === 0) this.#closePatient();
  }

  #openPatient(): Socket | undefined {
    if (this.#patient !== undefined) return this.#patient;
    try {
      this.#patient = openAdvertSocket(this.#addon, this.key);
      if (this.#buffer !== this.#usualBuffer) tryOption(this.#patient, SOL_SOCKET, SO_RCVBUF, this.#buffer);
      this.#patientReader ??= new PacketReader(this.#addon, this.#ports.onPacket);
      for (const socket of [this.#socket, this.#patient]) tryOption(socket, SOL_SOCKET, SO_TIMESTAMPNS, 1);
      this.#poll(this.#patient);
    } catch {
      return undefined;
    }
    return this.#patient;
  }

  #poll(socket: Socket): void {
    socket.startReading((status) => {
      if (status < 0) return this.#ports.onPollError(status);
      this.#readPatiently(socket);
    });
  }

  /** While more is expected the socket is left alone for a tick; else it is polled. */
  #readPatiently(socket: Socket): void {
    const reader = this.#patientReader;
    const count = reader?.drain(socket) ?? 0;
    if (count > 0) this.#ports.onDrained();
    if (this.#patient !== socket || reader === undefined) return; // closed by what it heard
    const wasAlone = this.#tick !== undefined;
    this.#tick = undefined;
    if (this.#waits(count, wasAlone, reader.readAt)) {
      if (!wasAlone) socket.stopReading();
      this.#tick = setTimeout(() => this.#readPatiently(socket), this.#patienceMillis);
    } else if (wasAlone) {
      this.#poll(socket);
    }
  }

  #waits(count: number, wasAlone: boolean, now: Micros): boolean {
    if (wasAlone && count === 0) this.#company.onEmptyTick();
    if (count === 0) return false;
    return wasAlone ? this.#company.onTick(now) : this.#company.onWakeUp(now, this.#patienceMillis * 1000);
  }

  /**
   * Reads everything that waits in either socket, in the order of arrival. An advert that is read after its master's "I
   * stop" would look like a sign of life and cost the whole master-down time; and after a stall, that of the successor
   * must not be read before it.
   */
  drain(): void {
    if (this.#patient === undefined || this.#patientReader === undefined) this.#reader.drain(this.#socket);
    else this.#reader.drainBoth(this.#socket, this.#patientReader, this.#patient);
  }

  #closePatient(): void {
    const socket = this.#patient;
    if (socket === undefined) return;
    clearTimeout(this.#tick);
    this.#tick = undefined;
    this.#patient = undefined;
    this.#patientReader?.drain(socket);
    socket.close();
    tryOption(this.#socket, SOL_SOCKET, SO_TIMESTAMPNS, 0);
  }

  close(): void {
    this.#closePatient();
    this.#socket.close();
  }
}
