/**
 * Two network namespaces joined by a veth pair, with no way out, and the certainty that they disappear:
 * at the end of a measurement, after a failure, on Ctrl-C and when the process ends, however that is.
 */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import {
  makeTemporaryFolder,
  namespaceName,
  removeNamespace,
  undoAtExit,
} from "../test/lab/harness/left-behind.js";

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

function inMemory(): "/dev/shm" | "/tmp" {
  const shared = "/dev/shm";
  try {
    if (statSync(shared).isDirectory()) return shared;
  } catch {
    // no such folder: the ordinary one
  }
  return "/tmp";
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
  const folder = makeTemporaryFolder("bench", inMemory());
  const host = (name: string, address: string): Host => ({
    namespace: namespaceName(String(labs), name),
    interfaceName: INTERFACE,
    address,
  });
  const [left, right] = [host("left", "10.77.0.1"), host("right", "10.77.0.2")];
  const remove = undoAtExit(() => {
    for (const { namespace } of [left, right]) removeNamespace(namespace);
    folder.remove();
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
  return { left, right, folder: folder.path, remove };
}
