/** Entries of static_rules and virtual_rules: policy rules, of which exactly one word says what they do. */
import type { NumberRange, RuleAction } from "../../net/settings.js";
import { quoted } from "../diagnostic.js";
import type { Family } from "../model.js";
import type { Site } from "../schema.js";
import type { Word } from "../text.js";
import type { Address } from "../values/address.js";
import type { WithNames } from "../values/routing.js";
import { type OptionTable, readOptions, unknownOption } from "./options.js";
import { staticRuleOptions, virtualRuleOptions } from "./rule-entry-options.js";

/** A network, or everything. */
export type Selector = { network: (Address & { prefixLength: number }) | undefined; at: Word };

/** A rule as written. */
export interface RuleEntry extends WithNames {
  at: Word;
  family: Family | undefined;
  /** The first word that says what to do; `action` may still wait for the number of its table. */
  actionAt: Word | undefined;
  action: RuleAction | undefined;
  /** More than one such word. */
  invert: boolean;
  preference: number | undefined;
  from: Selector | undefined;
  to: Selector | undefined;
  tos: number | undefined;
  mark: { value: number; mask: number } | undefined;
  realms: { from: number; to: number; at: Word } | undefined;
  suppressPrefixLength: number | undefined;
  suppressGroup: number | undefined;
  /** A word that needs a table. */
  needsTable: Word | undefined;
  input: Word | undefined;
  output: Word | undefined;
  tunnelId: string | undefined;
  userIds: NumberRange | undefined;
  ipProtocol: number | undefined;
  sourcePorts: NumberRange | undefined;
  destinationPorts: NumberRange | undefined;
  protocol: number | undefined;
  trackGroup: Word | undefined;
  noTrack: boolean;
}

export const virtualRuleEntry = ruleEntry(virtualRuleOptions);
export const staticRuleEntry = ruleEntry(staticRuleOptions);

function ruleEntry(options: OptionTable<RuleEntry>) {
  return {
    syntax:
      "[not] [from PREFIX] [to PREFIX] [iif INTERFACE] [fwmark MARK] ... table T|goto N|blackhole|... preference N",
    options,

    read(words: readonly Word[], site: Site): RuleEntry | undefined {
      const [at] = words;
      if (at === undefined) return undefined;
      const entry = emptyRule(at);
      const unknown = (word: Word) => {
        unknownOption(options, word, site, "the rule is ignored");
        return "drop" as const;
      };
      return readOptions(options, entry, words, 0, site, unknown) && isSound(entry, site) ? entry : undefined;
    },
  };
}

function emptyRule(at: Word): RuleEntry {
  return {
    at,
    pending: undefined,
    family: undefined,
    actionAt: undefined,
    action: undefined,
    invert: false,
    preference: undefined,
    from: undefined,
    to: undefined,
    tos: undefined,
    mark: undefined,
    realms: undefined,
    suppressPrefixLength: undefined,
    suppressGroup: undefined,
    needsTable: undefined,
    input: undefined,
    output: undefined,
    tunnelId: undefined,
    userIds: undefined,
    ipProtocol: undefined,
    sourcePorts: undefined,
    destinationPorts: undefined,
    protocol: undefined,
    trackGroup: undefined,
    noTrack: false,
  };
}

/** One family, one action, and nothing that another action would need. */
function isSound(entry: RuleEntry, site: Site): boolean {
  const refuse = (at: Word, message: string): false => {
    site.tree.diagnostics.report("general", at, `${message}; the rule is ignored`);
    return false;
  };
  const { action, actionAt, preference, from, to, needsTable, realms } = entry;
  if (actionAt === undefined) {
    return refuse(
      entry.at,
      "the rule does nothing: it needs table, goto, nop, blackhole, unreachable, prohibit or l3mdev",
    );
  }
  for (const selector of [from, to]) {
    const family = selector?.network?.family;
    if (selector === undefined || family === undefined) continue;
    if (entry.family !== undefined && entry.family !== family)
      return refuse(
        selector.at,
        `${quoted(selector.at.text)} is of the other family than the rest of the rule`,
      );
    entry.family = family;
  }
  entry.family ??= 4;
  if (needsTable !== undefined && action?.kind !== "table")
    return refuse(needsTable, `${quoted(needsTable.text)} is possible with 'table' only`);
  if (realms !== undefined && entry.family === 6)
    return refuse(realms.at, "'realms' is possible with IPv4 only");
  if (action?.kind !== "goto") return true;
  if (preference === undefined) return refuse(actionAt, "'goto' needs a rule with 'preference'");
  if (preference >= action.preference) {
    return refuse(
      actionAt,
      `'goto ${action.preference}' does not lead forward from preference ${preference}`,
    );
  }
  return true;
}
