/** What the tests of the addon share: the addon itself, small scripts in a Node of their own, sockaddr bytes. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { endianness } from "node:os";
import { findAddon, loadAddon } from "../../src/native/load.js";
import { META_FIELDS, type NativeError, type Socket } from "../../src/native/addon.js";

export const addon = loadAddon();
/** For scripts in another Node or in a worker. */
export const addonPath = findAddon();

const root = process.getuid?.() === 0;
/** Option of a test that needs root: skipped otherwise, with the reason in the report. */
export const asRoot = { skip: root ? false : "NOT RUN: needs root" };
/** The sanitizers slow things down; figures are only judged without them. */
export const sanitized = addonPath.includes("asan");

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;

/** A predicate for assert.throws: the call and the code of a refused system call. */
export function refused(syscall: string, code: string): (thrown: unknown) => boolean {
  return (thrown) => {
    const error = thrown as NativeError;
    return error instanceof Error && error.syscall === syscall && error.code === code && error.errno > 0;
  };
}

const little = endianness() === "LE";

/** sockaddr_in of 127.0.0.1. */
export function loopback4(port: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  if (little) bytes.writeUInt16LE(AF_INET, 0);
  else bytes.writeUInt16BE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set([127, 0, 0, 1], 4);
  return bytes;
}

/** sockaddr_in6 of ::1. */
export function loopback6(port: number): Uint8Array {
  const bytes = Buffer.alloc(28);
  if (little) bytes.writeUInt16LE(AF_INET6, 0);
  else bytes.writeUInt16BE(AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes[23] = 1;
  return bytes;
}

/** A UDP socket bound to 127.0.0.1 (or ::1), and its address. */
export function boundUdp(family = AF_INET): { socket: Socket; address: Uint8Array } {
  const socket = new addon.Socket(family, SOCK_DGRAM, 0);
  socket.bind(family === AF_INET ? loopback4(0) : loopback6(0));
  return { socket, address: socket.localAddress() };
}

export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Waits until `holds`; the tests' own time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

export interface Outcome {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs CommonJS text in a Node of its own, with the addon as `addon` and its path as `addonPath`.
 * `before` is a line of sh that runs in the same process first, for instance to leave a descriptor open.
 */
export function runScript(text: string, before = ":"): Promise<Outcome> {
  const prelude = `const addonPath = ${JSON.stringify(addonPath)}; const addon = require(addonPath);`;
  const words = ["-c", `${before}; exec "$@"`, "sh", process.execPath, "-e", prelude + text];
  const child = spawn("/bin/sh", words);
  const out: Outcome = { code: null, signal: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (out.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (out.stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ ...out, code, signal }));
  });
}

/** Script text that leaves one of everything under way: a socket being read, a fast timer, a signal, a child. */
export const EVERYTHING_UNDER_WAY = `
  const keep = [];
  const udp = new addon.Socket(2, 2, 0);
  udp.bind(Uint8Array.from([2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
  udp.connect(udp.localAddress());
  const send = () => udp.sendBatch(new Uint8Array(8), Int32Array.from([0, 8, 0, 0, 0, 0]), 0, 1, 0);
  const meta = new Int32Array(${META_FIELDS});
  udp.startReading(() => { udp.receiveBatch(new Uint8Array(64), 64, meta, new Uint8Array(0)); send(); });
  send();
  const inotify = new addon.Inotify(() => undefined);
  keep.push(inotify);
  inotify.add("/tmp", 8);
  const timer = new addon.Timer(() => timer.arm(addon.monotonicMicros() + 50));
  timer.arm(0);
  keep.push(new addon.SignalWatch(50, () => {}));
  keep.push(addon.spawn({ file: "/bin/sh", args: ["sh", "-c", "while :; do echo x >&2; done"], env: [],
    captureStderr: true, parentDeathSignal: 9 }, () => {}, () => {}));
`;
