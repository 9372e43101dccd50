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
import { markerFile, whileMarked } from "../../../src/core/reload-marker.js";
import {
  childPidFile,
  identSuffix,
  journalFile,
  ownDirectories,
  parentPidFile,
  pathsWith,
  runDirectory,
} from "../../../src/core/run-paths.js";
import { jsonDumpPath, stateDumpPath, statisticsDumpPath } from "../../../src/platform/dump-path.js";
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

const NAMES = { namespaceWithIpsets: false, usePidDirectory: false, childWaitMicros: 5_000_000 };

test("use_pid_dir, instance and net_namespace move the files and name them; the command line goes first", () => {
  const plain = pathsWith({}, NAMES);
  assert.equal(parentPidFile(plain), "/run/keepalived.pid");
  assert.deepEqual(ownDirectories(plain), []);
  const own = pathsWith({}, { ...NAMES, usePidDirectory: true });
  assert.equal(childPidFile(own, VRRP), "/run/keepalived/vrrp.pid");
  const named = pathsWith({}, { ...NAMES, usePidDirectory: true, instance: "I" });
  assert.equal(parentPidFile(named), "/run/keepalived/keepalived_I.pid");
  assert.equal(childPidFile(named, VRRP), "/run/keepalived/vrrp_I.pid");
  assert.deepEqual(ownDirectories(named), ["/run/keepalived"]);
  assert.equal(identSuffix(named), "_I");
  const both = pathsWith({}, { ...NAMES, instance: "I", netNamespace: "N" });
  assert.equal(parentPidFile(both), "/run/keepalived/N/keepalived_I.pid");
  assert.deepEqual(ownDirectories(both), ["/run/keepalived/N", "/run/keepalived"]);
  assert.equal(identSuffix(both), "_N_I");
  const typed = pathsWith({ namespace: "S", vrrpPid: "/x/v.pid" }, { ...NAMES, netNamespace: "N" });
  assert.equal(parentPidFile(typed), "/run/keepalived/S/keepalived.pid");
  assert.equal(childPidFile(typed, VRRP), "/x/v.pid");
});

test("where the dumps go", () => {
  const files = { dumpsWithInstance: true };
  const daemon = { netNamespace: "N", instance: "I" };
  assert.equal(stateDumpPath("/tmp", { files, daemon }, ""), "/tmp/keepalived.N_I.data");
  assert.equal(stateDumpPath("/tmp", { files, daemon }, "bfd"), "/tmp/keepalived_bfd.N_I.data");
  const unnamed = { files: { dumpsWithInstance: false }, daemon };
  assert.equal(stateDumpPath("/tmp", unnamed, "check"), "/tmp/keepalived_check.data");
  assert.equal(statisticsDumpPath("/tmp", { files, daemon }), "/tmp/keepalived.stats");
  assert.equal(jsonDumpPath("/tmp", { files, daemon }), "/tmp/keepalived.json");
  const elsewhere = {
    files: { dumpsWithInstance: true, stateDump: "/x/", statisticsDump: "y.txt", jsonDump: "/z/j" },
    daemon: { instance: "I" },
  };
  assert.equal(stateDumpPath("/tmp", elsewhere, "parent"), "/x/keepalived_parent.I.data");
  assert.equal(statisticsDumpPath("/tmp", elsewhere), "/tmp/y.txt");
  assert.equal(jsonDumpPath("/tmp", elsewhere), "/z/j");
  const bare = { files: { dumpsWithInstance: true, stateDump: "/x.d/state" }, daemon: { instance: "I" } };
  assert.equal(stateDumpPath("/tmp", bare, "check"), "/x.d/state_check.I", "a dot in a directory is none");
});

test("the reload file is there while the configuration is read, also when that fails", () => {
  const path = join(folder, "reload");
  const refused = (reason: string): void => assert.fail(reason);
  assert.equal(
    whileMarked(path, () => (statSync(path).mode & 0o777).toString(8), refused),
    "644",
  );
  assert.equal(existsSync(path), false);
  const fail = (): never => {
    throw new Error("unreadable");
  };
  assert.throws(() => whileMarked(path, fail, refused), /unreadable/);
  assert.equal(existsSync(path), false);
  const told: string[] = [];
  assert.equal(
    whileMarked(
      join(folder, "nowhere", "x"),
      () => 1,
      (reason) => void told.push(reason),
    ),
    1,
  );
  assert.match(told.join(), /ENOENT/);
  assert.equal(markerFile({ repeat: false }, {}), undefined);
  assert.equal(markerFile({ repeat: false, markerFile: "" }, {}), "/run/keepalived.reload");
  assert.equal(
    markerFile({ repeat: false, markerFile: "" }, { instance: "I" }),
    "/run/keepalived/keepalived_I.reload",
  );
  assert.equal(markerFile({ repeat: false, markerFile: "/x" }, {}), "/x");
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
