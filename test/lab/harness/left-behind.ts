/**
 * What the lab made outside this process, so that all of it is gone at the end: also after an exception, Ctrl-C, or
 * SIGKILL. Whatever may be left carries the process id of its maker in its name.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { repository } from "../../setup/repository.js";

const PREFIX = "kalab";
const NETNS_FOLDER = "/run/netns";
/** Where labs have their folders. */
const LAB_FOLDER = join(repository, "build", "lab");

/** Before a command: the kernel kills it when this process ends, however that is. For what runs outside a lab's namespaces. */
export const DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL"] as const;

/**
 * A shell that waits until its maker ($1) has ended, and does what that could not: everything in its namespaces is killed,
 * so are its guests, and its folders go. $2 is where labs have theirs.
 */
const GUARD = `
cat
for path in ${NETNS_FOLDER}/${PREFIX}-"$1"-*; do
  [ -e "$path" ] || continue
  for turn in 1 2 3; do kill -s KILL $(ip netns pids "\${path##*/}"); done
  ip netns delete "\${path##*/}"
done
for path in /tmp/${PREFIX}-guest-"$1"-*/uml/guest/pid; do
  [ ! -s "$path" ] || kill -s KILL -- "-$(cat "$path")"
done
rm -rf /tmp/${PREFIX}-*-"$1"-* /dev/shm/${PREFIX}-*-"$1"-* "$2/$1"-*
`;

/** Things to undo, last made first. */
const undo = new Map<symbol, () => void>();
let hooked = false;

/** Registers how to undo something. @returns does it now, once. */
export function undoAtExit(action: () => void): () => void {
  if (!hooked) hook();
  const key = Symbol("undo");
  undo.set(key, action);
  return () => {
    if (undo.delete(key)) action();
  };
}

/** Undoes everything; an action that fails does not keep the others from running. */
function undoAll(): void {
  for (const [key, action] of [...undo].reverse()) {
    undo.delete(key);
    try {
      action();
    } catch (error) {
      console.error("lab: could not clean up:", error);
    }
  }
}

function hook(): void {
  hooked = true;
  process.on("exit", undoAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      undoAll();
      process.kill(process.pid, signal);
    });
  }
  startGuard();
  sweep();
}

/** It has the reading end of a pipe whose other end is ours alone: the kernel closes that when we are gone. */
function startGuard(): void {
  const guard = spawn("sh", ["-c", GUARD, "sh", String(process.pid), LAB_FOLDER], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  // What child_process gives for a pipe is a socket.
  (guard.stdin as Socket).unref();
}

/** A name for a network namespace that no other run uses. */
export function namespaceName(label: string, name: string): string {
  return `${PREFIX}-${process.pid}-${label}-${name}`;
}

/** Names of the namespaces that this process has made and not removed. */
export function ownNamespaces(): string[] {
  return namespaces().filter((name) => name.startsWith(`${PREFIX}-${process.pid}-`));
}

/** Kills what runs in a namespace and removes it. */
export function removeNamespace(name: string): void {
  for (const pid of pidsIn(name)) kill(pid);
  spawnSync("ip", ["netns", "delete", name]);
}

/** Processes in a network namespace. */
function pidsIn(namespace: string): number[] {
  const { stdout } = spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" });
  return (stdout ?? "").split("\n").filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}

function namespaces(): string[] {
  return existsSync(NETNS_FOLDER) ? readdirSync(NETNS_FOLDER) : [];
}

/** Removes what a killed run has left. */
function sweep(): void {
  for (const name of namespaces()) {
    const maker = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    if (maker !== undefined && !existsSync(`/proc/${maker}`)) removeNamespace(name);
  }
}

interface Folder {
  path: string;
  /** Before the end. */
  remove: () => void;
}

/** Makes a folder for a lab. */
export function makeLabFolder(label: string): Folder {
  const path = join(LAB_FOLDER, `${process.pid}-${label}`);
  mkdirSync(path, { recursive: true });
  return { path, remove: removeFolderAtExit(path) };
}

/** Makes a folder of our own. */
export function makeTemporaryFolder(
  what: "guest" | "exchange" | "config" | "bench",
  where: "/tmp" | "/dev/shm" = "/tmp",
): Folder {
  const path = mkdtempSync(`${where}/${PREFIX}-${what}-${process.pid}-`);
  return { path, remove: removeFolderAtExit(path) };
}

function removeFolderAtExit(path: string): () => void {
  return undoAtExit(() => {
    rmSync(path, { recursive: true, force: true });
  });
}
