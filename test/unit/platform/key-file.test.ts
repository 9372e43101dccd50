/** Key files: content as it is, whether others may read it, and every reason why not in words. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readKeyFile } from "../../../src/platform/key-file.js";

test("a key file is read as bytes, and its mode judged", () => {
  const folder = mkdtempSync(join(tmpdir(), "key-file-"));
  try {
    const file = join(folder, "key");
    writeFileSync(file, Buffer.from([0x61, 0xff, 0x0a]));
    for (const [mode, exposed] of [
      [0o400, false],
      [0o600, false],
      [0o640, true],
      [0o604, true],
    ] as const) {
      chmodSync(file, mode);
      assert.deepEqual(readKeyFile(file), { text: "a\u00ff\n", exposed });
    }
    writeFileSync(file, "x".repeat(5000));
    assert.deepEqual(readKeyFile(file), { problem: "it has more than 4096 bytes" });
    assert.deepEqual(readKeyFile(folder), { problem: "it is not a regular file" });
    assert.deepEqual(readKeyFile(join(folder, "none")), { problem: "it does not exist" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
