/**
 * promote_secondaries: on the interfaces of instances that ask for it, removing the primary of a network makes a
 * secondary the primary, instead of removing them all. What was off before is off again at the end.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { VrrpInstanceConfig } from "../../config/model.js";
import type { Links } from "../../net/links.js";
import type { Log } from "../../platform/child-log.js";

/** Reading and writing takes some microseconds and can never block. */
function settingOf(link: string): string {
  return `/proc/sys/net/ipv4/conf/${link}/promote_secondaries`;
}

export class Promotion {
  readonly #links: Links;
  readonly #log: Log;
  #wanted: ReadonlySet<string> = new Set();
  /** Interfaces where it was off. */
  readonly #changed = new Set<string>();

  constructor(links: Links, log: Log) {
    this.#links = links;
    this.#log = log;
    links.addListener({
      linkChanged: (before, after) => {
        if (before !== undefined && before.name !== after?.name) this.#changed.delete(before.name);
        if (after !== undefined && before?.name !== after.name) this.#promote(after.name);
      },
    });
  }

  /** From now on it is wanted for these, and for nobody else. */
  setInstances(instances: readonly VrrpInstanceConfig[]): void {
    const names = instances.flatMap((settings) =>
      settings.promoteSecondaries ? (settings.interface ?? []) : [],
    );
    this.#wanted = new Set(names);
    for (const name of this.#changed) if (!this.#wanted.has(name)) this.#restore(name);
    for (const name of this.#wanted) if (this.#links.byName(name) !== undefined) this.#promote(name);
  }

  /** Everything as it was. */
  release(): void {
    this.setInstances([]);
  }

  #promote(name: string): void {
    if (!this.#wanted.has(name) || this.#changed.has(name)) return;
    try {
      if (readFileSync(settingOf(name), "latin1").trim() !== "0") return;
      writeFileSync(settingOf(name), "1");
      this.#changed.add(name);
    } catch (error) {
      this.#log.warning(`Cannot set promote_secondaries of ${name}: ${String(error)}`);
    }
  }

  #restore(name: string): void {
    this.#changed.delete(name);
    try {
      writeFileSync(settingOf(name), "0");
    } catch {
      // The interface is gone, and its setting with it.
    }
  }
}
