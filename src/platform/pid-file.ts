/**
 * Pid files: a decimal process id and a newline, mode 0644, never through a symbolic link. Core holds a write lock on
 * each for its life; the lock, not the file, tells whether a daemon runs: a file left by a killed one means nothing.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  lstatSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

const MODE = 0o644;
/** Whatever the umask says: others may see that the daemon runs. */
const FOLDER_MODE = 0o755;
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A file that is replaced again and again while we open it is somebody's game, not ours. */
const ATTEMPTS = 10;

/** Takes the write lock on a descriptor; false when somebody else holds it. */
export type Lock = (fd: number) => boolean;

export class PidFile {
  #fd: number | undefined;

  private constructor(
    readonly path: string,
    fd: number,
    private readonly lock: Lock,
  ) {
    this.#fd = fd;
  }

  /** Opens and locks; undefined when another process holds the lock. Throws when the file cannot be opened. */
  static claim(path: string, lock: Lock): PidFile | undefined {
    const fd = openLocked(path, lock);
    return fd === undefined ? undefined : new PidFile(path, fd, lock);
  }

  /** Writes the process id; the file is made anew when somebody removed or replaced it. */
  write(pid: number): void {
    if (this.#fd === undefined || !isStill(this.path, this.#fd)) {
      const fd = openLocked(this.path, this.lock);
      if (fd === undefined) throw new Error(`pid file ${this.path} is locked by another process`);
      this.#close();
      this.#fd = fd;
    }
    const fd = this.#fd;
    if (fd === undefined) return;
    ftruncateSync(fd, 0);
    writeSync(fd, `${pid}\n`, 0);
  }

  /** Removes the file and gives up the lock. */
  remove(): void {
    if (this.#fd === undefined) return;
    if (isStill(this.path, this.#fd)) unlinkSync(this.path);
    this.#close();
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** Whether the path still leads to the open file. */
function isStill(path: string, fd: number): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  const open = fstatSync(fd);
  return there !== undefined && there.ino === open.ino && there.dev === open.dev;
}

function openLocked(path: string, lock: Lock): number | undefined {
  const made = mkdirSync(dirname(path), { recursive: true });
  if (made !== undefined) for (const folder of new Set([made, dirname(path)])) chmodSync(folder, FOLDER_MODE);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const fd = openSync(path, FLAGS, MODE);
    if (!lock(fd)) {
      closeSync(fd);
      return undefined;
    }
    if (isStill(path, fd)) {
      fchmodSync(fd, MODE); // whatever the umask said
      ftruncateSync(fd, 0);
      return fd;
    }
    closeSync(fd); // removed or replaced between open and lock: the lock is worth nothing
  }
  throw new Error(`pid file ${path} is replaced over and over`);
}
