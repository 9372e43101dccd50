// Builds JavaScript with esbuild, and skips what is up to date:
//   node src/bundle.mjs programs   dist/: one bundle per process
//   node src/bundle.mjs tests      build/: src, test and bench file by file, for node --test
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * One bundle per process, and per part of one that is loaded when it is needed: what it is called in dist/, and where it
 * begins. Of the command's parts each run needs one; in one bundle with them it would take longer to start. "usual": the
 * bytecode holds what the usual run needs, the rest is compiled when it is called; loading all of it costs more.
 */
const PROGRAMS = {
  keepalived: { entry: "src/cli/keepalived.ts", kind: "command", bytecode: "usual" },
  "keepalived-test": { entry: "src/cli/config-test.ts", kind: "part", bytecode: "usual" },
  "keepalived-daemon": { entry: "src/cli/run-daemon.ts", kind: "part", bytecode: "all" },
  "keepalived-genhash": { entry: "src/cli/genhash.ts", kind: "part", bytecode: "all" },
  keepalived_check: { entry: "src/check/process.ts", kind: "child", bytecode: "all" },
  keepalived_vrrp: { entry: "src/vrrp/process.ts", kind: "child", bytecode: "all" },
  "ipvs-sync": { entry: "src/net/ipvs-sync-program.ts", kind: "child", bytecode: "all" },
  "mail-transport": { entry: "src/core/mail-transport.ts", kind: "module" },
};

/**
 * Options of Node for the command, as far as this Node knows them: but for the last, which core hands on to its children
 * (src/core/child-process.ts), they are for a process that reads once and ends.
 */
const WANTED_FLAGS = [
  // V8's threads compile hot code and help to collect garbage. The usual four take the processor from the one that reads.
  "--v8-pool-size=1",
  // What is read stays, so that more room for short-lived objects (MiB) is only more pages to fetch from the kernel.
  "--max-semi-space-size=2",
  // Hashing all names of V8's image anew takes 2 ms. Strangers do not choose names here, so nobody makes them collide.
  "--no-rehash-snapshot",
  // Twice what is usual before V8 compiles a function, and a fifth of the code of others in it: most code is hot for a
  // few milliseconds only. Nothing of others at all is a little faster for small files, and slower for very large ones.
  "--interrupt-budget=135168",
  "--max-inlined-bytecode-size-cumulative=200",
  // The daemon has its garbage collected before service, not after 8 quiet seconds: src/platform/heap.ts.
  "--no-memory-reducer",
];

/** Runs this Node as the command will: what the environment of the build tells Node is not for it, nor for its bytecode. */
function runNode(args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NODE_")));
  return spawnSync(process.execPath, args, { encoding: "utf8", env });
}

/** Whether this Node starts with these options, and says nothing about them. */
function isKnown(flags) {
  const { status, stdout, stderr } = runNode([...flags, "--eval", ""]);
  return status === 0 && stdout.length + stderr.length === 0;
}

function findFlags() {
  const known = WANTED_FLAGS.filter((flag) => isKnown([flag]));
  // Each is good; two of them may contradict each other some day.
  return isKnown(known) ? known : [];
}

let knownFlags;
const commandFlags = () => (knownFlags ??= findFlags());

/** All files below a folder whose name ends in `suffix`. */
function filesBelow(folder, suffix) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => join(entry.parentPath, entry.name));
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const newest = (paths) => Math.max(0, ...paths.map(modified));
/** What every output depends on beside its sources. */
const recipe = [
  "src/bundle.mjs",
  "src/bytecode.mjs",
  "src/bytecode.conf",
  "package-lock.json",
  "tsconfig.json",
].map((name) => join(root, name));

/** commander starts programs for subcommands, which we do not have: loading what it would need takes 2 ms. */
const withoutChildProcess = {
  name: "without-child-process",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer, path }) =>
      importer.includes("/commander/") ? { path, namespace: "not-needed" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "not-needed" }, () => ({ contents: "module.exports = {};" }));
  },
};

/** The command's parts are not in its bundle. */
const withoutParts = {
  name: "without-parts",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      const entry = relative(root, join(resolveDir, path)).replace(/\.js$/, ".ts");
      const part = Object.keys(PROGRAMS).find((name) => PROGRAMS[name].entry === entry);
      return part && { path: `./${part}.js`, external: true };
    });
  },
};

/** A bundle in CommonJS starts 5 ms sooner than one of ES modules. */
const COMMON = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "cjs",
  // A dynamic import of a compiled function would need a loader of its own; require() does it.
  supported: { "dynamic-import": false },
  minifySyntax: true,
  legalComments: "linked",
  logLevel: "warning",
};

/** As src/platform/run-bundle.ts has it. */
const bytecodeOf = (bundle) =>
  `${bundle}.${process.version}-${process.arch}-${statSync(process.execPath).size}.bytecode`;

/** What the command does for most people. */
const USUAL_RUN = ["-t", "-f", join(root, "src", "bytecode.conf")];

const outputOf = (name) => join(root, "dist", `${name}.js`);
const bundleOf = (name) => join(root, "dist", `${name}.bundle.js`);

/** V8 takes bytecode only with the flags that it was made with; that of children, which concerns memory only, it ignores. */
function makeBytecode(names, kind, args) {
  const flags = kind === "child" ? [] : commandFlags();
  const program = join(root, "src", "bytecode.mjs");
  // The status of a run says what it thinks of the configuration.
  const { stderr } = runNode([...flags, program, ...args]);
  for (const name of names)
    if (!existsSync(bytecodeOf(bundleOf(name)))) throw new Error(`no bytecode of ${name}: ${stderr}`);
}

