/** The captured frames of test/data/vrrp-packets.json, and bytes of netlink captured from iproute2 and Linux. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository, from wherever the tests were built to. */
function root(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return here.slice(0, here.lastIndexOf("/test/")).replace(/\/build[^/]*$/, "");
}

export interface Vector {
  id: string;
  frame_hex: string;
  decoded: { type: string; eth_src: string };
}

const packets = JSON.parse(readFileSync(join(root(), "test/data/vrrp-packets.json"), "utf8")) as { vectors: Vector[] };
export const vectors: readonly Vector[] = packets.vectors;

export function frame(id: string): Uint8Array {
  const vector = vectors.find((candidate) => candidate.id === id);
  if (vector === undefined) throw new Error(`no vector ${id}`);
  return fromHex(vector.frame_hex);
}

export const netlinkMessages = JSON.parse(
  readFileSync(join(root(), "test/unit/net/netlink-messages.json"), "utf8"),
) as { sent: Record<string, string>; received: Record<string, string> };

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
