// Formats what is in C and C++, the addon, the command and the benchmark's server, with clang-format, where it is installed: part of `npm run format`.
// No test asks for it, as its versions format differently.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const files = ["native", "bench"].flatMap((folder) =>
  readdirSync(join(top, folder))
    .filter((name) => /\.(c|cc|h)$/.test(name))
    .map((name) => join(folder, name)),
);
const { status, error } = spawnSync("clang-format", ["-i", ...files], { cwd: top, stdio: "inherit" });
if (error !== undefined)
  console.error("C++ was left alone: apt-get install --no-install-recommends clang-format");
process.exit(error === undefined ? (status ?? 1) : 1);
