/**
 * What the lab made outside this process, so that all of it is gone at the end: also after an exception, Ctrl-C, or,
 * by the next run, after this process was killed. Namespaces carry the process id of their maker in their name.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";

const PREFIX = "kalab";
const NETNS_FOLDER = "/run/netns";

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
  sweep();
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

/** Removes a folder at the end. @returns removes it now. */
export function removeFolderAtExit(path: string): () => void {
  return undoAtExit(() => {
    rmSync(path, { recursive: true, force: true });
  });
}
