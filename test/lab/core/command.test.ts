/**
 * The built command as scripts and service files call it: verdicts, exit statuses, the way into the background.
 * Configurations here need no child, so no network and no root.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, type TestContext } from "node:test";
import { repository } from "../../setup/repository.js";

const command = join(repository, "dist", "keepalived");
const skip = existsSync(command) ? false : "dist/keepalived is not built";
const folder = mkdtempSync(join(tmpdir(), "keepalived-command-"));
after(() => rmSync(folder, { recursive: true }));

const pidFile = join(folder, "k.pid");
const PATHS = [
  "-p",
  pidFile,
  "-r",
  join(folder, "v.pid"),
  "-c",
  join(folder, "c.pid"),
  "-b",
  join(folder, "b.pid"),
];
const PATIENCE_MILLIS = 10_000;

function run(...words: string[]) {
  return spawnSync(command, words, {
    encoding: "utf8",
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
    timeout: PATIENCE_MILLIS,
  });
}

function configuration(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MILLIS;
  while (!condition()) {
    if (Date.now() > end) assert.fail(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const empty = configuration("empty.conf", "global_defs {\n  router_id test\n}\n");
const misspelt = configuration("misspelt.conf", "global_defs {\n  router_idd test\n}\n");

test("version and help go to standard error, with status 0", { skip }, () => {
  for (const option of ["-v", "--vers", "-h", "--help"]) {
    const { status, stdout, stderr } = run(option);
    assert.equal(status, 0);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      option.startsWith("-v") || option === "--vers" ? /^Keepalived v\d/ : /^Usage: keepalived/,
    );
  }
});

test("--signum prints a number, or complains", { skip }, () => {
  assert.deepEqual([run("--signum=STATS_CLEAR").stdout, run("--signum", "RELOAD").stdout], ["63\n", "1\n"]);
  const { status, stderr } = run("--signum=NOPE");
  assert.equal(status, 1);
  assert.match(stderr, /NOPE/);
});

test("all mistakes of a command line are reported, then status 1", { skip }, () => {
  const { status, stderr } = run("--bogus", "-y", "--pid=", "-n");
  assert.equal(status, 1);
  for (const text of ["--bogus", "'y'", "'--pid' requires an argument"])
    assert.ok(stderr.includes(text), stderr);
});

test("a configuration test: verdicts and messages", { skip }, () => {
  assert.deepEqual([run("-t", "-f", empty).status, run("-t", "-f", empty).stderr], [0, ""]);
  const wrong = run("-t", "-f", misspelt);
  assert.equal(wrong.status, 5);
  assert.match(
    wrong.stderr,
    /misspelt\.conf:2:3: error: .*'router_idd'.*'router_id'\?\n {4}router_idd test\n {4}\^+\n/,
  );
  const missing = run("-t", "-f", join(folder, "nowhere.conf"));
  assert.equal(missing.status, 4);
  assert.match(missing.stderr, /nowhere\.conf/);
});

test("a configuration test names what is configured without effect: the first place, and how many more", {
  skip,
}, () => {
  const session = (number: number): string =>
    `bfd_instance B${number} {\n  neighbor_ip 192.0.2.${number}\n}\n`;
  const text = `global_defs {\n  enable_dbus\n}\n${session(1)}${session(2)}`;
  const later = configuration("later.conf", text);
  const { status, stderr } = run("-t", "-f", later);
  const list = [
    `global_defs: enable_dbus (${later}:2)`,
    `bfd_instance B1: neighbor_ip (${later}:5) and 1 more`,
  ];
  assert.deepEqual(
    [status, stderr],
    [0, `Configured, but without effect in this version: ${list.join(", ")}\n`],
  );
  const document = JSON.parse(run("-t", "--json", "-f", later).stdout) as { notActedOn: unknown };
  assert.deepEqual(document.notActedOn, list);
});

test("a configuration test into a file appends, and follows no link", { skip }, () => {
  const log = join(folder, "test.log");
  writeFileSync(log, "before\n");
  const { status, stderr } = run(`--config-test=${log}`, "-f", misspelt);
  assert.deepEqual([status, stderr], [5, ""]);
  assert.match(readFileSync(log, "utf8"), /^before\n[^]*router_idd/);
  symlinkSync(log, join(folder, "link.log"));
  assert.equal(run(`-t${join(folder, "link.log")}`, "-f", empty).status, 1);
});

/** Makes sure that what runs in the background is gone after the test. */
function endAfter(context: TestContext): void {
  context.after(async () => {
    const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : 0;
    if (pid > 0) process.kill(pid, "SIGTERM");
    await until("the daemon is gone", () => !existsSync(pidFile));
  });
}

/** Starts in the background. */
function background(context: TestContext, ...words: string[]) {
  endAfter(context);
  return run("-G", ...PATHS, ...words);
}

test("in the background: the first process ends when the daemon runs, in a session of its own, in /", {
  skip,
}, (context) => {
  const { status, stderr } = background(context, "-f", "empty.conf");
  assert.deepEqual([status, stderr], [0, ""]);
  const pid = Number(readFileSync(pidFile, "utf8"));
  assert.equal(readlinkSync(`/proc/${pid}/cwd`), "/");
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  assert.equal(Number(fields[3]), pid, "session leader");
  assert.match(readFileSync(`/proc/${pid}/stat`, "utf8"), /\(keepalived\)/);
  const [name] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0", 1);
  assert.equal(name, command, "what pidof looks for");
  for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), "/dev/null");
  assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, "latin1"), /NODE_OPTIONS/);
});

