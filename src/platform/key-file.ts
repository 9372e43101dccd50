/** Reads a file that holds a secret, such as a credential of systemd (LoadCredential): small, and for its owner alone. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** A key in hexadecimal has 128 digits; blanks and a line end are free. */
const LARGEST_BYTES = 4096;
const OTHERS_MAY_READ = 0o044;

type KeyFile = { text: string; exposed: boolean } | { problem: string };

/** The content as latin1, and whether others than the owner may read it. Never waits for the other end of a pipe. */
export function readKeyFile(path: string): KeyFile {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) return { problem: "it is not a regular file" };
    const buffer = Buffer.alloc(LARGEST_BYTES + 1);
    const length = readSync(fd, buffer, 0, buffer.length, 0);
    if (length > LARGEST_BYTES) return { problem: `it has more than ${LARGEST_BYTES} bytes` };
    return { text: buffer.toString("latin1", 0, length), exposed: (status.mode & OTHERS_MAY_READ) !== 0 };
  } catch (error) {
    return { problem: reasonOf(error) };
  } finally {
    closeSync(fd);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "it does not exist";
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
