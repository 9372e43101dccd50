/** Process matters: each function against what /proc or a second process sees. Changes are made in a Node of their own. */
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addon, asRoot, refused, runScript } from "./fixture.js";

const RLIMIT_NOFILE = 7;
const RLIMIT_CORE = 4;

test("limits are read and set", async () => {
  const [soft, hard] = addon.getLimit(RLIMIT_NOFILE);
  assert.ok(soft > 0 && hard >= soft);
  const result = await runScript(`
    const [, hard] = addon.getLimit(${RLIMIT_CORE});
    addon.setLimit(${RLIMIT_CORE}, 0, hard); console.log(addon.getLimit(${RLIMIT_CORE})[0]);
    try { addon.setLimit(${RLIMIT_NOFILE}, 100, 50); } catch (error) { console.log(error.syscall, error.code); }
    addon.setLimit(${RLIMIT_CORE}, hard, hard); console.log(addon.getLimit(${RLIMIT_CORE})[0] === hard);`);
  assert.equal(result.stdout, "0\nsetrlimit EINVAL\ntrue\n", result.stderr);
  assert.throws(() => addon.getLimit(9999), refused("getrlimit", "EINVAL"));
  assert.throws(() => addon.setLimit(RLIMIT_NOFILE, NaN, 1), RangeError);
  assert.throws(() => addon.setLimit(RLIMIT_NOFILE, -1, 1), RangeError);
  assert.throws(() => addon.setLimit(RLIMIT_NOFILE, 2 ** 60, Infinity), RangeError);
});

test("name, dumpable, subreaper and death signal are what the kernel says afterwards", async () => {
  const result = await runScript(`
    const fs = require("node:fs");
    addon.setProcessName("a-name-longer-than-15"); console.log(fs.readFileSync("/proc/self/comm", "utf8").trim());
    addon.setChildSubreaper(true); addon.setChildSubreaper(false); addon.setParentDeathSignal(15); addon.setParentDeathSignal(0);
    addon.setDumpable(false); addon.setDumpable(true);
    for (const bad of [() => addon.setProcessName("a\\0b"), () => addon.setDumpable(1), () => addon.setParentDeathSignal(65), () => addon.setProcessName()])
      try { bad(); console.log("taken"); } catch (error) { console.log(error.name); }`);
  assert.equal(
    result.stdout,
    "a-name-longer-t\nTypeError\nTypeError\nRangeError\nTypeError\n",
    result.stderr,
  );
});

test("niceness and affinity hold for every thread", async () => {
  const result = await runScript(`
    const fs = require("node:fs");
    const threads = (read) => [...new Set(fs.readdirSync("/proc/self/task").map((tid) => read("/proc/self/task/" + tid)))].join();
    addon.setNice(7); console.log(threads((path) => fs.readFileSync(path + "/stat", "utf8").split(") ")[1].split(" ")[16]));
    const first = Number(fs.readFileSync("/proc/self/status", "utf8").match(/Cpus_allowed_list:\\s*(\\d+)/)[1]);
    addon.setAffinity([first]);
    console.log(threads((path) => fs.readFileSync(path + "/status", "utf8").match(/Cpus_allowed_list:\\s*(\\S+)/)[1]) === String(first));
    try { addon.setAffinity([]); } catch (error) { console.log(error.syscall, error.code); }
    try { addon.setAffinity([1024]); } catch (error) { console.log(error.name); }`);
  assert.equal(result.stdout, "7\ntrue\nsched_setaffinity EINVAL\nRangeError\n", result.stderr);
});

test("real-time scheduling is taken and given back", asRoot, async () => {
  const result = await runScript(`
    const policy = () => require("node:fs").readFileSync("/proc/thread-self/stat", "utf8").split(") ")[1].split(" ")[38];
    addon.setRealtime(5); console.log(policy()); addon.setRealtime(0); console.log(policy());`);
  assert.equal(result.stdout, "2\n0\n", result.stderr);
  assert.throws(() => addon.setRealtime(100), RangeError);
});

