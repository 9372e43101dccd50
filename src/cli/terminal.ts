/**
 * What the command says to the person or script that called it. Written at once and by system calls alone: the streams of
 * Node would still hold a part of it when the process ends at once, and set a pipe that others write to as well to
 * O_NONBLOCK, which then stays so.
 */
import { writeSync } from "node:fs";

export const STDOUT = 1;
export const STDERR = 2;

const RETRY_MILLIS = 2;

/** Waits for who reads slowly; when nobody reads it any more, that is all. Throws what else the system says. */
export function writeWhole(file: number, text: string | Buffer): void {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
      // Somebody else made the pipe O_NONBLOCK, and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLIS);
    }
  }
}

/** A line; where it cannot be written, nobody can be told, and the work goes on. */
export function complain(text: string, file = STDERR): void {
  try {
    writeWhole(file, `${text}\n`);
  } catch {
    // A full disk or a terminal that is gone.
  }
}
