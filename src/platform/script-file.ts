/**
 * Whether a script can be run by its user, and whether somebody else could have changed what root is about to run:
 * every component of its path, and of where links on it lead, must be root's alone. Asked when a configuration is
 * read, never in a loop.
 */
import { lstatSync, readlinkSync, realpathSync, statSync, type Stats } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type { Identity } from "./accounts.js";

/** What is found out about a script. */
export interface ScriptFinding {
  status: "ok" | "missing" | "notExecutable" | "insecure";
  /** What the name stands for, links resolved; absent when it is missing. */
  file?: string;
  /** When it is not "ok": the path component and what is wrong with it. */
  reason?: string;
}

const OTHERS_WRITE = 0o002;
const GROUP_WRITE = 0o020;
const SET_UID = 0o4000;
const SET_GID = 0o2000;
const STICKY = 0o1000;
const PERMISSIONS = 0o7777;

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A name without a slash is looked for in PATH, as the script's user. */
function locate(name: string, path: string | undefined, user: Identity): string | undefined {
  if (name.includes("/")) return name;
  const folders = (path ?? DEFAULT_PATH).split(":").map((folder) => (folder === "" ? "." : folder));
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        const status = statSync(file);
        return status.isFile() && mayExecute(status, user);
      } catch {
        return false; // not there, a loop of links, a folder that may not be searched: not this one
      }
    });
}

/** Execute a file, search a directory. Root may execute what anybody may, and search everything. */
function mayExecute(status: Stats, { uid, gid, groups = [] }: Identity): boolean {
  if (uid === 0) return status.isDirectory() || (status.mode & 0o111) !== 0;
  if (status.uid === uid) return (status.mode & 0o100) !== 0;
  if (status.gid === gid || groups.includes(status.gid)) return (status.mode & 0o010) !== 0;
  return (status.mode & 0o001) !== 0;
}

/** The components of an absolute path, the root first. */
function componentsOf(path: string): string[] {
  const components = [path];
  for (let at = path; at !== dirname(at); ) {
    at = dirname(at);
    components.push(at);
  }
  return components.reverse();
}

/** Root would run it: as its user or group, or because of its set-id bits. */
function needsProtection(status: Stats, { uid, gid }: Identity): boolean {
  if (uid === 0 || gid === 0) return true;
  return (
    (status.uid === 0 && (status.mode & SET_UID) !== 0) || (status.gid === 0 && (status.mode & SET_GID) !== 0)
  );
}

function describe(path: string, { mode, uid, gid }: Stats): string {
  const octal = (mode & PERMISSIONS).toString(8).padStart(4, "0");
  return `'${path}' (mode ${octal}, owner ${uid}, group ${gid})`;
}

/** Owned by root, and writable by nobody else; a sticky directory keeps others from replacing what is in it. */
function weakness(path: string): string | undefined {
  const status = lstatSync(path);
  if (status.uid !== 0) return `${describe(path, status)} does not belong to root`;
  if (status.isSymbolicLink()) return undefined;
  if (status.isDirectory() && (status.mode & STICKY) !== 0) return undefined;
  if ((status.mode & OTHERS_WRITE) !== 0) return `${describe(path, status)} can be written by everybody`;
  if ((status.mode & GROUP_WRITE) !== 0 && status.gid !== 0)
    return `${describe(path, status)} can be written by its group`;
  return undefined;
}

/**
 * Adds every component on the way to a script: of its path as written, and of where each link on it leads, which may
 * itself be reached by links. Whoever can change one of them changes what runs.
 */
function follow(path: string, passed: Set<string>): void {
  for (const component of componentsOf(path)) {
    if (passed.has(component)) continue;
    passed.add(component);
    if (!lstatSync(component).isSymbolicLink()) continue;
    // Not normalized, as ".." behind a link is another folder than the text says; a slash at the end would hide a link.
    const target = readlinkSync(component).replace(/(?<=.)\/+$/, "");
    follow(isAbsolute(target) ? target : `${realpathSync(dirname(component))}/${target}`, passed);
  }
}

function firstWeakness(path: string): string | undefined {
  const passed = new Set<string>();
  follow(path, passed);
  for (const component of passed) {
    const found = weakness(component);
    if (found !== undefined) return found;
  }
  return undefined;
}

function withReason(
  status: ScriptFinding["status"],
  reason: string | undefined,
  file?: string,
): ScriptFinding {
  return { status, ...(reason !== undefined && { reason }), ...(file !== undefined && { file }) };
}

function examine(found: string, user: Identity): ScriptFinding {
  const real = realpathSync(found);
  for (const component of componentsOf(real).slice(0, -1)) {
    const status = statSync(component);
    if (!mayExecute(status, user))
      return withReason("notExecutable", `${describe(component, status)} cannot be searched`, real);
  }
  const status = statSync(real);
  if (!status.isFile()) return withReason("notExecutable", `${describe(real, status)} is no file`, real);
  if (!mayExecute(status, user))
    return withReason("notExecutable", `${describe(real, status)} cannot be executed`, real);
  if (!needsProtection(status, user)) return { status: "ok", file: real };
  const weak = firstWeakness(found) ?? firstWeakness(real);
  return weak === undefined ? { status: "ok", file: real } : withReason("insecure", weak, real);
}

/** @param searchPath PATH, for names without a slash */
export function examineScript(name: string, user: Identity, searchPath: string | undefined): ScriptFinding {
  const found = locate(name, searchPath, user);
  if (found === undefined) return { status: "missing" };
  try {
    return examine(found, user);
  } catch {
    return { status: "missing" };
  }
}
