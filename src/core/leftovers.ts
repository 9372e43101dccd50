/**
 * What a dead child left in the kernel: core takes it away at once, by the child's journal, so that the addresses of
 * a dead master do not linger while another router takes over.
 */
import { removeOwnLinks } from "../net/own-link-removal.js";
import { openChannel } from "../net/netlink-channel.js";
import { removeFirewall } from "../net/firewall.js";
import { readJournal, removeJournal, withdraw } from "../net/journal.js";
import { settingsOf } from "../net/kernel-object.js";
import { formatSystemError } from "../net/system-error.js";
import type { Addon } from "../native/addon.js";
import { createEventLoop } from "../platform/event-loop.js";
import { linkJournalFile, type LogLevel, packetFilterFile } from "../platform/messages.js";
import { ScriptRunner } from "../platform/script-runner.js";

/** Removes everything in the journal from the kernel, then the journal. Never rejects: what failed is logged. */
export async function removeLeftovers(
  addon: Addon,
  journal: string,
  log: (level: LogLevel, text: string) => void,
): Promise<void> {
  await withdrawEntries(addon, journal, log);
  await removeLinks(addon, linkJournalFile({ journalFile: journal }), log);
  // After the addresses: until they are gone they stay closed.
  const failure = await removeFirewall(new ScriptRunner(addon), packetFilterFile({ journalFile: journal }));
  if (failure !== undefined) log("error", `Cannot remove the packet filter of a dead child: ${failure}`);
}

async function withdrawEntries(
  addon: Addon,
  journal: string,
  log: (level: LogLevel, text: string) => void,
): Promise<void> {
  try {
    const entries = await readJournal(journal);
    const count = settingsOf(entries).length;
    if (count === 0) return;
    const channel = openChannel(addon, createEventLoop(addon));
    try {
      const refused = await withdraw(channel, entries, (device) => addon.interfaceIndex(device));
      for (const error of refused)
        log("error", `Cannot remove what a dead child left: ${formatSystemError(error)}`);
      log("info", `Removed ${count - refused.length} addresses, routes and rules that a dead child left`);
      if (refused.length === 0) await removeJournal(journal);
    } finally {
      channel.close();
    }
  } catch (error) {
    log(
      "error",
      `Cannot clean up after a dead child: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Interfaces that the child had made, and kernel settings that it had changed. */
async function removeLinks(
  addon: Addon,
  journal: string,
  log: (level: LogLevel, text: string) => void,
): Promise<void> {
  try {
    const { removed, refused } = await removeOwnLinks(addon, createEventLoop(addon), journal);
    if (removed > 0) log("info", `Removed ${removed} interfaces that a dead child left`);
    for (const error of refused)
      log("error", `Cannot remove what a dead child left: ${formatSystemError(error)}`);
  } catch (error) {
    log("error", `Cannot clean up after a dead child: ${String(error)}`);
  }
}
