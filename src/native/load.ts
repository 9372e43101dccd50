/** Loads the addon, once per process. The build puts it beside the bundles; an environment variable of the tests may name another. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Addon, META_FIELDS } from "./addon.js";

const NAME = "keepalived.node";

/** @returns the path of the addon that this process uses. */
export function findAddon(): string {
  const chosen = process.env["KEEPALIVED_ADDON"];
  if (chosen !== undefined) return chosen;
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    for (const place of [join(folder, NAME), join(folder, "dist", NAME)]) if (existsSync(place)) return place;
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`the addon ${NAME} is not built: run 'npm run build'`);
    folder = parent;
  }
}

let loaded: Addon | undefined;

/** @returns the addon; throws when it was not built, or does not fit this Node or this program. */
export function loadAddon(): Addon {
  loaded ??= load(findAddon());
  return loaded;
}

/** One of another version would write its records where nobody looks for them. */
function load(path: string): Addon {
  // What require() does. A require of our own would come from node:module, which takes 1 ms.
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, path);
  const addon = module.exports as Addon;
  if (addon.metaFields !== META_FIELDS)
    throw new Error(`the addon ${path} is of another version than this program: run 'npm run build'`);
  return addon;
}
