/**
 * What an earlier process left in the kernel, and the journals that tell the next one what is ours. Addresses of
 * instances and static ones have a journal each: core takes the former back when this process dies, the latter
 * do not depend on VRRP and stay.
 */
import type { VrrpConfig } from "../../config/model.js";
import { readJournal, removeJournal, withdraw, writeJournal } from "../../net/journal.js";
import { journalLine } from "../../net/journal-text.js";
import { describeSetting, settingsOf } from "../../net/kernel-object.js";
import type { Link, Links } from "../../net/links.js";
import type { Channel } from "../../net/netlink-channel.js";
import type { AddressSetting, Belongings, Setting } from "../../net/settings.js";
import { formatSystemError } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";
import type { ChildOptions } from "../../platform/messages.js";

/** What this process may add to the kernel. */
export interface Holdings {
  /** While an instance is MASTER. */
  virtual: Belongings;
  /** As long as the process runs. */
  permanent: Belongings;
}

/** Paths of the two journals. */
export interface Journals {
  virtual: string;
  permanent: string;
}

const NOTHING: Belongings = { addresses: [], routes: [], rules: [] };

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Entries of `a` that are not in `b`, compared by what they are in the kernel. */
function without(a: Belongings, b: Belongings): Belongings {
  const known = new Set(settingsOf(b).map(journalLine));
  const isNew = (setting: Setting): boolean => !known.has(journalLine(setting));
  return {
    addresses: a.addresses.filter(isNew),
    routes: a.routes.filter(isNew),
    rules: a.rules.filter(isNew),
  };
}

function union(a: Belongings, b: Belongings): Belongings {
  const more = without(b, a);
  return {
    addresses: [...a.addresses, ...more.addresses],
    routes: [...a.routes, ...more.routes],
    rules: [...a.rules, ...more.rules],
  };
}

/** What this process may add to the kernel: while somebody is MASTER, and as long as it runs. */
export function entriesOf(config: VrrpConfig): Holdings {
  const { instances } = config;
  return {
    virtual: {
      addresses: instances.flatMap(({ addresses, excludedAddresses }) => [
        ...addresses,
        ...excludedAddresses,
      ]),
      routes: instances.flatMap(({ routes }) => routes),
      rules: instances.flatMap(({ rules }) => rules),
    },
    permanent: staticsOf(config),
  };
}

/** The static entries. */
export function staticsOf({ staticAddresses, staticRoutes, staticRules }: VrrpConfig): Belongings {
  return { addresses: staticAddresses, routes: staticRoutes, rules: staticRules };
}

/** The static entries have a journal of their own, since core leaves them in place when this process dies. */
export function journalsOf({ journalFile }: ChildOptions): Journals {
  return { virtual: journalFile, permanent: `${journalFile}.static` };
}

export class Leftovers {
  readonly #channel: Channel;
  readonly #links: Links;
  readonly #log: Log;
  #written: { journals: Journals; wanted: Holdings } | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(channel: Channel, links: Links, log: Log) {
    this.#channel = channel;
    this.#links = links;
    this.#log = log;
    links.addListener({ linkChanged: (before, after) => this.#onLink(before, after) });
  }

  /** A VRF came: now the table of its routes is known. */
  #onLink(before: Link | undefined, after: Link | undefined): void {
    if (after?.vrfTable === undefined || after.vrfTable === before?.vrfTable) return;
    if (this.#written !== undefined) void this.write(this.#written.journals, this.#written.wanted);
  }

  /**
   * Whoever withdraws a route need not know the VRF any more, so it is written down with its table. Without the VRF
   * the route is not in the kernel either.
   */
  #withTables({ virtual, permanent }: Holdings): Holdings {
    const resolved = (belongings: Belongings): Belongings => ({
      ...belongings,
      routes: belongings.routes.flatMap(({ vrf, ...route }) => {
        if (vrf === undefined) return route;
        const table = this.#links.byName(vrf)?.vrfTable;
        return table === undefined ? [] : { ...route, table };
      }),
    });
    return { virtual: resolved(virtual), permanent: resolved(permanent) };
  }

  /**
   * Removes what an earlier process left: everything in its journal that is not a static entry of ours, and of the
   * virtual addresses, routes and rules that we are about to manage whatever is there. Then writes our journals.
   */
  async takeOver(journals: Journals, wanted: Holdings): Promise<void> {
    const ours = this.#withTables(wanted);
    const left = without(union(await this.#read(journals.virtual), ours.virtual), ours.permanent);
    const old = without(await this.#read(journals.permanent), ours.permanent);
    await this.#clear(union(left, old));
    await this.write(journals, wanted);
  }

  /** Before a reload: both configurations in the journals, and nothing of the new one in the kernel already. */
  async prepareReload(journals: Journals, before: Holdings, next: Holdings): Promise<void> {
    await this.write(journals, {
      virtual: union(before.virtual, next.virtual),
      permanent: union(before.permanent, next.permanent),
    });
    const held = union(before.virtual, before.permanent);
    const fresh = without(without(next.virtual, held), next.permanent);
    if (fresh.addresses.some((setting) => this.#isPresent(setting))) {
      await this.#clear({ ...NOTHING, addresses: fresh.addresses });
    }
  }

  async #clear({ addresses, routes, rules }: Belongings): Promise<void> {
    const present = addresses.filter((setting) => this.#isPresent(setting));
    for (const setting of present) {
      this.#log.info(`Removing ${describeSetting(setting)}, left by an earlier process`);
    }
    const indexOf = (name: string): number => this.#links.byName(name)?.index ?? 0;
    for (const error of await withdraw(this.#channel, { addresses: present, routes, rules }, indexOf)) {
      this.#log.warning(`Cannot remove a leftover: ${formatSystemError(error)}`);
    }
  }

  #isPresent(setting: AddressSetting): boolean {
    const link = this.#links.byName(setting.device);
    if (link === undefined) return false;
    for (const address of link.addresses.values()) {
      if (address.address === setting.address && address.prefixLength === setting.prefixLength) return true;
    }
    return false;
  }

  /** A journal that cannot be read is no reason not to serve. */
  async #read(path: string): Promise<Belongings> {
    try {
      return await readJournal(path);
    } catch (error) {
      this.#log.error(`Cannot read ${path}: ${reason(error)}; what an earlier process left may stay`);
      return NOTHING;
    }
  }

  /** Nor one that cannot be written: that is said, and the addresses are managed all the same. */
  write(journals: Journals, wanted: Holdings): Promise<void> {
    this.#written = { journals, wanted };
    const { virtual, permanent } = this.#withTables(wanted);
    // One after the other: they share a temporary file.
    this.#writing = this.#writing.then(async () => {
      await this.#write(journals.virtual, virtual);
      await this.#write(journals.permanent, permanent);
    });
    return this.#writing;
  }

  async #write(path: string, entries: Belongings): Promise<void> {
    try {
      if (settingsOf(entries).length === 0) await removeJournal(path);
      else await writeJournal(path, entries);
    } catch (error) {
      const consequence = "after a crash, addresses, routes and rules may stay until the next start";
      this.#log.error(`Cannot write ${path}: ${reason(error)}; ${consequence}`);
    }
  }

  /** Nothing of ours is left. */
  async remove(journals: Journals): Promise<void> {
    await this.write(journals, { virtual: NOTHING, permanent: NOTHING });
  }
}
