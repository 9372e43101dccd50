import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
const NAME = "keepalived.node";
function findAddon() {
  const chosen = process.env["KEEPALIVED_ADDON"];
  if (chosen !== void 0) return chosen;
  let folder = dirname(fileURLToPath(import.meta.url));
  for (; ; ) {
    for (const place of [join(folder, NAME), join(folder, "dist", NAME)]) if (existsSync(place)) return place;
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`the addon ${NAME} is not built: run 'npm run build'`);
    folder = parent;
  }
}
let loaded;
function loadAddon() {
  loaded ??= createRequire(import.meta.url)(findAddon());
  return loaded;
}
export {
  findAddon,
  loadAddon
};
//# sourceMappingURL=load.js.map
