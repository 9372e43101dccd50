/** Policy rules with everything filled in, and a preference for those that have none (VRRP reference, 12.2). */
import { KEEPALIVED_PROTOCOL } from "../blocks/route-entry.js";
import type { RuleEntry, Selector } from "../blocks/rule-entry.js";
import type { Prefix, RuleSetting } from "../../net/settings.js";
import { positionOf } from "../read-tree.js";
import { decodeBytes } from "../text.js";
import { given } from "./given.js";
import type { Judge } from "./judge.js";
import { type TrackGroups, trackGroupOf } from "./routes.js";
import { resolveNames } from "./routing-names.js";

/** Where the assigned preferences start, per family; each one is lower than the one before. */
const FIRST_PREFERENCE = 16384;

/** In the order of the text, whatever block they stand in. */
export function assignPreferences(entries: readonly RuleEntry[], judge: Judge): void {
  const missing = entries.filter((entry) => entry.preference === undefined);
  missing.sort((a, b) => a.at.order - b.at.order);
  const next = { 4: FIRST_PREFERENCE, 6: FIRST_PREFERENCE };
  for (const entry of missing) {
    const family = entry.family ?? 4;
    entry.preference = Math.max(0, next[family]--);
    const message = `the rule has no 'preference' and gets ${entry.preference}, which is probably not what you want`;
    judge.repair(entry.at, message);
  }
}

/** Leaves out what names a number that there is not. */
export function finishRules(entries: readonly RuleEntry[], groups: TrackGroups, judge: Judge): RuleSetting[] {
  const rules: RuleSetting[] = [];
  for (const entry of entries) {
    if (!resolveNames(entry, "the rule", judge)) continue;
    const rule = finishRule(entry, groups, judge);
    if (rule !== undefined) rules.push(rule);
  }
  return rules;
}

function finishRule(entry: RuleEntry, groups: TrackGroups, judge: Judge): RuleSetting | undefined {
  const { action, input, output, realms } = entry;
  if (action === undefined) return undefined;
  for (const device of [input, output]) if (device !== undefined) judge.needInterface(device);
  let protocol = entry.protocol ?? KEEPALIVED_PROTOCOL;
  if (protocol !== KEEPALIVED_PROTOCOL && !entry.noTrack) {
    judge.repair(entry.at, `a rule that is tracked needs protocol ${KEEPALIVED_PROTOCOL}, which is used`);
    protocol = KEEPALIVED_PROTOCOL;
  }
  return {
    family: entry.family ?? 4,
    preference: entry.preference ?? FIRST_PREFERENCE,
    action,
    invert: entry.invert,
    protocol,
    noTrack: entry.noTrack,
    position: positionOf(entry.at),
    ...given({
      from: prefixOf(entry.from),
      to: prefixOf(entry.to),
      tos: entry.tos,
      mark: entry.mark,
      realms: realms && { from: realms.from, to: realms.to },
      suppressPrefixLength: entry.suppressPrefixLength,
      suppressInterfaceGroup: entry.suppressGroup,
      inputInterface: input && decodeBytes(input.text),
      outputInterface: output && decodeBytes(output.text),
      tunnelId: entry.tunnelId,
      userIds: entry.userIds,
      ipProtocol: entry.ipProtocol,
      sourcePorts: entry.sourcePorts,
      destinationPorts: entry.destinationPorts,
      trackGroup: trackGroupOf(entry.trackGroup, input, "iif", groups),
    }),
  };
}

function prefixOf(selector: Selector | undefined): Prefix | undefined {
  const network = selector?.network;
  return network && { address: network.text, prefixLength: network.prefixLength };
}
