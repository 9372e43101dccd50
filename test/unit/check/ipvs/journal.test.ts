/** The journal of IPVS entries. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Journal } from "../../../../src/check/ipvs/journal.js";

function pathFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ipvs-journal-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, "journal");
}

const fail = (reason: string): void => assert.fail(reason);

test("what one run has noted the next one knows, but for a torn last line", async (t) => {
  const path = pathFor(t);
  const first = new Journal(path, fail);
  await first.load();
  await first.add(["tcp 10.0.0.1:80", "tcp 10.0.0.1:80 > 10.0.0.11:80"]);
  appendFileSync(path, "tcp 10.0.0.1:8");
  const next = new Journal(path, fail);
  assert.ok(!next.hasEarlier);
  await next.load();
  assert.ok(next.hasEarlier);
  assert.ok(next.isFromEarlier("tcp 10.0.0.1:80 > 10.0.0.11:80"));
  assert.ok(!next.isFromEarlier("tcp 10.0.0.1:8"));
  // What is noted now is not of an earlier run.
  await next.add(["mark 7 inet"]);
  assert.ok(!next.isFromEarlier("mark 7 inet"));
});

test("a server that comes and goes has one line, of this run or of an earlier one: the file does not grow with time", async (t) => {
  const path = pathFor(t);
  const first = new Journal(path, fail);
  for (let i = 0; i < 3; i++) await first.add(["mark 7 inet", "mark 8 inet"]);
  const next = new Journal(path, fail);
  await next.load();
  await next.add(["mark 8 inet", "mark 9 inet"]);
  assert.equal(readFileSync(path, "utf8"), "mark 7 inet\nmark 8 inet\nmark 9 inet\n");
});

test("what could not be written is written when it is added again", async (t) => {
  const path = pathFor(t);
  const reasons: string[] = [];
  const journal = new Journal(path, (reason) => reasons.push(reason));
  mkdirSync(path);
  await journal.add(["mark 7 inet"]);
  assert.match(reasons.join(), /EISDIR/);
  rmSync(path, { recursive: true });
  await journal.add(["mark 7 inet"]);
  assert.equal(readFileSync(path, "utf8"), "mark 7 inet\n");
});

test("a write that failed may have left a part of a line: the next one writes the whole file", async (t) => {
  const path = pathFor(t);
  const reasons: string[] = [];
  const journal = new Journal(path, (reason) => reasons.push(reason));
  await journal.add(["mark 7 inet"]);
  rmSync(path);
  mkdirSync(path);
  await journal.add(["tcp 10.0.0.1:80"]);
  assert.match(reasons.join(), /EISDIR/);
  rmSync(path, { recursive: true });
  writeFileSync(path, "mark 7 inet\ntcp 10.0.0.1:8");
  await journal.add(["mark 9 inet"]);
  assert.equal(readFileSync(path, "utf8"), "mark 7 inet\nmark 9 inet\n");
});

test("a torn line does not swallow the next one, and never becomes the name of somebody else's entry", async (t) => {
  const path = pathFor(t);
  writeFileSync(path, "mark 7 inet\ntcp 10.0.0.1:8");
  const torn = new Journal(path, fail);
  await torn.load();
  await torn.add(["mark 8 inet"]);
  const { ino } = statSync(path);
  await torn.add(["mark 9 inet"]);
  assert.equal(statSync(path).ino, ino, "what is whole again gets lines as before");
  assert.equal(readFileSync(path, "utf8"), "mark 7 inet\nmark 8 inet\nmark 9 inet\n");
});

test("what was added while the file could not be written anew is in the next one", async (t) => {
  const path = pathFor(t);
  const reasons: string[] = [];
  const journal = new Journal(path, (reason) => reasons.push(reason));
  await journal.add(Array.from({ length: 1500 }, (_, i) => `mark ${i} inet`));
  mkdirSync(`${path}.new`);
  void journal.keepOnly(new Set(["mark 7 inet"]));
  await journal.add(["mark 2000 inet"]);
  assert.match(reasons.join(), /EISDIR/);
  rmSync(`${path}.new`, { recursive: true });
  await journal.add(["mark 2001 inet"]);
  assert.equal(readFileSync(path, "utf8"), "mark 7 inet\nmark 2000 inet\nmark 2001 inet\n");
});

test("who adds what is on its way waits until it is there", async (t) => {
  const path = pathFor(t);
  const journal = new Journal(path, fail);
  void journal.add(["mark 7 inet"]);
  await journal.add(["mark 7 inet"]);
  assert.equal(readFileSync(path, "utf8"), "mark 7 inet\n");
});

test("nobody else reads the file", async (t) => {
  const path = pathFor(t);
  const journal = new Journal(path, fail);
  await journal.add(["mark 7 inet"]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("writes follow each other: what is added while the file is written anew is in it", async (t) => {
  const path = pathFor(t);
  const journal = new Journal(path, fail);
  await journal.add(Array.from({ length: 1500 }, (_, i) => `mark ${i} inet`));
  void journal.keepOnly(new Set(["mark 7 inet"]));
  await journal.add(["mark 2000 inet"]);
  assert.equal(readFileSync(path, "utf8"), "mark 7 inet\nmark 2000 inet\n");
});

test("what is added while the file is on its way out is in the next one", async (t) => {
  const path = pathFor(t);
  const journal = new Journal(path, fail);
  void journal.keepOnly(new Set());
  void journal.add(["mark 7 inet"]);
  void journal.keepOnly(new Set());
  await journal.add(["mark 8 inet"]);
  assert.equal(readFileSync(path, "utf8"), "mark 8 inet\n");
});

test("the file goes when nothing is left", async (t) => {
  const path = pathFor(t);
  const journal = new Journal(path, fail);
  await journal.add(["mark 7 inet"]);
  assert.ok(existsSync(path));
  await journal.keepOnly(new Set());
  assert.ok(!existsSync(path));
});

test("lines of what is gone are left out when they have become many", async (t) => {
  const path = pathFor(t);
  const journal = new Journal(path, fail);
  await journal.add(Array.from({ length: 1500 }, (_, i) => `mark ${i} inet`));
  await journal.keepOnly(new Set(["mark 7 inet"]));
  assert.equal(readFileSync(path, "utf8"), "mark 7 inet\n");
});

test("few such lines stay, of this run and of an earlier one together", async (t) => {
  const path = pathFor(t);
  const first = new Journal(path, fail);
  await first.add(Array.from({ length: 900 }, (_, i) => `mark ${i} inet`));
  await first.keepOnly(new Set(["mark 7 inet"]));
  assert.equal(readFileSync(path, "utf8").split("\n").length, 901);
  const next = new Journal(path, fail);
  await next.load();
  await next.add(Array.from({ length: 200 }, (_, i) => `mark ${1000 + i} inet`));
  await next.keepOnly(new Set(["mark 7 inet"]));
  assert.equal(readFileSync(path, "utf8"), "mark 7 inet\n");
});

test("a file that cannot be written is told of, and nothing waits for it", async () => {
  const reasons: string[] = [];
  const journal = new Journal("/nowhere/journal", (reason) => reasons.push(reason));
  await journal.load();
  await journal.add(["mark 7 inet"]);
  assert.match(reasons.join(), /ENOENT/);
});
