/** Room for the descriptors of the checks: each holds one at most while it is under way. */
import type { Addon } from "../../native/addon.js";
import { formatSystemError, systemErrorOf } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";
import type { CheckerTable } from "../checkers/table.js";
import type { Director } from "../director.js";

const RLIMIT_NOFILE = 7;
/** What the process needs besides: channel, log, netlink, timers, FIFOs, pipes of scripts. */
const OTHERS = 256;

/** Raises the limit of open files when the checks of all real servers could need more. */
export function raiseDescriptorLimit(
  addon: Pick<Addon, "getLimit" | "setLimit">,
  director: Director,
  table: CheckerTable,
  log: Log,
): void {
  let needed = OTHERS;
  for (const { config } of director.checkers()) if (table[config.kind]?.usesSocket === true) needed++;
  const [soft, hard] = addon.getLimit(RLIMIT_NOFILE);
  if (soft >= needed) return;
  try {
    addon.setLimit(RLIMIT_NOFILE, needed, Math.max(hard, needed));
  } catch (error) {
    const refusal = formatSystemError(systemErrorOf(error, `limit of ${needed} open files`));
    log.warning(`${refusal}: with more checks at a time than descriptors some are not carried out`);
  }
}
