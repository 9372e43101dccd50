/**
 * Compiles the addon, and the command that starts Node with it: `node native/build.mjs [--asan] [--force]`.
 *
 *   release   dist/keepalived.node and dist/keepalived
 *   --asan    build/asan/keepalived.node, under AddressSanitizer and UBSan, for the tests
 *
 * Each kind compiles in a folder of its own, as node-gyp owns and empties the folder `build` beside its binding.gyp.
 * Skips when nothing has changed. The headers are those of the running Node, from where they are installed or from the
 * npm registry as configured; node-gyp's own download from the Node project's server is the last resort.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const asan = process.argv.includes("--asan");
const kind = asan ? "asan" : "release";
const work = join(root, "build", "addon", kind);
const target = asan ? join(root, "build", "asan", "keepalived.node") : join(root, "dist", "keepalived.node");
const command = asan ? undefined : join(root, "dist", "keepalived");
const stamp = `${target}.stamp`;

function fail(message) {
  console.error(`addon: ${message}`);
  process.exit(1);
}

/** Everything that changes the outcome. */
function fingerprint() {
  const hash = createHash("sha256");
  const inputs = readdirSync(join(root, "native"))
    .sort()
    .map((name) => join("native", name));
  for (const file of ["binding.gyp", ...inputs])
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  for (const name of ["node-addon-api", "node-gyp"]) hash.update(require(`${name}/package.json`).version);
  const { modules } = process.versions;
  return hash.update([kind, modules, process.platform, process.arch].join("\0")).digest("hex");
}

function requireTools() {
  const tools = { [process.env.CXX ?? "g++"]: "g++", make: "make", python3: "python3" };
  const missing = Object.entries(tools)
    .filter(([command]) => spawnSync(command, ["--version"], { stdio: "ignore" }).status !== 0)
    .map(([, debianPackage]) => debianPackage);
  if (missing.length > 0) {
    fail(
      `compiling needs ${missing.join(", ")}. As root: apt-get install --no-install-recommends ${missing.join(" ")}`,
    );
  }
}

/** Whether `prefix` holds headers of exactly the running version. */
function holdsHeaders(prefix) {
  const header = join(prefix, "include", "node", "node_version.h");
  if (!existsSync(header) || !existsSync(join(prefix, "include", "node", "uv.h"))) return false;
  const text = readFileSync(header, "utf8");
  const parts = ["MAJOR", "MINOR", "PATCH"].map(
    (part) => text.match(new RegExp(`#define NODE_${part}_VERSION (\\d+)`))?.[1],
  );
  return parts.join(".") === process.versions.node;
}

/** The npm package of Node's binary holds its headers too. */
function headersFromNpm() {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(root, "build", "headers", process.versions.node);
  const prefix = join(folder, "package");
  if (holdsHeaders(prefix)) return prefix;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packed = spawnSync(
    "npm",
    ["pack", `${name}@${process.versions.node}`, "--silent", "--pack-destination", folder],
    { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  );
  const archive = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  if (packed.status !== 0 || archive === undefined) return undefined;
  const unpacked = spawnSync("tar", ["-xzf", join(folder, archive), "-C", folder, "package/include"], {
    stdio: "inherit",
  });
  rmSync(join(folder, archive));
  return unpacked.status === 0 && holdsHeaders(prefix) ? prefix : undefined;
}

function findHeaders() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return holdsHeaders(prefix) ? prefix : headersFromNpm();
}

function compile() {
  mkdirSync(work, { recursive: true });
  for (const name of ["native", "binding.gyp"]) {
    rmSync(join(work, name), { force: true });
    symlinkSync(join(root, name), join(work, name));
  }
  const args = [require.resolve("node-gyp/bin/node-gyp.js"), "rebuild", "--loglevel=warn", "--jobs=max"];
  const headers = findHeaders();
  if (headers !== undefined) args.push(`--nodedir=${headers}`);
  else
    console.error(
      `addon: no headers of Node ${process.versions.node} here or in the npm registry; node-gyp fetches them`,
    );
  if (asan) args.push("--", "-Dkeepalived_sanitize=1");
  // A nodedir in somebody's npm configuration would be of another version.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_config_nodedir$/i.test(name)),
  );
  try {
    execFileSync(process.execPath, args, {
      cwd: work,
      env,
      stdio: ["ignore", asan ? "ignore" : "inherit", "inherit"],
    });
  } catch {
    fail("the compiler's messages are above");
  }
}

/** Replaced in one step: another process may have the old one loaded. */
function install(made, path) {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}`;
  copyFileSync(join(work, "build", "Release", made), fresh);
  renameSync(fresh, path);
}

if (process.platform !== "linux") fail("Linux only");
if (!existsSync(join(root, "node_modules", "node-gyp"))) fail("dependencies are missing. Run: npm ci");
const wanted = fingerprint();
const isThere = existsSync(target) && (command === undefined || existsSync(command));
const upToDate = isThere && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
if (!upToDate || process.argv.includes("--force")) {
  requireTools();
  compile();
  install("keepalived.node", target);
  if (command !== undefined) install("launcher", command);
  writeFileSync(stamp, wanted);
}
