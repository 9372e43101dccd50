/** Which scripts a transition runs, in which order, that they never overtake each other, and what happens at the stop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScriptSetting } from "../../../src/config/model.js";
import { OrderedQueue } from "../../../src/notify/ordered-queue.js";
import { ScriptNotifier } from "../../../src/notify/scripts.js";
import { commandsFor, type NotifyState, type Transition } from "../../../src/notify/transition.js";
import type { RunOutcome, RunRequest } from "../../../src/platform/script-runner.js";

const position = { file: "test", line: 1, column: 1 };
const script = (...args: string[]): ScriptSetting => ({ args, position });
const master: Transition = { type: "INSTANCE", name: "VI_1", state: "MASTER", priority: 150 };
const to = (state: NotifyState, name = "VI_1"): Transition => ({ ...master, name, state });

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
  const scripts = {
    master: script("/m"),
    backup: script("/b"),
    fault: script("/f"),
    stop: script("/s"),
    deleted: script("/d"),
  };
  const words = (["MASTER", "BACKUP", "FAULT", "STOP", "DELETED"] as const).map((state) =>
    commandsFor(scripts, { ...master, state }).map(({ args }) => args[0]),
  );
  assert.deepEqual(words, [["/m"], ["/b"], ["/f"], ["/s"], ["/d"]]);
});

test("a removal runs its own script, also where it is told as FAULT, and not the one of FAULT", () => {
  const scripts = { fault: script("/f"), any: script("/n") };
  const commands = commandsFor(scripts, { ...to("FAULT"), removed: true });
  assert.deepEqual(
    commands.map(({ args }) => args.join(" ")),
    ["/n INSTANCE VI_1 FAULT 150"],
  );
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

test("what waits can be taken out of a queue, what runs cannot", () => {
  const queue = new OrderedQueue<string>();
  for (const job of ["a1", "a2", "a3", "a4"]) queue.push("a", job);
  assert.deepEqual(
    queue.discard("a", (job) => job !== "a3"),
    ["a2", "a4"],
  );
  assert.equal(queue.running("a"), "a1");
  assert.deepEqual(queue.waiting("a"), ["a3"]);
  assert.equal(queue.finished("a"), "a3");
  assert.deepEqual(
    queue.discard("b", () => true),
    [],
  );
  assert.deepEqual(queue.keys(), ["a"]);
});

interface Held {
  words: string;
  request: RunRequest;
  killed: boolean;
  terminated: boolean;
  end(outcome?: Partial<RunOutcome>): void;
}

/** A runner whose scripts end when the test says so. */
class HeldRunner {
  readonly runs: Held[] = [];
  run(request: RunRequest, done: (outcome: RunOutcome) => void): { terminate(): void; kill(): void } {
    const held: Held = {
      words: request.args.join(" "),
      request,
      killed: false,
      terminated: false,
      end: (outcome = {}) => done({ timedOut: false, status: 0, stderr: "", ...outcome }),
    };
    this.runs.push(held);
    const end = (how: "killed" | "terminated") => (): void => {
      held[how] = true;
      setImmediate(() => held.end({ failure: `${how}` }));
    };
    return { terminate: end("terminated"), kill: end("killed") };
  }
  get words(): string[] {
    return this.runs.map(({ words }) => words);
  }
  end(index: number, outcome: Partial<RunOutcome> = {}): void {
    this.runs[index]?.end(outcome);
  }
}

function notifier() {
  const runner = new HeldRunner();
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  return {
    runner,
    said,
    notifier: new ScriptNotifier({ runner, identityOf: () => ({ uid: 0, gid: 0 }), info: say, warn: say }),
  };
}

const everyState = { any: script("/n"), fault: script("/f"), stop: script("/s") };
const LIMITS = { predecessor: 30, script: 60 };

test("scripts of one instance wait for each other, those of another do not", () => {
  const { runner, notifier: n } = notifier();
  n.tell({ master: script("/m"), any: script("/n") }, master);
  n.tell({ any: script("/n") }, { ...master, type: "GROUP", name: "VI_1", priority: 0 });
  assert.deepEqual(runner.words, ["/m", "/n GROUP VI_1 MASTER 0"]);
  runner.end(0);
  assert.deepEqual(runner.words.slice(2), ["/n INSTANCE VI_1 MASTER 150"]);
});

test("a waiting state that is stale is dropped and said; the newest is told", () => {
  const { runner, said, notifier: n } = notifier();
  n.tell(everyState, to("MASTER"));
  n.tell(everyState, to("FAULT"));
  n.tell(everyState, to("BACKUP"));
  runner.end(0);
  runner.end(1);
  assert.deepEqual(runner.words, ["/n INSTANCE VI_1 MASTER 150", "/n INSTANCE VI_1 BACKUP 150"]);
  assert.deepEqual(
    said.map((line) => /script '(.*)' for FAULT is not run: the state is BACKUP already/.exec(line)?.[1]),
    ["/f", "/n INSTANCE VI_1 FAULT 150"],
  );
});

