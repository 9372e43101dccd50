/** Pid files, dumps, where files lie, and what children inherit. Works in a directory of its own. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { childEnvironment } from "../../../src/core/child-process.js";
import { childPidFile, journalFile, parentPidFile, runDirectory } from "../../../src/core/run-paths.js";
import { writeDump } from "../../../src/platform/dump-file.js";
import { PidFile } from "../../../src/platform/pid-file.js";

const folder = mkdtempSync(join(tmpdir(), "keepalived-files-"));
after(() => rmSync(folder, { recursive: true }));
const free = (): boolean => true;

test("a pid file holds the number and a newline, readable by all, and is gone at the end", () => {
  const path = join(folder, "deep", "a.pid");
  const mask = process.umask(0o177);
  const file = PidFile.claim(path, free);
  process.umask(mask);
  file?.write(1234567);
  file?.write(42);
  assert.equal(readFileSync(path, "utf8"), "42\n");
  assert.equal(statSync(path).mode & 0o777, 0o644);
  file?.remove();
  file?.remove();
  assert.ok(!existsSync(path));
});

test("a file that somebody else has locked is not touched", () => {
  const path = join(folder, "b.pid");
  writeFileSync(path, "7\n");
  assert.equal(
    PidFile.claim(path, () => false),
    undefined,
  );
  assert.equal(readFileSync(path, "utf8"), "7\n");
});

test("a symbolic link is refused", () => {
  const path = join(folder, "c.pid");
  symlinkSync(join(folder, "victim"), path);
  assert.throws(() => PidFile.claim(path, free), { code: "ELOOP" });
});

test("a file that was removed meanwhile is made anew, a foreign one is not removed", () => {
  const path = join(folder, "d.pid");
  const file = PidFile.claim(path, free);
  rmSync(path);
  file?.write(5);
  assert.equal(readFileSync(path, "utf8"), "5\n");
  rmSync(path);
  writeFileSync(path, "another's\n");
  file?.remove();
  assert.ok(existsSync(path));
});

test("a file that is replaced between open and lock is tried again", () => {
  const path = join(folder, "e.pid");
  let locks = 0;
  const file = PidFile.claim(path, () => {
    if (locks++ === 0) rmSync(path);
    return true;
  });
  file?.write(6);
  assert.equal(locks, 2);
  assert.equal(readFileSync(path, "utf8"), "6\n");
});

test("a dump replaces the old file, follows no link, and leaves nothing else behind", async () => {
  const path = join(folder, "dump.data");
  writeFileSync(join(folder, "precious"), "precious");
  symlinkSync(join(folder, "precious"), path);
  const mask = process.umask(0o177);
  await writeDump(path, "state\n");
  process.umask(mask);
  assert.equal(readFileSync(path, "utf8"), "state\n");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(join(folder, "precious"), "utf8"), "precious");
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("dump.data")),
    ["dump.data"],
  );
  await assert.rejects(writeDump(join(folder, "nowhere", "x"), ""), { code: "ENOENT" });
});

const VRRP = { pidOption: "vrrpPid", pidStem: "vrrp" } as const;

test("where the files are", () => {
  assert.equal(parentPidFile({}), "/run/keepalived.pid");
  assert.equal(childPidFile({}, VRRP), "/run/vrrp.pid");
  assert.equal(childPidFile({ namespace: "blue" }, VRRP), "/run/keepalived/blue/vrrp.pid");
  assert.equal(childPidFile({ vrrpPid: "/x/v.pid" }, VRRP), "/x/v.pid");
  assert.equal(runDirectory({ parentPid: "/x/k.pid" }), "/x");
});

test("two daemons with pid files of their own have journals of their own", () => {
  assert.equal(journalFile("/run/vrrp.pid"), "/run/vrrp.journal");
  assert.notEqual(journalFile("/run/v1"), journalFile("/run/v2"));
});

test("children do not inherit what changes Node or speaks for the service", () => {
  const environment = {
    PATH: "/bin",
    NODE_OPTIONS: "--inspect",
    NODE_EXTRA_CA_CERTS: "/x",
    NOTIFY_SOCKET: "/y",
  };
  assert.deepEqual(childEnvironment(environment), { PATH: "/bin" });
  assert.equal(environment.NODE_OPTIONS, "--inspect", "ours stays as it is");
});
