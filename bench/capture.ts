/** tcpdump in a namespace: packets with the kernel's own time stamps, for what must be exact to microseconds. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { undoAtExit } from "../test/lab/harness/left-behind.js";
import { type Frame, readFrame } from "./frames.js";
import type { Host, Lab } from "./lab.js";
import { sleep } from "./feed.js";

/** How long the kernel may keep packets before it hands tcpdump an unfinished block. */
const BLOCK_TIMEOUT_MS = 1300;
const NANOSECOND_PCAP = 0xa1b23c4d;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** @returns what a nanosecond pcap file of this machine holds; times are of CLOCK_REALTIME. */
function readPcap(bytes: Uint8Array): Frame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER || view.getUint32(0, true) !== NANOSECOND_PCAP)
    throw new Error("tcpdump wrote no capture");
  const frames: Frame[] = [];
  for (let at = FILE_HEADER; at + RECORD_HEADER <= bytes.length; ) {
    const atMicros = view.getUint32(at, true) * 1e6 + view.getUint32(at + 4, true) / 1000;
    const length = view.getUint32(at + 8, true);
    if (at + RECORD_HEADER + length > bytes.length) break;
    const frame = readFrame(
      new DataView(view.buffer, view.byteOffset + at + RECORD_HEADER, length),
      atMicros,
    );
    if (frame !== undefined) frames.push(frame);
    at += RECORD_HEADER + length;
  }
  return frames;
}

/** A running tcpdump. */
export class Capture {
  readonly #child: ChildProcess;
  readonly #file: string;
  readonly #kill: () => void;

  private constructor(child: ChildProcess, file: string) {
    this.#child = child;
    this.#file = file;
    this.#kill = undoAtExit(() => child.kill("SIGKILL"));
  }

  /** Starts capturing what arrives at a host; resolves when it does. */
  static async start(lab: Lab, host: Host): Promise<Capture> {
    const file = join(lab.folder, `${host.namespace}.pcap`);
    const output = openSync(file, "w");
    const child = spawn(
      "nsenter",
      // biome-ignore format: reads as a command line
      [`--net=/run/netns/${host.namespace}`, "tcpdump", "-i", host.interfaceName, "-n", "-Q", "in", "-s", "128",
        "-B", "4096", "-Z", "root", "--time-stamp-precision=nano", "-w", "-", "ip proto 112 or arp"],
      { stdio: ["ignore", output, "pipe"], detached: true },
    );
    closeSync(output);
    const capture = new Capture(child, file);
    // "listening on ...": the socket is there.
    if (child.stderr !== null) await Promise.race([once(child.stderr, "data"), once(child, "error")]);
    return capture;
  }

  /** Ends it. @returns everything that arrived until the call. */
  async stop(): Promise<Frame[]> {
    await sleep(BLOCK_TIMEOUT_MS);
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGINT");
    await ended;
    this.#kill();
    return readPcap(readFileSync(this.#file));
  }
}
