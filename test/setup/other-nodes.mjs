// Runs the tests on the other Node.js versions that are supported: node test/setup/other-nodes.mjs [SUITE...]
// The npm package `node` brings them; they stay under build/nodes. Ends with the sum in the usual line.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const VERSIONS = ["20", "22", "24"];
const suites = process.argv.length > 2 ? process.argv.slice(2) : ["unit", "native", "lab"];

/** Path of a Node of this major version; installed when it is not there yet. */
function nodeOf(major) {
  const folder = join(root, "build", "nodes", major);
  const program = join(folder, "node_modules", "node", "bin", "node");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, allowScripts: { node: true } }),
  );
  const install = ["install", "--no-audit", "--no-fund", "--no-save", `node@${major}`];
  const { status } = spawnSync("npm", install, { cwd: folder, stdio: "inherit" });
  if (status !== 0 || !existsSync(program)) throw new Error(`npm could not install node@${major}`);
  return program;
}

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const major of VERSIONS) {
  const node = nodeOf(major);
  console.log(`\nNode.js ${major}: ${node}`);
  const path = `${dirname(node)}:${process.env.PATH}`;
  const run = spawnSync(node, ["--enable-source-maps", join(root, "test", "run.mjs"), ...suites], {
    cwd: root,
    env: { ...process.env, PATH: path },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 28,
  });
  process.stdout.write(run.stdout);
  const line = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(run.stdout);
  if (line === null) sum.failed++;
  else ["passed", "failed", "skipped"].forEach((name, i) => (sum[name] += Number(line[i + 1])));
}
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(sum.failed === 0 ? 0 : 1);
