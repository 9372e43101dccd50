/** The real file reader: what it opens and what it refuses, and its patterns. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { FileReader } from "../../../src/config/read-config.js";
import { fileReader } from "../../../src/platform/config-files.js";

const directory = mkdtempSync(join(tmpdir(), "config-files-"));
after(() => rmSync(directory, { recursive: true }));
const reader: FileReader = fileReader(directory);

writeFileSync(join(directory, "b.conf"), "b");
writeFileSync(join(directory, "a.conf"), "a");
writeFileSync(join(directory, ".hidden.conf"), "");
writeFileSync(join(directory, "run"), "");
chmodSync(join(directory, "run"), 0o755);
mkdirSync(join(directory, "sub"));
writeFileSync(join(directory, "sub", "c.conf"), "c");
execFileSync("mkfifo", [join(directory, "pipe")]);
symlinkSync("nowhere", join(directory, "dangling"));

test("a regular file is read, whatever else is refused with a reason and without waiting", () => {
  const reason = (name: string) => {
    const result = reader.read(name.startsWith("/") ? name : join(directory, name));
    return result.ok ? Buffer.from(result.bytes).toString() : result.reason;
  };
  assert.deepEqual(["a.conf", "sub", "run", "pipe", "nosuch", "dangling", "/dev/null"].map(reason), [
    "a",
    "it is a directory",
    "it is executable",
    "it is not a regular file",
    "it does not exist",
    "it does not exist",
    "it is not a regular file",
  ]);
});

test("files of /proc, which claim to be empty, are read", () => {
  const result = reader.read("/proc/self/status");
  assert.ok(result.ok && result.bytes.length > 100);
});

test("patterns", () => {
  const glob = (pattern: string) => reader.glob(pattern, directory);
  assert.deepEqual(glob("*.conf"), ["a.conf", "b.conf"]);
  assert.deepEqual(glob("[!a].conf"), ["b.conf"]);
  assert.deepEqual(glob("[a-b].con?"), ["a.conf", "b.conf"]);
  assert.deepEqual(glob("*/*.conf"), ["sub/c.conf"]);
  assert.deepEqual(glob("\\a.conf"), ["a.conf"]);
  assert.deepEqual(glob(".h*"), [".hidden.conf"]);
  assert.deepEqual(glob("nosuch"), []);
  assert.deepEqual(glob(`${directory}/s*/c.conf`), [join(directory, "sub/c.conf")]);
  assert.deepEqual(glob("[z"), []);
  assert.deepEqual(glob(""), []);
});

test("random numbers include both ends", () => {
  const seen = new Set(Array.from({ length: 200 }, () => reader.random(1, 3)));
  assert.deepEqual([...seen].sort(), [1, 2, 3]);
});
