/**
 * Watchers inside a network namespace, in the benchmark's own process and on its own clock (CLOCK_MONOTONIC):
 * a packet socket on an interface, and rtnetlink's address events. A socket stays in the namespace it was made in,
 * so the process visits a namespace only for the moment of making one.
 * The time of an item is that of its reading; how late that is, `measuring-error.ts` finds out.
 */
import { openSync } from "node:fs";
import { loadAddon } from "../src/native/load.js";
import { META, META_FIELDS, type Socket } from "../src/native/addon.js";
import { Feed } from "./feed.js";
import { type AddressEvent, type Frame, readAddressEvents, readFrame } from "./frames.js";

const CLONE_NEWNET = 0x40000000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER = 8 << 20;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;
const RTMGRP_IPV4_IFADDR = 0x10;
/** ETH_P_ALL in network order, as socket(2) and bind(2) of a packet socket want it. */
const ETH_P_ALL_NETWORK = 0x0300;
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;

const home = `/proc/self/fd/${openSync("/proc/self/ns/net", "r")}`;

/** @returns microseconds of CLOCK_MONOTONIC: the clock of everything that is measured. */
export function nowMicros(): number {
  return loadAddon().monotonicMicros();
}

/**
 * Lets this process read events soon also on a busy machine (SCHED_RR); what it starts does not inherit that.
 * Without the right to it, the measuring error shows what it costs.
 */
export function readSoon(): void {
  try {
    loadAddon().setRealtime(1);
  } catch {
    // not allowed here
  }
}

/** Runs `make` inside the namespace, synchronously. */
function inNamespace<T>(namespace: string, make: () => T): T {
  const addon = loadAddon();
  addon.enterNamespace(`/run/netns/${namespace}`, CLONE_NEWNET);
  try {
    return make();
  } finally {
    addon.enterNamespace(home, CLONE_NEWNET);
  }
}

/** Waits until the monotonic clock shows `atMicros`, to the precision of a timerfd. */
export function waitUntilMicros(atMicros: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = new (loadAddon().Timer)(() => {
      timer.close();
      resolve();
    });
    timer.arm(atMicros);
  });
}

/** What a watcher of either kind offers. */
export interface Watch<T> {
  readonly feed: Feed<T>;
  close(): void;
}

/** Reads a socket into `consume`, one call per datagram. */
function readInto(
  socket: Socket,
  slotSize: number,
  slots: number,
  consume: (view: DataView, at: number) => void,
): void {
  const slab = new Uint8Array(slotSize * slots);
  const meta = new Int32Array(META_FIELDS * slots);
  const nobody = new Uint8Array(0);
  socket.startReading((status) => {
    if (status !== 0) throw new Error(`a watcher of the benchmark stopped: errno ${-status}`);
    for (;;) {
      const received = socket.receiveBatch(slab, slotSize, meta, nobody);
      const at = nowMicros();
      for (let slot = 0; slot < received; slot += 1) {
        const length = Math.min(meta[slot * META_FIELDS + META.length] ?? 0, slotSize);
        consume(new DataView(slab.buffer, slot * slotSize, length), at);
      }
      if (received < slots) return;
    }
  });
}

/** A packet socket on an interface, of this process in that namespace. */
function packetSocket(namespace: string, interfaceName: string, prepare: (socket: Socket) => void): Socket {
  return inNamespace(namespace, () => {
    const addon = loadAddon();
    const made = new addon.Socket(AF_PACKET, SOCK_RAW, 0);
    made.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
    prepare(made);
    const address = new DataView(new ArrayBuffer(20));
    address.setUint16(0, AF_PACKET, true);
    address.setUint16(2, ETH_P_ALL_NETWORK, true);
    address.setInt32(4, addon.interfaceIndex(interfaceName), true);
    made.bind(new Uint8Array(address.buffer));
    return made;
  });
}

/** Watches the adverts and ARP packets that arrive at an interface (not those it sends). */
export function watchFrames(namespace: string, interfaceName: string): Watch<Frame> {
  const socket = packetSocket(namespace, interfaceName, (made) =>
    made.setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1),
  );
  const feed = new Feed<Frame>();
  readInto(socket, 128, 64, (view, at) => {
    const frame = readFrame(view, at);
    if (frame !== undefined) feed.push(frame);
  });
  return { feed, close: () => socket.close() };
}

/** Records of struct sock_filter: takes what a netlink monitor shows of generic netlink, as it is, and nothing else. */
const GENERIC_NETLINK_ONLY = [
  [0x28, 0, 0, 0xfffff000], // ldh #proto
  [0x15, 0, 1, 16], // jeq #NETLINK_GENERIC
  [0x06, 0, 0, 0xffffffff],
  [0x06, 0, 0, 0],
] as const;

function filterProgram(records: typeof GENERIC_NETLINK_ONLY): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * records.length));
  for (const [i, [code, whenTrue, whenFalse, operand]] of records.entries()) {
    view.setUint16(8 * i, code, true);
    view.setUint8(8 * i + 2, whenTrue);
    view.setUint8(8 * i + 3, whenFalse);
    view.setUint32(8 * i + 4, operand, true);
  }
  return new Uint8Array(view.buffer);
}

/** Hands over the datagrams of generic netlink that a netlink monitor shows. @returns what ends it */
export function watchMonitor(
  namespace: string,
  interfaceName: string,
  consume: (view: DataView, at: number) => void,
): () => void {
  const socket = packetSocket(namespace, interfaceName, (made) =>
    made.attachFilter(filterProgram(GENERIC_NETLINK_ONLY)),
  );
  readInto(socket, 1 << 16, 16, consume);
  return () => socket.close();
}

/** Watches IPv4 addresses coming and going in a namespace. */
export function watchAddresses(namespace: string): Watch<AddressEvent> {
  const socket = inNamespace(namespace, () => {
    const made = new (loadAddon().Socket)(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    made.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
    const address = new DataView(new ArrayBuffer(12));
    address.setUint16(0, AF_NETLINK, true);
    address.setUint32(8, RTMGRP_IPV4_IFADDR, true);
    made.bind(new Uint8Array(address.buffer));
    return made;
  });
  const feed = new Feed<AddressEvent>();
  readInto(socket, 2048, 64, (view, at) => {
    for (const event of readAddressEvents(view, at)) feed.push(event);
  });
  return { feed, close: () => socket.close() };
}
