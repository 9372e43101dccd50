/**
 * Runs a bundle of dist/ with the bytecode that the build made of it (`src/bytecode.mjs`). Compiling is the larger part
 * of a start; where there is no bytecode for this Node, or it does not fit, everything is compiled as usual, only later.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { Script } from "node:vm";

/** Copying an installation gives each file its own time; a bundle that is younger by more was changed by hand. */
const COPYING_MILLIS = 60_000;
/** Of so many words of 4 bytes one is looked at: a page that was never written is found, and a whole sum takes 10 ms. */
const SAMPLE_STEP = 64;
/** At the end of the bytecode file: what `sampled` said of the bundle and of the bytecode. */
const TRAILER_BYTES = 8;

interface Content {
  bytes: Buffer;
  modifiedMillis: number;
}

/** What a bundle is given; it is one function of these. */
type Scope = [require: NodeJS.Require, filename: string];

/**
 * Where the bytecode of a bundle is for the Node that runs this. V8 of another version refuses it, but perhaps not that of
 * another build of the same version, for whose own objects it would take others: builds are known apart by their size.
 */
export function bytecodePath(bundle: string): string {
  return `${bundle}.${process.version}-${process.arch}-${statSync(process.execPath).size}.bytecode`;
}

/** Runs the bundle; `scope` is of the file that takes its place. @returns what it exports */
export function runBundle(bundle: string, scope: Scope): unknown {
  const content = read(bundle);
  const cachedData = bytecodeOf(bundle, content);
  const script = new Script(content.bytes.toString("latin1"), {
    filename: bundle,
    ...(cachedData && { cachedData }),
  });
  return (script.runInThisContext() as (...scope: Scope) => unknown)(...scope);
}

/** V8 looks at version, flags and lengths only, and damaged bytecode may do anything. */
function bytecodeOf(bundle: string, content: Content): Buffer | undefined {
  try {
    const { bytes, modifiedMillis } = read(bytecodePath(bundle));
    if (content.modifiedMillis > modifiedMillis + COPYING_MILLIS) return undefined;
    const length = bytes.length - TRAILER_BYTES;
    const code = bytes.subarray(0, length);
    const fits =
      bytes.readInt32LE(length) === sampled(content.bytes) && bytes.readInt32LE(length + 4) === sampled(code);
    return fits ? code : undefined;
  } catch {
    return undefined; // none for this Node
  }
}

/** A sum of some of the bytes, which the build makes in the same way. */
export function sampled(bytes: Buffer): number {
  // Views of words begin at multiples of 4, as memory of its own does.
  const own = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(Uint8Array.from(bytes).buffer);
  const words = new Int32Array(own.buffer, own.byteOffset, own.length >> 2);
  let sum = bytes.length | 0;
  for (let i = 0; i < words.length; i += SAMPLE_STEP) sum = (Math.imul(sum, 31) + (words[i] ?? 0)) | 0;
  return sum;
}

function read(path: string): Content {
  const fd = openSync(path, "r");
  try {
    const { size, mtimeMs } = fstatSync(fd);
    const bytes = Buffer.allocUnsafeSlow(size);
    const length = readSync(fd, bytes, 0, size, 0);
    return { bytes: bytes.subarray(0, length), modifiedMillis: mtimeMs };
  } finally {
    closeSync(fd);
  }
}
