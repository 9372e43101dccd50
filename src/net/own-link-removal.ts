/** What a dead process left of its own interfaces and kernel settings is taken away, by its journal. */
import type { Addon } from "../native/addon.js";
import { encodeDeleteLink } from "../netlink/link.js";
import { encodeChangeLink, encodeDeleteGroup } from "../netlink/own-link.js";
import { restoreSettings } from "./kernel-settings.js";
import { type LinkRecord, readLinkJournal, writeLinkJournal } from "./link-journal.js";
import { type Link, Links } from "./links.js";
import type { Loop } from "./loop.js";
import { formatMac } from "./mac-address.js";
import { Monitor } from "./monitor.js";
import { type Channel, openChannel } from "./netlink-channel.js";
import type { SystemError } from "./system-error.js";

/** Whether the interface of this name is still the one of the journal. A macvlan is known by its address. */
export function isRecorded({ kind, mac }: LinkRecord, link: Link): boolean {
  return link.kind === kind && (mac === undefined || formatMac(link.mac) === mac);
}

/**
 * Removes links. One by one costs the kernel a grace period each, and holds the loop meanwhile: 255 VMACs took more than
 * five seconds. So several are put into a group that nobody else is in, and go together.
 * @returns what the kernel refused; what is gone already is fine
 */
export async function deleteLinks(
  channel: Channel,
  links: readonly Link[],
  table: Pick<Links, "all">,
): Promise<SystemError[]> {
  if (links.length > 1) {
    const group = unusedGroup(table);
    const together = links.map(({ name }) => {
      return { message: encodeChangeLink(name, { group }), call: "RTM_NEWLINK", subject: name };
    });
    const subject = `${links.length} interfaces`;
    together.push({ message: encodeDeleteGroup(group), call: "RTM_DELLINK", subject });
    const results = await channel.request(together);
    if (results.every(({ ok }) => ok)) return [];
  }
  const results = await channel.request(
    links.map(({ index, name }) => {
      return { message: encodeDeleteLink(index), call: "RTM_DELLINK", subject: name };
    }),
  );
  return results.flatMap((result) => (result.ok || result.error.code === "ENODEV" ? [] : [result.error]));
}

/** Group 0 is everybody's. */
function unusedGroup(table: Pick<Links, "all">): number {
  const used = new Set([...table.all()].map(({ group }) => group));
  let group = 0x7fff0000;
  while (used.has(group)) group++;
  return group;
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
    const there = records.flatMap((record): Link[] => {
      const link = links.byName(record.name);
      return link !== undefined && isRecorded(record, link) ? [link] : [];
    });
    const refused = await deleteLinks(channel, there, links);
    const removed = there.length - refused.length;
    refused.push(...(await restoreSettings(settings)));
    if (refused.length === 0) await writeLinkJournal(journal, { links: [], settings: [] });
    return { removed, refused };
  } finally {
    channel.close();
    monitor.close();
  }
}