test("text and stack are locked on fault, not the heap", asRoot, async () => {
  const result = await runScript(`
    const bytes = addon.lockTextAndStack();
    const locked = Number(require("node:fs").readFileSync("/proc/self/status", "utf8").match(/VmLck:\\s*(\\d+)/)[1]) * 1024;
    console.log(bytes > 1e6, Math.abs(locked - bytes) < 1 << 20);`);
  assert.equal(result.stdout, "true true\n", result.stderr);
});

test("a namespace that is not there, or is not one, is refused", () => {
  assert.throws(() => addon.enterNamespace("/nonexistent", 0x40000000), refused("open", "ENOENT"));
  assert.throws(() => addon.enterNamespace("/etc/passwd", 0x40000000), refused("setns", "EINVAL"));
});

test("a network namespace is entered", asRoot, async () => {
  const result = await runScript(`
    const { spawn } = require("node:child_process"); const fs = require("node:fs");
    const holder = spawn("unshare", ["-n", "sh", "-c", "echo ready; sleep 100"]);
    holder.stdout.once("data", () => {
      const before = fs.readlinkSync("/proc/thread-self/ns/net");
      addon.enterNamespace("/proc/" + holder.pid + "/ns/net", 0x40000000);
      console.log(before !== fs.readlinkSync("/proc/thread-self/ns/net")); holder.kill("SIGKILL"); process.exit(0);
    });`);
  assert.equal(result.stdout, "true\n", result.stderr);
});

test("a file lock excludes another process, and ends with its holder", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "addon-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "lock");
  const fd = openSync(path, "w");
  const other = () =>
    runScript(`console.log(addon.lockFile(require("node:fs").openSync(${JSON.stringify(path)}, "r+")));`);
  assert.equal(addon.lockFile(fd), true);
  assert.equal(addon.lockFile(fd), true, "again by the holder");
  assert.equal((await other()).stdout, "false\n");
  closeSync(fd);
  assert.equal((await other()).stdout, "true\n");
  assert.throws(() => addon.lockFile(999_999), refused("fcntl", "EBADF"));
  assert.throws(() => addon.lockFile(-1), RangeError);
});

test("syslog takes any text, with and without a daemon", () => {
  addon.openSyslog("addon-test", 3 << 3, 1);
  addon.syslog(6, "%s %n is text, ü too");
  addon.syslog(6, "cut\0here");
  addon.openSyslog("x".repeat(1000), 3 << 3, 0);
  addon.syslog(7, "y".repeat(10_000));
  assert.throws(() => addon.syslog(6, undefined as never), TypeError);
  assert.throws(() => addon.openSyslog("a\0b", 0, 0), TypeError);
});

test("interfaces by name", () => {
  assert.ok(addon.interfaceIndex("lo") > 0);
  assert.equal(addon.interfaceIndex("no-such-link"), 0);
  assert.throws(() => addon.interfaceIndex(1 as never), TypeError);
});

test("a named pipe is made with the mode that the umask leaves", () => {
  const folder = mkdtempSync(join(tmpdir(), "addon-"));
  const path = join(folder, "fifo");
  const before = process.umask(0o177);
  try {
    addon.makeFifo(path, 0o644);
    const status = statSync(path);
    assert.ok(status.isFIFO());
    assert.equal(status.mode & 0o777, 0o600);
    assert.throws(() => addon.makeFifo(path, 0o644), refused("mkfifo", "EEXIST"));
    assert.throws(() => addon.makeFifo(path, -1), RangeError);
  } finally {
    process.umask(before);
    rmSync(folder, { recursive: true });
  }
});

test("the clock of the boot is that of /proc/uptime, and never behind the monotonic one", () => {
  const before = addon.monotonicMicros();
  const boot = addon.bootMicros();
  const [uptime = ""] = readFileSync("/proc/uptime", "latin1").split(" ");
  assert.ok(boot >= before);
  assert.ok(Math.abs(boot / 1e6 - Number(uptime)) < 1, `${boot} ${uptime}`);
});

test("the end comes at once, and nobody is told", async () => {
  const result = await runScript(`
    process.on("exit", () => console.log("told"));
    for (const bad of [-1, 256, "1"]) try { addon.exitNow(bad); } catch (error) { console.log(error.name); }
    addon.exitNow(7);`);
  assert.deepEqual([result.code, result.stdout], [7, "RangeError\nRangeError\nTypeError\n"], result.stderr);
});