test("a remark that cannot be written and a directory that was removed keep no daemon from starting", {
  skip,
}, (context) => {
  endAfter(context);
  const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@" >/dev/full 2>&1`;
  const words = ["-G", ...PATHS, "--umask=zz", "-f", empty, "operand"];
  const { status } = spawnSync("sh", ["-c", script, command, ...words], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
    timeout: PATIENCE_MILLIS,
  });
  assert.equal(status, 0);
  assert.ok(existsSync(pidFile));
});

test("in the background: a second one says that one runs, with status 0", { skip }, (context) => {
  background(context, "-f", empty);
  const pid = readFileSync(pidFile, "utf8");
  const second = run("-G", ...PATHS, "-f", empty);
  assert.equal(second.status, 0);
  assert.match(second.stderr, /daemon is already running/);
  assert.equal(readFileSync(pidFile, "utf8"), pid);
});

test("in the background: a daemon that fails to start hands its status and its message on", { skip }, () => {
  const { status, stderr } = run("-G", ...PATHS, "-f", join(folder, "nowhere.conf"));
  assert.equal(status, 6);
  assert.match(stderr, /nowhere\.conf/);
  assert.ok(!existsSync(pidFile));
});

test("in the background: a relative name of the configuration still works at a reload", {
  skip,
}, async (context) => {
  background(context, "-f", "empty.conf");
  const pid = Number(readFileSync(pidFile, "utf8"));
  process.kill(pid, "SIGHUP");
  process.kill(pid, "SIGUSR1");
  const dump = join(folder, "keepalived_parent.data");
  await until("the dump", () => existsSync(dump));
  assert.match(readFileSync(dump, "utf8"), new RegExp(join(folder, "empty.conf")));
  assert.match(readFileSync(dump, "utf8"), /Reloads = 1 accepted, 0 refused/);
});

test("signals that come while it starts neither end it nor open an inspector", { skip }, async (context) => {
  const daemon = spawn(command, ["-n", "-l", "-G", ...PATHS, "-f", empty], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  context.after(() => daemon.kill("SIGKILL"));
  let said = "";
  daemon.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await until("the first line", () => said.includes("Starting Keepalived"));
  for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGHUP"] as const) daemon.kill(signal);
  await until("the start", () => said.includes("Startup complete"));
  daemon.kill("SIGTERM");
  const status = await new Promise((resolve) => daemon.on("exit", resolve));
  assert.equal(status, 0);
  assert.doesNotMatch(said, /Debugger/);
});

/** Runs the command with standard output and error being one pipe, whose reader begins later. */
function runIntoPipe(words: string[]): { said: string; blocks: boolean } {
  const script = `import fcntl, os, subprocess, sys, threading, time
reader, writer = os.pipe()
said = []
def read():
    time.sleep(0.3)
    while data := os.read(reader, 65536): said.append(data)
thread = threading.Thread(target=read)
thread.start()
subprocess.run(sys.argv[1:], stdout=writer, stderr=writer)
print(bool(fcntl.fcntl(writer, fcntl.F_GETFL) & os.O_NONBLOCK), flush=True)
os.close(writer)
thread.join()
sys.stdout.buffer.write(b"".join(said))`;
  const { stdout, stderr } = spawnSync("python3", ["-c", script, command, ...words], {
    encoding: "utf8",
    cwd: folder,
    timeout: PATIENCE_MILLIS,
  });
  assert.equal(stderr, "");
  const end = stdout.indexOf("\n");
  return { blocks: stdout.slice(0, end) === "False", said: stdout.slice(end + 1) };
}

test("a test of the configuration leaves a pipe as it was, and loses nothing on the way to a slow reader", {
  skip,
}, () => {
  const operands = Array.from({ length: 30_000 }, (_, i) => `operand${i}`);
  const { said, blocks } = runIntoPipe(["-t", "--umask=zz", "-f", misspelt, ...operands]);
  assert.ok(blocks, "O_NONBLOCK stays on the pipe, and whoever writes to it next loses what does not fit");
  assert.match(
    said,
    /^keepalived: Invalid --umask value 'zz', ignoring\nUnexpected argument\(s\): operand0 /,
  );
  assert.match(said, / operand29999\n.*misspelt\.conf:2:3: error: /);
});

test("findings that cannot be written are no verdict", { skip }, () => {
  const { status, stderr } = run("-t/dev/full", "-f", misspelt);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^keepalived: cannot write what the test of the configuration found: ENOSPC: [^\n]*\n$/,
  );
});

test("a configuration is tested from a directory that was removed", { skip }, () => {
  const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"`;
  const { status, stderr } = spawnSync("sh", ["-c", script, command, "-t", "-f", empty], {
    encoding: "utf8",
    cwd: folder,
  });
  assert.deepEqual([status, stderr], [0, ""]);
});

test("called genhash, by whatever link, it is genhash", { skip }, () => {
  const link = join(folder, "genhash");
  symlinkSync(command, link);
  const { status, stderr } = spawnSync(link, ["-h"], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /^Usage: genhash /);
});
