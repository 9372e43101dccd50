/**
 * Core as a process, with a fake child: signals, pid files, restarts, watchdog, service manager. Needs no network and no
 * root; everything happens in a directory of its own.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { META_FIELDS } from "../../../src/native/addon.js";
import { loadAddon } from "../../../src/native/load.js";
import { unixAddress } from "../../../src/platform/systemd.js";
import { DIES_WITH_US } from "../harness/left-behind.js";
import { until } from "../harness/patience.js";

const program = join(dirname(fileURLToPath(import.meta.url)), "daemon-under-test.js");

/** One daemon in a directory of its own; what is left of it is killed at the end of the test. */
class Subject {
  readonly folder = mkdtempSync(join(tmpdir(), "keepalived-core-"));
  readonly process: ChildProcess;
  log = "";
  status: number | null | undefined;

  constructor(
    context: TestContext,
    behaviour: string,
    flags: string[] = [],
    environment: NodeJS.ProcessEnv = {},
    global?: (folder: string) => string,
  ) {
    this.configure(behaviour);
    if (global !== undefined) writeFileSync(join(this.folder, "global"), global(this.folder));
    const [file, ...words] = [...DIES_WITH_US, process.execPath, program, this.folder, ...flags];
    this.process = spawn(file, words, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.log += text;
    });
    this.process.on("exit", (code) => {
      this.status = code;
    });
    context.after(() => {
      for (const pid of [this.childPid, this.process.pid ?? 0]) kill(pid, "SIGKILL");
      rmSync(this.folder, { recursive: true });
    });
  }

  configure(behaviour: string): void {
    writeFileSync(join(this.folder, "conf"), behaviour);
  }

  get childPid(): number {
    return numberIn(join(this.folder, "v.pid"));
  }

  signal(signal: NodeJS.Signals | number): void {
    assert.ok(kill(this.process.pid ?? 0, signal));
  }

  async says(text: string, times = 1): Promise<void> {
    await until(
      () => `"${text}" in:\n${this.log}`,
      () => this.log.split(text).length > times,
    );
  }

  async ends(): Promise<number | null> {
    await until(
      () => `the end of the daemon, in:\n${this.log}`,
      () => this.status !== undefined,
    );
    return this.status ?? null;
  }
}

function kill(pid: number, signal: NodeJS.Signals | number): boolean {
  if (pid <= 0) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function numberIn(path: string): number {
  return existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
}

test("starts its child, keeps pid files, stops at once on SIGTERM", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  assert.equal(numberIn(join(daemon.folder, "k.pid")), daemon.process.pid);
  assert.match(daemon.log, new RegExp(`Starting VRRP child process, pid=${daemon.childPid}\n`));
  assert.match(daemon.log, /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}: Starting Keepalived v/);
  assert.match(daemon.log, /Without effect in this version: --snmp/);
  const { childPid } = daemon;
  const asked = Date.now();
  daemon.signal("SIGTERM");
  assert.equal(await daemon.ends(), 0);
  assert.ok(Date.now() - asked < 1000, `took ${Date.now() - asked} ms`);
  assert.ok(!kill(childPid, 0));
  assert.ok(!existsSync(join(daemon.folder, "k.pid")) && !existsSync(join(daemon.folder, "v.pid")));
  assert.match(daemon.log, /Stopping\n[^]*Stopped Keepalived v0\.0\.0\n$/);
});

test("a child that is killed is started again, and its pid file follows", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  const first = daemon.childPid;
  kill(first, "SIGKILL");
  await daemon.says(`Keepalived_vrrp pid ${first} exited due to signal 9 (SIGKILL): restarting at once`);
  await daemon.says("configured", 2);
  assert.notEqual(daemon.childPid, first);
});

test("a child that is stopped by SIGSTOP is noticed, killed and replaced", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  const first = daemon.childPid;
  kill(first, "SIGSTOP");
  const stopped = Date.now();
  await daemon.says(`Keepalived_vrrp pid ${first} is killed: it was silent for 2 s`);
  assert.ok(Date.now() - stopped < 3000);
  await daemon.says("configured", 2);
});

