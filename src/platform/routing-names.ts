/**
 * Names of routing tables, protocols, scopes, realms, types of service and interface groups, as ip(8) knows them: a
 * file of each kind in the directories of iproute2, with a number and a name on each line.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FILES = {
  table: "rt_tables",
  protocol: "rt_protos",
  scope: "rt_scopes",
  realm: "rt_realms",
  tos: "rt_dsfield",
  group: "group",
} as const;

export type RoutingKind = keyof typeof FILES;

/** Reads each file once; make a new one for each reading of the configuration. */
export class RoutingNames {
  readonly #files = new Map<string, ReadonlyMap<string, number>>();

  /** @param directories the first that knows the name counts */
  number(kind: RoutingKind, name: string, directories: readonly string[]): number | undefined {
    for (const directory of directories) {
      const value = this.#names(join(directory, FILES[kind])).get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #names(path: string): ReadonlyMap<string, number> {
    let names = this.#files.get(path);
    if (names === undefined) {
      // What packages add stands in a directory beside the file.
      const more = `${path}.d`;
      const parts = namesIn(more).map((file) => join(more, file));
      names = parseNames([path, ...parts].map(textOf).join("\n"));
      this.#files.set(path, names);
    }
    return names;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith(".conf"));
  } catch {
    return [];
  }
}

/** A file that is not there or cannot be read knows no names. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function parseNames(text: string): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, number, name] = /^\s*(0[xX][0-9a-fA-F]{1,8}|\d{1,10})\s+([^\s#]+)/.exec(line) ?? [];
    if (number !== undefined && name !== undefined && !names.has(name)) names.set(name, Number(number));
  }
  return names;
}
