/**
 * Runs inside the guest: test files one after the other, printed as `node --test` does. What happened goes, line by
 * line, to a file that outlives the guest, so that a guest that dies takes only the file with it that killed it.
 */
import { fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { EXCHANGE } from "./guest.js";
import { RECORD, type GuestRecord, recordOf } from "./record.js";

const file = openSync(join(EXCHANGE, RECORD), "a");

function write(record: GuestRecord): void {
  writeSync(file, `${JSON.stringify(record)}\n`);
  fsyncSync(file);
}

async function runFile(path: string): Promise<void> {
  write({ kind: "begin", file: path });
  const events = run({ files: [path], concurrency: 1 });
  events.on("test:pass", (data) => {
    write({ kind: "test:pass", data: recordOf(data) });
  });
  events.on("test:fail", (data) => {
    write({ kind: "test:fail", data: recordOf(data) });
  });
  const report = new spec();
  events.pipe(report).pipe(process.stdout, { end: false });
  await new Promise((resolve) => report.on("end", resolve));
  write({ kind: "end", file: path });
}

for (const path of process.argv.slice(2)) await runFile(path);
