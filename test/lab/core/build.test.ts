/** The build of dist/, in a copy of the sources: what it makes anew, and that nothing stale is left to run. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { bytecodePath } from "../../../src/platform/run-bundle.js";
import { repository } from "../../setup/repository.js";

const folder = mkdtempSync(join(tmpdir(), "keepalived-build-"));
after(() => rmSync(folder, { recursive: true }));
const flags = join(folder, "dist", "keepalived.flags");
const bundle = join(folder, "dist", "keepalived-test.bundle.js");
const bytecode = bytecodePath(bundle);
/** As another version of Node has left it. */
const ofAnother = `${bundle}.v19.0.0-x64.bytecode`;
const empty = join(folder, "empty.conf");
/** Says of each bundle whether V8 took its bytecode. */
const observer = join(folder, "observer.cjs");

before(() => {
  for (const name of ["src", "package-lock.json", "tsconfig.json"])
    cpSync(join(repository, name), join(folder, name), { recursive: true });
  for (const name of ["keepalived", "keepalived.node"])
    cpSync(join(repository, "dist", name), join(folder, "dist", name));
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  writeFileSync(empty, "global_defs {\n  router_id test\n}\n");
  writeFileSync(
    observer,
    `const vm = require("node:vm");
    vm.Script = class extends vm.Script {
      constructor(source, options) {
        super(source, options);
        const took = options.cachedData !== undefined && this.cachedDataRejected === false;
        process.on("exit", () => console.log(took ? "took" : "refused"));
      }
    };`,
  );
  build();
});

function build(environment: NodeJS.ProcessEnv = {}): void {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, "src", "bundle.mjs"), "programs"], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  assert.equal(status, 0, stderr);
}

const madeAt = (): number => statSync(bytecode).mtimeMs;

/** Of the bundles that a configuration test loads. */
function bytecodeTaken(): string[] {
  const { stdout, stderr } = spawnSync(join(folder, "dist", "keepalived"), ["-t", "-f", empty], {
    encoding: "utf8",
    env: { PATH: dirname(process.execPath), NODE_OPTIONS: `--require=${observer}` },
  });
  assert.equal(stderr, "");
  return stdout.trim().split("\n");
}

test("what is up to date stays, and its bytecode is what runs", () => {
  const before = madeAt();
  build();
  assert.equal(madeAt(), before);
  assert.deepEqual(bytecodeTaken(), ["took", "took"]);
});

test("another Node of the same version has options and bytecode of its own", () => {
  const before = madeAt();
  const good = readFileSync(flags, "utf8");
  writeFileSync(flags, good.replace(/^\d+/, "1"));
  build();
  assert.equal(readFileSync(flags, "utf8"), good);
  assert.ok(madeAt() > before);
});

test("a bundle that is made anew leaves no bytecode of another version of Node, which would run the old one", () => {
  writeFileSync(ofAnother, "");
  build();
  assert.ok(existsSync(ofAnother), "nothing has changed");
  appendFileSync(join(folder, "src", "cli", "config-test.ts"), "// changed\n");
  build();
  assert.ok(!existsSync(ofAnother));
  assert.ok(existsSync(bytecode));
});

test("options of Node in the environment of the build are not those of the command", () => {
  rmSync(flags);
  build({ NODE_OPTIONS: "--stack-trace-limit=20" });
  assert.deepEqual(bytecodeTaken(), ["took", "took"]);
});

test("a build that was interrupted before the bytecode is made up for", () => {
  rmSync(bytecode);
  build();
  assert.deepEqual(bytecodeTaken(), ["took", "took"]);
});
