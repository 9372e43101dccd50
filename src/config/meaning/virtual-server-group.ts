/** `virtual_server_group`s: what virtual servers must know of them. */
import type { VirtualServerGroupConfig } from "../check-model.js";
import type { GroupEntries } from "../blocks/virtual-server-group.js";
import type { Family } from "../model.js";
import { positionOf } from "../read-tree.js";
import { decodeBytes } from "../text.js";
import type { Judge } from "./judge.js";

export interface GroupFacts {
  config: VirtualServerGroupConfig;
  /** Families of its addresses, and of marks that say theirs. */
  families: ReadonlySet<Family>;
  hasAddresses: boolean;
  hasMarks: boolean;
  /** A mark does not say its family. */
  hasOpenMarks: boolean;
  /** An address stands for all ports. */
  hasPortless: boolean;
  /** Ports of its addresses; 0 for a mark. */
  ports: readonly number[];
}

/** By name; of several with one name the first counts. Empty ones are left out. */
export function readGroups(blocks: readonly GroupEntries[], judge: Judge): Map<string, GroupFacts> {
  const groups = new Map<string, GroupFacts>();
  for (const { name, entries } of blocks) {
    const text = decodeBytes(name.text);
    if (entries.length === 0) {
      judge.error(name, `the group '${text}' has no entry and is ignored`);
      continue;
    }
    if (groups.has(text)) {
      judge.mention(name, `a group '${text}' is defined before; this one is never used`);
      continue;
    }
    const families = new Set<Family>();
    const facts = { hasAddresses: false, hasMarks: false, hasOpenMarks: false, hasPortless: false };
    for (const { entry } of entries) {
      if (entry.family !== undefined) families.add(entry.family);
      if (entry.kind === "mark") {
        facts.hasMarks = true;
        facts.hasOpenMarks ||= entry.family === undefined;
      } else {
        facts.hasAddresses = true;
        facts.hasPortless ||= entry.port === 0;
      }
    }
    const config = { name: text, entries: entries.map(({ entry }) => entry), position: positionOf(name) };
    const ports = [...new Set(entries.map(({ entry }) => (entry.kind === "mark" ? 0 : entry.port)))];
    groups.set(text, { config, families, ...facts, ports });
  }
  return groups;
}
