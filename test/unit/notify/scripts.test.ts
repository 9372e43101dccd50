/** Which scripts a transition runs, in which order, and that they never overtake each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScriptSetting } from "../../../src/config/model.js";
import { OrderedQueue } from "../../../src/notify/ordered-queue.js";
import { commandsFor, ScriptNotifier, type Transition } from "../../../src/notify/scripts.js";
import type { RunOutcome, RunRequest } from "../../../src/platform/script-runner.js";

const position = { file: "test", line: 1, column: 1 };
const script = (...args: string[]): ScriptSetting => ({ args, position });
const master: Transition = { type: "INSTANCE", name: "VI_1", state: "MASTER", priority: 150 };

test("the script of the state comes first, then notify with TYPE NAME STATE PRIORITY", () => {
  const commands = commandsFor({ master: script("/m", "x"), any: script("/n", "gen") }, master);
  assert.deepEqual(
    commands.map(({ args }) => args),
    [
      ["/m", "x"],
      ["/n", "gen", "INSTANCE", "VI_1", "MASTER", "150"],
    ],
  );
});

test("a state without a script runs nothing", () => {
  assert.deepEqual(commandsFor({ backup: script("/b") }, master), []);
});

test("each state has its own script", () => {
  const scripts = { master: script("/m"), backup: script("/b"), fault: script("/f"), stop: script("/s") };
  const words = (["MASTER", "BACKUP", "FAULT", "STOP"] as const).map((state) =>
    commandsFor(scripts, { ...master, state }).map(({ args }) => args[0]),
  );
  assert.deepEqual(words, [["/m"], ["/b"], ["/f"], ["/s"]]);
});

test("a queue hands out one job per key at a time, in order, keys apart", () => {
  const queue = new OrderedQueue<string>();
  assert.equal(queue.push("a", "a1"), "a1");
  assert.equal(queue.push("a", "a2"), undefined);
  assert.equal(queue.push("b", "b1"), "b1");
  assert.equal(queue.size, 3);
  assert.equal(queue.finished("a"), "a2");
  assert.equal(queue.finished("a"), undefined);
  assert.equal(queue.push("a", "a3"), "a3");
  assert.equal(queue.finished("b"), undefined);
  assert.throws(() => queue.finished("b"));
});

/** A runner whose scripts end when the test says so. */
class HeldRunner {
  readonly running: Array<{ words: string; end(outcome?: Partial<RunOutcome>): void }> = [];
  killed = 0;
  run(request: RunRequest, done: (outcome: RunOutcome) => void): { pid: number; kill(): void } {
    this.running.push({
      words: request.args.join(" "),
      end: (outcome = {}) => done({ timedOut: false, stderr: "", ...outcome }),
    });
    return { pid: this.running.length, kill: () => void this.killed++ };
  }
}

function notifier(): { runner: HeldRunner; warnings: string[]; notifier: ScriptNotifier } {
  const runner = new HeldRunner();
  const warnings: string[] = [];
  const ports = {
    runner,
    identityOf: () => ({ uid: 0, gid: 0 }),
    warn: (text: string) => warnings.push(text),
  };
  return { runner, warnings, notifier: new ScriptNotifier(ports) };
}

test("the next script of an instance waits for the one before", () => {
  const { runner, notifier: it } = notifier();
  const scripts = { any: script("/n") };
  it.tell(scripts, master);
  it.tell(scripts, { ...master, state: "BACKUP" });
  it.tell(scripts, { ...master, name: "VI_2" });
  const words = (): string[] => runner.running.map((run) => run.words);
  assert.deepEqual(words(), ["/n INSTANCE VI_1 MASTER 150", "/n INSTANCE VI_2 MASTER 150"]);
  runner.running[0]?.end();
  assert.equal(words()[2], "/n INSTANCE VI_1 BACKUP 150");
});

test("how a script failed is said, with what it wrote to stderr", () => {
  const { runner, warnings, notifier: it } = notifier();
  it.tell({ master: script("/m") }, master);
  runner.running[0]?.end({ failure: "exited with status 3", stderr: "no disk" });
  assert.deepEqual(warnings, ["INSTANCE VI_1 MASTER: script '/m' exited with status 3; it said: no disk"]);
});

test("drain waits for the last script, also for one that was queued", () => {
  const { runner, notifier: it } = notifier();
  it.tell({ any: script("/n") }, master);
  it.tell({ any: script("/n") }, { ...master, state: "STOP" });
  let drained = false;
  it.drain(60_000, () => {
    drained = true;
  });
  runner.running[0]?.end();
  assert.equal(drained, false);
  runner.running[1]?.end();
  assert.equal(drained, true);
});

test("drain with nothing running is over at once", () => {
  let drained = false;
  notifier().notifier.drain(60_000, () => {
    drained = true;
  });
  assert.equal(drained, true);
});

test("drain ends what overruns its limit", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { runner, warnings, notifier: it } = notifier();
  it.tell({ stop: script("/s") }, { ...master, state: "STOP" });
  let drained = false;
  it.drain(1000, () => {
    drained = true;
  });
  context.mock.timers.tick(1000);
  assert.equal(drained, true);
  assert.equal(runner.killed, 1);
  assert.match(warnings[0] ?? "", /1 notify scripts had not ended 1000 ms after the stop/);
});
