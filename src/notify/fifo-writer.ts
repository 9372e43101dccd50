/**
 * The writing end of one notify FIFO: one write() per line, never waiting. What a full pipe does not take is tried
 * again for as long as there is room to keep it; what is lost is counted, and said once per series.
 */
import { constants, writeSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { FifoBuffer } from "./fifo-buffer.js";

/** As much as the pipe itself holds by default. */
const LIMIT_BYTES = 65_536;
const FIRST_RETRY_MILLIS = 10;
const LAST_RETRY_MILLIS = 1000;

/** Opened for reading too, so that a missing reader is no error; non-blocking, so that a slow one is none either. */
export const FIFO_FLAGS = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW;

export interface FifoLog {
  info(text: string): void;
  warning(text: string): void;
}

/** Takes a line whole, or refuses it for now. Throws on any other error. */
type WriteLine = (line: Uint8Array) => boolean;

/** What a FIFO has to be before anything is written to it. */
export interface FifoTarget {
  path: string;
  /** Who may own it, besides root and this process. */
  uid?: number;
}

export class FifoWriter {
  readonly #path: string;
  readonly #write: WriteLine;
  readonly #log: FifoLog;
  readonly #buffer: FifoBuffer;
  #retry: NodeJS.Timeout | undefined;
  #delay = FIRST_RETRY_MILLIS;
  #broken = false;

  constructor(path: string, write: WriteLine, log: FifoLog, limitBytes = LIMIT_BYTES) {
    this.#path = path;
    this.#write = write;
    this.#log = log;
    this.#buffer = new FifoBuffer(limitBytes);
  }

  write(line: string): void {
    if (this.#buffer.push(line)) {
      this.#log.warning(`FIFO ${this.#path}: it is full and not read fast enough, lines are lost`);
    }
    if (this.#retry === undefined) this.#flush();
  }

  #flush(): void {
    for (let line = this.#buffer.first; line !== undefined; line = this.#buffer.first) {
      if (!this.#deliver(line)) return this.#later();
      const lost = this.#buffer.written();
      if (lost > 0) this.#log.warning(`FIFO ${this.#path}: it is read again; ${lost} lines were lost`);
    }
    this.#delay = FIRST_RETRY_MILLIS;
  }

  #deliver(line: Buffer): boolean {
    try {
      const taken = this.#write(line);
      if (taken) this.#broken = false;
      return taken;
    } catch (error) {
      if (!this.#broken) this.#log.warning(`FIFO ${this.#path}: ${String(error)}`);
      this.#broken = true;
      return false;
    }
  }

  #later(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#flush();
    }, this.#delay).unref();
    this.#delay = Math.min(this.#delay * 2, LAST_RETRY_MILLIS);
  }

  /** Nothing is written any more; what still waits is lost. */
  close(): void {
    clearTimeout(this.#retry);
    const lost = this.#buffer.size + this.#buffer.endSeries();
    if (lost > 0) this.#log.warning(`FIFO ${this.#path}: ${lost} lines were never read and are lost`);
  }
}

/** Opens a FIFO for both ends. Throws when it is not there, is none, or belongs to somebody else. */
export async function openFifo({ path, uid }: FifoTarget): Promise<FileHandle> {
  const handle = await open(path, FIFO_FLAGS);
  try {
    const status = await handle.stat();
    if (!status.isFIFO()) throw new Error(`${path} is no FIFO`);
    const owners = [0, process.geteuid?.() ?? 0, uid];
    if (!owners.includes(status.uid)) throw new Error(`${path} belongs to user ${status.uid}`);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Whether the path still leads to what was opened. */
export async function isStill(path: string, handle: FileHandle): Promise<boolean> {
  try {
    const [there, here] = await Promise.all([stat(path), handle.stat()]);
    return there.dev === here.dev && there.ino === here.ino;
  } catch {
    return false;
  }
}

/** write(2) of one line to a non-blocking descriptor. */
export function lineWriter(fd: number): WriteLine {
  return (line) => {
    try {
      writeSync(fd, line);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
      throw error;
    }
  };
}
