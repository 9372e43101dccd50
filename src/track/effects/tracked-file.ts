/** One `track_file`: the number in it, read again when the file was written, replaced, removed or comes into being. */
import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { TrackFileConfig } from "../../config/model.js";
import type { Log } from "../../platform/child-log.js";
import { numberIn, READ_BYTES } from "../file-value.js";
import * as inotify from "../inotify-events.js";
import type { Finding } from "../tracked.js";
import type { Loop } from "../../net/loop.js";
import type { DirectoryWatches } from "./directory-watches.js";

export interface FilePorts {
  loop: Loop;
  log: Log;
  watches: DirectoryWatches;
  /** The number is another one. */
  changed(name: string): void;
}

const CHANGES = inotify.IN_CLOSE_WRITE | inotify.IN_MOVED_FROM | inotify.IN_MOVED_TO | inotify.IN_DELETE;
const { O_RDONLY, O_NONBLOCK, O_WRONLY, O_TRUNC, O_NOFOLLOW, O_CREAT, O_EXCL } = constants;

function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
}

async function beginningOf(path: string): Promise<string> {
  // A FIFO or a device must not hold anybody up.
  const file = await open(path, O_RDONLY | O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, null);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** init_file: the file is made when it is missing; an existing one is overwritten only when it is a regular file. */
export async function writeInitial({ path, init, name }: TrackFileConfig, log: Log): Promise<void> {
  if (init === undefined) return;
  try {
    const there = await lstat(path).catch(() => undefined);
    if (there !== undefined && !init.overwrite) return;
    if (there !== undefined && !there.isFile())
      return log.warning(`Track file ${name}: ${path} is no regular file and is not overwritten`);
    const how = there === undefined ? O_CREAT | O_EXCL : O_TRUNC;
    const file = await open(path, O_WRONLY | O_NOFOLLOW | how, 0o644);
    try {
      await file.write(`${init.value}\n`);
    } finally {
      await file.close();
    }
  } catch (error) {
    log.warning(`Track file ${name}: cannot write ${init.value} to ${path}: ${codeOf(error)}`);
  }
}

export class TrackedFile {
  readonly config: TrackFileConfig;
  readonly #ports: FilePorts;
  readonly #stopWatching: () => void;
  /** Undefined before it was read first. */
  #value: number | undefined;
  #state = "has not been read yet";
  /** Its content may be another one whenever something in its directory changes. */
  #isLink = false;
  #reading: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(config: TrackFileConfig, ports: FilePorts) {
    this.config = config;
    this.#ports = ports;
    this.#stopWatching = ports.watches.watch(dirname(config.path), (name, mask) => this.#onEvent(name, mask));
  }

  get finding(): Finding {
    return { value: this.#value, said: `file ${this.config.name} ${this.#state}` };
  }
  get value(): number | undefined {
    return this.#value;
  }

  close(): void {
    this.#closed = true;
    this.#stopWatching();
  }

  #onEvent(name: string | undefined, mask: number): void {
    if (name === undefined) void this.read();
    else if (name !== basename(this.config.path)) {
      if (this.#isLink) void this.read();
    } else if ((mask & CHANGES) !== 0) void this.read();
    else void this.#readWhenLinked();
  }

  /** A new file is read when whoever made it has closed it; a new link has its content at once. */
  async #readWhenLinked(): Promise<void> {
    const status = await lstat(this.config.path).catch(() => undefined);
    if (status !== undefined && (status.isSymbolicLink() || status.nlink > 1)) await this.read();
  }

  /** Reads it; once more when it is asked for again meanwhile. Resolves when the number is known. */
  read(): Promise<void> {
    this.#again = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#readOnce();
    }
  }

  async #readOnce(): Promise<void> {
    const { path, name } = this.config;
    const { log } = this.#ports;
    let value: number | undefined = 0;
    let state = "is missing";
    let isMissing = false;
    try {
      const [text, status] = await Promise.all([beginningOf(path), lstat(path)]);
      this.#isLink = status.isSymbolicLink();
      value = numberIn(text);
      state = `holds ${value}`;
    } catch (error) {
      isMissing = codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
      if (!isMissing) state = `cannot be read (${codeOf(error)})`;
    }
    if (this.#closed) return;
    if (value === undefined) {
      value = this.#value ?? 0;
      state = "holds a number that does not fit";
      log.warning(`Track file ${name}: the number in ${path} does not fit into 32 bits; ${value} counts`);
    }
    this.#state = state;
    if (value === this.#value) return;
    const before = this.#value;
    this.#value = value;
    // What is not there at the beginning may be a slip in the path.
    if (before === undefined && isMissing)
      log.info(`Track file ${name}: ${path} is missing; it counts as 0 until it comes`);
    else log.detail(`Track file ${name} ${state}`);
    this.#ports.changed(name);
  }
}
