/**
 * The tests below test/uml, run inside guests and reported outside: all files in one guest, and in another one those
 * that are left when a file has killed its guest.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { undoAtExit } from "../../lab/harness/left-behind.js";
import { repository } from "../../setup/repository.js";
import { type GuestResult, missingKernel, runInGuest } from "./guest.js";
import { RECORD, type TestData, parseRecords, progressOf } from "./record.js";

/** Hears what node:test would tell of files that it runs itself. */
interface SuiteListener {
  pass(data: TestData): void;
  fail(data: TestData): void;
}

const wholeFile = (file: string, name: string, skip?: string): TestData => ({
  name,
  file,
  skip,
  todo: undefined,
  details: { type: "test" },
});

/** Runs test files (of build/) in guests, within a limit for all. Prints what they print. */
export async function runFilesInGuest(
  files: readonly string[],
  limitS: number,
  listener: SuiteListener,
): Promise<void> {
  const until = Date.now() + limitS * 1000;
  const skipAll = (left: readonly string[], reason: string): void => {
    for (const file of left) listener.pass(wholeFile(file, "the whole file", reason));
  };
  const obstacle = missingKernel();
  if (obstacle !== undefined) {
    skipAll(files, obstacle);
    return;
  }
  let left = [...files];
  while (left.length > 0) {
    const remainingS = Math.floor((until - Date.now()) / 1000);
    if (remainingS <= 0) {
      for (const file of left)
        listener.fail(wholeFile(file, `not run within the ${Math.round(limitS)} s of the suite`));
      return;
    }
    const { result, done, broken } = await oneGuest(left, remainingS, listener);
    const silent = missingBoot(result);
    if (silent !== undefined) {
      skipAll(left, silent);
      return;
    }
    if (done.length === 0 && broken === undefined) {
      for (const file of left) listener.fail(wholeFile(file, `guest without tests (${ending(result)})`));
      return;
    }
    if (broken !== undefined) listener.fail(wholeFile(broken, `ended with its guest (${ending(result)})`));
    left = left.filter((file) => !done.includes(file) && file !== broken);
  }
}

/** Why a guest did not come as far as its command; undefined when it did. */
export function missingBoot({ booted, console }: GuestResult): string | undefined {
  return booted ? undefined : `no user-mode Linux on this machine; its last words: ${lastLine(console)}`;
}

interface GuestOutcome {
  result: GuestResult;
  done: string[];
  broken: string | undefined;
}

async function oneGuest(
  files: readonly string[],
  limitS: number,
  listener: SuiteListener,
): Promise<GuestOutcome> {
  const exchange = mkdtempSync(join(tmpdir(), "kalab-exchange-"));
  const remove = undoAtExit(() => {
    rmSync(exchange, { recursive: true, force: true });
  });
  try {
    const program = join(repository, "build", "test", "uml", "harness", "in-guest.js");
    const result = await runInGuest({
      command: [process.execPath, "--enable-source-maps", program, ...files],
      limitS,
      exchange,
      live: (text) => process.stdout.write(text),
    });
    const path = join(exchange, RECORD);
    const records = parseRecords(existsSync(path) ? readFileSync(path, "utf8") : "");
    for (const record of records) {
      if (record.kind === "test:pass") listener.pass(record.data);
      if (record.kind === "test:fail") listener.fail(record.data);
    }
    return { result, ...progressOf(records) };
  } finally {
    remove();
  }
}

const ending = ({ status, console }: GuestResult): string =>
  status === 124
    ? "its time was up"
    : status === undefined
      ? `died: ${lastLine(console)}`
      : `status ${status}`;

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "none";
