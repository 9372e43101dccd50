/**
 * Settings of the kernel below /proc/sys/net that are ours as long as somebody wants them. What was there before is
 * remembered, and comes back when nobody does any more, unless somebody else has changed it meanwhile.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HeldSetting } from "./link-journal.js";
import type { SystemError } from "./system-error.js";

const FOLDER = "/proc/sys/net";

/** A value that somebody wants, by path below the folder; `link` is the index of the interface, 0 for none. */
export type Wanted = ReadonlyMap<string, { value: string; link: number }>;

/** @returns undefined where there is no such setting (no IPv6, the interface is gone). */
export async function readSetting(path: string): Promise<string | undefined> {
  try {
    return (await readFile(join(FOLDER, path), "latin1")).trim();
  } catch {
    return undefined;
  }
}

/** @returns what went wrong; a setting that does not exist is fine. */
export async function writeSetting(path: string, value: string): Promise<SystemError | undefined> {
  try {
    await writeFile(join(FOLDER, path), value);
    return undefined;
  } catch (error) {
    const { code = "EIO" } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? undefined : { call: "write", code, subject: join(FOLDER, path) };
  }
}

/** Puts back what was there before, where ours still is. @returns what went wrong. */
export async function restoreSettings(settings: readonly HeldSetting[]): Promise<SystemError[]> {
  const errors: SystemError[] = [];
  // The last changed first: all.rp_filter stood for those below it.
  for (const { path, was, now } of [...settings].reverse()) {
    if ((await readSetting(path)) !== now) continue;
    const error = await writeSetting(path, was);
    if (error !== undefined) errors.push(error);
  }
  return errors;
}

export class KernelSettings {
  #held = new Map<string, HeldSetting>();

  get held(): HeldSetting[] {
    return [...this.#held.values()];
  }

  /** Takes over what an earlier process had changed. */
  adopt(settings: readonly HeldSetting[]): void {
    for (const setting of settings) this.#held.set(setting.path, setting);
  }

  /** What a setting is without us. */
  async original(path: string): Promise<string | undefined> {
    return this.#held.get(path)?.was ?? (await readSetting(path));
  }

  /**
   * From now on these are wanted, and nothing else. `note` is called before anything is changed, when something is
   * going to be. @returns what went wrong.
   */
  async want(wanted: Wanted, note: () => Promise<void>): Promise<SystemError[]> {
    const old = this.held.filter(({ path, link }) => wanted.get(path)?.link !== link);
    const errors = await restoreSettings(old);
    for (const { path } of old) this.#held.delete(path);
    const fresh: HeldSetting[] = [];
    for (const [path, { value, link }] of wanted) {
      if (this.#held.has(path)) continue;
      const was = await readSetting(path);
      if (was !== undefined && was !== value) fresh.push({ path, was, now: value, link });
    }
    for (const setting of fresh) this.#held.set(setting.path, setting);
    if (fresh.length + old.length > 0) await note();
    for (const { path, now } of fresh) {
      const error = await writeSetting(path, now);
      if (error !== undefined) errors.push(error);
    }
    return errors;
  }
}
