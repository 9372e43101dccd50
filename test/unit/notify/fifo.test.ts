/** Lines for the FIFOs, and what happens to them when nobody reads. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FifoBuffer } from "../../../src/notify/fifo-buffer.js";
import { priorityLine, serverLine, serviceLine, transitionLine } from "../../../src/notify/fifo-lines.js";
import { FifoWriter } from "../../../src/notify/fifo-writer.js";
import { Fifos } from "../../../src/notify/fifos.js";

test("the lines are upstream's", () => {
  assert.equal(
    transitionLine({ type: "INSTANCE", name: 'V "1"', state: "DELETED", priority: 95 }),
    'INSTANCE "V "1"" DELETED 95\n',
  );
  assert.equal(
    transitionLine({ type: "GROUP", name: "G", state: "MASTER", priority: 0 }),
    'GROUP "G" MASTER 0\n',
  );
  assert.equal(priorityLine("V", "MASTER_RX_LOWER_PRI", 100), 'INSTANCE "V" MASTER_RX_LOWER_PRI 100\n');
  assert.equal(serviceLine("[192.0.2.1]:tcp:80", false), "VS [192.0.2.1]:tcp:80 DOWN\n");
  assert.equal(
    serverLine("[10.0.0.2]:tcp:80", "[192.0.2.1]:tcp:80", true),
    "RS [10.0.0.2]:tcp:80 [192.0.2.1]:tcp:80 UP\n",
  );
});

test("a buffer keeps the newest lines and counts what it lost, once per series", () => {
  const buffer = new FifoBuffer(10);
  assert.equal(buffer.push("aaaa\n"), false);
  assert.equal(buffer.push("bbbb\n"), false);
  assert.equal(buffer.push("cccc\n"), true, "a series begins");
  assert.equal(buffer.push("dddd\n"), false, "and goes on");
  assert.equal(buffer.first?.toString(), "cccc\n");
  assert.equal(buffer.written(), 0);
  assert.equal(buffer.written(), 2, "two were lost");
  assert.equal(buffer.first, undefined);
  for (const line of ["eeee\n", "ffff\n", "gggg\n"]) buffer.push(line);
  assert.equal(buffer.endSeries(), 1);
});

function writer(limitBytes: number) {
  const taken: string[] = [];
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const state = { full: false };
  const fifo = new FifoWriter(
    "/f",
    (line) => {
      if (state.full) return false;
      taken.push(Buffer.from(line).toString());
      return true;
    },
    { info: say, warning: say },
    limitBytes,
  );
  return { fifo, taken, said, state };
}

test("a full FIFO delays lines, and loses the oldest when it stays full", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { fifo, taken, said, state } = writer(4);
  fifo.write("1\n");
  state.full = true;
  for (const line of ["2\n", "3\n", "4\n", "5\n"]) fifo.write(line);
  assert.deepEqual(taken, ["1\n"]);
  assert.deepEqual(said, ["FIFO /f: it is full and not read fast enough, lines are lost"]);
  t.mock.timers.tick(10);
  assert.deepEqual(taken, ["1\n"]);
  state.full = false;
  t.mock.timers.tick(20);
  assert.deepEqual(taken, ["1\n", "4\n", "5\n"]);
  assert.deepEqual(said.slice(1), ["FIFO /f: it is read again; 2 lines were lost"]);
  fifo.write("6\n");
  assert.deepEqual(taken.at(-1), "6\n");
});

test("lines that nobody has read at the end are accounted for", () => {
  const { fifo, said, state } = writer(100);
  state.full = true;
  fifo.write("1\n");
  fifo.write("2\n");
  fifo.close();
  assert.deepEqual(said, ["FIFO /f: 2 lines were never read and are lost"]);
});

test("a reload keeps a FIFO open with what waits for it; one that was replaced is opened anew", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const folder = mkdtempSync(join(tmpdir(), "keepalived-fifo-"));
  const path = join(folder, "f");
  execFileSync("mkfifo", [path]);
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const fifos = new Fifos({ info: say, warning: say });
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(async () => {
    await fifos.close();
    closeSync(reader);
    rmSync(folder, { recursive: true });
  });
  await fifos.setTargets([{ path }]);
  const line = `${"x".repeat(1023)}\n`;
  for (let i = 0; i < 70; i++) fifos.write(line); // the pipe holds 64 of them
  await fifos.setTargets([{ path }]);
  assert.deepEqual(said, [], "nothing is lost by it");
  const buffer = Buffer.alloc(128 * 1024);
  let read = readSync(reader, buffer);
  assert.equal(read, 64 * 1024);
  t.mock.timers.tick(10); // when the writer tries again
  read += readSync(reader, buffer);
  assert.equal(read, 70 * 1024);

  execFileSync("mkfifo", [`${path}.new`]);
  renameSync(`${path}.new`, path);
  await fifos.setTargets([{ path }]);
  const other = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  fifos.write("new\n");
  const length = readSync(other, buffer);
  closeSync(other);
  assert.equal(buffer.toString("utf8", 0, length), "new\n");
});
