// Runs the tests: node test/run.mjs [SUITE...], without a name everything but the long ones, in the order below.
// Ends with the line "N passed, N failed, N skipped" over all suites; exit status 1 when anything failed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = (name) => join(root, "node_modules", ".bin", name);

/** Programs that judge the sources; each counts as one test. */
const CHECKS = {
  "type check (tsc)": [bin("tsc"), "--noEmit"],
  "format (biome)": [bin("biome"), "check"],
  "lint (eslint)": [bin("eslint"), "."],
};

/**
 * Test folders. Lab tests measure time and this may be a machine of two cores: one file after the other.
 * The limit holds for the suite: a test that loops without end cannot keep the others from being reported.
 */
const SUITES = {
  unit: { folders: ["unit"], concurrency: 2, limitMinutes: 10 },
  native: { folders: ["native"], concurrency: 1, limitMinutes: 15 },
  lab: { folders: ["lab"], concurrency: 1, limitMinutes: 35 },
  uml: { folders: ["uml"], concurrency: 1, limitMinutes: 25 },
  long: { folders: ["unit", "native", "lab", "uml"], concurrency: 1, limitMinutes: 120, long: true },
};
const EVERYTHING = ["checks", "unit", "native", "lab", "uml"];

const count = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const skips = [];

function runChecks() {
  for (const [name, [program, ...args]] of Object.entries(CHECKS)) {
    const { status } = spawnSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    console.log(`${status === 0 ? "✔" : "✖"} ${name}`);
    count[status === 0 ? "passed" : "failed"]++;
    if (status !== 0) failures.push(name);
  }
}

const buildFolder = (name) => join(root, "build", "test", name);

/** Transpiled test files of a suite. Files named *.long.test.ts belong to the suite `long` only. */
function testFiles({ folders, long = false }) {
  return folders
    .map(buildFolder)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(".test.js") && path.endsWith(".long.test.js") === long)
    .sort();
}

/** The source of a test as one would type it; source maps may have led to it already. */
const sourceOf = (file) => relative(root, file ?? root).replace(/^build\/(.*)\.js$/, "$1.ts");

const isTest = (data) => data.details?.type !== "suite";

function onPass(data) {
  if (!isTest(data)) return;
  if (data.skip === undefined) count.passed++;
  else {
    count.skipped++;
    skips.push(
      `${sourceOf(data.file)}: ${data.name} (${data.skip === true ? "no reason given" : data.skip})`,
    );
  }
}

function onFail(data) {
  if (!isTest(data)) return;
  count.failed++;
  failures.push(`${sourceOf(data.file)}: ${data.name}`);
}

function runHere(files, concurrency, limitMs) {
  if (files.length === 0) return Promise.resolve();
  // The signal ends a file that never yields; the runner's own time-out does not on Node 24.
  const events = run({ files, concurrency, signal: AbortSignal.timeout(limitMs) });
  events.on("test:pass", onPass);
  events.on("test:fail", onFail);
  return new Promise((resolve) => {
    const report = events.compose(new spec());
    report.pipe(process.stdout, { end: false });
    report.on("end", resolve);
  }).then(killTestProcesses);
}

/** What the runner has ended at the limit may go on: SIGTERM waits in vain for a file that never yields and listens for it. */
function killTestProcesses() {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
    for (const pid of children.split(" ").filter(Boolean).map(Number))
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(".test.js")) process.kill(pid, "SIGKILL");
  } catch {
    // it has just ended, or this kernel has no list of children
  }
}

/** Files of test/uml need another kernel than this machine's, or count as skipped. */
async function runInGuests(files, limitMs) {
  if (files.length === 0) return;
  const { runFilesInGuest } = await import(join(buildFolder("uml"), "harness", "suite.js"));
  await runFilesInGuest(files, limitMs / 1000, { pass: onPass, fail: onFail });
}

async function runSuite(name) {
  const files = testFiles(SUITES[name]);
  if (files.length === 0) return;
  console.log(`\n${name}: ${files.length} files`);
  const { concurrency, limitMinutes } = SUITES[name];
  const ofGuests = files.filter((path) => path.startsWith(buildFolder("uml")));
  const until = Date.now() + limitMinutes * 60_000;
  await runHere(
    files.filter((path) => !ofGuests.includes(path)),
    concurrency,
    limitMinutes * 60_000,
  );
  await runInGuests(ofGuests, until - Date.now());
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => name !== "checks" && SUITES[name] === undefined);
if (unknown.length > 0) {
  console.error(`no such suite: ${unknown.join(", ")}; there are checks, ${Object.keys(SUITES).join(", ")}`);
  process.exit(2);
}
for (const name of chosen.length > 0 ? chosen : EVERYTHING)
  await (name === "checks" ? runChecks() : runSuite(name));
if (skips.length > 0)
  console.log(`\nSKIPPED, so nothing is known about:\n${skips.map((line) => `  ${line}`).join("\n")}`);
if (failures.length > 0) console.log(`\nFAILED:\n${failures.map((line) => `  ${line}`).join("\n")}`);
if (count.passed + count.failed === 0) console.log("no test was run");
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed > 0 || count.passed === 0 ? 1 : 0);
