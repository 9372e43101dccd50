/**
 * Whether a script can be run by its user, and whether somebody else could have changed what root is about to run:
 * every directory on the way, as written and with links resolved, must be root's alone. Asked when a configuration is
 * read, never in a loop.
 */
import { lstatSync, realpathSync, statSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import type { Identity } from "./accounts.js";

export type ScriptStatus = "ok" | "missing" | "notExecutable" | "insecure";

const OTHERS_WRITE = 0o002;
const GROUP_WRITE = 0o020;
const SET_UID = 0o4000;
const SET_GID = 0o2000;
const STICKY = 0o1000;

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A name without a slash is looked for in PATH. */
function locate(name: string, path: string | undefined): string | undefined {
  if (name.includes("/")) return name;
  const folders = (path ?? DEFAULT_PATH).split(":").map((folder) => (folder === "" ? "." : folder));
  return folders
    .map((folder) => join(folder, name))
    .find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

/** Root may execute what anybody may. */
function executableBy(status: Stats, { uid, gid }: Identity): boolean {
  if (uid === 0) return (status.mode & 0o111) !== 0;
  if (status.uid === uid) return (status.mode & 0o100) !== 0;
  if (status.gid === gid) return (status.mode & 0o010) !== 0;
  return (status.mode & 0o001) !== 0;
}

/** Root would run it: as its user or group, or because of its set-id bits. */
function needsProtection(status: Stats, { uid, gid }: Identity): boolean {
  if (uid === 0 || gid === 0) return true;
  return (
    (status.uid === 0 && (status.mode & SET_UID) !== 0) || (status.gid === 0 && (status.mode & SET_GID) !== 0)
  );
}

/** Owned by root, and writable by nobody else; a sticky directory keeps others from replacing what is in it. */
function isRoots(path: string): boolean {
  const status = lstatSync(path);
  if (status.uid !== 0) return false;
  if (status.isSymbolicLink()) return true;
  const open = (status.mode & OTHERS_WRITE) !== 0 || ((status.mode & GROUP_WRITE) !== 0 && status.gid !== 0);
  return !open || (status.isDirectory() && (status.mode & STICKY) !== 0);
}

function wholePathIsRoots(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (!isRoots(at)) return false;
    if (at === dirname(at)) return true;
  }
}

/** @param searchPath PATH, for names without a slash */
export function scriptStatus(name: string, user: Identity, searchPath: string | undefined): ScriptStatus {
  const found = locate(name, searchPath);
  if (found === undefined) return "missing";
  try {
    const real = realpathSync(found);
    const status = statSync(real);
    if (!status.isFile() || !executableBy(status, user)) return "notExecutable";
    if (!needsProtection(status, user)) return "ok";
    return wholePathIsRoots(real) && wholePathIsRoots(found) ? "ok" : "insecure";
  } catch {
    return "missing";
  }
}