test("STOP and DELETED are never stale", () => {
  const { runner, notifier: n } = notifier();
  n.tell(everyState, to("MASTER"));
  n.tell({ deleted: script("/d") }, { ...to("DELETED"), removed: true });
  n.tell(everyState, to("BACKUP"));
  for (let i = 0; i < 3; i++) runner.end(i);
  assert.deepEqual(runner.words, ["/n INSTANCE VI_1 MASTER 150", "/d", "/n INSTANCE VI_1 BACKUP 150"]);
});

test("of adverts of lower priority at most one waits to be told, however many come", () => {
  const { runner, notifier: n } = notifier();
  n.tell(everyState, to("MASTER"));
  for (let i = 0; i < 100; i++) n.tellLowerPriority("VI_1", script("/low"));
  runner.end(0);
  runner.end(1);
  assert.deepEqual(runner.words, ["/n INSTANCE VI_1 MASTER 150", "/low"]);
});

test("how a script ended and what it said is told", () => {
  const { runner, said, notifier: n } = notifier();
  n.tell({ any: script("/n") }, to("MASTER"));
  runner.end(0, { failure: "exited with status 3", stderr: "no such thing" });
  n.tell({ any: script("/n") }, to("BACKUP"));
  runner.end(1, { stderr: "by the way" });
  assert.deepEqual(said, [
    "INSTANCE VI_1 MASTER: script '/n INSTANCE VI_1 MASTER 150' exited with status 3; it said: no such thing",
    "INSTANCE VI_1 BACKUP: script '/n INSTANCE VI_1 BACKUP 150' said: by the way",
  ]);
});

test("the stop waits for stop scripts, in order", async () => {
  const { runner, notifier: n } = notifier();
  n.tell(everyState, to("STOP"));
  let drained = false;
  n.drain(LIMITS, () => (drained = true));
  assert.equal(drained, false);
  runner.end(0);
  assert.equal(drained, false);
  runner.end(1);
  assert.equal(drained, true);
  assert.deepEqual(runner.words, ["/s", "/n INSTANCE VI_1 STOP 150"]);
  assert.equal(runner.runs[1]?.request.timeoutMillis, LIMITS.script);
});

test("without stop scripts the stop does not wait, and what runs is told to end", () => {
  const { runner, notifier: n } = notifier();
  n.tell({ master: script("/m") }, to("MASTER"));
  n.tell({ master: script("/m") }, to("STOP"));
  let drained = false;
  n.drain(LIMITS, () => (drained = true));
  assert.equal(drained, true);
  assert.equal(runner.runs[0]?.terminated, true);
});

test("a script that runs at the stop has its time, then makes room for the stop script", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { runner, notifier: n } = notifier();
  n.tell({ master: script("/m"), stop: script("/s") }, to("MASTER"));
  n.tell({ master: script("/m"), stop: script("/s") }, to("STOP"));
  const drained = new Promise<void>((resolve) => n.drain(LIMITS, resolve));
  assert.deepEqual(runner.words, ["/m"]);
  t.mock.timers.tick(LIMITS.predecessor - 1);
  assert.equal(runner.runs[0]?.killed, false);
  t.mock.timers.tick(1);
  assert.equal(runner.runs[0]?.killed, true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(runner.words, ["/m", "/s"]);
  runner.end(1);
  await drained;
});

test("a stop script that runs already is killed at its limit", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { runner, notifier: n } = notifier();
  n.tell({ stop: script("/s") }, to("STOP"));
  const drained = new Promise<void>((resolve) => n.drain(LIMITS, resolve));
  t.mock.timers.tick(LIMITS.script - 1);
  assert.equal(runner.runs[0]?.killed, false);
  t.mock.timers.tick(1);
  assert.equal(runner.runs[0]?.killed, true);
  await drained;
});

test("a script whose account does not exist is not run, and does not hold up the next", async () => {
  const runner = new HeldRunner();
  const said: string[] = [];
  const n = new ScriptNotifier({
    runner,
    identityOf: ({ args }) => (args[0] === "/m" ? undefined : { uid: 0, gid: 0 }),
    info: () => undefined,
    warn: (text) => void said.push(text),
  });
  n.tell({ master: script("/m"), any: script("/n") }, to("MASTER"));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(runner.words, ["/n INSTANCE VI_1 MASTER 150"]);
  assert.match(said[0] ?? "", /'\/m' not run: its user or group does not exist/);
});

test("a script that keeps a newer state waiting is named, again and again", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { runner, said, notifier: n } = notifier();
  n.tell({ any: script("/n") }, to("MASTER"));
  n.tell({ any: script("/n") }, to("BACKUP"));
  t.mock.timers.tick(10_000);
  t.mock.timers.tick(60_000);
  runner.end(0);
  t.mock.timers.tick(600_000);
  const line =
    "INSTANCE VI_1: script '/n INSTANCE VI_1 BACKUP 150' waits, as '/n INSTANCE VI_1 MASTER 150' has not ended yet";
  assert.deepEqual(said, [line, line]);
});
