/**
 * What an earlier process left in the kernel, and the journals that tell the next one what is ours. Addresses of
 * instances and static ones have a journal each: core takes the former back when this process dies, the latter
 * do not depend on VRRP and stay.
 */
import type { VrrpConfig, VrrpInstanceConfig } from "../../config/model.js";
import { readJournal, withdraw } from "../../net/journal.js";
import { JournalFile } from "../../net/journal-file.js";
import { journalLine } from "../../net/journal-text.js";
import { describeSetting, settingsOf } from "../../net/kernel-object.js";
import type { Link, Links } from "../../net/links.js";
import type { Channel } from "../../net/netlink-channel.js";
import type { AddressSetting, Belongings, Setting } from "../../net/settings.js";
import { formatSystemError } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";
import type { ChildOptions } from "../../platform/messages.js";

/** What this process may add to the kernel. */
interface Holdings {
  /** While an instance is MASTER. */
  virtual: Belongings;
  /** As long as the process runs. */
  permanent: Belongings;
}

/** Paths of the two journals. */
interface Journals {
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

function entriesOf(config: VrrpConfig): Holdings {
  return { virtual: virtualsOf(config.instances), permanent: staticsOf(config) };
}

function virtualsOf(instances: readonly VrrpInstanceConfig[]): Belongings {
  return {
    addresses: instances.flatMap(({ addresses, excludedAddresses }) => [...addresses, ...excludedAddresses]),
    routes: instances.flatMap(({ routes }) => routes),
    rules: instances.flatMap(({ rules }) => rules),
  };
}

/** Of instances that are not, as they are now, in `before`. */
function newVirtualsOf(before: VrrpConfig, next: VrrpConfig): Belongings {
  const known = new Set(before.instances);
  return virtualsOf(next.instances.filter((settings) => !known.has(settings)));
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
  /** What has to be in the journals: one configuration, or two during a reload. */
  #written: { journals: Journals; configs: readonly VrrpConfig[] } | undefined;
  readonly #files = new Map<string, JournalFile>();

  constructor(channel: Channel, links: Links, log: Log) {
    this.#channel = channel;
    this.#links = links;
    this.#log = log;
    links.addListener({ linkChanged: (before, after) => this.#onLink(before, after) });
  }

  /** A VRF came: now the table of its routes is known. */
  #onLink(before: Link | undefined, after: Link | undefined): void {
    if (after?.vrfTable === undefined || after.vrfTable === before?.vrfTable) return;
    if (this.#written !== undefined) void this.#writeAll(this.#written.journals, this.#written.configs);
  }

  /**
   * Whoever withdraws a route need not know the VRF any more, so it is written down with its table. Without the VRF
   * the route is not in the kernel either.
   */
  #withTables(belongings: Belongings): Belongings {
    return {
      ...belongings,
      routes: belongings.routes.flatMap((route) => {
        if (route.vrf === undefined) return route;
        const { vrf, ...rest } = route;
        const table = this.#links.byName(vrf)?.vrfTable;
        return table === undefined ? [] : { ...rest, table };
      }),
    };
  }

  /**
   * Removes what an earlier process left: everything in its journal that is not a static entry of ours, and of the
   * virtual addresses, routes and rules that we are about to manage whatever is there. Then writes our journals.
   */
  async takeOver(journals: Journals, config: VrrpConfig): Promise<void> {
    const wanted = entriesOf(config);
    const permanent = this.#withTables(wanted.permanent);
    const virtual = union(await this.#read(journals.virtual), this.#withTables(wanted.virtual));
    const old = without(await this.#read(journals.permanent), permanent);
    await this.#clear(union(without(virtual, permanent), old));
    await this.write(journals, config);
  }

  /** A configuration is coming into force: both in the journals, and nothing of the new one in the kernel already. */
  async beginReload(journals: Journals, before: VrrpConfig, next: VrrpConfig): Promise<void> {
    this.#written = { journals, configs: [before, next] };
    const fresh = newVirtualsOf(before, next);
    await Promise.all([
      this.#include(journals.virtual, fresh),
      this.#include(journals.permanent, staticsOf(next)),
    ]);
    const present = fresh.addresses.filter((setting) => this.#isPresent(setting));
    if (present.length === 0) return;
    const held = entriesOf(before);
    const strange = without({ ...NOTHING, addresses: present }, union(held.virtual, held.permanent));
    await this.#clear(without(strange, staticsOf(next)));
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

  /** What is in force, and nothing else. */
  write(journals: Journals, config: VrrpConfig): Promise<void> {
    return this.#writeAll(journals, [config]);
  }

  async #writeAll(journals: Journals, configs: readonly VrrpConfig[]): Promise<void> {
    this.#written = { journals, configs };
    const all = configs.map(entriesOf);
    await Promise.all([
      this.#replace(journals.virtual, all.map(({ virtual }) => virtual).reduce(union)),
      this.#replace(journals.permanent, all.map(({ permanent }) => permanent).reduce(union)),
    ]);
  }

  #include(path: string, entries: Belongings): Promise<void> {
    return this.#file(path).include(this.#withTables(entries)).catch(this.#tellFailure(path));
  }

  #replace(path: string, entries: Belongings): Promise<void> {
    return this.#file(path).replace(this.#withTables(entries)).catch(this.#tellFailure(path));
  }

  #file(path: string): JournalFile {
    let file = this.#files.get(path);
    if (file === undefined) this.#files.set(path, (file = new JournalFile(path)));
    return file;
  }

  /** Nor is one that cannot be written: that is said, and the addresses are managed all the same. */
  #tellFailure(path: string): (error: unknown) => void {
    const consequence = "after a crash, addresses, routes and rules may stay until the next start";
    return (error) => this.#log.error(`Cannot write ${path}: ${reason(error)}; ${consequence}`);
  }

  /** Nothing of ours is left. */
  async remove(journals: Journals): Promise<void> {
    this.#written = undefined;
    await Promise.all([this.#replace(journals.virtual, NOTHING), this.#replace(journals.permanent, NOTHING)]);
  }
}
