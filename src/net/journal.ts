/**
 * The journal: a small text file of the addresses, routes and rules that this process may add to the kernel, written
 * before it adds any. After a crash it says what has to be withdrawn. Its text is `journal-text.ts`'s.
 */
import { readFile, rm } from "node:fs/promises";
import { formatJournal, parseJournal } from "./journal-text.js";
import { describeSetting, encodeRemove, linksOf, NOUNS, objectOf } from "./kernel-object.js";
import type { Channel, KernelRequest } from "./netlink-channel.js";
import type { Belongings } from "./settings.js";
import type { SystemError } from "./system-error.js";
import { writeWhole } from "./whole-file.js";

/** Replaces the journal. */
export async function writeJournal(path: string, entries: Belongings): Promise<void> {
  await writeWhole(path, formatJournal(entries));
}

/** @returns nothing to withdraw when there is no journal. */
export async function readJournal(path: string): Promise<Belongings> {
  try {
    return parseJournal(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { addresses: [], routes: [], rules: [] };
    throw error;
  }
}

/** After everything was withdrawn. */
export async function removeJournal(path: string): Promise<void> {
  await rm(path, { force: true });
}

/**
 * Removes all of it from the kernel: rules, routes, addresses (reference 12.1). What is not there, or on a device that
 * is not there (`indexOf` gives 0), is fine. @returns what the kernel refused.
 */
export async function withdraw(
  channel: Channel,
  { addresses, routes, rules }: Belongings,
  indexOf: (device: string) => number,
): Promise<SystemError[]> {
  const requests: KernelRequest[] = [];
  for (const object of [...rules, ...routes, ...addresses].map(objectOf)) {
    const numbers = linksOf(object).map(indexOf);
    if (numbers.includes(0)) continue;
    const call = `RTM_DEL${NOUNS[object.kind]}`;
    requests.push({ message: encodeRemove(object, numbers), call, subject: describeSetting(object.setting) });
  }
  const gone = new Set(["EADDRNOTAVAIL", "ESRCH", "ENODEV", "ENOENT"]);
  const results = await channel.request(requests);
  return results.flatMap((result) => (result.ok || gone.has(result.error.code) ? [] : [result.error]));
}
