/** State, priority and preemption of an instance: the settings that contradict each other. */
import type { VrrpInstanceConfig, VrrpVersion } from "../model.js";
import type { GlobalBlock } from "./global.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";

const DEFAULT_PRIORITY = 100;
/** The router owns the addresses. */
const OWNER = 255;

type StateAndPriority = Pick<VrrpInstanceConfig, "priority" | "initialState">;

/** `state MASTER` without priority means the owner; strict mode lets the state follow the priority. */
export function readStateAndPriority(block: InstanceBlock, strict: boolean, judge: Judge): StateAndPriority {
  const state = block.setting("state")?.value;
  const priority = block.value("priority") ?? (state === "MASTER" ? OWNER : DEFAULT_PRIORITY);
  const natural: StateAndPriority["initialState"] = priority === OWNER ? "MASTER" : "BACKUP";
  if (strict && state !== undefined && state !== natural) {
    judge.repair(block.where("state"), `strict mode: with priority ${priority} the state is ${natural}`);
    return { priority, initialState: natural };
  }
  return { priority, initialState: state ?? natural };
}

/** nopreempt and preempt_delay need a router that starts as backup. */
export function readPreemption(
  block: InstanceBlock,
  { priority, initialState, strict }: StateAndPriority & { strict: boolean },
  judge: Judge,
): Pick<VrrpInstanceConfig, "preempt" | "preemptDelayMicros"> {
  let preempt = !block.isLast("nopreempt", "preempt");
  let preemptDelayMicros = block.value("preempt_delay");
  if (!preempt && (priority === OWNER || initialState === "MASTER")) {
    const reason = priority === OWNER ? `priority ${OWNER}` : "'state MASTER'; write 'state BACKUP'";
    judge.repair(block.where("nopreempt"), `'nopreempt' is ignored with ${reason}`);
    preempt = true;
  }
  if (preemptDelayMicros > 0) {
    const reason = strict
      ? "strict mode"
      : initialState === "MASTER"
        ? "'state MASTER'; write 'state BACKUP'"
        : preempt
          ? undefined
          : "'nopreempt'";
    if (reason !== undefined) {
      judge.repair(block.where("preempt_delay"), `'preempt_delay' is ignored with ${reason}`);
      preemptDelayMicros = 0;
    }
  }
  return { preempt, preemptDelayMicros };
}

/** Packets to the addresses: taken, unless strict mode speaks against it. */
export function readAccept(
  block: InstanceBlock,
  { priority, version, strict }: { priority: number; version: VrrpVersion; strict: boolean },
  judge: Judge,
): boolean {
  if (block.isLast("no_accept", "accept")) return false;
  const asked = block.value("accept");
  if (!strict || priority === OWNER) return true;
  if (!asked || version === 3) return asked;
  judge.repair(block.where("accept"), "strict mode does not allow 'accept' with version 2; it is ignored");
  return false;
}

/** Only an owner may be deaf to others, and in strict mode it is. */
export function readOwnerIgnores(
  block: InstanceBlock,
  global: GlobalBlock,
  { priority, strict }: { priority: number; strict: boolean },
  judge: Judge,
): boolean {
  const given = block.value("owner_ignore_adverts");
  const at = block.where("owner_ignore_adverts");
  if (priority !== OWNER) {
    if (given === true)
      judge.repair(at, `'owner_ignore_adverts' is for priority ${OWNER} only; it is ignored`);
    return false;
  }
  if (given === false) judge.repair(at, `with priority ${OWNER} 'owner_ignore_adverts' is on`);
  return given !== undefined || strict || global.value("vrrp_owner_ignore_adverts");
}
