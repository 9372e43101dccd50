/** Scripts that do their worst: how each ends, that the process that runs them goes on, and that nothing is left. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Addon } from "../../../src/native/addon.js";
import { loadAddon } from "../../../src/native/load.js";
import { type RunOutcome, type RunRequest, ScriptRunner } from "../../../src/platform/script-runner.js";
import { repository } from "../../setup/repository.js";
import { until } from "../harness/patience.js";

const skip = process.getuid?.() === 0 ? false : "needs root to become another user";
const folder = mkdtempSync(join(tmpdir(), "keepalived-hostile-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const runner = new ScriptRunner(loadAddon(), {
  PATH: "/usr/bin:/bin",
  LD_PRELOAD: "/x",
  IFS: "y",
  KEPT: "z",
});

function script(name: string, text: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, text.startsWith("#!") || name === "no-shebang" ? text : `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

function run(path: string, more: Partial<RunRequest> = {}): Promise<RunOutcome> {
  return new Promise((resolve) => {
    runner.run({ args: [path], ...more }, resolve);
  });
}

/** Process id that a script wrote; undefined until it has. */
function pidIn(file: string): number | undefined {
  const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  return text === "" ? undefined : Number(text);
}

/** Whether a process runs; a zombie, whoever is to reap it, does not. */
function lives(pid: number | undefined): boolean {
  try {
    return pid !== undefined && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("children that outlive the time-out, and ignore TERM, are killed with the group", async () => {
  const file = join(folder, "child.pid");
  const path = script(
    "forks",
    `sh -c 'trap "" TERM; echo $$ > ${file}; while :; do sleep 0.1; done' &\nwait`,
  );
  const outcome = await run(path, { timeoutMillis: 300 });
  assert.equal(outcome.failure, "timed out");
  const child = pidIn(file);
  assert.ok(child !== undefined);
  try {
    await until("the death of the child", () => !lives(child));
  } finally {
    if (lives(child)) process.kill(child, "SIGKILL"); // it would hold this test up
  }
});

test("children of a script that ended in time are left alone, and holding stderr open does no harm", async () => {
  const file = join(folder, "background.pid");
  const path = script("starts-a-service", `sleep 100 &\necho $! > ${file}\necho started >&2`);
  const outcome = await run(path, { timeoutMillis: 2000 });
  assert.deepEqual(outcome, { timedOut: false, status: 0, stderr: "started" });
  const child = pidIn(file);
  assert.ok(child !== undefined && lives(child));
  process.kill(child, "SIGKILL");
});

test("a script that ignores TERM is killed 2 s later", async () => {
  const started = performance.now();
  const outcome = await run(script("stubborn", `trap "" TERM\nwhile :; do sleep 0.05; done`), {
    timeoutMillis: 100,
  });
  const took = performance.now() - started;
  assert.equal(outcome.failure, "timed out");
  assert.ok(took >= 2000 && took < 2800, `${took} ms`);
});

test("10 MB on stderr are read to the end, its beginning is kept, and the loop does not feel it", async (t) => {
  const path = script("chatty", `echo first >&2\nhead -c 10485760 /dev/zero | tr '\\0' x >&2\nexit 7`);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const outcome = await run(path);
  delay.disable();
  assert.equal(outcome.failure, "exited with status 7");
  assert.match(outcome.stderr, /^first \| x+ \[\.\.\. 1048\d+ bytes in all\]$/);
  assert.ok(outcome.stderr.length < 5000);
  const p99 = delay.percentile(99) / 1e6;
  t.diagnostic(`loop delay while it wrote: 99th percentile ${p99.toFixed(1)} ms`);
  assert.ok(p99 < 10, `${p99} ms`);
});

test("a script that writes without end does not keep the loop busy", async (t) => {
  const before = process.cpuUsage();
  const outcome = await run(script("endless", "exec yes >&2"), { timeoutMillis: 1000 });
  const { user, system } = process.cpuUsage(before);
  assert.equal(outcome.failure, "timed out");
  const share = (user + system) / 1e6;
  t.diagnostic(`${(share * 100).toFixed(0)} % of a processor for a second of it`);
  assert.ok(share < 0.5, `${share} s of a second`);
});

test("stdin is closed to it: what reads finds the end at once", async () => {
  const outcome = await run(script("reads", "cat; read line && exit 1\necho read nothing >&2"), {
    timeoutMillis: 2000,
  });
  assert.deepEqual(outcome, { timedOut: false, status: 0, stderr: "read nothing" });
});

test("a script that closes everything itself ends like any other", async () => {
  const outcome = await run(script("closes", "exec 0<&- 1>&- 2>&-\nsleep 0.05\nexit 4"));
  assert.equal(outcome.failure, "exited with status 4");
});

test("a script that is deleted while it runs goes on to its end, and afterwards cannot be started", async () => {
  const path = script("deleted", "sleep 0.2\necho finished >&2");
  const outcome = run(path);
  await pause(80);
  unlinkSync(path);
  assert.deepEqual(await outcome, { timedOut: false, status: 0, stderr: "finished" });
  assert.match((await run(path)).failure ?? "", /could not be started: .*execve.*/);
});

test("what may not be executed, and what is not there, is said", async () => {
  assert.match((await run(script("plain", "exit 0", 0o644))).failure ?? "", /could not be started/);
  assert.match((await run(folder)).failure ?? "", /could not be started/);
  assert.match((await run(join(folder, "nowhere"))).failure ?? "", /could not be started/);
});

test("a text without #! is run by the shell, with its arguments", async () => {
  const path = script("no-shebang", 'echo "$1-$2" >&2\n');
  const outcome = await run(path, { args: [path, "a b", "c"] });
  assert.deepEqual(outcome, { timedOut: false, status: 0, stderr: "a b-c" });
});

test("it runs in a group of its own, without what upstream takes out of the environment", async () => {
  const path = script(
    "looks",
    `echo "$KEPT|$LD_PRELOAD|$(env | grep -c '^IFS=')|$(( $(cut -d' ' -f5 /proc/$$/stat) == $$ ))" >&2`,
  );
  assert.equal((await run(path)).stderr, "z||0|1");
});

test("a process without privileges runs scripts as itself, and as nobody else", { skip }, () => {
  const path = script("who", "id -u >&2");
  chmodSync(folder, 0o755);
  // Under root's home nobody else finds the programs, and Debian's build of Node 20 cannot change its own user: so the
  // repository is also seen in a folder of the test, in a mount namespace that ends with the process.
  const seen = join(folder, "repository");
  mkdirSync(seen);
  const program = join(seen, "build/test/lab/notify/unprivileged-runner.js");
  const become = `mount --bind "$1" "$2" && shift 2 && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"`;
  const output = execFileSync(
    "unshare",
    ["--mount", "sh", "-c", become, "sh", repository, seen, process.execPath, program, path],
    { encoding: "utf8" },
  );
  const [own, other] = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RunOutcome);
  assert.deepEqual(own, { timedOut: false, status: 0, stderr: "65534" });
  assert.match(other?.failure ?? "", /could not be started: .*EPERM/);
});

test("control characters on stderr do not reach the log", async () => {
  const outcome = await run(script("escapes", `printf 'a\\033[31mb\\nc\\000d\\r\\n' >&2`));
  assert.equal(outcome.stderr, "a?[31mb | c?d");
});

test("a run that waits for its turn can be taken back", async () => {
  const file = join(folder, "ran");
  const outcome = await new Promise<RunOutcome>((resolve) => {
    const running = runner.run({ args: [script("touches", `: > ${file}`)] }, resolve);
    running.terminate();
  });
  assert.equal(outcome.failure, "was not started any more");
  await pause(50);
  assert.equal(existsSync(file), false);
});

test("a hundred starts at once are spread over the turns of the loop", async (t) => {
  const path = script("quick", "exit 0");
  const addon = loadAddon();
  let turn = 0;
  const startedIn: number[] = [];
  const counting: Addon = Object.assign(Object.create(addon) as Addon, {
    spawn: (...args: Parameters<Addon["spawn"]>) => {
      startedIn.push(turn);
      return addon.spawn(...args);
    },
  });
  const paced = new ScriptRunner(counting, { PATH: "/usr/bin:/bin" });
  let counts = true;
  const count = (): void => {
    turn++;
    if (counts) setImmediate(count);
  };
  count();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, () => new Promise<RunOutcome>((done) => paced.run({ args: [path] }, done))),
  );
  delay.disable();
  counts = false;
  assert.ok(outcomes.every(({ status }) => status === 0));
  assert.equal(new Set(startedIn).size, 100, "one per turn");
  t.diagnostic(`longest delay of the loop ${(delay.max / 1e6).toFixed(1)} ms`);
});
