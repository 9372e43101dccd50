/** Where the repository is, for tests that run from build/ and for sources alike. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findTop(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package-lock.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("not inside the repository");
    folder = parent;
  }
  return folder;
}

/** The folder that holds package.json. */
export const repository = findTop();
