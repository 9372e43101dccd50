/**
 * Two network namespaces joined by a veth pair, with no way out, and the certainty that they disappear:
 * at the end of a measurement, after a failure, on Ctrl-C and when the process ends.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const undoings = new Set<() => void>();

/** Registers what must be undone whatever happens; synchronous. @returns what undoes it now, once. */
export function undoAtEnd(undo: () => void): () => void {
  const once = (): void => {
    if (undoings.delete(once)) undo();
  };
  undoings.add(once);
  return once;
}

/** Undoes everything that is left, the newest first; one failure does not spare the rest. */
function undoEverything(): void {
  for (const undo of [...undoings].reverse()) {
    try {
      undo();
    } catch (error) {
      console.error(String(error));
    }
  }
}

/** From here on nothing of the benchmark outlives its process. */
export function cleanUpOnExit(): void {
  process.on("exit", undoEverything);
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.on(signal, () => process.exit(status));
  }
}

/** One end of the wire. */
export interface Host {
  readonly namespace: string;
  readonly interfaceName: string;
  /** Its own address, without prefix length. */
  readonly address: string;
}

export interface Lab {
  readonly left: Host;
  readonly right: Host;
  /** Folder for configurations and logs, in memory where possible. */
  readonly folder: string;
  /** Removes the namespaces and the folder. Close sockets and end processes first. */
  remove(): void;
}

const INTERFACE = "eth0";
let labs = 0;

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

function inMemory(): string {
  const shared = "/dev/shm";
  try {
    if (statSync(shared).isDirectory()) return shared;
  } catch {
    // no such folder: the ordinary one
  }
  return tmpdir();
}

/** Joins the two hosts by one more wire, with the same subnet layout under another second byte: 10.<index>.0.1 and .2. */
export function addWire({ left, right }: Lab, name: string, index: number): void {
  ip(
    "-n",
    left.namespace,
    "link",
    "add",
    name,
    "type",
    "veth",
    "peer",
    "name",
    name,
    "netns",
    right.namespace,
  );
  for (const [{ namespace }, own] of [
    [left, 1],
    [right, 2],
  ] as const) {
    ip("-n", namespace, "address", "add", `10.${index}.0.${own}/16`, "brd", "+", "dev", name);
    ip("-n", namespace, "link", "set", name, "up");
  }
}

/** Makes the two hosts: 10.77.0.1 (left) and 10.77.0.2 (right), carrier up, IPv6 off so that nothing else speaks. */
export function makeLab(): Lab {
  labs += 1;
  const name = `kbench-${process.pid}-${labs}`;
  const folder = mkdtempSync(join(inMemory(), `${name}-`));
  const left: Host = { namespace: `${name}-left`, interfaceName: INTERFACE, address: "10.77.0.1" };
  const right: Host = { namespace: `${name}-right`, interfaceName: INTERFACE, address: "10.77.0.2" };
  const remove = undoAtEnd(() => {
    for (const { namespace } of [left, right]) {
      try {
        ip("netns", "delete", namespace);
      } catch {
        // it was never made
      }
    }
    rmSync(folder, { recursive: true, force: true });
  });
  for (const { namespace } of [left, right]) ip("netns", "add", namespace);
  ip(
    "-n",
    left.namespace,
    "link",
    "add",
    INTERFACE,
    "type",
    "veth",
    "peer",
    "name",
    INTERFACE,
    "netns",
    right.namespace,
  );
  for (const { namespace, address } of [left, right]) {
    execFileSync(
      "ip",
      ["netns", "exec", namespace, "sh", "-c", "echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6"],
      {
        stdio: "ignore",
      },
    );
    ip("-n", namespace, "address", "add", `${address}/16`, "brd", "+", "dev", INTERFACE);
    ip("-n", namespace, "link", "set", "lo", "up");
    ip("-n", namespace, "link", "set", INTERFACE, "up");
  }
  return { left, right, folder, remove };
}
