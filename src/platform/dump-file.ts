/**
 * Files that show the state of a process on request. Written under a fresh name and renamed over the old one, so that
 * a planted symbolic link or an open reader is harmless; mode 0666 without the bits of the umask. Never blocks the loop.
 */
import { constants } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";

const MODE = 0o666;
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const ATTEMPTS = 10;

let serial = 0;

/** Writes `text` to `path`; rejects with the system's error. */
export async function writeDump(path: string, text: string | Uint8Array, mode = MODE): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const temporary = `${path}.${process.pid}-${++serial}`;
    try {
      const file = await open(temporary, FLAGS, mode);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      return;
    } catch (error) {
      const taken = error instanceof Error && "code" in error && error.code === "EEXIST";
      if (taken && attempt < ATTEMPTS) continue; // left by an earlier process of the same number
      if (!taken) await unlink(temporary).catch(() => undefined);
      throw error;
    }
  }
}
