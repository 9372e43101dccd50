/** The real files, environment and chance for the configuration reader, which asks for them through this only. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from "node:fs";
import { wildcard } from "./wildcard.js";

/** Nobody's configuration is larger; a mistaken include may be. */
const LARGEST_FILE = 64 * 1024 * 1024;

/** The `FileReader` of `config/lexer/includes.ts`, on the file system. */
export function fileReader(workingDirectory: string = process.cwd()): {
  readonly workingDirectory: string;
  glob(pattern: string, cwd: string): string[];
  read(path: string): { ok: true; bytes: Uint8Array } | { ok: false; reason: string };
  env(name: string): string | undefined;
  random(min: number, max: number): number;
} {
  return {
    workingDirectory,
    glob,
    read,
    env: (name) => process.env[name],
    random: (min, max) => min + Math.floor(Math.random() * (max - min + 1)),
  };
}

/** Opened before it is looked at, and never waiting for the other end of a pipe. */
function read(path: string): { ok: true; bytes: Uint8Array } | { ok: false; reason: string } {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
  try {
    const status = fstatSync(fd);
    if (status.isDirectory()) return { ok: false, reason: "it is a directory" };
    if (!status.isFile()) return { ok: false, reason: "it is not a regular file" };
    if ((status.mode & 0o111) !== 0) return { ok: false, reason: "it is executable" };
    if (status.size > LARGEST_FILE) return { ok: false, reason: "it is larger than 64 MiB" };
    return { ok: true, bytes: readAll(fd, status.size) };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  } finally {
    closeSync(fd);
  }
}

/** Files of /proc say that they are empty, so the end is where reading says it is. */
function readAll(fd: number, size: number): Uint8Array {
  let buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length > LARGEST_FILE) throw Object.assign(new Error("it is larger than 64 MiB"), { code: "EFBIG" });
    if (length === buffer.length)
      buffer = Buffer.concat([buffer, Buffer.allocUnsafe(Math.max(4096, length))]);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "it does not exist";
  if (code === "EACCES") return "permission denied";
  if (code === "ENXIO") return "it is not a regular file";
  if (code === "ELOOP") return "too many symbolic links";
  return error instanceof Error ? error.message : String(error);
}

/** Names that match, sorted; `*` and `?` and `[...]` do not match a leading dot or a slash. */
function glob(pattern: string, cwd: string): string[] {
  const absolute = pattern.startsWith("/");
  const parts = pattern.split("/").filter((part) => part !== "");
  let found = [absolute ? "/" : ""];
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    const next: string[] = [];
    for (const base of found) {
      for (const name of matching(part, base, cwd, last)) next.push(base + name + (last ? "" : "/"));
    }
    found = next;
    if (found.length === 0) return [];
  }
  return parts.length === 0 ? [] : found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function matching(part: string, base: string, cwd: string, last: boolean): string[] {
  const directory = base.startsWith("/") ? base : `${cwd}/${base}`;
  if (!/[*?[]/.test(part.replace(/\\./g, ""))) {
    const name = part.replace(/\\(.)/g, "$1");
    return exists(`${directory}/${name}`, last) ? [name] : [];
  }
  const matches = wildcard(part);
  try {
    return readdirSync(directory).filter((name) => (name[0] !== "." || part[0] === ".") && matches(name));
  } catch {
    return [];
  }
}

/** A dangling link is a match, whose opening then fails with a reason. */
function exists(path: string, last: boolean): boolean {
  const options = { throwIfNoEntry: false } as const;
  try {
    return (last ? lstatSync(path, options) : statSync(path, options)) !== undefined;
  } catch {
    return false;
  }
}
