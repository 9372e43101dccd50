// Formats the addon with clang-format, where it is installed: part of `npm run format`.
// No test asks for it, as its versions format differently.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "native");
const files = readdirSync(folder).filter((name) => /\.(cc|h)$/.test(name));
const { status, error } = spawnSync("clang-format", ["-i", ...files], { cwd: folder, stdio: "inherit" });
if (error !== undefined)
  console.error("native/ was left alone: apt-get install --no-install-recommends clang-format");
process.exit(error === undefined ? (status ?? 1) : 1);
