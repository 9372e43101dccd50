/** The runner of test/uml: what a guest says and how it ended arrives, and nothing of it is left. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "./harness/patience.js";
import { repository } from "../setup/repository.js";
import { missingKernel, runInGuest } from "../uml/harness/guest.js";
import type { TestData } from "../uml/harness/record.js";
import { runFilesInGuest } from "../uml/harness/suite.js";

const skip = missingKernel() ?? false;
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

const nobody = (): void => assert.fail("there is no kernel that could run it");

test("where no kernel is installed, each file counts as skipped, and says why", async () => {
  const seen: string[] = [];
  const pass = ({ file, skip: reason }: TestData): void => void seen.push(`${file}: ${reason}`);
  await runFilesInGuest(["a.js", "b.js"], 20, { pass, fail: nobody }, "/nowhere/linux.uml");
  const reason = "/nowhere/linux.uml is not installed (Debian package user-mode-linux, on amd64)";
  assert.deepEqual(seen, [`a.js: ${reason}`, `b.js: ${reason}`]);
});

test("where the kernel that is installed does not boot, each file fails, with its last words", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "kernel-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const kernel = join(folder, "linux.uml");
  writeFileSync(
    kernel,
    "#!/bin/sh\necho Checking that ptrace can change system call numbers...\necho OOPS >&2\n",
    {
      mode: 0o755,
    },
  );
  const seen: string[] = [];
  const fail = ({ file, name }: TestData): void => void seen.push(`${file}: ${name}`);
  await runFilesInGuest(["a.js", "b.js"], 20, { pass: nobody, fail }, kernel);
  const reason = "the guest did not boot; its last words: OOPS";
  assert.deepEqual(seen, [`a.js: ${reason}`, `b.js: ${reason}`]);
});

for (const by of ["SIGINT", "SIGKILL"] as const)
  test(`a run that ${by} ends leaves no process and no folder`, { skip, timeout: 60_000 }, async () => {
    const before = leftovers();
    const program = join(repository, "build", "test", "uml", "harness", "command.js");
    const child = spawn(process.execPath, [program, "sh", "-c", "echo up; sleep 60"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    const made = leftovers().filter((name) => !before.includes(name));
    assert.equal(made.length, 1);
    child.kill(by);
    const [, signal] = (await once(child, "exit")) as [null, string];
    assert.equal(signal, by);
    if (by === "SIGINT") assert.ok(made.every((name) => !existsSync(join("/tmp", name))));
    // Its processes carry the name of the folder on their command line; they die in their own time.
    const left = (): string[] => [
      ...made.filter((name) => existsSync(join("/tmp", name))),
      ...readdirSync("/proc").filter((pid) => commandLine(pid).includes(made[0] ?? "")),
    ];
    await until(
      () => `the end of ${left().join(", ")}`,
      () => left().length === 0,
    );
  });

function commandLine(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
  } catch {
    return "";
  }
}
