/**
 * The tests below test/uml, run inside guests and reported outside: all files in one guest, and in another one those
 * that are left when a file has killed its guest.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeTemporaryFolder } from "../../lab/harness/left-behind.js";
import { repository } from "../../setup/repository.js";
import { type GuestResult, KERNEL, missingKernel, runInGuest } from "./guest.js";
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

/**
 * Runs test files (of build/) in guests, within a limit for all. Prints what they print. Without a kernel they count as
 * skipped; when there is one that does not boot, as failed.
 */
export async function runFilesInGuest(
  files: readonly string[],
  limitS: number,
  listener: SuiteListener,
  kernel = KERNEL,
): Promise<void> {
  const until = Date.now() + limitS * 1000;
  const obstacle = missingKernel(kernel);
  if (obstacle !== undefined) {
    for (const file of files) listener.pass(wholeFile(file, "the whole file", obstacle));
    return;
  }
  const failAll = (left: readonly string[], reason: string): void => {
    for (const file of left) listener.fail(wholeFile(file, reason));
  };
  let left = [...files];
  while (left.length > 0) {
    const remainingS = Math.floor((until - Date.now()) / 1000);
    if (remainingS <= 0) {
      failAll(left, `not run within the ${Math.round(limitS)} s of the suite`);
      return;
    }
    const outcome = await oneGuest(left, remainingS, listener, kernel);
    const nothing = whyNothingRan(outcome);
    if (nothing !== undefined) {
      failAll(left, nothing);
      return;
    }
    const { result, done, broken } = outcome;
    if (broken !== undefined) listener.fail(wholeFile(broken, `ended with its guest (${ending(result)})`));
    left = left.filter((file) => !done.includes(file) && file !== broken);
  }
}

/** Why a guest has run no test; undefined when it has. What it said has been printed. */
function whyNothingRan({ result, done, broken }: GuestOutcome): string | undefined {
  if (!result.booted) return `the guest did not boot; its last words: ${lastLine(result.console)}`;
  return done.length === 0 && broken === undefined ? `guest without tests (${ending(result)})` : undefined;
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
  kernel: string,
): Promise<GuestOutcome> {
  const { path: exchange, remove } = makeTemporaryFolder("exchange");
  try {
    const program = join(repository, "build", "test", "uml", "harness", "in-guest.js");
    const result = await runInGuest({
      command: [process.execPath, "--enable-source-maps", program, ...files],
      limitS,
      exchange,
      kernel,
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
