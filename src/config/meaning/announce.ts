/** The schedule of gratuitous ARP and neighbour advertisements of an instance. */
import type { AnnounceSettings } from "../model.js";
import type { GlobalBlock } from "./global.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";

/** Global values are the defaults of the instance; strict mode forbids answering an advert of lower priority. */
export function readAnnounce(
  block: InstanceBlock,
  global: GlobalBlock,
  strict: boolean,
  judge: Judge,
): AnnounceSettings {
  const least = global.value("vrrp_min_garp");
  const globally = <N extends Globals>(name: N, minimum: number): number => {
    return least && !global.has(name) ? minimum : (global.value(name) ?? minimum);
  };
  const masterDelay = globally("vrrp_garp_master_delay", 0);
  const masterRepeat = globally("vrrp_garp_master_repeat", 1);
  const settings: AnnounceSettings = {
    masterDelayMicros: block.value("garp_master_delay") ?? masterDelay,
    masterRepeat: block.value("garp_master_repeat") ?? masterRepeat,
    masterRefreshMicros: block.value("garp_master_refresh") ?? global.value("vrrp_garp_master_refresh"),
    masterRefreshRepeat:
      block.value("garp_master_refresh_repeat") ?? global.value("vrrp_garp_master_refresh_repeat"),
    lowerPrioDelayMicros:
      block.value("garp_lower_prio_delay") ?? global.value("vrrp_garp_lower_prio_delay") ?? masterDelay,
    lowerPrioRepeat:
      block.value("garp_lower_prio_repeat") ?? global.value("vrrp_garp_lower_prio_repeat") ?? masterRepeat,
  };
  if (!strict) return settings;
  for (const name of ["garp_lower_prio_delay", "garp_lower_prio_repeat"] as const) {
    if ((block.value(name) ?? 0) > 0)
      judge.repair(block.where(name), `strict mode does not allow '${name}'; 0 is used`);
  }
  return { ...settings, lowerPrioDelayMicros: 0, lowerPrioRepeat: 0 };
}

type Globals = "vrrp_garp_master_delay" | "vrrp_garp_master_repeat";
