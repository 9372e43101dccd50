/** The captured frames of test/data/vrrp-packets.json, and bytes of netlink captured from iproute2 and Linux. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { received, sent } from "./netlink-messages.js";

/** The repository, from wherever the tests were built to. */
function root(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "test/data/vrrp-packets.json"))) {
    if (folder === "/") throw new Error("not inside the repository");
    folder = dirname(folder);
  }
  return folder;
}

export interface Vector {
  id: string;
  frame_hex: string;
  decoded?: { type: string };
}

const packets = JSON.parse(readFileSync(join(root(), "test/data/vrrp-packets.json"), "utf8")) as {
  vectors: Vector[];
};
export const vectors: readonly Vector[] = packets.vectors;

export function frame(id: string): Uint8Array {
  const vector = vectors.find((candidate) => candidate.id === id);
  if (vector === undefined) throw new Error(`no vector ${id}`);
  return fromHex(vector.frame_hex);
}

export const netlinkMessages = { sent, received };

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
