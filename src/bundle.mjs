// Builds JavaScript with esbuild, and skips what is up to date:
//   node src/bundle.mjs programs   dist/: one bundle per process
//   node src/bundle.mjs tests      build/: src, test and bench file by file, for node --test
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** One bundle per process or part that is loaded later: what it is called in dist/, and where it begins. */
const PROGRAMS = {
  keepalived: { entry: "src/cli/keepalived.ts", kind: "command" },
  keepalived_check: { entry: "src/check/process.ts", kind: "child" },
  keepalived_vrrp: { entry: "src/vrrp/process.ts", kind: "child" },
  "ipvs-sync": { entry: "src/net/ipvs-sync-program.ts", kind: "child" },
  "mail-transport": { entry: "src/core/mail-transport.ts", kind: "module" },
};

/** The options are those of src/cli/node-flags.ts. */
const FIRST_LINE = "#!/usr/bin/env -S node --v8-pool-size=1";

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
const recipe = ["src/bundle.mjs", "package-lock.json", "tsconfig.json"].map((name) => join(root, name));

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

const bytecodeOf = (bundle) => `${bundle}.${process.version}-${process.arch}.bytecode`;

/** What the command does for most people: what runs then is compiled, the rest when it is needed. Loading all costs more. */
const USUAL_RUN = ["-t", "-f", join(root, "src", "bytecode.conf")];

function makeBytecode(bundle, kind) {
  const program = join(root, "src", "bytecode.mjs");
  const args = kind === "command" ? USUAL_RUN : [];
  const made = bytecodeOf(bundle);
  rmSync(made, { force: true });
  // The status of a run says what it thinks of the configuration.
  const { stderr } = spawnSync(process.execPath, [program, bundle, ...args], { encoding: "utf8" });
  if (!existsSync(made)) throw new Error(`no bytecode of ${bundle}: ${stderr}`);
}

async function bundlePrograms() {
  const sources = newest([...filesBelow(join(root, "src"), ".ts"), ...recipe]);
  const dist = join(root, "dist");
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
  for (const [name, { entry, kind }] of Object.entries(PROGRAMS)) {
    const outfile = join(dist, `${name}.js`);
    const isWhole = kind === "module" || existsSync(bytecodeOf(join(dist, `${name}.bundle.js`)));
    if (isWhole && modified(outfile) > sources) continue;
    const define = { "import.meta.url": "importMetaUrl" };
    const url = 'importMetaUrl = require("node:url").pathToFileURL(__filename).href;';
    const entryPoints = [join(root, entry)];
    if (kind === "module") {
      await build({ ...COMMON, entryPoints, outfile, define, banner: { js: `const ${url}` } });
      continue;
    }
    await build({
      ...COMMON,
      entryPoints,
      outfile: join(dist, `${name}.bundle.js`),
      define,
      plugins: [withoutChildProcess],
      // One function, which run-bundle.ts calls.
      banner: { js: `(function (require, __filename) { const module = { exports: {} }, ${url}` },
      footer: { js: "})" },
    });
    const start = `runBundle(__dirname + "/${name}.bundle.js", [require, __filename]);`;
    await build({
      ...COMMON,
      stdin: {
        contents: `import { runBundle } from "./src/platform/run-bundle.ts"; ${start}`,
        resolveDir: root,
      },
      outfile,
      ...(kind === "command" && { banner: { js: FIRST_LINE } }),
    });
    if (kind === "command") chmodSync(outfile, 0o755);
    makeBytecode(join(dist, `${name}.bundle.js`), kind);
  }
}

/** Where tests look for data, beside their transpiled selves. */
const LINKS = { "build/test/data": "test/data", "build/etc": "etc" };

async function transpileTests() {
  const folders = ["src", "test", "bench"];
  const entryPoints = folders
    .flatMap((name) => filesBelow(join(root, name), ".ts"))
    .filter((path) => !path.endsWith(".d.ts"));
  const outputOf = (path) => join(root, "build", relative(root, path).replace(/\.ts$/, ".js"));
  const expected = new Set(entryPoints.map(outputOf));
  for (const stale of folders.flatMap((name) => filesBelow(join(root, "build", name), ".js"))) {
    if (!expected.has(stale)) rmSync(stale);
  }
  const since = newest(recipe);
  const outdated = entryPoints.filter((path) => modified(outputOf(path)) <= Math.max(modified(path), since));
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