test("a parent that was stopped does not hold its own absence against the child", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  const { childPid } = daemon;
  daemon.signal("SIGSTOP");
  await pause(4000);
  daemon.signal("SIGCONT");
  await daemon.says("The parent process was held up");
  await pause(1000);
  assert.equal(daemon.childPid, childPid);
});

test("SIGHUP reloads; a bad file is shown with its mistakes and changes nothing", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  daemon.configure("better");
  daemon.signal("SIGHUP");
  await daemon.says("Reload complete");
  assert.match(daemon.log, /Reloading \.\.\./);
  await daemon.says("configured 2: better");
  daemon.configure("bad");
  daemon.signal("SIGHUP");
  await daemon.says("Reload refused: the running configuration stays in force");
  assert.match(daemon.log, /: conf:1:1: error: a mistake\n[^\n]*: {3}bad\n/);
  kill(daemon.childPid, "SIGKILL");
  await daemon.says("configured 2: better", 2);
});

test("a reload that a child refuses leaves the old configuration in force", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  daemon.configure("refuse");
  daemon.signal("SIGHUP");
  await daemon.says("Keepalived_vrrp refused the new configuration: told to. It keeps the old one");
  kill(daemon.childPid, "SIGKILL");
  await daemon.says("configured 2: good");
  await daemon.says("Starting VRRP child process", 2);
  daemon.configure("better");
  daemon.signal("SIGHUP");
  await daemon.says("configured 3: better");
  await daemon.says("Reload complete");
});

test("a reload stops a child that is no longer needed, and starts it again", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  daemon.configure("none");
  daemon.signal("SIGHUP");
  await until("the pid file is gone", () => daemon.childPid === 0);
  daemon.configure("good");
  daemon.signal("SIGHUP");
  await daemon.says("Starting VRRP child process", 2);
  assert.equal(daemon.status, undefined);
});

test("dump signals reach the child as messages, real-time ones too, and open no inspector", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  daemon.signal("SIGUSR1");
  await daemon.says("dump data");
  daemon.signal("SIGUSR2");
  await daemon.says("dump stats");
  daemon.signal(63);
  await daemon.says("dump statsClear");
  daemon.signal(36);
  await daemon.says("dump json");
  const dump = join(daemon.folder, "keepalived_parent.data");
  await until("the parent's dump", () => existsSync(dump));
  assert.match(readFileSync(dump, "utf8"), new RegExp(`vrrp = running, pid ${daemon.childPid}`));
  assert.doesNotMatch(daemon.log, /Debugger/);
});

test("permanent errors end the daemon with the child's status", async (context) => {
  const daemon = new Subject(context, "status 4");
  assert.equal(await daemon.ends(), 4);
  assert.match(daemon.log, /exited with status 4: permanent error MISSING PERMISSION\. Terminating/);
});

test("with -R the death of the child stops the daemon", async (context) => {
  const daemon = new Subject(context, "good", ["-R"]);
  await daemon.says("Startup complete");
  kill(daemon.childPid, "SIGKILL");
  assert.equal(await daemon.ends(), 0);
});

test("a bug of a child is visible with its place, and followed by restarts with delays", async (context) => {
  const daemon = new Subject(context, "crash");
  await daemon.says("restarting in 1 s");
  assert.match(daemon.log, /Error: crashed as told\n\s+at configure/);
  daemon.signal("SIGTERM");
  assert.equal(await daemon.ends(), 0);
});

test("a child that ignores the order to stop is killed after 5 seconds", async (context) => {
  const daemon = new Subject(context, "deaf");
  await daemon.says("Startup complete");
  const asked = Date.now();
  daemon.signal("SIGTERM");
  assert.equal(await daemon.ends(), 0);
  const took = Date.now() - asked;
  assert.ok(took >= 4900 && took < 7000, `took ${took} ms`);
  assert.match(daemon.log, /is killed: it did not stop in 5 s/);
});

test("child_wait_time: how long a child may take to stop", async (context) => {
  const daemon = new Subject(context, "deaf", [], {}, () => "child_wait_time 1\n");
  await daemon.says("Startup complete");
  daemon.signal("SIGTERM");
  assert.equal(await daemon.ends(), 0);
  assert.match(daemon.log, /is killed: it did not stop in 1 s/);
});