async function bundleProgram(name, { entry, kind }) {
  const define = { "import.meta.url": "importMetaUrl" };
  const url = 'importMetaUrl = require("node:url").pathToFileURL(__filename).href;';
  const entryPoints = [join(root, entry)];
  if (kind === "module") {
    await build({
      ...COMMON,
      entryPoints,
      outfile: outputOf(name),
      define,
      banner: { js: `const ${url}` },
    });
    return;
  }
  // Of all versions of Node: this one cannot renew that of another, which would run it.
  for (const bytecode of filesBelow(join(root, "dist"), ".bytecode"))
    if (bytecode.startsWith(`${bundleOf(name)}.`)) rmSync(bytecode);
  await build({
    ...COMMON,
    entryPoints,
    outfile: bundleOf(name),
    define,
    plugins: [withoutChildProcess, withoutParts],
    // One function, which run-bundle.ts calls.
    banner: { js: `(function (require, __filename) { const module = { exports: {} }, ${url}` },
    footer: { js: "return module.exports; })" },
  });
  const start = `module.exports = runBundle(__dirname + "/${name}.bundle.js", [require, __filename]);`;
  await build({
    ...COMMON,
    stdin: {
      contents: `import { runBundle } from "./src/platform/run-bundle.ts"; ${start}`,
      resolveDir: root,
    },
    outfile: outputOf(name),
  });
}

/** For native/launcher.c, which compares all of it. */
const flagsPath = join(root, "dist", "keepalived.flags");

/** By what the launcher knows the Node of the build: its size, and when it was written. */
function thisNode() {
  const { size, mtimeMs } = statSync(process.execPath);
  return `${size} ${Math.floor(mtimeMs / 1000)}`;
}

const areFlagsOfThisNode = () =>
  existsSync(flagsPath) && readFileSync(flagsPath, "utf8").startsWith(`${thisNode()} `);

function writeFlags() {
  const options = commandFlags().map((flag) => `${flag}\n`);
  // FNV-1a, as in the launcher.
  const sum = Buffer.from(options.join("")).reduce(
    (sum, byte) => Math.imul(sum ^ byte, 16_777_619) >>> 0,
    2_166_136_261,
  );
  writeFileSync(`${flagsPath}.new`, `${thisNode()} ${sum}\n${options.join("")}`);
  renameSync(`${flagsPath}.new`, flagsPath);
}

async function bundlePrograms() {
  const sources = newest([...filesBelow(join(root, "src"), ".ts"), ...recipe]);
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(join(root, "dist", "package.json"), '{ "type": "commonjs" }\n');
  // Bytecode is as good as the options that it was made with.
  const sameNode = areFlagsOfThisNode();
  const outdated = Object.entries(PROGRAMS).filter(([name, { kind }]) => {
    if (!sameNode) return true;
    const isWhole = kind === "module" || existsSync(bytecodeOf(bundleOf(name)));
    return !isWhole || modified(outputOf(name)) <= sources;
  });
  for (const [name, program] of outdated) await bundleProgram(name, program);
  const usual = Object.keys(PROGRAMS).filter((name) => PROGRAMS[name].bytecode === "usual");
  if (outdated.length > 0) writeFlags();
  if (outdated.some(([name]) => usual.includes(name)))
    makeBytecode(usual, "command", [outputOf("keepalived"), ...USUAL_RUN]);
  for (const [name, { kind, bytecode }] of outdated)
    if (bytecode === "all") makeBytecode([name], kind, [bundleOf(name)]);
}

/** Where tests look for data, beside their transpiled selves. */
const LINKS = { "build/test/data": "test/data", "build/etc": "etc" };

async function transpileTests() {
  const folders = ["src", "test", "bench"];
  const entryPoints = folders
    .flatMap((name) => filesBelow(join(root, name), ".ts"))
    .filter((path) => !path.endsWith(".d.ts"));
  const transpiled = (path) => join(root, "build", relative(root, path).replace(/\.ts$/, ".js"));
  const expected = new Set(entryPoints.map(transpiled));
  for (const stale of folders.flatMap((name) => filesBelow(join(root, "build", name), ".js"))) {
    if (!expected.has(stale)) rmSync(stale);
  }
  const since = newest(recipe);
  const outdated = entryPoints.filter(
    (path) => modified(transpiled(path)) <= Math.max(modified(path), since),
  );
  if (outdated.length > 0) {
    await build({
      entryPoints: outdated,
      outdir: join(root, "build"),
      outbase: root,
      platform: "node",
      target: "node20.19",
      format: "esm",
      sourcemap: "inline",
      sourcesContent: false,
      logLevel: "warning",
    });
  }
  for (const [link, target] of Object.entries(LINKS)) {
    const path = join(root, link);
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) symlinkSync(relative(dirname(path), join(root, target)), path);
  }
  writeFileSync(join(root, "build", "package.json"), '{ "type": "module" }\n');
}

const work = { programs: bundlePrograms, tests: transpileTests };
const goals = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(work);
try {
  for (const goal of goals) {
    if (work[goal] === undefined)
      throw new Error(`nothing known about '${goal}': ${Object.keys(work).join(", ")}`);
    await work[goal]();
  }
} catch (error) {
  // esbuild has printed its own findings already.
  if (error.errors === undefined) console.error(error.message);
  process.exit(1);
}
