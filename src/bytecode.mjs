// Makes the bytecode of bundles for the Node that runs this, with the flags it is run with:
//   node src/bytecode.mjs BUNDLE              every function of one is compiled, and nothing runs
//   node src/bytecode.mjs PROGRAM ARGUMENTS   of each bundle that the program loads what ran is compiled
// How it is used: src/platform/run-bundle.ts.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import vm from "node:vm";
import { buildSync } from "esbuild";

const [program, ...args] = process.argv.slice(2);
const { bytecodePath, sampled } = await loadRunBundle();

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

function write(bundle, script) {
  const path = bytecodePath(bundle);
  const code = script.createCachedData();
  const trailer = Buffer.alloc(8);
  trailer.writeInt32LE(sampled(readFileSync(bundle)), 0);
  trailer.writeInt32LE(sampled(code), 4);
  writeFileSync(`${path}.new`, Buffer.concat([code, trailer]));
  renameSync(`${path}.new`, path);
}

if (args.length === 0) {
  setFlagsFromString("--no-lazy");
  const script = new vm.Script(readFileSync(program, "latin1"), { filename: program });
  // V8 compares the flags when it takes bytecode.
  setFlagsFromString("--lazy");
  write(program, script);
} else {
  const loaded = new Map();
  vm.Script = class extends vm.Script {
    constructor(source, options) {
      super(source, options);
      loaded.set(options.filename, this);
    }
  };
  process.argv.splice(1, Infinity, program, ...args);
  process.on("exit", () => loaded.forEach((script, bundle) => write(bundle, script)));
  createRequire(program)(program);
}
