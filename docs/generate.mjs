// Writes every file that is made from the tables of the program: manual pages, reference, grammars of editors.
//   npm run docs
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "../build/src/cli/manual.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
for (const { path, text } of generatedFiles()) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(path);
}
