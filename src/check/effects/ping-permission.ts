/**
 * Permission for PING_CHECK: the kernel lets only some groups open ping sockets, and by default none
 * (`net.ipv4.ping_group_range`, IPv6 included). The range is widened as long as there are such checks, and put back then
 * (check-ipvs reference, 4.3).
 */
import type { CheckConfig } from "../../config/check-model.js";
import { readSetting, restoreSettings, writeSetting } from "../../net/kernel-settings.js";
import { formatSystemError, type SystemError } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";
import { countKinds } from "../kinds.js";

const PATH = "ipv4/ping_group_range";

/** The range with this group in it; undefined when it is there already, or when the text is no range. Pure. */
export function widenedRange(range: string, group: number): string | undefined {
  const [, first, last] = /^(\d+)\s+(\d+)$/.exec(range.trim())?.map(Number) ?? [];
  if (first === undefined || last === undefined || (first <= group && group <= last)) return undefined;
  // The first above the last: nobody.
  if (first > last) return `${group}\t${group}`;
  return `${Math.min(first, group)}\t${Math.max(last, group)}`;
}

export class PingPermission {
  readonly #log: Log;
  #held: { was: string; now: string } | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes a configuration: widens the range when something pings, puts it back when nothing does any more. */
  async adopt({ virtualServers }: CheckConfig): Promise<void> {
    if (!countKinds(virtualServers).has("ping")) return this.restore();
    if (this.#held !== undefined) return;
    const was = await readSetting(PATH);
    const now = was === undefined ? undefined : widenedRange(was, process.getegid?.() ?? 0);
    if (was === undefined || now === undefined) return;
    const error = await writeSetting(PATH, now);
    if (error === undefined) this.#held = { was, now };
    else this.#complain(error, "PING_CHECK cannot be carried out without it");
  }

  /** Puts back what was there before, unless somebody else has changed it meanwhile. */
  async restore(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    for (const error of await restoreSettings([{ path: PATH, ...held, link: 0 }]))
      this.#complain(error, `it was '${held.was.replace("\t", " ")}' before`);
  }

  #complain(error: SystemError, consequence: string): void {
    this.#log.error(`${formatSystemError(error)}; ${consequence}`);
  }
}
