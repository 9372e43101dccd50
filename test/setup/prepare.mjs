// Makes a fresh clone ready, step by step, and skips what is done:
//   node test/setup/prepare.mjs unit    npm packages, tests transpiled           (no root)
//   node test/setup/prepare.mjs build   and compiler, addon, bundles             (root only to install a compiler)
//   node test/setup/prepare.mjs lab     and the programs of the lab tests        (root: network namespaces)
// Plain JavaScript without dependencies: node_modules do not exist yet.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  NEEDS,
  WISHES,
  hasApt,
  installPackages,
  mayBeInstalled,
  missingPackages,
} from "./distribution-packages.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const isRoot = process.getuid?.() === 0;

/** Ends with what is wrong and what to type. */
function giveUp(...lines) {
  for (const line of lines) console.error(line);
  process.exit(1);
}

function ensurePackages(goal) {
  const missing = missingPackages(NEEDS[goal]);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  const names = `missing Debian packages: ${missing.join(", ")}`;
  if (!hasApt())
    giveUp(
      names,
      `This machine has no apt-get. Install what they hold (on Debian: ${command}) and run this again.`,
    );
  if (!isRoot) giveUp(names, "Only root can install them. Type:", `  sudo ${command}`, "and run this again.");
  console.log(`${names}\ninstalling them (no service is started or enabled): ${command}`);
  if (!installPackages(missing))
    giveUp("apt-get failed; its own words stand above. Then type:", `  ${command}`);
  const still = missingPackages(NEEDS[goal]);
  if (still.length > 0) giveUp(`still missing after the installation: ${still.join(", ")}`);
}

/** Packages that only some tests need: what cannot be had is named, and those tests count as skipped. */
function wishForPackages(goal) {
  const missing = missingPackages(WISHES[goal]);
  const found = isRoot && hasApt() ? missing.filter(mayBeInstalled) : [];
  if (found.length > 0) {
    console.log(`installing ${found.join(", ")} (no service is started or enabled)`);
    installPackages(found);
  }
  const still = missingPackages(WISHES[goal]);
  if (still.length > 0) console.log(`without ${still.join(", ")} some tests will be skipped`);
}

/** Whether node_modules hold what the lock file names, by npm's own record of what it installed. */
function modulesMatchLock() {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(record, "utf8")).packages;
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === "") continue;
    if (present[path] === undefined ? !optional : present[path].version !== version) return false;
  }
  return Object.keys(present).every((path) => wanted[path] !== undefined);
}

/** Runs a step of the set-up with its output on the terminal; ends when it fails. */
function step(program, args, failure) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined || status !== 0) giveUp(`${failure} (${[program, ...args].join(" ")})`);
}

function ensureModules() {
  if (modulesMatchLock()) return;
  console.log("installing the npm packages of package-lock.json");
  step("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"], "npm ci failed");
}

const goal = process.argv[2] ?? "build";
if (NEEDS[goal] === undefined) giveUp(`usage: node test/setup/prepare.mjs ${Object.keys(NEEDS).join("|")}`);
if (goal === "lab" && !isRoot) {
  const missing = missingPackages(NEEDS.lab);
  giveUp(
    ...(missing.length > 0 ? [`missing Debian packages: ${missing.join(", ")}`] : []),
    "This command makes network namespaces and needs root. Type it again as root, for instance:",
    `  sudo npm ${process.env.npm_lifecycle_event === "test" ? "test" : `run ${process.env.npm_lifecycle_event ?? "demo"}`}`,
    "or type 'npm run test:unit', which needs no root.",
  );
}
ensurePackages(goal);
wishForPackages(goal);
ensureModules();
if (goal !== "unit") step(process.execPath, ["native/build.mjs"], "the addon did not compile");
step(
  process.execPath,
  ["src/bundle.mjs", ...(goal === "unit" ? ["tests"] : ["programs", "tests"])],
  "bundling failed",
);
