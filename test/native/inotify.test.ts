/** The inotify descriptor of the addon: records come as the kernel wrote them; closing and leaving are clean. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addon, openDescriptors, refused, runScript, until } from "./fixture.js";

const IN_CLOSE_WRITE = 8;
const IN_IGNORED = 0x8000;

test("a file that is written is reported with its watch, until the watch is removed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "inotify-"));
  const records: Buffer[] = [];
  const inotify = new addon.Inotify((bytes) => records.push(Buffer.from(bytes)));
  try {
    const watch = inotify.add(folder, IN_CLOSE_WRITE);
    writeFileSync(join(folder, "x"), "1");
    await until(() => records.length === 1);
    const [record = Buffer.alloc(0)] = records;
    assert.equal(record.readInt32LE(0), watch);
    assert.equal(record.readUInt32LE(4), IN_CLOSE_WRITE);
    assert.equal(record.toString("latin1", 16, 17), "x");
    assert.equal(inotify.remove(watch), true);
    assert.equal(inotify.remove(watch), false);
    await until(() => records.length === 2);
    assert.equal(records[1]?.readUInt32LE(4), IN_IGNORED);
  } finally {
    inotify.close();
    rmSync(folder, { recursive: true });
  }
});

test("what the kernel refuses, wrong arguments and a closed descriptor are errors", () => {
  const before = openDescriptors();
  const inotify = new addon.Inotify(() => undefined);
  assert.throws(() => inotify.add("/no/such/folder", IN_CLOSE_WRITE), refused("inotify_add_watch", "ENOENT"));
  assert.throws(() => inotify.add("/tmp\0/x", IN_CLOSE_WRITE), TypeError);
  assert.throws(() => inotify.add("/tmp", -1), RangeError);
  inotify.close();
  inotify.close();
  assert.throws(() => inotify.add("/tmp", IN_CLOSE_WRITE), refused("inotify_add_watch", "EBADF"));
  assert.ok(openDescriptors() <= before);
});

test("a process that watches ends by itself", async () => {
  const outcome = await runScript(`new addon.Inotify(() => {}).add("/tmp", 8);`);
  assert.equal(outcome.code, 0);
});
