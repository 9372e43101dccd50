/** All other tests of the addon once more, on a build under AddressSanitizer and UBSan. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** The top of the repository: where native/build.mjs is. */
function repository(): string {
  let folder = here;
  while (!existsSync(join(folder, "native", "build.mjs"))) folder = dirname(folder);
  return folder;
}

/** Runs test files on the sanitized addon. A report goes to a file: Node's children would hide it on stderr. */
function runSanitized(args: string[]): { status: number | null; output: string; reports: string } {
  const root = repository();
  const folder = mkdtempSync(join(tmpdir(), "sanitizer-"));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const result = spawnSync(process.execPath, args, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: {
      ...env,
      KEEPALIVED_ADDON: join(root, "build", "asan", "keepalived.node"),
      LD_PRELOAD: execFileSync("gcc", ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim(),
      // V8 never gives its memory back, so leaks say nothing. Node's own handler of SIGSEGV would end it in silence.
      // Freed memory is not overwritten in general (max_free_fill_size): when a garbage collection falls into the end
      // of an environment, Node looks once more at that of the addon, which it has freed (node_api.cc: the immediate
      // that runs finalizers drops the last reference, then goes on). The addon overwrites its own.
      ASAN_OPTIONS: `detect_leaks=0:handle_segv=2:handle_sigbus=2:log_path=${join(folder, "asan")}`,
      UBSAN_OPTIONS: `print_stacktrace=1:log_path=${join(folder, "ubsan")}`,
    },
  });
  const reports = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
  rmSync(folder, { recursive: true });
  return { status: result.status, output: result.stdout + result.stderr, reports };
}

/** A build that lost its flags would pass everything below. */
function assertInstrumented(): void {
  const binary = readFileSync(join(repository(), "build", "asan", "keepalived.node"), "latin1");
  assert.ok(binary.includes("__asan_report_load"), "built without AddressSanitizer");
  assert.ok(binary.includes("__ubsan_handle_"), "built without UBSan");
}

test("the addon's tests pass under the sanitizers, and these have nothing to report", {
  timeout: 900_000,
}, () => {
  execFileSync(process.execPath, [join(repository(), "native", "build.mjs"), "--asan"], { stdio: "pipe" });
  assertInstrumented();
  const files = readdirSync(here).filter((file) => /\.test\.js$/.test(file) && !file.startsWith("sanitizer"));
  assert.ok(files.length >= 5);
  const { status, output, reports } = runSanitized(["--test", ...files.map((file) => join(here, file))]);
  assert.ok(status === 0 && reports === "", `exit status ${status}\n${reports}\n${output}`);
});
