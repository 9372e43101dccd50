/** Files that are there as a whole or not at all. */
import { open, rename } from "node:fs/promises";

/** Writes a file for root alone: into a temporary one beside it, synced, then renamed over the old one. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
