/** Names in addresses, routes and rules that stand in files of the host. */
import { quoted } from "../diagnostic.js";
import type { WithNames } from "../values/routing.js";
import type { Judge } from "./judge.js";

/** Puts the numbers into the entry; false when it has to go because there is no such name. */
export function resolveNames(entry: WithNames, what: string, judge: Judge): boolean {
  if (entry.pending === undefined) return true;
  let kept = true;
  for (const { name, at, wrong, set } of entry.pending) {
    const value = judge.host.routingName?.(name.kind, name.name, judge.routingDirectories);
    if (value !== undefined && value <= name.max) {
      set(value);
      continue;
    }
    const lost = wrong === "drop" ? what : "the option";
    judge.error(at, `${quoted(name.name)} ${name.expected}; ${lost} is ignored`);
    if (wrong === "drop") kept = false;
  }
  return kept;
}
