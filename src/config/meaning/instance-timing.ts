/** Protocol version and intervals of an instance. */
import type { VrrpInstanceConfig, VrrpVersion } from "../model.js";
import type { FamilyAddresses } from "./family.js";
import type { GlobalBlock } from "./global.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";

const DEFAULT_DOWN_TIMER = 3;

/** Version 2 with IPv6 is left alone when it comes first, as in upstream. */
export function readVersion(
  block: InstanceBlock,
  global: GlobalBlock,
  addressing: FamilyAddresses,
  strict: boolean,
  judge: Judge,
): VrrpVersion {
  const { family, decidedBy } = addressing;
  const given = block.value("version");
  if (given !== 2 && given !== 3) return family === 6 || global.value("vrrp_version") === 3 ? 3 : 2;
  if (given === 3 || family === 4) return given;
  const at = block.where("version");
  const late = at !== undefined && decidedBy !== undefined && decidedBy.order < at.order;
  if (!strict && !late) return 2;
  judge.repair(
    at,
    `${strict ? "strict mode does not allow version 2 with IPv6" : "an IPv6 instance uses version 3"}; version 3 is used`,
  );
  return 3;
}

/** Version 2 counts whole seconds, version 3 centiseconds up to 40.95 s (VRRP reference, 1). */
export function readAdvertInterval(block: InstanceBlock, version: VrrpVersion, judge: Judge): number {
  const given = block.value("advert_int");
  const unit = version === 2 ? 1_000_000 : 10_000;
  const most = version === 2 ? 255 : 4095;
  const used = Math.min(most, Math.max(1, Math.floor(given / unit + 0.5))) * unit;
  if (used !== given) {
    const rule =
      version === 2 ? "version 2 needs whole seconds" : "version 3 needs hundredths of a second up to 40.95";
    judge.repair(block.where("advert_int"), `${rule}; ${used / 1e6} is used`);
  }
  return used;
}

export function readDownTimer(
  block: InstanceBlock,
  global: GlobalBlock,
  strict: boolean,
  judge: Judge,
): number {
  const adverts = block.value("down_timer_adverts") ?? global.value("vrrp_down_timer_adverts");
  if (!strict || adverts === DEFAULT_DOWN_TIMER) return adverts;
  judge.repair(
    block.where("down_timer_adverts"),
    `strict mode needs 'down_timer_adverts ${DEFAULT_DOWN_TIMER}', which is used`,
  );
  return DEFAULT_DOWN_TIMER;
}

/** Only a router that does not preempt can give way late. */
export function readExpired(
  block: InstanceBlock,
  preempt: boolean,
  judge: Judge,
): VrrpInstanceConfig["timerExpiredBackupPriority"] {
  const old = block.isLast("thread_timer_expired", "timer_expired_backup");
  const keyword = old ? "thread_timer_expired" : "timer_expired_backup";
  const priority = block.value(keyword);
  if (priority === undefined || !preempt) return priority;
  judge.repair(block.where(keyword), `'${keyword}' needs 'nopreempt'; it is ignored`);
  return undefined;
}

/** garp_extra_if, which vmac_garp_intvl is the old name of; the global one by default, 0 for none. */
export function readExtraAnnounce(
  block: InstanceBlock,
  global: GlobalBlock,
): VrrpInstanceConfig["extraAnnounce"] {
  const own = block.value(
    block.isLast("vmac_garp_intvl", "garp_extra_if") ? "vmac_garp_intvl" : "garp_extra_if",
  );
  const old = global.isLast("vrrp_vmac_garp_intvl", "vrrp_garp_extra_if");
  const extra = own ?? global.value(old ? "vrrp_vmac_garp_intvl" : "vrrp_garp_extra_if");
  return extra === undefined || extra.intervalMicros === 0 ? undefined : extra;
}
