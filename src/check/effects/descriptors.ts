/** Room for the descriptors of the checks: each holds one at most while it is under way. */
import type { VirtualServerConfig } from "../../config/check-model.js";
import type { Addon } from "../../native/addon.js";
import { formatSystemError, systemErrorOf } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";
import type { CheckerTable } from "../checkers/table.js";
import { countKinds } from "../kinds.js";

const RLIMIT_NOFILE = 7;
/** What the process needs besides: channel, log, netlink, timers, FIFOs, pipes of scripts. */
const OTHERS = 256;

/** Raises the limit of open files when the checks of all real servers could need more. */
export function raiseDescriptorLimit(
  addon: Pick<Addon, "getLimit" | "setLimit">,
  virtualServers: readonly VirtualServerConfig[],
  table: CheckerTable,
  log: Log,
): void {
  let needed = OTHERS;
  for (const [kind, count] of countKinds(virtualServers))
    if (table[kind]?.usesSocket === true) needed += count;
  const [soft, hard] = addon.getLimit(RLIMIT_NOFILE);
  if (soft >= needed) return;
  try {
    addon.setLimit(RLIMIT_NOFILE, needed, Math.max(hard, needed));
  } catch (error) {
    const refusal = formatSystemError(systemErrorOf(error, `limit of ${needed} open files`));
    log.warning(`${refusal}: with more checks at a time than descriptors some are not carried out`);
  }
}
