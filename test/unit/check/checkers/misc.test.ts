/** MISC_CHECK with scripts in memory: what counts when a script cannot be started, or never ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckerPorts, CheckResult } from "../../../../src/check/checkers/checker.js";
import { misc, scriptResult } from "../../../../src/check/checkers/misc.js";
import type { RunOutcome } from "../../../../src/platform/script-runner.js";
import { checker, virtualServer } from "../../config/check-texts.js";

const SECURED = "global_defs {\n enable_script_security\n script_user root\n}\n";
const TEXT = virtualServer("", "MISC_CHECK {\n misc_path /bin/true\n misc_timeout 3\n}");
const SECOND = 1_000_000;
const ENDED: RunOutcome = { status: 0, timedOut: false, stderr: "" };

function scene(identityOf: CheckerPorts["identityOf"] = () => ({ uid: 0, gid: 0 })) {
  const runs: Array<{ end: (outcome: RunOutcome) => void; terminated: number }> = [];
  const results: CheckResult[] = [];
  /** The only timer: when it goes off. */
  let due: number | undefined;
  let fire: () => void = () => {};
  const ports = {
    now: () => 0,
    timers: {
      create: (callback: () => void) => {
        fire = callback;
        return {};
      },
      set: (_timer: unknown, at: number) => void (due = at),
      cancel: () => void (due = undefined),
    },
    identityOf,
    scripts: {
      run: (_request: unknown, end: (outcome: RunOutcome) => void) => {
        const run = { end, terminated: 0 };
        runs.push(run);
        return { terminate: () => void run.terminated++, kill: () => {} };
      },
    },
  } as unknown as CheckerPorts;
  const check = misc.create(
    {
      config: checker("misc", SECURED + TEXT),
      address: new Uint8Array(4),
      port: 0,
      endpoint: "",
      subject: "tested",
      done: (result) => void results.push(result),
    },
    ports,
  );
  return { check, runs, results, due: () => due, fire: () => fire() };
}

test("a script that even KILL does not end is a failure, each time, and no second one runs beside it", () => {
  const { check, runs, results, due, fire } = scene();
  check.start(0);
  assert.equal(due(), 8 * SECOND, "its limit, and time for TERM and KILL");
  fire();
  check.start(0);
  assert.equal(runs.length, 1);
  assert.deepEqual(
    results.map((result) => result.verdict === "failed" && result.reason),
    ["timeout", "timeout"],
  );
  runs[0]?.end({ ...ENDED, status: -1, timedOut: true });
  assert.equal(results.length, 2, "its late end is no result");
  check.start(0);
  runs[1]?.end(ENDED);
  assert.deepEqual(results.at(-1), { verdict: "passed" });
  assert.equal(due(), undefined);
});

test("the end of a run that was cancelled is no result", () => {
  const { check, runs, results, due } = scene();
  check.start(0);
  check.cancel();
  assert.deepEqual([runs[0]?.terminated, due()], [1, undefined]);
  check.start(0);
  runs[0]?.end({ ...ENDED, status: 1 });
  assert.deepEqual(results, []);
  runs[1]?.end(ENDED);
  assert.deepEqual(results, [{ verdict: "passed" }]);
});

test("a script that outran its limit has failed by that, however it ended", () => {
  const killed = scriptResult({ ...ENDED, timedOut: true, failure: "timed out" }, true);
  assert.deepEqual(killed, { verdict: "failed", reason: "timeout", detail: "the script timed out" });
});

test("a script whose user does not exist is not run, and says nothing about the server", () => {
  const { check, runs, results } = scene(() => undefined);
  check.start(0);
  assert.equal(runs.length, 0);
  assert.deepEqual(results, [{ verdict: "notRun", detail: "the user of /bin/true does not exist" }]);
});

test("a host without processes, descriptors or memory left says nothing about the server; a script that is gone does", () => {
  const refused = (startError: string): string =>
    scriptResult({ ...ENDED, status: -1, failure: "could not be started", startError }, false).verdict;
  for (const shortage of ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"])
    assert.equal(refused(shortage), "notRun", shortage);
  for (const fault of ["ENOENT", "EACCES"]) assert.equal(refused(fault), "failed", fault);
});
