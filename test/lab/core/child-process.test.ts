/** One child as a process: what it still had to say comes before the news of its end. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { ChildProcess } from "../../../src/core/child-process.js";
import type { Slice } from "../../../src/core/children.js";
import type { End } from "../../../src/core/exits.js";
import type { ChildOptions, ToCore } from "../../../src/platform/messages.js";

const entry = join(dirname(fileURLToPath(import.meta.url)), "fake-child.js");

/** The fake child looks at one word only. */
const slice = (behaviour: string): Slice => ({ behaviour }) as unknown as Slice;
const options: ChildOptions = {
  detail: 0,
  keepOnStop: false,
  keepIpvsOnStop: false,
  runDirectory: "/nowhere",
  pidFile: "/nowhere/v.pid",
  journalFile: "/nowhere/v.journal",
  temporaryDirectory: "/nowhere",
  umask: 0o177,
};

/** Runs a fake child to its end and gives back everything in the order in which it came. */
function live(behaviour: string, act: (child: ChildProcess) => void): Promise<(string | End)[]> {
  const heard: (string | End)[] = [];
  return new Promise((resolve) => {
    const onMessage = (message: ToCore): void => {
      if (message.kind === "log") heard.push(...message.lines.map(({ text }) => text));
      else if (message.kind !== "beat") heard.push(message.kind);
      if (message.kind === "ready") act(child);
    };
    const child = new ChildProcess(
      { entry, inheritStderr: false },
      {
        onMessage,
        onStderr: (line) => heard.push(`stderr: ${line}`),
        onExited: (end) => {
          heard.push(end);
          resolve(heard);
        },
      },
    );
    child.send({ kind: "configure", generation: 1, slice: slice(behaviour), options });
  });
}

test("an orderly end: messages, then the end", async () => {
  const heard = await live("good", (child) => child.send({ kind: "stop" }));
  assert.deepEqual(heard, ["configured 1: good", "ready", { status: 0 }]);
});

test("much to say at the end: all of it arrives, then the end", async () => {
  const heard = await live("talk 50000", (child) => child.send({ kind: "stop" }));
  assert.equal(heard.length, 2 + 50000 + 1);
  assert.equal(heard.at(-2), "line 50000 of 50000");
  assert.deepEqual(heard.at(-1), { status: 0 });
});

test("core is busy while the child ends: its words still come first", async () => {
  const heard = await live("talk 1500", (child) => {
    child.send({ kind: "stop" });
    // The order to stop is written in the next turn.
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500));
  });
  assert.equal(heard.length, 2 + 1500 + 1);
  assert.deepEqual(heard.at(-1), { status: 0 });
});

test("a crash: its stack on standard error comes first", async () => {
  const heard = await live("crash", () => undefined);
  assert.deepEqual(heard.at(-1), { status: 70 });
  assert.equal(heard[0], "configured 1: crash");
  assert.equal(heard[1], "stderr: Error: crashed as told");
  const place = heard[2];
  assert.ok(typeof place === "string" && /^stderr: {5}at configure/.test(place));
});

test("a signal: by name and number, and no channel afterwards", async () => {
  let last: ChildProcess | undefined;
  const heard = await live("good", (child) => {
    last = child;
    child.kill("SIGKILL");
  });
  assert.deepEqual(heard.at(-1), { signal: "SIGKILL", number: 9 });
  assert.equal(last?.send({ kind: "stop" }), false);
});
