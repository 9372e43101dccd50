/** The runner of test/uml: what a guest says and how it ended arrives, and nothing of it is left. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../setup/repository.js";
import { missingKernel, runInGuest } from "../uml/harness/guest.js";
import { missingBoot, runFilesInGuest } from "../uml/harness/suite.js";

/** Where no guest boots these tests are skipped, as test/uml is, for the same reason. */
const skip = missingKernel() ?? missingBoot(await runInGuest({ command: ["true"], limitS: 20 })) ?? false;
const leftovers = (): string[] => readdirSync("/tmp").filter((name) => /^kalab-(guest|exchange)-/.test(name));
const fixture = (name: string): string =>
  join(repository, "build", "test", "uml", "harness", "fixtures", `${name}.js`);

test("status, output and errors of a command arrive, apart", { skip, timeout: 90_000 }, async () => {
  const command = ["sh", "-c", 'echo "$WORD"; echo "to the side" >&2; exit 7'];
  const result = await runInGuest({ command, limitS: 20, environment: { WORD: 'it\'s a "word"' } });
  assert.deepEqual(
    [result.booted, result.status, result.stdout, result.stderr],
    [true, 7, 'it\'s a "word"\n', "to the side\n"],
  );
});

test("a command that takes too long is ended", { skip, timeout: 90_000 }, async () => {
  const { status } = await runInGuest({ command: ["sleep", "60"], limitS: 1 });
  assert.equal(status, 124);
});

test("a file that kills its guest fails alone; the files after it are run in another guest", {
  skip,
  timeout: 180_000,
}, async () => {
  const seen: string[] = [];
  await runFilesInGuest([fixture("kills-guest"), fixture("three-ways")], 120, {
    pass: ({ name, skip: reason }) => seen.push(reason === undefined ? `✔ ${name}` : `- ${name}: ${reason}`),
    fail: ({ name }) => seen.push(`✖ ${name.replace(/ \(.*/, "")}`),
  });
  assert.deepEqual(seen.slice(-3), ["✔ passes", "✖ fails", "- skipped: for a reason"]);
  assert.deepEqual(
    seen.slice(0, -3).filter((line) => line !== "✔ before the end"),
    ["✖ ended with its guest"],
  );
});

test("an interrupted run leaves no process and no folder", { skip, timeout: 60_000 }, async () => {
  const before = leftovers();
  const program = join(repository, "build", "test", "uml", "harness", "command.js");
  const child = spawn(process.execPath, [program, "sh", "-c", "echo up; sleep 60"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const made = leftovers().filter((name) => !before.includes(name));
  assert.equal(made.length, 1);
  child.kill("SIGINT");
  const signal = await new Promise((resolve) => child.once("exit", (_, by) => resolve(by)));
  assert.equal(signal, "SIGINT");
  assert.ok(made.every((name) => !existsSync(join("/tmp", name))));
  // Its processes carry the name of the folder on their command line; they die in their own time.
  const alive = (): string[] =>
    readdirSync("/proc").filter((pid) => commandLine(pid).includes(made[0] ?? ""));
  const until = Date.now() + 5_000;
  while (alive().length > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(alive(), []);
});

function commandLine(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
  } catch {
    return "";
  }
}
