/**
 * A datagram socket that is connected to one server: with mark, interface and source address as `Connections` has them.
 * UDP, and ICMP echo by the kernel's own ping sockets. Opened for the first datagram and kept until it is closed.
 */
import { type Addon, META_FIELDS, SEND_FIELDS, type Socket } from "../../native/addon.js";
import * as linux from "../../net/constants.js";
import {
  addressOfSockaddr,
  portOfSockaddr,
  SOCKADDR_IN_LENGTH,
  sockaddrOf,
} from "../../net/socket-address.js";
import { errnoName, systemErrorOf } from "../../net/system-error.js";
import type { ConnectPlan } from "./connections.js";

type DatagramProtocol = "udp" | "icmp";

/** What went wrong, and whether it was while setting up, connecting, sending or receiving. */
export interface DatagramProblem {
  stage: "setup" | "connect" | "send" | "receive";
  call: string;
  code: string;
}

interface DatagramEvents {
  /** The bytes are good until the call returns. */
  received(bytes: Uint8Array): void;
  failed(problem: DatagramProblem): void;
}

/** The longest datagram there is, and one byte more than any check allows. */
const SLAB_BYTES = 65_536;
/** As many are read in one turn of the loop: a server that floods us must not keep the others waiting. */
const PER_TURN = 64;
const NO_ADDRESSES = new Uint8Array(0);

export class Datagrams {
  readonly #addon: Addon;
  readonly #plan: ConnectPlan;
  readonly #protocol: DatagramProtocol;
  readonly #events: DatagramEvents;
  /** One for all sockets: what it holds is looked at before the next read. */
  static readonly #slab = new Uint8Array(SLAB_BYTES);
  static readonly #meta = new Int32Array(META_FIELDS);
  #socket: Socket | undefined;

  constructor(addon: Addon, plan: ConnectPlan, protocol: DatagramProtocol, events: DatagramEvents) {
    this.#addon = addon;
    this.#plan = plan;
    this.#protocol = protocol;
    this.#events = events;
  }

  /**
   * Sends one datagram. What fails is told of within this call or later. The interface of a socket that was kept may be
   * gone, or there anew: only a new socket tells how things are now.
   */
  send(bytes: Uint8Array): void {
    const isKept = this.#socket !== undefined;
    const socket = this.#socket ?? this.#open();
    const problem = socket && refusalOf(socket, bytes);
    if (problem === undefined) return;
    if (!isKept) return this.#fail("send", problem.call, problem.code);
    this.close();
    this.send(bytes);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #open(): Socket | undefined {
    let stage: DatagramProblem["stage"] = "setup";
    try {
      const ipv4 = this.#plan.destination.length === SOCKADDR_IN_LENGTH;
      const icmp = ipv4 ? linux.IPPROTO_ICMP : linux.IPPROTO_ICMPV6;
      const domain = ipv4 ? linux.AF_INET : linux.AF_INET6;
      const socket = new this.#addon.Socket(domain, linux.SOCK_DGRAM, this.#protocol === "icmp" ? icmp : 0);
      this.#socket = socket;
      this.#configure(socket, ipv4);
      stage = "connect";
      socket.connect(this.#plan.destination);
      socket.startReading((status) => this.#onReadable(status));
      return socket;
    } catch (error) {
      this.#failWith(stage, error);
      return undefined;
    }
  }

  #configure(socket: Socket, ipv4: boolean): void {
    const { mark, interface: device, source } = this.#plan;
    if (mark !== 0 && this.#protocol === "udp") socket.setOption(linux.SOL_SOCKET, linux.SO_MARK, mark);
    if (device !== undefined) {
      socket.setOption(linux.SOL_SOCKET, linux.SO_BINDTODEVICE, new TextEncoder().encode(`${device}\0`));
    }
    if (source !== undefined) socket.bind(this.#scoped(source));
    // Errors that ICMP reports are ours to hear, each of them.
    if (ipv4) socket.setOption(linux.IPPROTO_IP, linux.IP_RECVERR, 1);
    else socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_RECVERR, 1);
  }

  /** Ping sockets want a number of the interface with a link-local source, although they are bound to it. */
  #scoped(source: Uint8Array): Uint8Array {
    const { interface: device } = this.#plan;
    const address = addressOfSockaddr(source);
    if (device === undefined || address?.length !== 16) return source;
    return sockaddrOf(address, portOfSockaddr(source), this.#addon.interfaceIndex(device));
  }

  #onReadable(status: number): void {
    // libuv reports any error of a socket as a bad descriptor: reading tells which it is.
    this.#readSome();
    if (status < 0 && this.#socket !== undefined) this.#fail("receive", "poll", errnoName(-status));
  }

  #readSome(): void {
    for (let read = 0; read < PER_TURN; read++) {
      const socket = this.#socket;
      if (socket === undefined) return;
      let count: number;
      try {
        count = socket.receiveBatch(Datagrams.#slab, SLAB_BYTES, Datagrams.#meta, NO_ADDRESSES);
      } catch (error) {
        return this.#failWith("receive", error);
      }
      if (count === 0) return;
      this.#events.received(Datagrams.#slab.subarray(0, Datagrams.#meta[0]));
    }
  }

  #failWith(stage: DatagramProblem["stage"], error: unknown): void {
    const { call, code } = systemErrorOf(error, "datagram socket");
    this.#fail(stage, call, code);
  }

  #fail(stage: DatagramProblem["stage"], call: string, code: string): void {
    this.close();
    this.#events.failed({ stage, call, code });
  }
}

/** Why a datagram could not be sent. */
function refusalOf(socket: Socket, bytes: Uint8Array): { call: string; code: string } | undefined {
  const table = new Int32Array(SEND_FIELDS);
  table.set([0, bytes.length]);
  try {
    return socket.sendBatch(bytes, table, 0, 1, 0) === 0 ? { call: "sendmmsg", code: "EAGAIN" } : undefined;
  } catch (error) {
    return systemErrorOf(error, "datagram socket");
  }
}
