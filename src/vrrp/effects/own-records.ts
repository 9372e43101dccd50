/**
 * The interfaces that are ours and the kernel settings that we have changed, in memory and in their journal. It is
 * written before anything is made or changed: after a crash it says what has to be undone.
 */
import { KernelSettings } from "../../net/kernel-settings.js";
import {
  formatLinkJournal,
  type LinkEntries,
  type LinkRecord,
  readLinkJournal,
  recordOf,
  writeLinkJournal,
} from "../../net/link-journal.js";
import type { Links } from "../../net/links.js";
import type { OwnLink } from "../../net/own-link.js";
import { isRecorded } from "../../net/own-link-removal.js";
import type { Log } from "../../platform/child-log.js";

export class OwnRecords {
  readonly settings = new KernelSettings();
  /** Made by us or by an earlier process of ours, by name. */
  readonly links = new Map<string, LinkRecord>();
  readonly #log: Log;
  #path = "";
  /** What the journal says. */
  #written = "";

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes over what the journal at `path` names, as far as it is still there. */
  async read(path: string, table: Pick<Links, "byName">): Promise<void> {
    this.#path = path;
    try {
      const { links, settings } = await readLinkJournal(path);
      this.#written = formatLinkJournal({ links, settings });
      for (const record of links) {
        const link = table.byName(record.name);
        if (link !== undefined && isRecorded(record, link)) this.links.set(record.name, record);
      }
      this.settings.adopt(settings);
    } catch (error) {
      this.#log.error(`Cannot read ${path}: ${String(error)}; what an earlier process left may stay`);
    }
  }

  /** Notes what is there and what is going to be, before it is made. */
  async note(wishes: Iterable<OwnLink>): Promise<void> {
    const links = new Map(this.links);
    for (const wish of wishes) links.set(wish.name, recordOf(wish));
    await this.#write({ links: [...links.values()], settings: this.settings.held });
  }

  /** Nothing of ours is left. */
  clear(): Promise<void> {
    return this.#write({ links: [], settings: [] });
  }

  async #write(entries: LinkEntries): Promise<void> {
    const text = formatLinkJournal(entries);
    if (text === this.#written) return;
    this.#written = text;
    try {
      await writeLinkJournal(this.#path, entries);
    } catch (error) {
      const consequence = "after a crash, interfaces and kernel settings may stay until the next start";
      this.#log.error(`Cannot write ${this.#path}: ${String(error)}; ${consequence}`);
    }
  }
}
