// Makes the bytecode of a bundle for the Node that runs this: node src/bytecode.mjs BUNDLE [ARGUMENTS]
// With arguments the bundle is run with them, and what ran is compiled; bytecode that is there already is kept and grows.
// Without arguments every function is compiled and nothing runs. How it is used: src/platform/run-bundle.ts.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";
import { buildSync } from "esbuild";

const [bundle, ...args] = process.argv.slice(2);
const { bytecodePath, sampled } = await loadRunBundle();
const path = bytecodePath(bundle);
const source = readFileSync(bundle);

/** The functions that the product uses, from their source. */
async function loadRunBundle() {
  const entry = new URL("platform/run-bundle.ts", import.meta.url).pathname;
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

function write(script) {
  const code = script.createCachedData();
  const trailer = Buffer.alloc(8);
  trailer.writeInt32LE(sampled(source), 0);
  trailer.writeInt32LE(sampled(code), 4);
  writeFileSync(`${path}.new`, Buffer.concat([code, trailer]));
  renameSync(`${path}.new`, path);
}

if (args.length === 0) {
  setFlagsFromString("--no-lazy");
  const script = new Script(source.toString("latin1"), { filename: bundle });
  // V8 compares the flags when it takes bytecode.
  setFlagsFromString("--lazy");
  write(script);
} else {
  const cachedData = existsSync(path) ? readFileSync(path).subarray(0, -8) : undefined;
  const script = new Script(source.toString("latin1"), {
    filename: bundle,
    ...(cachedData && { cachedData }),
  });
  const command = bundle.replace(/\.bundle\.js$/, ".js");
  process.argv.splice(1, Infinity, command, ...args);
  process.on("exit", () => write(script));
  script.runInThisContext()(createRequire(command), command);
}
