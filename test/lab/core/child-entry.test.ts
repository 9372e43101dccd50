/** What every child does with the messages of core, whatever its subject: a real process that is slow to prepare. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { SliceOffers } from "../../../src/core/slice-offers.js";
import { asToCore, type ChildOptions, type ToChild } from "../../../src/platform/messages.js";

const LIMIT_MILLIS = 20_000;
const options = {} as ChildOptions;

interface Slice {
  name: string;
  prepareMillis: number;
}

const whatProcessesNeed = {
  processes: {
    checker: { nice: 0, noSwap: false, cpus: [], realtimeLimitMicros: 0 },
    maxAutoPriority: 0,
    minAutoPriorityDelayMicros: 1_000_000,
  },
  files: { umask: 0o77 },
  daemon: { childWaitMicros: 0 },
};

function slice(name: string, prepareMillis = 0): Slice {
  return { name, prepareMillis, ...{ global: whatProcessesNeed } };
}

/** The child, with all that it says: "ready 2", "committed 3", lines of its log. */
function startChild(t: TestContext, execArgv: string[] = []) {
  const child = fork(join(import.meta.dirname, "slow-child.js"), [], {
    serialization: "json",
    execArgv,
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  const said: string[] = [];
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  child.on("message", (raw) => {
    const message = asToCore(raw);
    if (message.kind === "log") said.push(...message.lines.map(({ text }) => text));
    else if ("generation" in message) said.push(`${message.kind} ${message.generation}`);
  });
  const ended = once(child, "exit");
  return {
    said,
    ended,
    prints: async (words: RegExp): Promise<void> => {
      const signal = AbortSignal.timeout(LIMIT_MILLIS);
      while (!words.test(printed)) await once(child.stdout ?? child, "data", { signal });
    },
    send: (message: ToChild<Slice>): void => void child.send(message),
    hears: async (text: string): Promise<void> => {
      const signal = AbortSignal.timeout(LIMIT_MILLIS);
      while (!said.some((line) => line.includes(text))) await once(child, "message", { signal });
    },
  };
}

test("an offer that was taken back and is prepared late does not come into force in place of the next one", async (t) => {
  const { send, hears, said } = startChild(t);
  const offers = new SliceOffers<Slice>();
  send(offers.offer(1, slice("one"), options));
  await hears("ready 1");
  send(offers.offer(2, slice("two", 400), options));
  send({ kind: "abandon", generation: 2 });
  send(offers.offer(3, slice("three"), options));
  await hears("ready 3");
  await hears("ready 2");
  send({ kind: "commit", generation: 3 });
  await hears("committed 3");
  await hears("in force: three");
  assert.ok(!said.includes("in force: two"));
});

test("a child that is told to put into force what it was not offered last ends, and core gives it all of the right one", async (t) => {
  const { send, hears, ended } = startChild(t);
  const offers = new SliceOffers<Slice>();
  send(offers.offer(1, slice("one"), options));
  await hears("ready 1");
  send(offers.offer(2, slice("two"), options));
  await hears("ready 2");
  send({ kind: "commit", generation: 3 });
  await hears("internal error");
  assert.equal((await ended)[0], 70);
});

test("a child that fails over an offer refuses it and goes on with what is in force", async (t) => {
  const { send, hears } = startChild(t);
  const offers = new SliceOffers<Slice>();
  send(offers.offer(1, slice("one"), options));
  await hears("ready 1");
  send(offers.offer(2, slice("bug"), options));
  await hears("a bug in prepare");
  await hears("refused 2");
  send({ kind: "abandon", generation: 2 });
  send(offers.offer(3, slice("three"), options));
  await hears("ready 3");
  send({ kind: "commit", generation: 3 });
  await hears("in force: three");
});

test("after a reload a child collects the short-lived objects when all is quiet", async (t) => {
  const { send, hears, prints } = startChild(t, ["--trace-gc"]);
  const offers = new SliceOffers<Slice>();
  send(offers.offer(1, slice("one"), options));
  await hears("ready 1");
  send(offers.offer(2, slice("two"), options));
  await hears("ready 2");
  send({ kind: "commit", generation: 2 });
  await hears("committed 2");
  // V8 calls a collection that was asked for so.
  await prints(/Scavenge .* testing/);
});
