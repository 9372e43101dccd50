/**
 * The notify FIFOs that one child process writes to. Core makes them, runs their scripts and removes them; here they are
 * opened without waiting, when a configuration is taken, and kept open through reloads.
 */
import type { FileHandle } from "node:fs/promises";
import { type FifoLog, type FifoTarget, FifoWriter, isStill, lineWriter, openFifo } from "./fifo-writer.js";

interface OpenFifo {
  handle: FileHandle;
  writer: FifoWriter;
}

export class Fifos {
  readonly #log: FifoLog;
  #open = new Map<string, OpenFifo>();

  constructor(log: FifoLog) {
    this.#log = log;
  }

  /** From now on lines go to these. One that stays is not touched, so that its reader sees no end. */
  async setTargets(targets: readonly FifoTarget[]): Promise<void> {
    const next = new Map<string, OpenFifo>();
    for (const target of targets) {
      if (next.has(target.path)) continue;
      const known = this.#open.get(target.path);
      const kept = known !== undefined && (await isStill(target.path, known.handle));
      const fifo = kept ? known : await this.#tryOpen(target);
      if (fifo !== undefined) next.set(target.path, fifo);
    }
    const before = this.#open;
    this.#open = next;
    for (const [path, fifo] of before) if (next.get(path) !== fifo) await close(fifo);
  }

  async #tryOpen(target: FifoTarget): Promise<OpenFifo | undefined> {
    try {
      const handle = await openFifo(target);
      return { handle, writer: new FifoWriter(target.path, lineWriter(handle.fd), this.#log) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warning(`FIFO ${target.path} is not used: ${reason}`);
      return undefined;
    }
  }

  get any(): boolean {
    return this.#open.size > 0;
  }

  write(line: string): void {
    for (const { writer } of this.#open.values()) writer.write(line);
  }

  async close(): Promise<void> {
    for (const fifo of this.#open.values()) await close(fifo);
    this.#open.clear();
  }
}

async function close({ handle, writer }: OpenFifo): Promise<void> {
  writer.close();
  await handle.close().catch(() => undefined);
}
