/** A bundle runs from its bytecode when that fits, and is compiled in all other cases: it never fails because of it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { bytecodePath, runBundle } from "../../../src/platform/run-bundle.js";
import { repository } from "../../setup/repository.js";

const maker = join(repository, "src", "bytecode.mjs");
const folder = mkdtempSync(join(tmpdir(), "bundle-"));
after(() => rmSync(folder, { recursive: true }));
const require = createRequire(import.meta.url);
const heard = globalThis as { bundleSays?: unknown };
let count = 0;

const PAGE = 4096;
/** So that the bytecode fills some pages. */
const WORDS = JSON.stringify(Array.from({ length: 2000 }, (_, i) => `word ${i}`));

/** The word stands where no byte is looked at. */
const source = (word: string) =>
  `/*${" ".repeat(3000)}*/(function (require, __filename) { globalThis.bundleSays = [typeof require, __filename, "${word}"]; return ${WORDS}; })`;

/** A bundle that says "compiled", and its bytecode. */
function build(): { bundle: string; bytecode: string } {
  const bundle = join(folder, `b${count++}.bundle.js`);
  writeFileSync(bundle, source("compiled"));
  const { status, stderr } = spawnSync(process.execPath, [maker, bundle], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return { bundle, bytecode: bytecodePath(bundle) };
}

/** The word is another one now, and nothing else: who runs the old bytecode says the old word. */
function change(bundle: string, later: number): void {
  const { atimeMs, mtimeMs } = statSync(bundle);
  writeFileSync(bundle, source("replaced"));
  utimesSync(bundle, atimeMs / 1000, mtimeMs / 1000 + later);
}

function say(bundle: string): unknown {
  delete heard.bundleSays;
  runBundle(bundle, [require, "/its/place.js"]);
  return heard.bundleSays;
}

test("bytecode that fits is what runs", () => {
  const { bundle } = build();
  change(bundle, 0);
  assert.deepEqual(say(bundle), ["function", "/its/place.js", "compiled"]);
});

test("a bundle that was changed long after its bytecode was made is compiled", () => {
  const { bundle } = build();
  change(bundle, 100);
  assert.deepEqual(say(bundle), ["function", "/its/place.js", "replaced"]);
});

for (const [what, damage] of [
  ["of another bundle", (bytes: Buffer) => bytes.writeInt32LE(1, bytes.length - 8)],
  ["with a page that was never written", (bytes: Buffer) => bytes.fill(0, PAGE, 2 * PAGE)],
  ["that is cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  ["that is empty", (bytes: Buffer) => bytes.subarray(0, 0)],
  ["of another V8", (bytes: Buffer) => bytes.writeInt32LE(bytes.readInt32LE(4) + 1, 4)],
] as const) {
  test(`bytecode ${what} is not used`, () => {
    const { bundle, bytecode } = build();
    const bytes = readFileSync(bytecode);
    const result = damage(bytes);
    writeFileSync(bytecode, typeof result === "number" ? bytes : result);
    change(bundle, 0);
    assert.deepEqual(say(bundle), ["function", "/its/place.js", "replaced"]);
  });
}

test("without bytecode for this Node the bundle is compiled", () => {
  const { bundle, bytecode } = build();
  rmSync(bytecode);
  change(bundle, 0);
  assert.deepEqual(say(bundle), ["function", "/its/place.js", "replaced"]);
});

test("another build of the same version of Node compiles the bundle", () => {
  const { bundle } = build();
  change(bundle, 0);
  const other = join(folder, "node");
  copyFileSync(process.execPath, other);
  appendFileSync(other, "x");
  const program = `import { createRequire } from "node:module";
    import { runBundle } from ${JSON.stringify(new URL("../../../src/platform/run-bundle.js", import.meta.url).href)};
    runBundle(${JSON.stringify(bundle)}, [createRequire("/"), "/its/place.js"]);
    console.log(globalThis.bundleSays[2]);`;
  for (const [node, word] of [
    [process.execPath, "compiled"],
    [other, "replaced"],
  ] as const) {
    const { stdout, stderr } = spawnSync(node, ["--input-type=module", "--eval", program], {
      encoding: "utf8",
    });
    assert.equal(stdout, `${word}\n`, stderr);
  }
});
