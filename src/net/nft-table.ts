/**
 * A table of nftables of our own, in the families ip and ip6, as scripts for nft(8). Pure. One script is one
 * transaction: the old table is replaced by the new one at once, or stays.
 */
import { AF_INET, AF_INET6 } from "../netlink/constants.js";

/** Removes the table of both families, whether or not there is one. */
export function removalScript(table: string): string {
  return ["ip", "ip6"]
    .flatMap((family) => [`add table ${family} ${table}`, `delete table ${family} ${table}`])
    .map((line) => `${line}\n`)
    .join("");
}

/** Makes `lines` (whole `table` blocks) all there is of the table; its first line names the table for `tableOfScript`. */
export function replacementOf(table: string, lines: readonly string[]): string {
  return `# table ${table}\n${removalScript(table)}${lines.join("\n")}\n`;
}

/** The table that a script of `replacementOf` is about. */
export function tableOfScript(script: string): string | undefined {
  return /^# table (\S+)\n/.exec(script)?.[1];
}

/** The families (AF_INET, AF_INET6) that a script of `replacementOf` makes a table of. */
export function familiesOfScript(script: string): ReadonlySet<number> {
  const words = [...script.matchAll(/^table (ip6?) /gm)].map(([, word]) => word);
  return new Set(words.map((word) => (word === "ip6" ? AF_INET6 : AF_INET)));
}

/** A chain in a table block: of a hook, or one that others go to. */
export function chain(
  name: string,
  hook: string | undefined,
  priority: number,
  rules: readonly string[],
): string[] {
  const base = hook === undefined ? "" : ` type filter hook ${hook} priority ${priority}; policy accept;`;
  return [`  chain ${name} {${base}`, ...rules.map((rule) => `    ${rule}`), "  }"];
}