test("reload_time_file: a reload at the time that it names, and the file is gone", async (context) => {
  const daemon = new Subject(
    context,
    "good",
    [],
    {},
    (folder) => `global_defs {\n reload_time_file ${folder}/when\n}\n`,
  );
  await daemon.says("Startup complete");
  const soon = new Date(Date.now() + 2000).toISOString().replace("T", " ").slice(0, 19);
  writeFileSync(join(daemon.folder, "when"), `${soon}Z\n`);
  await daemon.says("Reload complete");
  assert.match(daemon.log, /Reload is due at/);
  assert.equal(existsSync(join(daemon.folder, "when")), false);
});

test("reload_check_config: a file that does not pass its test is refused, with its messages in the log file", async (context) => {
  const daemon = new Subject(
    context,
    "good",
    [],
    {},
    (folder) => `global_defs {\n reload_check_config ${folder}/check\n}\n`,
  );
  await daemon.says("Startup complete");
  daemon.configure("doubtful");
  daemon.signal("SIGHUP");
  await daemon.says("reload_check_config: the configuration does not pass its test (status 5)");
  assert.match(readFileSync(join(daemon.folder, "check"), "utf8"), /a mistake/);
  daemon.configure("good");
  daemon.signal("SIGHUP");
  await daemon.says("Reload complete");
  assert.equal(readFileSync(join(daemon.folder, "check"), "utf8"), "");
});

test("when core is killed, the child goes too", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  const { childPid } = daemon;
  daemon.signal("SIGKILL");
  await until("the child left", () => !kill(childPid, 0));
});

test("a second daemon with the same pid file ends with 0 and disturbs nothing", async (context) => {
  const daemon = new Subject(context, "good");
  await daemon.says("Startup complete");
  const { childPid } = daemon;
  const second = spawn(process.execPath, [program, daemon.folder], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  second.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const status = await new Promise((resolve) => second.on("close", resolve));
  assert.equal(status, 0);
  assert.match(said, /daemon is already running/);
  assert.equal(daemon.childPid, childPid);
  assert.equal(numberIn(join(daemon.folder, "k.pid")), daemon.process.pid);
});

test("a configuration that cannot be used ends the start with its status and its mistakes", async (context) => {
  const daemon = new Subject(context, "bad");
  assert.equal(await daemon.ends(), 2);
  assert.match(daemon.log, /conf:1:1: error: a mistake/);
  assert.ok(!existsSync(join(daemon.folder, "k.pid")));
});

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SLOT = 1024;

test("the service manager hears of start, reload and stop", async (context) => {
  const addon = loadAddon();
  const socket = new addon.Socket(AF_UNIX, SOCK_DGRAM, 0);
  context.after(() => socket.close());
  const name = `@keepalived-test-${process.pid}`;
  const address = unixAddress(name);
  assert.ok(address);
  socket.bind(address);
  const heard: string[] = [];
  const slab = new Uint8Array(SLOT);
  const meta = new Int32Array(META_FIELDS);
  const listen = (): void => {
    while (socket.receiveBatch(slab, SLOT, meta, new Uint8Array(0)) > 0) {
      heard.push(Buffer.from(slab.subarray(0, meta[0])).toString());
    }
  };
  const daemon = new Subject(context, "good", [], { NOTIFY_SOCKET: name, WATCHDOG_USEC: "400000" });
  await daemon.says("Startup complete");
  await pause(700);
  daemon.signal("SIGHUP");
  await daemon.says("Reload complete");
  daemon.signal("SIGTERM");
  await daemon.ends();
  listen();
  const withoutBeats = heard.filter((text) => text !== "WATCHDOG=1").map((text) => text.split("\n")[0]);
  assert.deepEqual(withoutBeats, ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
  // A keep-alive may come before it where the start is slow.
  const ready = heard.find((text) => text.startsWith("READY=1"));
  assert.ok(ready?.includes(`MAINPID=${daemon.process.pid}`), ready);
  assert.ok(heard.length - withoutBeats.length >= 3, "keep-alives");
  assert.match(heard.find((text) => text.startsWith("RELOADING=1")) ?? "", /MONOTONIC_USEC=\d+/);
});
