/** What a dead process left of its own interfaces and kernel settings is taken away, by its journal. */
import type { Addon } from "../native/addon.js";
import { encodeDeleteLink } from "../netlink/link.js";
import { restoreSettings } from "./kernel-settings.js";
import { type LinkRecord, readLinkJournal, writeLinkJournal } from "./link-journal.js";
import { type Link, Links } from "./links.js";
import type { Loop } from "./loop.js";
import { formatMac } from "./mac-address.js";
import { Monitor } from "./monitor.js";
import { type KernelRequest, openChannel } from "./netlink-channel.js";
import type { SystemError } from "./system-error.js";

/** Whether the interface of this name is still the one of the journal. A macvlan is known by its address. */
function isRecorded({ kind, mac }: LinkRecord, link: Link): boolean {
  return link.kind === kind && (mac === undefined || formatMac(link.mac) === mac);
}

/** Removes what the journal names, puts the settings back, then removes the journal unless something was refused. */
export async function removeOwnLinks(
  addon: Addon,
  loop: Loop,
  journal: string,
): Promise<{ removed: number; refused: SystemError[] }> {
  const { links: records, settings } = await readLinkJournal(journal);
  if (records.length + settings.length === 0) return { removed: 0, refused: [] };
  const links = new Links();
  const monitor = new Monitor(addon, links, loop);
  const channel = openChannel(addon, loop);
  try {
    await monitor.start();
    const requests = records.flatMap((record): KernelRequest[] => {
      const link = links.byName(record.name);
      if (link === undefined || !isRecorded(record, link)) return [];
      return [{ message: encodeDeleteLink(link.index), call: "RTM_DELLINK", subject: record.name }];
    });
    const results = await channel.request(requests);
    const refused = results.flatMap((result) =>
      result.ok || result.error.code === "ENODEV" ? [] : [result.error],
    );
    refused.push(...(await restoreSettings(settings)));
    if (refused.length === 0) await writeLinkJournal(journal, { links: [], settings: [] });
    return { removed: results.filter(({ ok }) => ok).length, refused };
  } finally {
    channel.close();
    monitor.close();
  }
}
